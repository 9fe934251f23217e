#include "node/network_state.h"

#include <algorithm>
#include <fstream>

#include "crypto/text.h"
#include "node/views/yaml_tree.h"
#include "storage/ledger/network.h"

namespace anta {
namespace {

using views::TreeNode;

constexpr std::size_t members_bytes_max = std::size_t{1} << 20;

// Reads the members of one map one after the other; the first that is wrong is what is told.
class Fields {
 public:
  explicit Fields(const TreeNode& node) : node_(node) {}

  std::string text(std::string_view name) {
    const TreeNode* member = get(name);
    return member ? keep(member->text()) : std::string{};
  }
  std::uint64_t number(std::string_view name) {
    const TreeNode* member = get(name);
    const std::int64_t value = member ? keep(member->integer()) : 0;
    if (value < 0 && !error_) error_ = member->refuse("config.members", "a negative number").value();
    return static_cast<std::uint64_t>(value);
  }
  PublicKey key(std::string_view name) {
    const std::string hexed = text(name);
    if (error_) return {};
    const Result<Bytes> bytes = from_hex(hexed);
    return bytes ? keep(public_key_from(*bytes)) : keep(Result<PublicKey>(pass(bytes)));
  }
  NodeId id(std::string_view name) {
    std::string value = text(name);
    if (!error_ && !is_id(value))
      error_ = node_.refuse("config.members", "\"" + value + "\" is no id").value();
    return NodeId{std::move(value)};
  }
  const TreeNode* get(std::string_view name) {
    if (error_) return nullptr;
    const Result<const TreeNode*> member = node_.get(name);
    return keep(member);
  }
  const std::optional<Error>& error() const { return error_; }

  template <typename T>
  T keep(Result<T> value) {
    if (value) return std::move(*value);
    if (!error_) error_ = value.error();
    return T{};
  }

 private:
  const TreeNode& node_;
  std::optional<Error> error_ = {};
};

Result<state::Node> read_member(const TreeNode& node) {
  Fields fields(node);
  state::Node member;
  member.id = fields.id("id");
  member.organisation = PartyId{fields.text("organisation")};
  member.address = fields.text("address");
  member.incarnation = fields.number("incarnation");
  const std::string standing = fields.text("standing");
  if (const TreeNode* keys = fields.get("keys")) {
    Fields inner(*keys);
    member.keys = {.log = inner.key("log"), .cosigner = inner.key("cosigner"), .tls = inner.key("tls")};
    if (inner.error()) return tl::unexpected<Error>(*inner.error());
  }
  if (fields.error()) return tl::unexpected<Error>(*fields.error());
  const auto known = from_word<NodeStanding>(standing);
  if (!known) return node.refuse("config.members", "\"" + standing + "\" is no standing of a node");
  member.standing = *known;
  return member;
}

}  // namespace

const state::Node* NetworkState::find(const NodeId& id) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&id](const auto& n) { return n.id == id; });
  return found == nodes.end() ? nullptr : &*found;
}

std::vector<state::Node> NetworkState::present() const {
  std::vector<state::Node> there = nodes;
  std::erase_if(there, [](const state::Node& n) { return n.standing == NodeStanding::removed; });
  return there;
}

Result<NetworkState> network_state(const LedgerReader& reader) {
  const std::unique_ptr<LedgerView> view = reader.view();
  NetworkState network{.from = {}, .nodes = known_nodes(*view)};
  const auto record = state::find<state::Network>(*view, network_record_id);
  if (record) network.witnesses = record->witnesses;
  if (view->failed()) return fail(Code::io, "state.read", "the network's nodes could not be read");
  std::vector<Digest> changes = {record ? record->stamp.by : Digest{}};
  for (const state::Node& node : network.nodes)
    changes.push_back(node.stamp.by);
  for (const Digest& by : changes) {
    if (by == Digest{}) continue;
    const auto outcome = reader.outcome(by);
    if (!outcome) return pass(outcome);
    if (!*outcome) continue;  // the genesis'
    const Result<SealRecord> seal = reader.seal_of((*outcome)->leaf);
    if (!seal) return pass(seal);
    network.from = std::max(network.from, TreeSize{seal->leaf.value + 1});
  }
  return network;
}

Result<NetworkState> read_members(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return fail(Code::malformed, "config.members",
                "cannot read the members file " + file.string() +
                    "; it is what `anta network node list --output json` prints at a node of the network");
  std::string text(members_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > members_bytes_max)
    return fail(Code::malformed, "config.members", file.string() + " is too large for a members file");
  const auto wrong = [&file](Error error) {
    error.code = Code::malformed;
    error.rule = "config.members";
    error.message = file.string() + ": " + error.message;
    return tl::unexpected<Error>(std::move(error));
  };
  const Result<TreeNode> tree = views::parse_yaml(text);
  if (!tree) return wrong(tree.error());
  Fields fields(*tree);
  NetworkState network{.from = TreeSize{fields.number("size")}};
  const TreeNode* nodes = fields.get("nodes");
  if (fields.error()) return wrong(*fields.error());
  const auto list = nodes->list();
  if (!list) return wrong(list.error());
  for (const TreeNode& entry : **list) {
    Result<state::Node> member = read_member(entry);
    if (!member) return wrong(member.error());
    if (network.find(member->id))
      return wrong(entry.refuse("", "node " + member->id.value + " is there twice").value());
    network.nodes.push_back(std::move(*member));
  }
  return network;
}

MembershipPlan membership_plan(const NetworkState& network, const NodeId& self,
                               const std::map<std::string, Endpoint>& overrides) {
  MembershipPlan plan;
  for (const state::Node& node : network.nodes) {
    const raft::Member member{.id = node.id, .incarnation = node.incarnation};
    if (node.standing == NodeStanding::voter) plan.wanted.voters.push_back(member);
    if (node.standing == NodeStanding::learner) plan.wanted.learners.push_back(member);
    if (node.stamp.by != Digest{}) plan.because.emplace(node.id, node.stamp.by);
    if (node.id == self) continue;
    const auto overridden = overrides.find(node.id.value);
    const Result<Endpoint> where =
        overridden != overrides.end() ? Result<Endpoint>(overridden->second) : parse_endpoint(node.address);
    if (!where) continue;
    plan.peers.push_back({.id = node.id,
                          .incarnation = node.incarnation,
                          .key = node.keys.tls,
                          .host = where->host,
                          .port = where->port});
  }
  plan.wanted.order();
  return plan;
}

}  // namespace anta
