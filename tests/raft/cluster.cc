#include "tests/raft/cluster.h"

#include <algorithm>
#include <utility>

namespace anta::raft::test {

void Disk::write(const Persist& batch) {
  if (batch.truncate_from) {
    entries.resize(std::min<std::size_t>(entries.size(), batch.truncate_from->value - 1));
  }
  for (const LogEntry& entry : batch.entries) {
    ANTA_INVARIANT(entry.index.value == entries.size() + 1);
    entries.push_back(entry);
  }
  if (batch.hard_state) hard_state = *batch.hard_state;
}

LogEntry sample_entry(LogIndex index, Term term, const LogEntry* prev) {
  const std::string text = "entry " + place(index, term);
  auto payload = std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
  return make_entry(index, {term, EntryKind::block, prev ? prev->hash : Digest{}, Millis{1}}, payload);
}

std::vector<LogEntry> sample_log(const std::vector<std::uint64_t>& terms) {
  std::vector<LogEntry> log;
  for (std::uint64_t term : terms) {
    log.push_back(sample_entry(LogIndex{log.size() + 1}, Term{term}, log.empty() ? nullptr : &log.back()));
  }
  return log;
}

Cluster::Cluster(const std::vector<std::string>& names, const std::vector<std::string>& learners,
                 const std::vector<std::string>& spares) {
  Configuration configuration;
  for (const std::string& name : names)
    configuration.voters.push_back({NodeId{name}, 1});
  for (const std::string& name : learners)
    configuration.learners.push_back({NodeId{name}, 1});
  std::vector<Member> all = configuration.members();
  for (const std::string& name : spares)
    all.push_back({NodeId{name}, 1});
  for (const Member& member : all) {
    Node& node = nodes_[member.id.value];
    node.options.self = member;
    node.options.cluster.bytes[0] = 1;
    node.configuration = configuration;
    start(member.id.value);
  }
}

Node& Cluster::node(const std::string& name) {
  auto found = nodes_.find(name);
  ANTA_INVARIANT(found != nodes_.end());
  return found->second;
}

void Cluster::preset(const std::string& name, const std::vector<std::uint64_t>& terms, HardState hard_state) {
  Node& n = node(name);
  n.disk.entries = sample_log(terms);
  n.disk.hard_state = std::move(hard_state);
  start(name);
}

void Cluster::start(const std::string& name) {
  Node& n = node(name);
  Restored restored;
  restored.hard_state = n.disk.hard_state;
  restored.configurations = {{LogIndex{}, n.configuration}};
  restored.last = LogIndex{n.disk.entries.size()};
  restored.recent = n.disk.entries;
  for (const LogEntry& entry : n.disk.entries) {
    const bool new_run = restored.terms.empty() || restored.terms.back().term != entry.header.term;
    if (new_run) restored.terms.push_back({entry.index, entry.header.term});
  }
  for (const LogEntry& entry : n.disk.entries) {
    if (entry.header.kind != EntryKind::configuration) continue;
    restored.configurations.push_back({entry.index, decode_configuration(*entry.payload)->configuration});
  }
  n.options.seed = ++starts_;
  n.printed_commit = LogIndex{};
  n.unwritten.clear();
  n.loads.clear();
  n.stopped.reset();
  n.raft = std::make_unique<Raft>(n.options, std::move(restored));
}

void Cluster::step(const std::string& name, Event event) {
  Node& n = node(name);
  if (!n.raft) return;
  perform(name, n.raft->step(std::move(event)));
}

void Cluster::perform(const std::string& name, Output output) {
  Node& n = node(name);
  print(name, output);
  if (output.persist) n.unwritten.push_back(std::move(*output.persist));
  for (Message& message : output.messages)
    wire_.push_back(std::move(message));
  for (LoadRequest& load : output.loads)
    n.loads.push_back(std::move(load));
  for (FinishedRead& read : output.reads)
    n.reads.push_back(std::move(read));
  n.trace.insert(n.trace.end(), output.trace.begin(), output.trace.end());
  if (output.proposal) n.proposal = std::move(output.proposal);
  if (output.transfer) n.transfer = std::move(output.transfer);
  if (output.stop) n.stopped = std::move(output.stop);
}

void Cluster::tick(const std::string& name, unsigned times) {
  for (unsigned i = 0; i < times; ++i)
    step(name, Tick{});
}

void Cluster::timeout(const std::string& name) {
  const Role role = status(name).role;
  const std::size_t traced_before = node(name).trace.size();
  for (unsigned i = 0; i < 4 * node(name).options.election_ticks; ++i) {
    tick(name);
    if (status(name).role != role || node(name).trace.size() != traced_before) return;
  }
}

void Cluster::propose(const std::string& name, const std::string& text) {
  step(name, ProposeBlock{std::make_shared<const Bytes>(to_bytes(as_bytes(text))), Millis{1}});
}

void Cluster::change(const std::string& name, const std::vector<std::string>& voters,
                     const std::vector<std::string>& learners) {
  ProposeConfiguration proposal;
  for (const std::string& voter : voters)
    proposal.wanted.voters.push_back(node(voter).options.self);
  for (const std::string& learner : learners)
    proposal.wanted.learners.push_back(node(learner).options.self);
  proposal.statement.bytes[0] = 1;
  step(name, std::move(proposal));
}

void Cluster::persist_one(const std::string& name) {
  Node& n = node(name);
  if (n.unwritten.empty()) return;
  const Persist batch = std::move(n.unwritten.front());
  n.unwritten.pop_front();
  n.disk.write(batch);
  step(name, Persisted{batch.token});
}

void Cluster::persist(const std::string& name) {
  while (!node(name).unwritten.empty())
    persist_one(name);
}

void Cluster::load(const std::string& name) {
  Node& n = node(name);
  for (const LoadRequest& request : std::exchange(n.loads, {})) {
    EntriesLoaded loaded{request.peer, request.from, {}};
    std::uint64_t bytes = 0;
    for (LogIndex i = request.from; i <= request.to && i.value <= n.disk.entries.size(); i = i.next()) {
      const LogEntry& entry = n.disk.entries[i.value - 1];
      if (!loaded.entries.empty() && bytes + entry.size() > request.bytes_max) break;
      bytes += entry.size();
      loaded.entries.push_back(entry);
    }
    step(name, std::move(loaded));
  }
}

void Cluster::crash(const std::string& name) {
  Node& n = node(name);
  n.raft.reset();
  n.unwritten.clear();
  n.loads.clear();
}

void Cluster::restart(const std::string& name) { start(name); }

void Cluster::deliver(const std::string& from, const std::string& to, const std::string& kind) {
  std::vector<Message> due;
  std::vector<Message> rest;
  for (Message& m : std::exchange(wire_, {})) {
    const bool chosen =
        m.from.id.value == from && m.to.id.value == to && (kind.empty() || kind == raft::name(m.body));
    (chosen ? due : rest).push_back(std::move(m));
  }
  wire_ = std::move(rest);
  for (Message& m : due)
    step(to, Receive{std::move(m)});
}

void Cluster::drop(const std::string& from, const std::string& to, const std::string& kind) {
  std::erase_if(wire_, [&](const Message& m) {
    return m.from.id.value == from && m.to.id.value == to && (kind.empty() || kind == raft::name(m.body));
  });
}

std::vector<Message> Cluster::wire(const std::string& from, const std::string& to) const {
  std::vector<Message> found;
  for (const Message& m : wire_) {
    if (m.from.id.value == from && m.to.id.value == to) found.push_back(m);
  }
  return found;
}

void Cluster::settle() {
  for (unsigned round = 0; round < 1000; ++round) {
    bool quiet = wire_.empty();
    for (Message& m : std::exchange(wire_, {})) {
      const std::string to = m.to.id.value;
      if (!cut_.contains({m.from.id.value, to}) && node(to).raft) step(to, Receive{std::move(m)});
    }
    for (auto& [name, n] : nodes_) {
      quiet = quiet && n.unwritten.empty() && n.loads.empty();
      persist(name);
      load(name);
    }
    if (quiet) return;
  }
  ANTA_INVARIANT(!"the cluster does not settle");
}

void Cluster::isolate(const std::string& name) {
  for (const auto& [other, n] : nodes_) {
    if (other == name) continue;
    cut(name, other);
    cut(other, name);
  }
}

void Cluster::elect(const std::string& name) {
  for (auto& [other, n] : nodes_) {
    const bool reachable = other != name && n.raft && !cut_.contains({other, name});
    if (reachable && status(other).role == Role::leader) {
      step(other, TransferLeadership{NodeId{name}});
      settle();
    }
  }
  for (unsigned attempt = 0; attempt < 20 && status(name).role != Role::leader; ++attempt) {
    timeout(name);
    settle();
  }
  ANTA_INVARIANT(status(name).role == Role::leader);
}

void Cluster::elect_by_hand(const std::string& name, const std::string& voter) {
  timeout(name);
  for (int round = 0; round < 2; ++round) {  // pre-vote, vote
    persist(name);
    deliver(name, voter);
    persist(voter);
    deliver(voter, name);
  }
  ANTA_INVARIANT(status(name).role == Role::leader);
}

Message Cluster::message(const std::string& from, const std::string& to, std::uint64_t term, Body body) {
  const Options& sender = node(from).options;
  return Message{sender.cluster, sender.recovery_epoch, sender.self, node(to).options.self,
                 Term{term},     std::move(body)};
}

bool Cluster::traced(const std::string& name, Transition what) {
  const auto& trace = node(name).trace;
  return std::any_of(trace.begin(), trace.end(),
                     [&](const TraceRecord& record) { return record.what == what; });
}

}  // namespace anta::raft::test
