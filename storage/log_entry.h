// One entry of the replicated log: what Raft orders, what the `log` column family keeps, what peers send.
//
// The header is canonical CBOR (statements.cddl: entry-header), the payload is opaque here (a block's
// statements, a configuration, or nothing). `prev_hash` chains the log: it is SHA-256(header || payload) of
// the entry before, zero for the first. Header-only and pure; storage/log_entry.cc holds the one encoding.
#pragma once

#include <cstdint>
#include <memory>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

// Stored and sent: never renumber.
enum class EntryKind : std::uint8_t { no_op = 0, block = 1, configuration = 2 };

struct EntryHeader {
  Term term = {};
  EntryKind kind = EntryKind::no_op;
  Digest prev_hash = {};  // hash of the entry before
  Millis time = {};       // the proposing leader's clock; not yet the block's time (consensus.md section 3)

  bool operator==(const EntryHeader&) const = default;
};

// An entry with its place. The payload is shared and immutable: socket, Raft, disk and peers hold the same
// bytes. `hash` is entry_hash(header, payload), computed once by whoever made or decoded the entry.
struct LogEntry {
  LogIndex index = {};
  EntryHeader header = {};
  std::shared_ptr<const Bytes> payload = {};  // never null in a valid entry; empty for a no-op
  Digest hash = {};

  std::size_t size() const { return payload ? payload->size() + header_bytes_max : header_bytes_max; }
  static constexpr std::size_t header_bytes_max = 96;  // an upper bound, for flow control
};

// The one encoding of a header (deterministic CBOR map with text keys), both directions.
Bytes encode_entry_header(const EntryHeader& header);
Result<EntryHeader> decode_entry_header(ByteView bytes);

// SHA-256(header || payload).
Digest entry_hash(const EntryHeader& header, ByteView payload);

// Makes an entry and computes its hash.
LogEntry make_entry(LogIndex index, EntryHeader header, std::shared_ptr<const Bytes> payload);

}  // namespace anta
