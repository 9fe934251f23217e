// What nodes say to each other beside Raft: forwarded submissions and lead orders, the making of checkpoints,
// state roots, and entries of the log that a node lost to a rotten file, or never had because it joins.
//
// Travels as app messages of the transport (consensus/transport.h), whose sender is authenticated. The kinds
// are sent: never renumber. Each body is one deterministic CBOR array; decoding is strict and checks counts
// and sizes before it takes memory. Pure, any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/signature.h"
#include "storage/ledger/ids.h"
#include "storage/log_entry.h"

namespace anta {

enum class PeerKind : std::uint8_t {
  forward = 1,          // to the leader: statements that a client gave to another node
  forward_refused = 2,  // back: those that the leader will not propose
  checkpoint_open = 3,  // from the leader: cosign this
  checkpoint_cosigned = 4,
  checkpoint_finished = 5,
  log_fetch = 6,    // entries that a repair or a node that joins misses
  log_entries = 7,  // back: some of them
  join_ask = 8,     // from a node that joins: how far is the log, or what hash has an entry of it
  join_offer = 9,   // back
  // 10 to 15 are left for more of what is fetched.
  lead_forward = 16,  // to the leader: an order that another lead
  lead_refused = 17,  // back: why it goes on
  state_roots = 18,   // to every node: the sender's state roots
  mark_ask = 19,      // from a node that lost what it signed: what have you seen of me
  mark_offer = 20,    // back
};

// [request, [bytes, ...]]
struct Forward {
  std::uint64_t request = 0;  // chosen by the sender, who finds its request by it
  std::vector<std::shared_ptr<const Bytes>> statements = {};
};
inline constexpr std::size_t forward_statements_max = 8'192;
Bytes encode_forward(const Forward& forward);
Result<Forward> decode_forward(ByteView bytes);

// [request, [[digest, code, rule, message], ...]]
struct ForwardRefused {
  struct Item {
    Digest statement = {};
    Error error = {};
  };
  std::uint64_t request = 0;
  std::vector<Item> items = {};
};
Bytes encode_forward_refused(const ForwardRefused& refused);
Result<ForwardRefused> decode_forward_refused(ByteView bytes);

// [text, log line]
struct CheckpointOpen {
  std::string text = {};  // the checkpoint's text (crypto/checkpoint.h)
  std::string log_line = {};
};
Bytes encode_checkpoint_open(const CheckpointOpen& open);
Result<CheckpointOpen> decode_checkpoint_open(ByteView bytes);

// [size, root, line]
struct CheckpointCosigned {
  std::uint64_t size = 0;
  Digest root = {};
  std::string line = {};
};
Bytes encode_checkpoint_cosigned(const CheckpointCosigned& cosigned);
Result<CheckpointCosigned> decode_checkpoint_cosigned(ByteView bytes);

// A finished note travels as its text.

// [from, to]: both included. The answer may begin later, and always ends at `to`.
struct LogFetch {
  LogIndex from = {};
  LogIndex to = {};
};
Bytes encode_log_fetch(const LogFetch& fetch);
Result<LogFetch> decode_log_fetch(ByteView bytes);

// [to, [[header, payload], ...]]; none: the sender has not that entry. Hashes are computed, nothing else is
// checked: an entry proves itself by what names it.
struct LogEntries {
  LogIndex to = {};
  std::vector<LogEntry> entries = {};
};
inline constexpr std::size_t log_entries_max = 4'096;
Bytes encode_log_entries(const LogEntries& answer);
Result<LogEntries> decode_log_entries(ByteView bytes);

// [request, order's bytes]
struct LeadForward {
  std::uint64_t request = 0;  // chosen by the sender
  std::shared_ptr<const Bytes> order = {};
};
Bytes encode_lead_forward(const LeadForward& forward);
Result<LeadForward> decode_lead_forward(ByteView bytes);

// [request, code, rule, message]
struct LeadRefused {
  std::uint64_t request = 0;
  Error error = {};
};
Bytes encode_lead_refused(const LeadRefused& refused);
Result<LeadRefused> decode_lead_refused(ByteView bytes);

// [[index, root], ...]: the state root right after the block at that index.
struct StateAt {
  LogIndex index = {};
  Digest root = {};

  bool operator==(const StateAt&) const = default;
};
inline constexpr std::size_t state_roots_max = 17;
Bytes encode_state_roots(const std::vector<StateAt>& told);
Result<std::vector<StateAt>> decode_state_roots(ByteView bytes);

// [log key, cosigner key]: whose lines.
struct MarkAsk {
  PublicKey log = {};
  PublicKey cosigner = {};

  bool operator==(const MarkAsk&) const = default;
};
Bytes encode_mark_ask(const MarkAsk& ask);
Result<MarkAsk> decode_mark_ask(ByteView bytes);

// A checkpoint's text and one line of a signature under it.
struct SignedText {
  std::string text = {};
  std::string line = {};

  bool operator==(const SignedText&) const = default;
};

// [remembers, [[text, line], ...]]: the newest lines by these keys that the sender has seen. Remembers is 0
// where the sender lost what it knew itself, else 1.
struct MarkOffer {
  bool remembers = true;
  std::vector<SignedText> lines = {};
};
inline constexpr std::size_t mark_offer_lines_max = 2;  // one of each key
Bytes encode_mark_offer(const MarkOffer& offer);
Result<MarkOffer> decode_mark_offer(ByteView bytes);

// [index]: of an entry; 0: the newest that is applied.
struct JoinAsk {
  LogIndex index = {};
};
Bytes encode_join_ask(const JoinAsk& ask);
Result<JoinAsk> decode_join_ask(ByteView bytes);

// [asked, index, hash]: the entry that was asked for; index 0 with a hash of zeros: it is not applied here.
struct JoinOffer {
  LogIndex asked = {};
  LogIndex index = {};
  Digest hash = {};
};
Bytes encode_join_offer(const JoinOffer& offer);
Result<JoinOffer> decode_join_offer(ByteView bytes);

}  // namespace anta
