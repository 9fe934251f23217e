// The genesis: the document a network begins with. Its SHA-256 is the network's identity and leaf 0.
//
// `origin` is the name of the log in every checkpoint. It ends in 8 hex digits of the genesis's own hash;
// since a text cannot hold its own hash, those digits are taken from the genesis encoded with "00000000" in
// their place (origin_is_bound checks it). Pure, any thread. Source: statements.cddl: genesis; proofs.md
// section 1.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/keys.h"
#include "crypto/note.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/parameter.h"
#include "storage/ledger/payload/governance.h"

namespace anta {

inline constexpr std::size_t genesis_bytes_max = std::size_t{1} << 20;
// Nodes and witnesses together: a checkpoint's note has room for all their cosignatures beside the log's
// line.
inline constexpr std::size_t genesis_cosigners_max = note_signatures_max - 1;

struct GenesisRegistrar {
  PartyId id = {};
  PublicKey key = {};
};
struct GenesisNode {
  NodeId id = {};
  PartyId organisation = {};
  payload::NodeKeySet keys = {};
  std::string address = {};  // host:port of the peer listener
};
struct GenesisWitness {
  NodeId id = {};
  PublicKey key = {};
};
struct GenesisScheme {
  SchemeId id = {};
  PartyId owner = {};
};

struct Genesis {
  std::int64_t format = 1;
  NetworkId network = {};
  std::string origin = {};
  Millis created = {};
  GenesisRegistrar registrar = {};
  std::vector<GenesisNode> nodes = {};
  std::optional<std::vector<GenesisWitness>> witnesses = {};
  std::vector<GenesisScheme> schemes = {};
  std::vector<std::pair<std::string, ParameterValue>> parameters = {};  // only what differs from the defaults
};

// decode_genesis also checks what no single field says: the origin is bound; ids of nodes and witnesses, and
// of schemes, are unique; an organisation runs one node; no key stands twice; addresses are host:port; nodes
// and witnesses are at most genesis_cosigners_max; parameters are known, within bounds, and no window's lower
// end lies above its upper. encode_genesis writes what it is given; parameter names must differ.
Bytes encode_genesis(const Genesis& genesis);
Result<Genesis> decode_genesis(ByteView bytes);

// Bytes that decode_genesis refuses, in the form of a genesis whose law_version this release does not know.
bool genesis_is_newer(ByteView bytes);

// Appends the 8 digits: "anta.example/sur" -> "anta.example/sur-1a2b3c4d".
void bind_origin(Genesis& genesis);
bool origin_is_bound(const Genesis& genesis);

}  // namespace anta
