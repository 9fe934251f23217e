// A network from its description: the genesis, a directory per node, and the policy files of verifiers (`anta
// network new`).
//
// The description (network.yaml; the README beside this file has every member):
//
//     network: anta-sur
//     registrar: {id: registro}
//     schemes: [{id: crp, owner: scheme-owner}]
//     nodes:
//       - {id: n1, organisation: plant, address: "127.0.0.1:7001", http: "127.0.0.1:8001"}
//     witnesses:
//       - {id: w1, http: "127.0.0.1:8009", url: "https://witness.example"}
//
// keys are what `antad --init` printed at each organisation (key: `antad --witness --init`); a node or
// witness without them gets a seed here, which is for one machine only, and the permission to begin
// (crypto/first_start.h). Missing addresses become free ports on loopback; a witness's url is http://<http>
// unless it is given. Nothing is overwritten. Blocking.
#pragma once

#include <string>
#include <vector>

#include "cli/catalogue.h"
#include "crypto/error.h"
#include "node/views/tree.h"
#include "storage/ledger/genesis.h"

namespace anta {

struct NetworkMade {
  Genesis genesis = {};
  Digest digest = {};
  std::size_t quorum = 0;
  std::size_t cosigners = 0;
  std::vector<std::string> http = {};       // base URLs, in the order of the nodes
  std::vector<std::string> witnesses = {};  // likewise, of the witnesses
};

// `scenario`: the text is a scenario file, of which only the network's part is read. `created` is now. What
// exists already is told in that language.
Result<NetworkMade> make_network(std::string_view yaml, bool scenario, const std::string& directory,
                                 Millis created, Language language = Language::en);

// {log: HEX, cosigner: HEX, tls: HEX}, as `antad --init` prints it under `keys`.
Result<payload::NodeKeySet> read_node_keys(const views::TreeNode& node);

// HEX, as `antad --witness --init` prints it under `key`.
Result<PublicKey> read_public_key(const views::TreeNode& node);

}  // namespace anta
