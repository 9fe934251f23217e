// A network from its description: the genesis, a directory per node, and the policy files of verifiers (`anta
// network new`).
//
// The description (network.yaml):
//
//     network: anta-sur
//     origin: registro.example/anta-sur        optional; 8 digits of the genesis's hash are appended
//     registrar: {id: registro-anta, key: HEX}  or just the id: a key is then made
//     nodes: [{id: n1, organisation: planta, address: "127.0.0.1:7001", http: "127.0.0.1:8001", keys: {log,
//     cosigner, tls}}] witnesses: [{id: w1, key: HEX}]           optional schemes: [{id: crp, owner:
//     marco-cobre}] parameters: {event_age_max_days: 3650}
//
// keys are what `antad --init` printed at each organisation; a node without them gets a seed here, which is
// for one machine only. Missing addresses become free ports on loopback. Nothing is overwritten. Blocking.
#pragma once

#include <string>
#include <vector>

#include "crypto/error.h"
#include "storage/ledger/genesis.h"

namespace anta {

struct NetworkMade {
  Genesis genesis = {};
  Digest digest = {};
  std::size_t quorum = 0;
  std::size_t cosigners = 0;
  std::vector<std::string> http = {};  // base URLs, in the order of the nodes
};

// `scenario`: the text is a scenario file, of which only the network's part is read. `created` is now.
Result<NetworkMade> make_network(std::string_view yaml, bool scenario, const std::string& directory,
                                 Millis created);

}  // namespace anta
