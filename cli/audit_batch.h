// The leaves of one tile, fetched, decoded and held against each other, with their signatures verified: the
// part of an audit that many threads do at once.
//
// Nothing is judged here. A signature is verified with the key that its id had when the batch was begun; the
// replay decides which key a statement needs and verifies again where that is another one.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "cli/mirror.h"
#include "crypto/keys.h"
#include "storage/ledger/bundle.h"
#include "storage/ledger/replay.h"

namespace anta {

struct AuditItem {
  BodyKind kind = BodyKind::statement;
  Decoded document = {};  // of a genesis or a seal: bytes and digest alone
  std::uint64_t rejected = 0;
  std::optional<PublicKey> verified_by = {};
};

struct AuditBatch {
  std::uint64_t first = 0;            // the tile's first leaf
  std::vector<AuditItem> items = {};  // up to the finding, where there is one
  std::vector<Digest> hashes = {};    // the tile's
  std::optional<Finding> finding = {};
};

AuditBatch read_batch(Mirror& mirror, const TilePlace& place, const Replay::Keys& keys);

}  // namespace anta
