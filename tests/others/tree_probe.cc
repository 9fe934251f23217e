// What our trees and notes are, as text, for programs that nobody here wrote (check.go, check.mjs).
//
// The tree's entry i is SHA-256("leaf <i>"). For each size that a tile can begin, fill or pass (1, 2, 255,
// 256, 257, 70 000) it prints, one a line, hashes in hex:
//
//     log|cosigner <verifier key>              who signs the notes
//     size <n> <root> <note, hex>              the note of a log key and of three cosigners, at 1 800 000 000
//     s inclusion <n> <leaf> <hash>...           siblings from the leaf up consistency <old> <n> <hash>...
//     tile <n> <level> <index> <hash>...       every tile of 8 levels that a tree of n leaves has
//
// Tiles come out of crypto/merkle.h's coordinates alone, so that they check those and not a server.
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/keys.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/text.h"

namespace anta {
namespace {

constexpr std::uint64_t sizes[] = {1, 2, 255, 256, 257, 70000};
constexpr std::uint64_t largest = 70000;
constexpr std::uint64_t cosigned_seconds = 1800000000;
constexpr std::string_view origin = "anta.example/others";
constexpr unsigned tile_height = 8;
constexpr std::uint64_t tile_width = 256;

using Levels = std::vector<std::vector<Digest>>;

NodeKeys keys_of(unsigned node) {
  const Digest seed = sha256(as_bytes("node " + std::to_string(node) + " of others"));
  return derive_node_keys(Secret32(std::span<const std::uint8_t, 32>(seed.bytes)));
}

std::string cosigner_name(unsigned node) { return "organisation-" + std::to_string(node) + "/anta"; }

void print(const std::vector<Digest>& hashes) {
  for (const Digest& hash : hashes)
    std::cout << ' ' << to_hex(hash.view());
  std::cout << '\n';
}

void print_note(std::uint64_t size, const Digest& root) {
  Note note{.text = encode_checkpoint({std::string(origin), size, root})};
  note.signatures.push_back(sign_note_line(note.text, origin, keys_of(1).log));
  for (unsigned node = 1; node <= 3; ++node) {
    note.signatures.push_back(
        sign_cosignature(note.text, cosigner_name(node), keys_of(node).cosigner, cosigned_seconds + node));
  }
  std::cout << "size " << size << ' ' << to_hex(root.view()) << ' ' << to_hex(as_bytes(encode_note(note)))
            << '\n';
}

void print_tiles(std::uint64_t size, const NodeSource& nodes) {
  for (unsigned level = 0; (size >> (tile_height * level)) > 0; ++level) {
    const std::uint64_t hashes = size >> (tile_height * level);
    for (std::uint64_t first = 0; first < hashes; first += tile_width) {
      std::vector<Digest> tile;
      for (std::uint64_t i = first; i < std::min(hashes, first + tile_width); ++i)
        tile.push_back(nodes(tile_height * level, i).value());
      std::cout << "tile " << size << ' ' << level << ' ' << first / tile_width;
      print(tile);
    }
  }
}

void print_proofs(std::uint64_t size, const NodeSource& nodes) {
  const std::set<std::uint64_t> leaves = {0,   1,        size / 3, size / 2, 254,  255,
                                          256, size - 2, size - 1, 65535,    65536};
  for (const std::uint64_t leaf : leaves) {
    if (leaf >= size) continue;
    std::cout << "inclusion " << size << ' ' << leaf;
    print(inclusion_proof(leaf, size, nodes).value());
  }
  for (const std::uint64_t old : {1ULL, 2ULL, 3ULL, 255ULL, 256ULL, 257ULL, 65536ULL, 69999ULL, 70000ULL}) {
    if (old > size) continue;
    std::cout << "consistency " << old << ' ' << size;
    print(consistency_proof(old, size, nodes).value());
  }
}

}  // namespace
}  // namespace anta

int main() {
  using namespace anta;
  std::cout << "log "
            << encode_verifier_key({std::string(origin), KeyType::ed25519, keys_of(1).log.public_key()})
            << '\n';
  for (unsigned node = 1; node <= 3; ++node) {
    const VerifierKey key{cosigner_name(node), KeyType::cosignature, keys_of(node).cosigner.public_key()};
    std::cout << "cosigner " << encode_verifier_key(key) << '\n';
  }
  Levels levels;
  CompactRange range;
  for (std::uint64_t i = 0; i < largest; ++i) {
    range.append(leaf_hash(sha256(as_bytes("leaf " + std::to_string(i))).view()),
                 [&](unsigned level, std::uint64_t, const Digest& hash) {
                   if (levels.size() <= level) levels.resize(level + 1);
                   levels[level].push_back(hash);
                 });
  }
  const NodeSource nodes = [&](unsigned level, std::uint64_t index) -> Result<Digest> {
    return levels.at(level).at(index);
  };
  for (const std::uint64_t size : sizes) {
    print_note(size, root_at(size, nodes).value());
    print_proofs(size, nodes);
    print_tiles(size, nodes);
  }
  return 0;
}
