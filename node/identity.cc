#include "node/identity.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "crypto/first_start.h"
#include "crypto/sealed.h"
#include "crypto/text.h"
#include "storage/ledger/cosigners.h"

namespace anta {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t genesis_bytes_max = std::size_t{4} << 20;

tl::unexpected<Error> wrong(std::string rule, std::string message) {
  return fail(Code::malformed, "config." + std::move(rule), std::move(message));
}

Result<Bytes> read_genesis(const fs::path& path) {
  std::error_code ignored;
  if (const auto size = fs::file_size(path, ignored); !ignored && size > genesis_bytes_max) {
    return wrong("network", path.string() + " is too large for a genesis file");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return wrong("network",
                 "cannot read the genesis file " + path.string() + "; set network in the configuration");
  return Bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

}  // namespace

bool same_keys(const payload::NodeKeySet& wanted, const NodeKeys& keys) {
  return wanted.log == keys.log.public_key() && wanted.cosigner == keys.cosigner.public_key() &&
         wanted.tls == keys.tls.public_key();
}

Result<Identity> load_identity(const Config& config) {
  Result<Bytes> bytes = read_genesis(config.network);
  if (!bytes) return pass(bytes);
  Result<Genesis> genesis = decode_genesis(*bytes);
  if (!genesis) {
    return wrong("network", config.network.string() + " is no genesis file: " + genesis.error().message);
  }
  NetworkState known{
      .from = {}, .nodes = founding_nodes(*genesis), .witnesses = founding_witnesses(*genesis)};
  if (!config.members.empty()) {
    Result<NetworkState> members = read_members(config.members);
    if (!members) return pass(members);
    known = std::move(*members);
  }
  std::string all;
  for (const state::Node& node : known.nodes)
    all += (all.empty() ? "" : ", ") + node.id.value;
  const state::Node* self = known.find(config.node);
  if (self == nullptr) {
    return wrong("node", config.members.empty()
                             ? "the genesis has no node " + config.node.value + "; its nodes are " + all +
                                   ". (A node that was admitted later names its members file)"
                             : config.members.string() + " has no node " + config.node.value +
                                   "; its nodes are " + all);
  }
  for (const auto& [name, where] : config.peers) {
    if (known.find(NodeId{name}) == nullptr)
      return wrong("peers",
                   "peers names " + name + ", which is no node of the network; its nodes are " + all);
  }
  Result<Secret32> seed = read_seed_file(config.seed);
  if (!seed) return wrong("seed", config.seed.string() + ": " + seed.error().message);
  NodeKeys keys = derive_node_keys(*seed);
  if (!same_keys(self->keys, keys)) {
    return wrong("seed", config.seed.string() + " is not the seed of node " + config.node.value +
                             " of this network; give it the file that antad --init made for this node");
  }
  const Digest network = sha256(*bytes);
  const GenesisNode node{
      .id = self->id, .organisation = self->organisation, .keys = self->keys, .address = self->address};
  return Identity{.genesis = std::move(*genesis),
                  .genesis_bytes = std::make_shared<const Bytes>(std::move(*bytes)),
                  .network = network,
                  .self = node,
                  .keys = std::move(keys)};
}

std::uint64_t record_memory(const Limits& limits) {
  return static_cast<std::uint64_t>(limits.memory_bytes) / 12;
}

std::uint64_t reader_memory(const Limits& limits) {
  return static_cast<std::uint64_t>(limits.memory_bytes) / 64;
}

std::uint64_t database_memory(const Limits& limits) {
  return static_cast<std::uint64_t>(limits.memory_bytes) - record_memory(limits) - 2 * reader_memory(limits);
}

DatabaseOptions database_options(const Config& config, const Identity& identity) {
  DatabaseOptions options;
  options.directory = (config.data / "db").string();
  options.network = identity.network;
  options.node = identity.self.id;
  options.incarnation = static_cast<std::uint64_t>(config.incarnation);
  options.memory_budget_bytes = database_memory(config.limits);
  options.create = false;
  options.merge = false;  // until the start has found everything sound
  return options;
}

Result<void> check_self(const Identity& identity, const Config& config, const NetworkState& network) {
  const state::Node* self = network.find(config.node);
  if (self == nullptr || self->standing == NodeStanding::removed) return {};
  if (self->incarnation != static_cast<std::uint64_t>(config.incarnation)) {
    return wrong("incarnation", "the network has node " + config.node.value + " as incarnation " +
                                    std::to_string(self->incarnation) + ", and this is incarnation " +
                                    std::to_string(config.incarnation) +
                                    "; a node that was admitted anew needs an empty data directory and its "
                                    "new number under incarnation:");
  }
  if (same_keys(self->keys, identity.keys)) return {};
  return wrong("seed", config.seed.string() + " is not the seed of the keys that the network has for node " +
                           config.node.value + " now");
}

Result<void> prepare_data_directory(const fs::path& directory, DataDirectory how) {
  std::error_code error;
  if (!fs::exists(directory, error)) {
    if (how == DataDirectory::find) return {};
    fs::create_directories(directory, error);
    if (error)
      return fail(Code::io, "data.create",
                  "cannot make the data directory " + directory.string() + ": " + error.message());
    fs::permissions(directory, fs::perms::owner_all, error);
  }
  const fs::file_status status = fs::status(directory, error);
  if (error || status.type() != fs::file_type::directory) {
    return wrong("data", directory.string() + " is no directory");
  }
  if ((status.permissions() & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none) {
    return wrong("data", "others may enter the data directory " + directory.string() + "; run: chmod 700 " +
                             directory.string());
  }
  return {};
}

Error ledger_missing(const Config& config) {
  return {
      Code::not_found, "store.missing",
      "there is no ledger in " + config.data.string() + ", and this node has run before (" +
          first_start_file(config.seed).string() +
          " is gone): it must not begin anew, because the others count on what it promised. Next step: if "
          "data: in the configuration names another place than before, or its disk is not mounted, correct "
          "that; else bring back the directory as it was last; if it is lost, let the organisations admit "
          "this node again under a new incarnation. (Only if it has never run: put the file that antad "
          "--init made beside the seed back there)"};
}

Result<std::string> init_node(const fs::path& directory) {
  if (auto prepared = prepare_data_directory(directory, DataDirectory::make); !prepared)
    return pass(prepared);
  const Result<Secret32> seed = Secret32::random();
  if (!seed) return pass(seed);
  const fs::path file = directory / "node.seed";
  if (auto written = write_new_seed(file, *seed); !written) {
    Error error = written.error();
    error.message += " (a node's seed is made once; to replace a node, use another directory)";
    return tl::unexpected<Error>(std::move(error));
  }
  const NodeKeys keys = derive_node_keys(*seed);
  const auto line = [](const char* name, const SigningKey& key) {
    return std::string("  ") + name + ": \"" + to_hex(key.public_key().view()) + "\"\n";
  };
  return "# public keys of the node whose seed is " + file.string() +
         "; they go into the network file\nkeys:\n" + line("log", keys.log) +
         line("cosigner", keys.cosigner) + line("tls", keys.tls);
}

}  // namespace anta
