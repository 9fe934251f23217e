// What the log keeps in the family `meta` beside the entries, as keys and values; log_store.h says what each
// is for. Stored: never rename. Pure, any thread; used by log_store.cc, log_repair.cc and
// log_backfill.cc only.
#pragma once

#include <algorithm>
#include <string_view>

#include "crypto/digest.h"
#include "storage/big_endian.h"
#include "storage/ledger/ids.h"
#include "storage/log_store.h"

namespace anta::log_meta {

inline constexpr std::string_view hard_state_key = "hard_state";
inline constexpr std::string_view mark_key = "cosigning_mark";
inline constexpr std::string_view applied_key = "applied";
inline constexpr std::string_view epoch_key =
    "recovery_epoch";                                     // -> be64 number, digest of all decided; absent: 0
inline constexpr std::string_view term_prefix = "term/";  // + be64 first index -> be64 term
inline constexpr std::string_view configuration_prefix = "configuration/";  // + be64 index -> nothing

inline Bytes indexed(std::string_view prefix, LogIndex index) {
  Bytes key = to_bytes(as_bytes(prefix));
  put_u64(key, index.value);
  return key;
}

inline Bytes encode_u64(std::uint64_t value) {
  Bytes out;
  put_u64(out, value);
  return out;
}

inline Bytes encode_hard_state(Term term, const NodeId& vote, LogIndex commit) {
  Bytes out;
  put_u64(out, term.value);
  put_u64(out, commit.value);
  put_bytes(out, as_bytes(vote.value));
  return out;
}

inline constexpr std::size_t hard_state_bytes_min = 16;
inline LogStore::HardState decode_hard_state(ByteView bytes) {
  return {.term = Term{get_u64(bytes)},
          .vote = NodeId{std::string(as_text(bytes.subspan(16)))},
          .commit = LogIndex{get_u64(bytes.subspan(8))}};
}

inline Bytes encode_epoch(const LogStore::RecoveryEpoch& epoch) {
  Bytes out = encode_u64(epoch.number);
  put_bytes(out, epoch.decided.view());
  return out;
}

inline LogStore::RecoveryEpoch decode_epoch(ByteView bytes) {
  LogStore::RecoveryEpoch epoch{.number = get_u64(bytes), .decided = {}};
  std::ranges::copy(bytes.subspan(8), epoch.decided.bytes.begin());
  return epoch;
}

}  // namespace anta::log_meta
