// Three replicas in one process: real TLS on loopback, real logs in a temporary directory, a state machine
// that only remembers. Tests start and stop single nodes, and wait for conditions with a deadline.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "consensus/replica.h"
#include "consensus/tls_transport.h"
#include "storage/database.h"

namespace anta::test {

// The block that stands for a statement in these tests.
std::string asking(const Digest& statement);

// Remembers what was applied, in order. Its memory is lost with the process, so a restart replays the log.
class Memory final : public StateMachine {
 public:
  Result<void> apply(const LogEntry& block) override;
  LogIndex applied() const override { return {}; }
  // A statement is a block with its text: asking(statement).
  bool knows(const Digest& statement) const override { return has(asking(statement)); }

  struct Block {
    LogIndex index = {};
    Digest hash = {};
    std::string text = {};  // the payload's first bytes
    bool operator==(const Block&) const = default;
  };
  std::vector<Block> blocks() const;
  bool has(const std::string& text) const;
  std::atomic<bool> fails = false;

 private:
  mutable std::mutex mutex_;
  std::vector<Block> blocks_ = {};
};

// A disk whose syncs can be made to fail; its code, and RocksDB's headers, are in faulty_env.cc.
struct FaultyEnv {
  FaultyEnv();
  ~FaultyEnv();
  std::atomic<bool> failing = false;
  std::shared_ptr<rocksdb::Env> env = {};
};

struct Node {
  NodeId id = {};
  std::string directory = {};
  std::uint16_t port = 0;
  std::uint16_t protocol_max = peer_protocol_max;  // an older release speaks less
  FaultyEnv disk = {};
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log = {};
  std::unique_ptr<Memory> machine = {};
  std::unique_ptr<Replica> replica = {};
  std::atomic<std::int64_t> clock_ahead = 0;  // of the other nodes, in ms
  std::atomic<unsigned> fatal = 0;
  std::atomic<std::uint64_t> entries_seen = 0;  // by on_entries
  std::atomic<std::uint64_t> app_bytes = 0;

  bool runs() const { return replica != nullptr; }
  ReplicaStatus status() const { return replica->status(); }
};

class Cluster {
 public:
  // The first `founders` are the genesis' members; 0: all are.
  explicit Cluster(std::size_t nodes, std::function<void(ReplicaOptions&)> change = {},
                   std::size_t founders = 0);
  ~Cluster();

  void start(std::size_t node);
  void start_all();
  void stop(std::size_t node, bool hand_over = false);
  Node& at(std::size_t node) { return *nodes_.at(node); }
  std::size_t size() const { return nodes_.size(); }

  // Looks at the condition again and again until it holds; false after a deadline far longer than it takes.
  bool until(const std::function<bool()>& condition);

  // The node in office that the running majority follows; waits for it.
  std::size_t leader();

  // Proposes at the leader, again if leadership moves, until the block is applied on that node.
  void commit(const std::string& text, std::size_t padding = 0);
  Result<raft::Proposed> propose(std::size_t node, const std::string& text, std::size_t padding = 0);
  Result<LogIndex> read(std::size_t node);
  Result<void> mark(std::size_t node, Bytes bytes);

  // What the ledger says from now on, told to the running nodes and to those started later.
  void want(std::vector<std::size_t> voters, std::vector<std::size_t> learners,
            std::map<NodeId, Digest> because);
  // Waits until the running members agree on this configuration, committed and not joint.
  bool settled(std::vector<std::size_t> voters, std::vector<std::size_t> learners = {});

  // Every running node has applied exactly these blocks' texts, in one order, with equal hashes.
  bool all_have(const std::vector<std::string>& texts);

 private:
  TlsOptions tls(Node& node);
  template <typename T>
  T wait_for(std::function<void(std::function<void(T)>)> ask);
  void wake();

  std::string root_ = {};
  MembershipPlan plan_of(std::size_t node) const;
  raft::Configuration configuration(const std::vector<std::size_t>& voters,
                                    const std::vector<std::size_t>& learners) const;

  std::function<void(ReplicaOptions&)> change_ = {};
  std::size_t founders_ = 0;
  raft::Configuration wanted_ = {};
  std::map<NodeId, Digest> because_ = {};
  std::vector<std::unique_ptr<SigningKey>> keys_ = {};
  std::vector<std::unique_ptr<Node>> nodes_ = {};
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace anta::test
