// What the log keeps in the family `meta` beside the entries, as keys; log_store.h says what each is for.
// Stored: never rename. Pure, any thread; used by log_store.cc only.
#pragma once

#include <string_view>

#include "crypto/digest.h"
#include "storage/big_endian.h"
#include "storage/ledger/ids.h"

namespace anta::log_meta {

inline constexpr std::string_view hard_state_key = "hard_state";
inline constexpr std::string_view mark_key = "cosigning_mark";
inline constexpr std::string_view applied_key = "applied";
inline constexpr std::string_view epoch_key = "recovery_epoch";             // -> be64; absent: 0
inline constexpr std::string_view term_prefix = "term/";                    // + be64 first index -> be64 term
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

}  // namespace anta::log_meta
