// What the leaves of a tile stand for, as files that any static server can give out: enough to replay the
// ledger (replay.h). Public format; statements.cddl: bundle, rejections; FORMAT.md, section 12, for others.
//
//     bodies/<N>[.p/<W>]     the documents of the leaves of tile 0/<N>: [* [0, genesis] / [1, statement] /
//                            [2, seal, how many statements its block refused on record]]
//     rejected/<seal leaf>   those statements, in block order: [* [accepted before it in the block,
//                            statement]]; only beside seals that have any
//     seals/<leaf>           a seal alone
//
// Refused statements are no leaves, yet a refusal is a record of the state, so nobody comes to a seal's state
// root without them. They stand apart, because a tile may hold 256 blocks of nothing else. Numbers in paths
// are written like those of tiles (crypto/tile.h).
//
// Decoding checks form and bounds and nothing else. Errors are `malformed` with a rule bundle.*, or one of
// crypto/cbor.h's. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/tile.h"
#include "storage/ledger/ids.h"

namespace anta {

// Of 256 statements of 64 KiB, a genesis, and their heads.
inline constexpr std::size_t bundle_bytes_max = (std::size_t{18} << 20);
inline constexpr std::size_t rejections_bytes_max = std::size_t{2} << 20;  // of one block, with its heads

// Public format: never renumber.
enum class BodyKind : std::uint8_t { genesis = 0, statement = 1, seal = 2 };

struct LeafBody {
  BodyKind kind = BodyKind::statement;
  ByteView bytes = {};         // within what was decoded
  std::uint64_t rejected = 0;  // of a seal
};

struct Rejection {
  std::uint64_t accepted_before = 0;
  ByteView statement = {};
};

Bytes encode_bundle(const std::vector<LeafBody>& bodies);
// Exactly `width` of them.
Result<std::vector<LeafBody>> decode_bundle(ByteView bytes, unsigned width);

Bytes encode_rejections(const std::vector<Rejection>& rejections);
// In order, none beyond what a block holds.
Result<std::vector<Rejection>> decode_rejections(ByteView bytes);

std::string bodies_path(const TilePlace& place);
std::string rejected_path(LeafIndex seal);
std::string seal_path(LeafIndex seal);

}  // namespace anta
