// Three checkpointers whose messages the test delivers, or not, over trees that the test makes.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/checkpointer.h"
#include "tests/node/manual_executor.h"

namespace anta::test {

inline constexpr std::int64_t start_ms = 1'800'000'000'000;

struct CheckpointNetwork {
  struct Member {
    NodeId id = {};
    std::unique_ptr<NodeKeys> keys = {};
    std::unique_ptr<Checkpointer> checkpointer = {};
    std::map<std::uint64_t, SealedTree> trees = {};
    std::vector<CheckpointMark> marks = {};  // made durable, in order
    bool disk_works = true;
    bool disk_waits = false;  // what it writes is reported when the test calls `unreported`
    std::vector<std::function<void(Result<void>)>> unreported = {};
    bool evidence_works = true;  // the disk, for notes of forks
    bool reachable = true;
    std::int64_t clock_behind = 0;   // ms, of its own clock
    std::int64_t answers_after = 0;  // ms, until its cosignature is with who asked
    bool leader_known = true;        // where it asks what is committed
    std::vector<std::string> evidence = {};
    std::vector<std::uint64_t> finished = {};
    std::vector<std::uint64_t> signs = {};
    std::vector<std::string> said = {};  // log events, and of whose clock they speak
  };

  explicit CheckpointNetwork(int witnesses = 0) {
    genesis.origin = "anta.example/test-00000000";
    for (const char* name : {"n1", "n2", "n3"}) {
      auto member = std::make_unique<Member>();
      member->id = NodeId{name};
      std::array<std::uint8_t, 32> seed = {};
      seed[0] = static_cast<std::uint8_t>(name[1]);
      member->keys = std::make_unique<NodeKeys>(derive_node_keys(Secret32(seed)));
      genesis.nodes.push_back({.id = member->id,
                               .organisation = PartyId{std::string("org") + name[1]},
                               .keys = {.log = member->keys->log.public_key(),
                                        .cosigner = member->keys->cosigner.public_key(),
                                        .tls = member->keys->tls.public_key()}});
      members.push_back(std::move(member));
    }
    for (int i = 1; i <= witnesses; ++i) {
      std::array<std::uint8_t, 32> seed = {};
      seed[0] = static_cast<std::uint8_t>(200 + i);
      witness_keys.push_back(std::make_unique<NodeKeys>(derive_node_keys(Secret32(seed))));
      if (!genesis.witnesses) genesis.witnesses.emplace();
      genesis.witnesses->push_back(
          {NodeId{"w" + std::to_string(i)}, witness_keys.back()->cosigner.public_key()});
    }
    policy = *network_policy(genesis);
    cosigners =
        *cosigner_set(genesis.origin, TreeSize{}, founding_nodes(genesis), founding_witnesses(genesis));
    for (auto& member : members)
      start(*member, std::nullopt, std::nullopt);
  }

  CheckpointerOptions options_of(const Member& m) const {
    for (const GenesisNode& node : genesis.nodes) {
      if (node.id == m.id) return {.self = m.id, .organisation = node.organisation};
    }
    return {};
  }

  void start(Member& m, std::optional<CheckpointMark> mark, std::optional<std::string> note) {
    CheckpointerPorts ports;
    ports.send = [this, &m](const NodeId& to, PeerKind kind, const Bytes& bytes) {
      ++sent[kind];
      for (auto& other : members) {
        if (other->id != to || !other->reachable || !m.reachable) continue;
        const auto deliver = [&m, &other, kind, bytes] {
          other->checkpointer->on_peer_message(m.id, kind, bytes);
        };
        const bool late = kind == PeerKind::checkpoint_cosigned && m.answers_after > 0;
        late ? executor.after(static_cast<std::uint32_t>(m.answers_after), deliver) : deliver();
      }
    };
    ports.signs = [&m](TreeSize size) { m.signs.push_back(size.value); };
    ports.persist_mark = [&m](const Bytes& bytes, auto callback) {
      if (!m.disk_works) return callback(fail(Code::io, "disk"));
      m.marks.push_back(*decode_mark(bytes));
      if (m.disk_waits) return m.unreported.push_back(callback);
      callback({});
    };
    ports.tree_at = [&m](TreeSize size) -> Result<SealedTree> {
      const auto found = m.trees.find(size.value);
      if (found != m.trees.end()) return found->second;
      const bool future = m.trees.empty() || size.value > m.trees.rbegin()->first;
      return fail(future ? Code::not_found : Code::malformed, "no seal there");
    };
    ports.cosigners_at = [this](TreeSize) {
      ++sets_looked_up;
      return Result<CosignerSet>(cosigners);
    };
    ports.committed = [this, &m](auto callback) {
      if (!m.leader_known || !m.reachable) return callback(fail(Code::busy, "no_leader"));
      std::uint64_t size = 0;
      for (const auto& other : members) {
        if (other->reachable && !other->trees.empty()) size = std::max(size, other->trees.rbegin()->first);
      }
      callback(TreeSize{size});
    };
    ports.clock = [this, &m] { return Millis{start_ms + executor.steady_ms() - set_back - m.clock_behind}; };
    ports.opened = [this, &m](const Checkpoint& c, const std::string& note_text, const CosignerSet& set) {
      ++asked;
      for (std::size_t i = 0; i < set.witnesses.size() && witnesses_answer; ++i) {
        const std::string text = parse_note(note_text)->text;
        const std::string line = encode_signature_line(sign_cosignature(
            text, set.witnesses[i].id.value + "/anta", witness_keys[i]->cosigner,
            static_cast<std::uint64_t>(start_ms + executor.steady_ms() - witnesses_behind) / 1'000));
        m.checkpointer->on_peer_message(
            set.witnesses[i].id, PeerKind::checkpoint_cosigned,
            encode_checkpoint_cosigned({.size = c.size, .root = c.root, .line = line}));
      }
    };
    ports.log = [&m](LogLevel, std::string_view event, std::initializer_list<LogField> fields) {
      m.said.emplace_back(event);
      for (const LogField& field : fields) {
        if (field.name == "cosigner" || field.name == "seconds") m.said.back() += " " + field.value;
      }
    };
    ports.evidence = [&m](const std::string& note_text) -> Result<void> {
      if (!m.evidence_works) return fail(Code::io, "disk", "no room");
      m.evidence.push_back(note_text);
      return {};
    };
    ports.finished = [&m](const FinishedCheckpoint& f, double) { m.finished.push_back(f.checkpoint.size); };
    m.checkpointer =
        std::make_unique<Checkpointer>(options_of(m), cosigners, *m.keys, ports, executor, mark, note);
  }

  // The member applies a block: the tree of `size` leaves has this root.
  void apply(std::size_t member, std::uint64_t size, std::uint8_t root, std::int64_t block_time = start_ms) {
    Digest digest;
    digest.bytes[0] = root;
    members[member]->trees[size] = {.root = digest, .block_time = Millis{block_time}};
    members[member]->checkpointer->on_applied(
        {.block_time = Millis{block_time}, .leaves = TreeSize{size}, .tree_root = digest});
    executor.run();
  }
  void apply_all(std::uint64_t size, std::uint8_t root) {
    for (std::size_t i = 0; i < members.size(); ++i)
      apply(i, size, root);
  }
  void lead(std::size_t leader) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      members[i]->checkpointer->on_role(
          {.role = i == leader ? raft::Role::leader : raft::Role::follower, .in_office = i == leader});
    }
    executor.run();
  }
  std::shared_ptr<const FinishedCheckpoint> finished(std::size_t member) const {
    return members[member]->checkpointer->finished();
  }
  std::uint64_t size_of(std::size_t member) const {
    return finished(member) ? finished(member)->checkpoint.size : 0;
  }

  ManualExecutor executor = {};
  Genesis genesis = {};
  Policy policy = {};
  CosignerSet cosigners = {};
  std::vector<std::unique_ptr<Member>> members = {};
  std::map<PeerKind, int> sent = {};
  std::vector<std::unique_ptr<NodeKeys>> witness_keys = {};
  bool witnesses_answer = true;
  std::int64_t witnesses_behind = 0;  // ms, of their clocks
  int sets_looked_up = 0;
  std::int64_t set_back = 0;  // ms, of everybody's clock
  int asked = 0;              // times that witnesses were asked
};

}  // namespace anta::test
