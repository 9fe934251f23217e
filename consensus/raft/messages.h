// What the nodes of one cluster say to each other about order. Plain values; consensus/message_codec maps
// them to bytes, field by field, and computes LogEntry::hash of what it decodes.
//
// Envelope. `term` is always the sender's own current term, which is already on the sender's disk: a term
// that a node has shown never falls, also across a crash. `from` and `to` are members, with incarnations; a
// message of another cluster or recovery epoch, to another incarnation of its receiver, or of an older one of
// its sender than is known here, is dropped before anything else (rule 12).
//
// The protocol is Raft (Ongaro and Ousterhout 2014; dissertation, sections 3 to 6 and 9.6) with pre-vote,
// check-quorum, ReadIndex and pipelined appends. Heartbeats are their own messages, because their answers
// never wait for a disk.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "consensus/raft/configuration.h"
#include "crypto/digest.h"
#include "storage/ledger/ids.h"
#include "storage/log_entry.h"

namespace anta::raft {

// Asks for a vote. `pre` only asks whether a vote would be granted, and changes no state anywhere (rule 7).
// `last_*` is the candidate's last durable entry (rule 2). `transfer` says that the old leader wished this
// election: then a voter that hears its leader answers nevertheless.
struct VoteRequest {
  bool pre = false;
  bool transfer = false;
  Term campaign_term = {};  // the term voted on: the envelope's for a vote, the next one for a pre-vote
  LogIndex last_index = {};
  Term last_term = {};

  bool operator==(const VoteRequest&) const = default;
};

// The answer. A granted vote left the voter only after it was on disk.
struct VoteReply {
  bool pre = false;
  bool granted = false;
  Term campaign_term = {};  // echoed, so that an answer to an earlier campaign is not taken for this one

  bool operator==(const VoteReply&) const = default;
};

// Entries prev_index + 1 ... in order, possibly none. `commit` is the leader's.
struct Append {
  LogIndex prev_index = {};
  Term prev_term = {};
  LogIndex commit = {};
  std::vector<LogEntry> entries = {};
};

// Accepted: everything up to `match` is equal to the leader's log and on the follower's disk.
// Rejected: the follower's log does not have (prev_index, prev_term). Its entry at `hint_index` has
// `hint_term`, and nothing above can match (rule 6): the leader goes on from there, moving only `next`.
struct AppendReply {
  bool rejected = false;
  LogIndex match = {};       // when accepted
  LogIndex prev_index = {};  // when rejected: echoed from the append
  LogIndex hint_index = {};  // when rejected
  Term hint_term = {};       // when rejected
  bool amnesiac = false;  // the follower lost what it had promised: not to be counted (consensus/amnesia.h)

  bool operator==(const AppendReply&) const = default;
};

// The leader lives. `match_*` is an entry that this follower has acknowledged (0, 0 for none yet), so that a
// follower that restarted can trust `commit` again up to there. `sent` is the last index sent to it so far: a
// follower that has less has lost an append. `amnesiac`: the leader knows that it is one, and has
// committed all that it had when it first knew; it counts it for
// nothing. `round` serves reads (rule 14) and counts up within a term.
struct Heartbeat {
  LogIndex match_index = {};
  Term match_term = {};
  LogIndex sent = {};
  LogIndex commit = {};
  std::uint64_t round = 0;
  bool amnesiac = false;

  bool operator==(const Heartbeat&) const = default;
};

// Answered at once, without the disk: this node knew no higher term after `round` began. `verified` is how
// far its log is known to equal the leader's, on disk or not.
struct HeartbeatReply {
  LogIndex sent = {};  // echoed
  LogIndex verified = {};
  std::uint64_t round = 0;  // echoed
  bool amnesiac = false;    // as in AppendReply
  LogIndex applied =
      {};  // what is applied there; the shell says and reads it. 0: not said (an older release)

  bool operator==(const HeartbeatReply&) const = default;
};

// The leader hands over: campaign now, without pre-vote.
struct TimeoutNow {
  bool operator==(const TimeoutNow&) const = default;
};

// A follower's read, sent to its leader. `session` is drawn anew at each start of the follower, so that an
// answer from before its crash is never taken for one after it.
struct ReadIndexRequest {
  std::uint64_t session = 0;
  std::uint64_t read = 0;

  bool operator==(const ReadIndexRequest&) const = default;
};

// Served: the asker may read once it has applied `index`. Not served: the receiver does not lead, or its
// queue of reads is full.
struct ReadIndexReply {
  std::uint64_t session = 0;  // echoed
  std::uint64_t read = 0;     // echoed
  bool served = false;
  LogIndex index = {};

  bool operator==(const ReadIndexReply&) const = default;
};

// The order of the alternatives is the wire's kind number, from 0: never reorder, add at the end.
using Body = std::variant<VoteRequest, VoteReply, Append, AppendReply, Heartbeat, HeartbeatReply, TimeoutNow,
                          ReadIndexRequest, ReadIndexReply>;

struct Message {
  Digest cluster = {};               // which network: digest of its genesis
  std::uint64_t recovery_epoch = 0;  // raised by operators who rebuild a cluster that lost its quorum
  Member from = {};
  Member to = {};
  Term term = {};  // the sender's current term
  Body body = {};
};

// The body's name for logs, metrics and transcripts: "vote_request", "append", ...
const char* name(const Body& body);

}  // namespace anta::raft
