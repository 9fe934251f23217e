// What an apply leaves behind: the `applied` record, and the records of leaves and seals in the family
// `index`.
//
// `Applied` is written in the same batch as everything it speaks of, under one key of `meta`: applied index
// and effects can not come apart. Fixed-size big-endian encodings, here and nowhere else. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/seal.h"

namespace anta {

// The newest block whose effects are in the database. The genesis is index 0.
struct Applied {
  LogIndex index = {};
  Term term = {};
  Digest hash = {};    // of the log entry; zero for the genesis
  Height height = {};  // of the block's seal
  Millis block_time = {};
  Digest state_root = {};
  TreeSize leaves = {};
  Digest tree_root = {};

  bool operator==(const Applied&) const = default;
};

Bytes encode_applied(const Applied& applied);
Result<Applied> decode_applied(ByteView bytes);

// Stored: never renumber.
enum class LeafKind : std::uint8_t { genesis = 0, statement = 1, seal = 2 };

struct LeafRecord {
  LeafKind kind = LeafKind::statement;
  Digest entry = {};           // SHA-256 of the statement, seal or genesis: what the tree's leaf hashes
  Height height = {};          // of the seal that closes its block
  LogIndex block = {};         // 0 for the genesis and its seal
  std::uint32_t position = 0;  // of a statement in its block

  bool operator==(const LeafRecord&) const = default;
};

Bytes encode_leaf_record(const LeafRecord& record);
Result<LeafRecord> decode_leaf_record(ByteView bytes);

struct SealRecord {
  LeafIndex leaf = {};  // the seal's own
  LogIndex block = {};
  Bytes bytes = {};  // the seal's encoding, as it was hashed
  Seal seal = {};

  TreeSize size() const { return TreeSize{leaf.value + 1}; }  // the tree right after it
};

Bytes encode_seal_record(const SealRecord& record);
Result<SealRecord> decode_seal_record(ByteView bytes);

}  // namespace anta
