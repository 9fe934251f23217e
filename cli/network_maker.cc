#include "cli/network_maker.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "cli/scenario.h"
#include "cli/text_file.h"
#include "crypto/first_start.h"
#include "crypto/policy.h"
#include "crypto/private_file.h"
#include "crypto/sealed.h"
#include "crypto/text.h"
#include "node/views/genesis_view.h"
#include "node/views/yaml_tree.h"

namespace anta {
namespace {

using views::TreeNode;

struct NodeDraft {
  GenesisNode node = {};
  std::string http = {};
  std::optional<Secret32> seed = {};
};

struct WitnessDraft {
  GenesisWitness witness = {};
  std::string http = {};
  std::string url = {};
  std::optional<Secret32> seed = {};
};

struct Draft {
  Genesis genesis = {};
  std::vector<NodeDraft> nodes = {};
  std::vector<WitnessDraft> witnesses = {};
  std::optional<Secret32> registrar_seed = {};
};

// Free ports on loopback: held open together, so that none is given twice, and closed when all are drawn.
class FreePorts {
 public:
  ~FreePorts() {
    for (const int socket : sockets_)
      ::close(socket);
  }
  Result<std::string> draw() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (socket >= 0) sockets_.push_back(socket);
    if (socket < 0 || ::bind(socket, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      return tl::unexpected(Error{Code::io, "io", "no free port on loopback"});
    }
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }

 private:
  std::vector<int> sockets_ = {};
};

Result<std::string> text_or(const TreeNode& map, std::string_view key, std::string otherwise) {
  const TreeNode* found = map.find(key);
  return found ? found->text() : Result<std::string>(std::move(otherwise));
}

Result<NodeDraft> read_node(const TreeNode& node, FreePorts& ports) {
  static constexpr std::array<std::string_view, 5> known = {"id", "organisation", "address", "http", "keys"};
  if (auto only = node.only(known); !only) return pass(only);
  NodeDraft draft;
  const auto id_node = node.get("id");
  if (!id_node) return pass(id_node);
  const auto id = (*id_node)->text();
  if (!id) return pass(id);
  draft.node.id = NodeId{*id};
  auto organisation = text_or(node, "organisation", *id);
  if (!organisation) return pass(organisation);
  draft.node.organisation = PartyId{*organisation};
  for (auto [key, into] : {std::pair{"address", &draft.node.address}, {"http", &draft.http}}) {
    auto text = text_or(node, key, "");
    if (!text) return pass(text);
    if (text->empty()) text = ports.draw();
    if (!text) return pass(text);
    *into = std::move(*text);
  }
  if (const TreeNode* keys = node.find("keys")) {
    const auto read = read_node_keys(*keys);
    if (!read) return pass(read);
    draft.node.keys = *read;
    return draft;
  }
  auto seed = Secret32::random();
  if (!seed) return pass(seed);
  const NodeKeys derived = derive_node_keys(*seed);
  draft.node.keys = {derived.log.public_key(), derived.cosigner.public_key(), derived.tls.public_key()};
  draft.seed = std::move(*seed);
  return draft;
}

Result<void> read_registrar(const TreeNode& node, Draft& draft) {
  GenesisRegistrar& registrar = draft.genesis.registrar;
  if (node.is_map()) {
    const auto id = node.get("id");
    if (!id) return pass(id);
    const auto text = (*id)->text();
    if (!text) return pass(text);
    registrar.id = PartyId{*text};
    if (const TreeNode* key = node.find("key")) {
      const auto read = read_public_key(*key);
      if (!read) return pass(read);
      registrar.key = *read;
      return {};
    }
  } else {
    const auto text = node.text();
    if (!text) return pass(text);
    registrar.id = PartyId{*text};
  }
  auto seed = Secret32::random();
  if (!seed) return pass(seed);
  registrar.key = SigningKey(*seed).public_key();
  draft.registrar_seed = std::move(*seed);
  return {};
}

Result<WitnessDraft> read_witness(const TreeNode& node, FreePorts& ports) {
  static constexpr std::array<std::string_view, 4> known = {"id", "key", "http", "url"};
  if (auto only = node.only(known); !only) return pass(only);
  WitnessDraft draft;
  const auto id_node = node.get("id");
  if (!id_node) return pass(id_node);
  const auto id = (*id_node)->text();
  if (!id) return pass(id);
  draft.witness.id = NodeId{*id};
  auto http = text_or(node, "http", "");
  if (!http) return pass(http);
  if (http->empty()) http = ports.draw();
  if (!http) return pass(http);
  draft.http = std::move(*http);
  auto url = text_or(node, "url", "http://" + draft.http);
  if (!url) return pass(url);
  draft.url = std::move(*url);
  if (const TreeNode* key = node.find("key")) {
    const auto read = read_public_key(*key);
    if (!read) return pass(read);
    draft.witness.key = *read;
    return draft;
  }
  auto seed = Secret32::random();
  if (!seed) return pass(seed);
  draft.witness.key = derive_node_keys(*seed).cosigner.public_key();
  draft.seed = std::move(*seed);
  return draft;
}

Result<void> read_witnesses(const TreeNode& node, FreePorts& ports, Draft& draft) {
  const auto items = node.list();
  if (!items) return pass(items);
  std::vector<GenesisWitness> witnesses;
  for (const TreeNode& item : **items) {
    auto witness = read_witness(item, ports);
    if (!witness) return pass(witness);
    witnesses.push_back(witness->witness);
    draft.witnesses.push_back(std::move(*witness));
  }
  if (!witnesses.empty()) draft.genesis.witnesses = std::move(witnesses);
  return {};
}

Result<Draft> read_network(const TreeNode& root, bool scenario, Millis created) {
  static constexpr std::array<std::string_view, 7> network_keys = {
      "network", "origin", "registrar", "nodes", "witnesses", "schemes", "parameters"};
  if (!scenario) {
    if (auto only = root.only(network_keys); !only) return pass(only);
  }
  Draft draft;
  const auto name = root.get("network");
  if (!name) return pass(name);
  const auto network = (*name)->text();
  if (!network) return pass(network);
  draft.genesis.network = NetworkId{*network};
  auto origin = text_or(root, "origin", "anta.example/" + *network);
  if (!origin) return pass(origin);
  draft.genesis.origin = std::move(*origin);
  draft.genesis.created = Millis{created.value / 1000 * 1000};
  const auto registrar = root.get("registrar");
  if (!registrar) return pass(registrar);
  if (auto read = read_registrar(**registrar, draft); !read) return pass(read);
  const auto nodes = root.get("nodes");
  if (!nodes) return pass(nodes);
  const auto list = (*nodes)->list();
  if (!list) return pass(list);
  FreePorts ports;
  for (const TreeNode& item : **list) {
    auto node = read_node(item, ports);
    if (!node) return pass(node);
    draft.genesis.nodes.push_back(node->node);
    draft.nodes.push_back(std::move(*node));
  }
  if (const TreeNode* found = root.find("witnesses")) {
    if (auto read = read_witnesses(*found, ports, draft); !read) return pass(read);
  }
  if (const TreeNode* found = root.find("schemes")) {
    auto schemes = read_schemes(*found);
    if (!schemes) return pass(schemes);
    draft.genesis.schemes = std::move(*schemes);
  }
  if (const TreeNode* found = root.find("parameters")) {
    auto parameters = read_parameters(*found);
    if (!parameters) return pass(parameters);
    draft.genesis.parameters = std::move(*parameters);
  }
  bind_origin(draft.genesis);
  return draft;
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return tl::unexpected(Error{Code::io, "io", path + ": " + std::strerror(errno)});
}

Result<void> write_new(const std::string& path, ByteView bytes, Language language) {
  struct stat ignored{};
  if (::stat(path.c_str(), &ignored) == 0) {
    return usage_error(language, path + " exists already; choose another directory",
                       path + " ya existe; elija otro directorio");
  }
  return write_file(path, bytes);
}

// Where a node asks the witnesses; a line of node.yaml, or none.
std::string witnesses_yaml(const std::vector<WitnessDraft>& witnesses) {
  std::string line;
  for (const WitnessDraft& witness : witnesses)
    line += (line.empty() ? "witnesses: {" : ", ") + witness.witness.id.value + ": \"" + witness.url + "\"";
  return line.empty() ? "" : line + "}\n";
}

std::string witness_yaml(const WitnessDraft& draft) {
  return "# How this witness runs; antad --witness --check validates it.\nwitness: " +
         draft.witness.id.value + "\npolicy: policy.txt\ndata: data\nseed: witness.seed\nhttp: {listen: \"" +
         draft.http +
         "\"}\n# On another address than loopback http needs tls: {certificate: witness.pem, key: "
         "witness.key} "
         "too.\n";
}

std::string node_yaml(const NodeDraft& draft, const std::string& witnesses) {
  return "# How this node runs; antad --check validates it.\nnetwork: genesis.cbor\nnode: " +
         draft.node.id.value + "\ndata: data\nseed: node.seed\npeer: {listen: \"" + draft.node.address +
         "\"}\n" + witnesses + "http: {listen: \"" + draft.http +
         "\"}\n# On another address than loopback http needs tls: {certificate: node.pem, key: node.key} "
         "too.\n";
}

Result<void> write_nodes(const Draft& draft, const Bytes& genesis, const std::string& directory,
                         Language language) {
  const std::string witnesses = witnesses_yaml(draft.witnesses);
  for (const NodeDraft& node : draft.nodes) {
    const std::string home = directory + "/" + node.node.id.value;
    if (auto made = make_directory(home); !made) return made;
    if (auto written = write_new(home + "/genesis.cbor", genesis, language); !written) return written;
    if (auto written = write_new(home + "/node.yaml", as_bytes(node_yaml(node, witnesses)), language);
        !written)
      return written;
    if (!node.seed) continue;
    if (auto written = write_new_seed(home + "/node.seed", *node.seed); !written) return written;
  }
  return {};
}

Result<void> write_witnesses(const Draft& draft, const std::string& policy, const std::string& directory,
                             Language language) {
  for (const WitnessDraft& witness : draft.witnesses) {
    const std::string home = directory + "/" + witness.witness.id.value;
    if (auto made = make_directory(home); !made) return made;
    if (auto written = write_new(home + "/policy.txt", as_bytes(policy), language); !written) return written;
    if (auto written = write_new(home + "/witness.yaml", as_bytes(witness_yaml(witness)), language); !written)
      return written;
    if (!witness.seed) continue;
    if (auto written = write_new_seed(home + "/witness.seed", *witness.seed); !written) return written;
  }
  return {};
}

Result<std::string> policy_of(const Genesis& genesis, std::size_t quorum) {
  std::vector<VerifierKey> logs, cosigners;
  for (const GenesisNode& node : genesis.nodes) {
    logs.push_back({genesis.origin, KeyType::ed25519, node.keys.log});
    cosigners.push_back({node.organisation.value + "/anta", KeyType::cosignature, node.keys.cosigner});
  }
  for (const GenesisWitness& witness : genesis.witnesses.value_or(std::vector<GenesisWitness>{}))
    cosigners.push_back({witness.id.value + "/anta", KeyType::cosignature, witness.key});
  const auto policy = quorum_policy(logs, cosigners, quorum);
  if (!policy) return pass(policy);
  return encode_policy(*policy);
}

}  // namespace

Result<PublicKey> read_public_key(const TreeNode& node) {
  const auto text = node.text();
  if (!text) return pass(text);
  const auto bytes = from_hex(*text);
  if (!bytes || bytes->size() != 32) return node.refuse("network", "a public key is 64 hex digits");
  PublicKey key;
  std::copy(bytes->begin(), bytes->end(), key.bytes.begin());
  return key;
}

Result<payload::NodeKeySet> read_node_keys(const TreeNode& node) {
  static constexpr std::array<std::string_view, 3> known = {"log", "cosigner", "tls"};
  if (auto only = node.only(known); !only) return pass(only);
  payload::NodeKeySet keys;
  for (auto [name, into] : {std::pair{"log", &keys.log}, {"cosigner", &keys.cosigner}, {"tls", &keys.tls}}) {
    const auto found = node.get(name);
    if (!found) return pass(found);
    const auto key = read_public_key(**found);
    if (!key) return pass(key);
    *into = *key;
  }
  return keys;
}

Result<NetworkMade> make_network(std::string_view yaml, bool scenario, const std::string& directory,
                                 Millis created, Language language) {
  const auto root = views::parse_yaml(yaml);
  if (!root) return pass(root);
  auto draft = read_network(*root, scenario, created);
  if (!draft) return pass(draft);
  const Bytes bytes = encode_genesis(draft->genesis);
  if (auto decoded = decode_genesis(bytes); !decoded) return pass(decoded);
  NetworkMade made;
  made.cosigners = draft->nodes.size() + draft->witnesses.size();
  made.quorum = 2 * made.cosigners / 3 + 1;
  made.digest = sha256(bytes);
  const auto policy = policy_of(draft->genesis, made.quorum);
  if (!policy) return pass(policy);
  const std::string assertions =
      "# Anta's own assertions, beside the C2SP policy.\ngenesis: \"" + hex(made.digest) + "\"\n";
  if (auto ready = make_directory(directory); !ready) return pass(ready);
  for (const auto& [name, content] : {std::pair<std::string, ByteView>{"genesis.cbor", bytes},
                                      {"policy.txt", as_bytes(*policy)},
                                      {"policy.assertions.yaml", as_bytes(assertions)}}) {
    if (auto written = write_new(directory + "/" + name, content, language); !written) return pass(written);
  }
  if (auto written =
          write_new(directory + "/genesis.yaml", as_bytes(views::genesis_to_yaml(draft->genesis)), language);
      !written)
    return pass(written);
  if (auto nodes = write_nodes(*draft, bytes, directory, language); !nodes) return pass(nodes);
  if (auto witnesses = write_witnesses(*draft, *policy, directory, language); !witnesses)
    return pass(witnesses);
  if (draft->registrar_seed) {
    if (auto key = write_seed_file(directory + "/registrar.key", *draft->registrar_seed); !key)
      return pass(key);
  }
  for (const NodeDraft& node : draft->nodes)
    made.http.push_back("http://" + node.http);
  for (const WitnessDraft& witness : draft->witnesses)
    made.witnesses.push_back(witness.url);
  made.genesis = std::move(draft->genesis);
  return made;
}

}  // namespace anta
