// witness.yaml: how one witness runs. Strict, as node.yaml is (config.h).
//
//     witness: w1                      which witness this is: it cosigns as w1/anta
//     policy: policy.txt               the network's C2SP policy: whose logs it knows; paths are relative
//     data: data                       directory of its memory, made with mode 0700
//     seed: witness.seed               its secret (antad --witness --init), mode 0600
//     http: {...}   log: {...}         as in node.yaml
//
// Pure but for what reads files. Errors are `malformed` with rule config.*, and name the file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "crypto/keys.h"
#include "crypto/policy.h"
#include "node/config.h"

namespace anta {

struct WitnessConfig {
  std::string id = {};
  std::filesystem::path policy = {};
  std::filesystem::path data = {};
  std::filesystem::path seed = {};
  Endpoint http = {.host = "127.0.0.1", .port = 0};
  TlsFiles http_tls = {};
  bool behind_proxy = false;
  std::filesystem::path http_port_file = {};  // default: <data>/http.port
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::logfmt;
};

Result<WitnessConfig> parse_witness_config(std::string_view text, const std::filesystem::path& directory);
Result<WitnessConfig> load_witness_config(const std::filesystem::path& file);

// The policy of the file, held against the configuration: it knows a log; if it lists this witness, then with
// this key.
struct WitnessIdentity {
  std::string name = {};  // under which it cosigns
  Policy policy = {};
  SigningKey key;
  std::optional<std::string> warning = {};  // the policy does not list it
};
Result<WitnessIdentity> load_witness_identity(const WitnessConfig& config);

// `antad --witness --init DIR`: writes DIR/witness.seed and the permission to begin (crypto/first_start.h),
// and answers the public key as YAML for the network file.
Result<std::string> init_witness(const std::filesystem::path& directory);

}  // namespace anta
