// Who this node is: its genesis, its place in it, its keys; and how a new node gets its seed.
//
// A node is one of the genesis, or one that the network admitted later: then the members file has it.
//
// Reads the genesis file and the seed file and holds them against each other, so that a node with the wrong
// seed, or of another network, says so at start and not by refused connections. Errors are `malformed`
// (configuration) and name the file and the next step.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "crypto/error.h"
#include "crypto/keys.h"
#include "node/config.h"
#include "node/network_state.h"
#include "storage/database.h"
#include "storage/ledger/genesis.h"

namespace anta {

// Whether these are the public halves of those.
bool same_keys(const payload::NodeKeySet& wanted, const NodeKeys& keys);

struct Identity {
  Genesis genesis = {};
  std::shared_ptr<const Bytes> genesis_bytes = {};
  Digest network = {};  // SHA-256 of them
  GenesisNode self = {};
  NodeKeys keys;
};

Result<Identity> load_identity(const Config& config);

// The shares of `memory_bytes`: records of the newest state (storage/current_view.h), twice what readers
// share (tiles, and blocks: storage/tree_cache.h, block_cache.h), and RocksDB the rest.
std::uint64_t record_memory(const Limits& limits);
std::uint64_t reader_memory(const Limits& limits);
std::uint64_t database_memory(const Limits& limits);

// Where this node's database is, and whose it must be. It is not made where it is missing, and merges nothing
// before it is told to.
DatabaseOptions database_options(const Config& config, const Identity& identity);

// Holds the node against the newest that is known of the network: its ledger's state, or its members file. A
// node that is removed, or not admitted yet, may start.
Result<void> check_self(const Identity& identity, const Config& config, const NetworkState& network);

// Whether the data directory may be made. A node that has run before must find the one it had.
enum class DataDirectory : bool { find, make };

// Makes the directory with mode 0700 if it is missing and may be made; refuses one that others may read or
// write. One that must be found and is missing is the database's to report (ledger_missing).
Result<void> prepare_data_directory(const std::filesystem::path& directory, DataDirectory how);

// store.missing: this node has run before and its ledger is not where the configuration says.
Error ledger_missing(const Config& config);

// `antad --init DIR`: writes DIR/node.seed and the permission to make this node's ledger
// (crypto/first_start.h), and answers the public halves as YAML for the network file.
Result<std::string> init_node(const std::filesystem::path& directory);

}  // namespace anta
