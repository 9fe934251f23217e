#include "tests/consensus/cluster.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>

#include "crypto/text.h"

namespace anta::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};
constexpr std::int64_t test_time = 1'800'000'000'000;  // what the nodes' clocks say, but for clock_ahead

const Digest network = sha256(as_bytes("a test's network"));

SigningKey key_of(std::size_t node) {
  std::array<std::uint8_t, 32> seed = {};
  seed.fill(static_cast<std::uint8_t>(node + 1));
  return SigningKey(Secret32(seed));
}

}  // namespace

Result<void> Memory::apply(const LogEntry& block) {
  if (fails) return fail(Code::io, "test.apply", "the state machine of the test is broken");
  const std::string text(as_text(*block.payload).substr(0, 32));
  const std::lock_guard lock(mutex_);
  blocks_.push_back({block.index, block.hash, text.substr(0, text.find('\0'))});
  return {};
}

std::vector<Memory::Block> Memory::blocks() const {
  const std::lock_guard lock(mutex_);
  return blocks_;
}

bool Memory::has(const std::string& text) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(blocks_.begin(), blocks_.end(), [&](const Block& block) { return block.text == text; });
}

std::string asking(const Digest& statement) { return "asks " + hex(statement).substr(0, 16); }

Cluster::Cluster(std::size_t nodes, std::function<void(ReplicaOptions&)> change, std::size_t founders)
    : change_(std::move(change)), founders_(founders == 0 ? nodes : founders) {
  std::string pattern = (std::filesystem::temp_directory_path() / "anta-replica-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
  root_ = pattern;
  for (std::size_t i = 0; i < nodes; ++i) {
    keys_.push_back(std::make_unique<SigningKey>(key_of(i)));
    nodes_.push_back(std::make_unique<Node>());
    nodes_.back()->id = NodeId{"n" + std::to_string(i)};
    nodes_.back()->directory = root_ + "/n" + std::to_string(i);
    if (i < founders_) wanted_.voters.push_back({nodes_.back()->id, 1});
  }
}

MembershipPlan Cluster::plan_of(std::size_t node) const {
  MembershipPlan plan{.wanted = wanted_, .because = because_, .peers = {}};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (i != node)
      plan.peers.push_back({nodes_[i]->id, 1, keys_[i]->public_key(), "127.0.0.1", nodes_[i]->port});
  }
  return plan;
}

raft::Configuration Cluster::configuration(const std::vector<std::size_t>& voters,
                                           const std::vector<std::size_t>& learners) const {
  raft::Configuration made;
  for (const std::size_t i : voters)
    made.voters.push_back({nodes_.at(i)->id, 1});
  for (const std::size_t i : learners)
    made.learners.push_back({nodes_.at(i)->id, 1});
  return made;
}

void Cluster::want(std::vector<std::size_t> voters, std::vector<std::size_t> learners,
                   std::map<NodeId, Digest> because) {
  wanted_ = configuration(voters, learners);
  because_ = std::move(because);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (at(i).runs()) at(i).replica->follow(plan_of(i));
  }
}

bool Cluster::settled(std::vector<std::size_t> voters, std::vector<std::size_t> learners) {
  const raft::Configuration agreed = configuration(voters, learners);
  return until([&] {
    for (const auto& node : nodes_) {
      if (!node->runs() || !agreed.contains(node->id)) continue;
      const raft::ConfigurationChange now = node->status().configuration;
      if (!now.committed || now.configuration != agreed) return false;
    }
    return true;
  });
}

Cluster::~Cluster() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (at(i).runs()) stop(i);
  }
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

TlsOptions Cluster::tls(Node& node) {
  TlsOptions options;
  options.self = node.id;
  options.network = network;
  options.listen_port = node.port;  // 0 at first, then the same again
  options.on_listening = [&node](std::uint16_t port) { node.port = port; };
  options.backoff_max = milliseconds(100);
  options.protocol_max = node.protocol_max;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].get() == &node) options.key = keys_[i].get();
  }
  return options;
}

void Cluster::start(std::size_t index) {
  Node& node = at(index);
  DatabaseOptions database;
  database.directory = node.directory;
  database.network = network;
  database.node = node.id;
  database.memory_budget_bytes = 32u << 20;
  database.env = node.disk.env.get();
  auto opened = Database::open(database);
  ASSERT_TRUE(opened) << opened.error().message;
  node.database = std::move(*opened);
  auto log = LogStore::open(*node.database);
  ASSERT_TRUE(log) << log.error().message;
  node.log = std::move(*log);
  node.machine = std::make_unique<Memory>();

  ReplicaOptions options;
  options.self = {node.id, 1};
  options.cluster = network;
  for (std::size_t i = 0; i < founders_; ++i)
    options.configuration.voters.push_back({nodes_[i]->id, 1});
  options.plan = plan_of(index);
  options.clock = [&node] { return Millis{test_time + node.clock_ahead}; };
  if (change_) change_(options);

  ReplicaHooks hooks;
  hooks.on_role = [this](const raft::RoleChange&) { wake(); };
  hooks.on_applied = [this](LogIndex) { wake(); };
  hooks.on_peer = [this](const NodeId&, bool) { wake(); };
  hooks.on_entries = [&node](std::span<const LogEntry> entries) { node.entries_seen += entries.size(); };
  hooks.on_app = [this, &node](const NodeId&, std::uint8_t, Bytes bytes) {
    node.app_bytes += bytes.size();
    wake();
  };
  hooks.on_fatal = [this, &node](const Error&) {
    ++node.fatal;
    wake();
  };
  node.replica = std::make_unique<Replica>(options, *node.log, *node.machine, tls_transport(tls(node)),
                                           std::move(hooks));
  auto started = node.replica->start(node.log->recover());
  ASSERT_TRUE(started) << started.error().message;
}

// The last first: the node with the smaller id dials, and has to know the other's port.
void Cluster::start_all() {
  for (std::size_t i = nodes_.size(); i-- > 0;)
    start(i);
}

void Cluster::stop(std::size_t index, bool hand_over) {
  Node& node = at(index);
  node.replica->stop(hand_over);
  node.replica.reset();
  node.log.reset();
  node.database.reset();
}

void Cluster::wake() { changed_.notify_all(); }

bool Cluster::until(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + patience;
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, milliseconds(10));  // woken by the hooks, or looks again
  }
  return true;
}

std::size_t Cluster::leader() {
  std::size_t found = 0;
  const bool led = until([&] {
    for (std::size_t i = 0; i < size(); ++i) {
      if (!at(i).runs()) continue;
      const ReplicaStatus status = at(i).status();
      std::size_t following = 0;
      for (std::size_t j = 0; j < size(); ++j) {
        if (at(j).runs() && at(j).status().leader == at(i).id && at(j).status().term == status.term)
          ++following;
      }
      found = i;
      if (status.in_office && following > status.configuration.configuration.voters.size() / 2) return true;
    }
    return false;
  });
  EXPECT_TRUE(led) << "no leader";
  return found;
}

template <typename T>
T Cluster::wait_for(std::function<void(std::function<void(T)>)> ask) {
  auto answer = std::make_shared<std::promise<T>>();
  auto future = answer->get_future();
  ask([answer](T got) { answer->set_value(std::move(got)); });
  if (future.wait_for(patience) == std::future_status::ready) return future.get();
  ADD_FAILURE() << "no answer";
  return T(fail(Code::uncertain, "no answer"));
}

Result<raft::Proposed> Cluster::propose(std::size_t node, const std::string& text, std::size_t padding) {
  Bytes bytes = to_bytes(as_bytes(text));
  bytes.push_back(0);
  bytes.resize(bytes.size() + padding);
  return wait_for<Result<raft::Proposed>>([&](auto callback) {
    at(node).replica->propose(std::make_shared<const Bytes>(bytes), Millis{test_time + at(node).clock_ahead},
                              std::move(callback));
  });
}

void Cluster::commit(const std::string& text, std::size_t padding) {
  const bool done = until([&] {
    const std::size_t node = leader();
    const auto placed = propose(node, text, padding);
    if (!placed) return false;
    return until([&] {
             const ReplicaStatus status = at(node).status();
             return at(node).machine->has(text) || status.role != raft::Role::leader;
           }) &&
           at(node).machine->has(text);
  });
  EXPECT_TRUE(done) << text << " was not committed";
}

Result<LogIndex> Cluster::read(std::size_t node) {
  return wait_for<Result<LogIndex>>(
      [&](auto callback) { at(node).replica->read_index(std::move(callback)); });
}

Result<void> Cluster::mark(std::size_t node, Bytes bytes) {
  return wait_for<Result<void>>(
      [&](auto callback) { at(node).replica->persist_mark(std::move(bytes), std::move(callback)); });
}

bool Cluster::all_have(const std::vector<std::string>& texts) {
  return until([&] {
    std::optional<std::vector<Memory::Block>> first;
    for (const auto& node : nodes_) {
      if (!node->runs()) continue;
      const auto blocks = node->machine->blocks();
      if (blocks.size() != texts.size()) return false;
      for (std::size_t i = 0; i < texts.size(); ++i) {
        if (blocks[i].text != texts[i]) return false;
      }
      if (first && *first != blocks) return false;
      first = blocks;
    }
    return first.has_value();
  });
}

}  // namespace anta::test
