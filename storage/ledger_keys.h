// The keys of the applied side, in one place. Stored: never change. Pure, any thread; used by
// ledger_store.cc, ledger_reader.cc and rebuild.cc only.
//
//     state  kind byte || id                                 -> record
//     index  'O' || statement digest                         -> outcome
//     index  'L' || be64 leaf                                -> leaf record
//     index  'S' || be64 height                              -> seal record
//     index  'H' || kind byte || be16 id length || id || be64 leaf   -> type word: history of a subject
//     index  'I' || be16 id length || id || be64 leaf        -> type word: statements signed for a party
//     tree   'b' || bucket key (state_tree.h)                -> bucket; the other keys are tree_store.h's
//     meta   applied, genesis
//
// Beside the database, from a clean stop for the next start, the file upper_levels_file: SHA-256 of what
// follows, the state's root, the state tree's upper levels (state_tree.h).
#pragma once

#include <string_view>

#include "crypto/digest.h"
#include "storage/big_endian.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/view.h"

namespace anta::keys {

inline constexpr std::string_view applied = "applied";
inline constexpr std::string_view genesis = "genesis";
inline constexpr const char* upper_levels_file = "state-tree";
inline constexpr std::uint8_t bucket_tag = 'b';

inline Bytes state(Kind kind, std::string_view id) {
  Bytes key = {static_cast<std::uint8_t>(kind)};
  put_bytes(key, as_bytes(id));
  return key;
}

inline Bytes outcome(const Digest& statement) {
  Bytes key = {'O'};
  put_bytes(key, statement.view());
  return key;
}

inline Bytes leaf(LeafIndex index) {
  Bytes key = {'L'};
  put_u64(key, index.value);
  return key;
}

inline Bytes seal(Height height) {
  Bytes key = {'S'};
  put_u64(key, height.value);
  return key;
}

// The prefixes of the two lists of leaves; a be64 leaf follows.
inline Bytes history(const StateKey& subject) {
  Bytes key = {'H', static_cast<std::uint8_t>(subject.kind)};
  put_u16(key, static_cast<std::uint16_t>(subject.id.size()));
  put_bytes(key, as_bytes(subject.id));
  return key;
}

inline Bytes issuer(const PartyId& party) {
  Bytes key = {'I'};
  put_u16(key, static_cast<std::uint16_t>(party.value.size()));
  put_bytes(key, as_bytes(party.value));
  return key;
}

inline Bytes with_leaf(Bytes prefix, LeafIndex index) {
  put_u64(prefix, index.value);
  return prefix;
}

inline Bytes bucket(ByteView bucket_key) {
  Bytes key = {bucket_tag};
  put_bytes(key, bucket_key);
  return key;
}

}  // namespace anta::keys
