// node.yaml: how one node runs. Strict: an unknown key is an error with its line and the nearest known key.
//
//     network: genesis.cbor            the genesis file (canonical CBOR); paths are relative to this file
//     node: n1                         which node this is
//     incarnation: 1                   from 1; more where the network has admitted this node anew
//     members: members.json            the nodes as they are now (anta network node list --output json):
//                                      for a node that is not in the genesis, or is there with other keys
//     recoveries: [recovery-1.yaml]    how the network went on where most of its nodes were gone, in order
//                                      (recovery_file.h)
//     data: data                       directory of the database, made with mode 0700
//     seed: node.seed                  the node's secret (antad --init), mode 0600
//     peer: {listen: "127.0.0.1:7001"}                  default: this node's address in the genesis
//     peers: {n2: "10.0.0.2:7001"}                      where the genesis's addresses no longer hold
//     witnesses: {w1: "https://witness.example"}        where the network's witnesses are asked
//     http: {listen: "127.0.0.1:8001", behind_proxy: false, port_file: http.port,
//            tls: {certificate: node.pem, key: node.key}}   both or none (http_tls.h)
//     log: {level: info, format: logfmt}                debug|info|warning|error, logfmt|json
//     limits: {...}   timeouts: {...}                   see Limits and Timeouts below
//
// Without http.tls the listener speaks plain HTTP, on loopback only, unless behind_proxy says that something
// else speaks TLS before it.
// Pure but for load_config, which reads the file. Errors are `malformed` with rule config.*.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/log_sink.h"
#include "crypto/error.h"
#include "node/log.h"
#include "node/witness_client.h"
#include "storage/ledger/ids.h"

namespace anta {

struct Endpoint {
  std::string host = {};
  std::uint16_t port = 0;

  bool operator==(const Endpoint&) const = default;
  std::string text() const { return host + ":" + std::to_string(port); }
};

// "127.0.0.1:7001", "[::1]:7001", "node.example:7001".
Result<Endpoint> parse_endpoint(std::string_view text);

// The HTTP listener's PEM files; both empty: plain HTTP.
struct TlsFiles {
  std::filesystem::path certificate = {};
  std::filesystem::path key = {};

  bool given() const { return !certificate.empty(); }
};

struct Limits {
  // Caches and buffers of the database and the ledger, shared out at the start.
  std::int64_t memory_bytes = std::int64_t{192} << 20;
  std::int64_t http_connections = 1'024;
  // Of one address. 0: three quarters of http_connections, at least 64; none when behind_proxy, where all
  // come from the proxy's address. A number holds there too.
  std::int64_t http_connections_per_address = 0;
  std::int64_t http_memory_bytes = std::int64_t{128} << 20;  // bodies and answers of all connections
  std::int64_t http_requests_per_second = 50'000;            // of one address
  std::int64_t answer_cache_bytes = std::int64_t{64} << 20;  // finished answers (answer_cache.h); 0: none
  // Of a body. /v1/verify takes a whole certificate file, whatever this says.
  std::int64_t request_bytes = std::int64_t{4} << 20;
  // Of one signer's key: how many statements this node verifies for its own clients, on average and at once.
  std::int64_t key_statements_per_second = 500;
  std::int64_t key_statements_burst = 2'000;
  std::int64_t pending_statements = 16'384;  // submitted and not yet decided
  std::int64_t pending_bytes = std::int64_t{32} << 20;
  std::int64_t verifiers = 0;  // threads; 0: min(cores, 2)
  std::int64_t scrub_bytes_per_second = std::int64_t{8}
                                        << 20;  // of the database, read again and again; 0: not
  // Of the log, to nodes that join or repair theirs, all together.
  std::int64_t join_bytes_per_second = std::int64_t{64} << 20;
  // A node that joins fetches a log of so many entries from all nodes at once, a shorter one comes from the
  // leader; 0: every one does.
  std::int64_t join_entries_min = 4'096;
  std::int64_t disk_reserve_bytes = 0;  // less free than this: nothing new is taken; 0: disk_reserve.h says
};

struct Timeouts {  // milliseconds
  std::int64_t election_ms = 150;
  std::int64_t heartbeat_ms = 50;
  std::int64_t submit_ms = 10'000;      // a submission's deadline
  std::int64_t cosign_wait_ms = 2'000;  // how long wait=cosigned waits after the outcome
  std::int64_t drain_ms = 5'000;        // at shutdown
};

struct Config {
  std::filesystem::path network = {};
  NodeId node = {};
  std::int64_t incarnation = 1;
  std::filesystem::path members = {};  // empty: the genesis says it all
  std::vector<std::filesystem::path> recoveries = {};
  std::filesystem::path data = {};
  std::filesystem::path seed = {};
  std::string peer_listen = {};  // empty: as the genesis says
  std::map<std::string, Endpoint> peers = {};
  std::map<std::string, WitnessUrl> witnesses = {};
  Endpoint http = {.host = "127.0.0.1", .port = 0};
  TlsFiles http_tls = {};
  bool behind_proxy = false;
  std::filesystem::path http_port_file = {};  // default: <data>/http.port
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::logfmt;
  Limits limits = {};
  Timeouts timeouts = {};
};

// How many HTTP connections one address may have open; 0: as many as it likes.
std::size_t connections_per_address(const Config& config);

// `directory`: what relative paths are relative to.
Result<Config> parse_config(std::string_view text, const std::filesystem::path& directory);
Result<Config> load_config(const std::filesystem::path& file);

// Every key that node.yaml may have with its value as text: {"limits.verifiers", "2"}. Peers are one value.
using ConfigValues = std::vector<std::pair<std::string, std::string>>;
ConfigValues config_values(Config config);

}  // namespace anta
