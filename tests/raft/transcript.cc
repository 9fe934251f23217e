#include "tests/raft/transcript.h"

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <tuple>
#include <vector>

#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

using Words = std::vector<std::string>;

std::uint64_t number(const std::string& word) { return std::stoull(word); }

Words split(const std::string& line) {
  std::istringstream in(line);
  Words words;
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

class Player {
 public:
  // The effects of one command, a line each.
  std::vector<std::string> play(Words words) {
    const bool quietly = !words.empty() && words[0] == "quietly";
    const bool briefly = !words.empty() && words[0] == "briefly";
    if (quietly || briefly) words.erase(words.begin());
    if (words.empty()) return {"no command"};
    if (words[0] == "nodes") return make(words);
    if (!cluster_) return {"no nodes"};
    if (!run(words)) return {"unknown command"};
    std::vector<std::string> lines = cluster_->take_effects();
    if (quietly) lines.clear();
    if (briefly) {
      std::erase_if(lines, [](const std::string& line) {
        return line.find(" -> ") != std::string::npos || line.find(" disk: ") != std::string::npos;
      });
    }
    lines.insert(lines.end(), shown_.begin(), shown_.end());
    shown_.clear();
    return lines;
  }

 private:
  std::vector<std::string> make(const Words& words) {
    const auto [voters, learners, spares] = sets(words, 1);
    cluster_ = std::make_unique<Cluster>(voters, learners, spares);
    return {};
  }

  // "n1 n2 learners n3 spares n4"
  static std::tuple<Words, Words, Words> sets(const Words& words, std::size_t from) {
    std::tuple<Words, Words, Words> all;
    Words* to = &std::get<0>(all);
    for (std::size_t i = from; i < words.size(); ++i) {
      if (words[i] == "learners") {
        to = &std::get<1>(all);
      } else if (words[i] == "spares") {
        to = &std::get<2>(all);
      } else {
        to->push_back(words[i]);
      }
    }
    return all;
  }

  // change LEADER VOTER... [learners LEARNER...]
  void change(const Words& words) {
    const auto [voters, learners, spares] = sets(words, 2);
    cluster_->change(words[1], voters, learners);
  }

  bool run(const Words& words) {
    const std::string& verb = words[0];
    const std::string a = words.size() > 1 ? words[1] : "";
    const std::string b = words.size() > 2 ? words[2] : "";
    const std::string c = words.size() > 3 ? words[3] : "";
    const std::map<std::string, std::function<void()>> verbs = {
        {"preset", [&] { preset(words); }},
        {"option", [&] { option(a, b, number(c)); }},
        {"timeout", [&] { cluster_->timeout(a); }},
        {"tick", [&] { cluster_->tick(a, b.empty() ? 1 : static_cast<unsigned>(number(b))); }},
        {"propose", [&] { cluster_->propose(a, b); }},
        {"change", [&] { change(words); }},
        {"read", [&] { cluster_->step(a, ReadRequest{number(b)}); }},
        {"transfer", [&] { transfer(a, b); }},
        {"unreachable", [&] { cluster_->step(a, PeerUnreachable{NodeId{b}}); }},
        {"persist", [&] { b == "one" ? cluster_->persist_one(a) : cluster_->persist(a); }},
        {"load", [&] { cluster_->load(a); }},
        {"crash", [&] { cluster_->crash(a); }},
        {"restart", [&] { cluster_->restart(a); }},
        {"apply", [&] { cluster_->step(a, Applied{LogIndex{number(b)}}); }},
        {"fail", [&] { cluster_->step(a, PersistFailed{"sync failed: input/output error"}); }},
        {"token", [&] { cluster_->step(a, Persisted{Token{number(b)}}); }},
        {"deliver", [&] { cluster_->deliver(a, b, c); }},
        {"drop", [&] { cluster_->drop(a, b, c); }},
        {"settle", [&] { cluster_->settle(); }},
        {"elect", [&] { cluster_->elect(a); }},
        {"isolate", [&] { cluster_->isolate(a); }},
        {"heal", [&] { cluster_->heal(); }},
        {"inject", [&] { inject(words); }},
        {"show", [&] { show(a); }},
    };
    const auto found = verbs.find(verb);
    if (found == verbs.end()) return false;
    found->second();
    return true;
  }

  void transfer(const std::string& from, const std::string& to) {
    TransferLeadership handover;
    if (!to.empty()) handover.to = NodeId{to};
    cluster_->step(from, handover);
  }

  void preset(const Words& words) {
    std::vector<std::uint64_t> terms;
    HardState hard;
    std::string field;
    for (std::size_t i = 2; i < words.size(); ++i) {
      const std::string& word = words[i];
      const bool name = word == "log" || word == "term" || word == "vote" || word == "commit";
      if (name)
        field = word;
      else if (field == "log")
        terms.push_back(number(word));
      else if (field == "term")
        hard.term = Term{number(word)};
      else if (field == "vote")
        hard.vote = NodeId{word};
      else if (field == "commit")
        hard.commit = LogIndex{number(word)};
    }
    cluster_->preset(words[1], terms, hard);
  }

  void option(const std::string& name, const std::string& what, std::uint64_t value) {
    Options& options = cluster_->node(name).options;
    if (what == "tail_bytes_max") options.tail_bytes_max = value;
    if (what == "append_bytes_max") options.append_bytes_max = value;
    if (what == "uncommitted_bytes_max") options.uncommitted_bytes_max = value;
    if (what == "incarnation") options.self.incarnation = value;
    if (what == "window_messages") options.window_messages = static_cast<std::uint32_t>(value);
    cluster_->restart(name);
  }

  static std::pair<LogIndex, Term> parse_place(const std::string& word) {
    const auto slash = word.find('/');
    return {LogIndex{number(word.substr(0, slash))}, Term{number(word.substr(slash + 1))}};
  }

  // inject FROM TO term N KIND ...
  void inject(const Words& words) {
    Body body = Heartbeat{};
    if (words[5] == "append") body = Append{};
    if (words[5] == "reply") body = AppendReply{};
    if (words[5] == "refusal") body = AppendReply{true, {}, {}, {}, {}};
    if (words[5] == "vote") body = VoteRequest{false, false, Term{number(words[4])}, {}, {}};
    Message m = cluster_->message(words[1], words[2], number(words[4]), body);
    std::vector<LogEntry> entries;
    for (std::size_t i = 6; i < words.size(); ++i) {
      const std::string& word = words[i];
      const std::string& value = i + 1 < words.size() ? words[i + 1] : word;
      if (word == "transfer") {
        std::get<VoteRequest>(m.body).transfer = true;
        continue;
      }
      if (word.find('/') != std::string::npos) {
        const auto [index, term] = parse_place(word);
        const LogEntry prev = prev_of(words[2], index, entries);
        entries.push_back(sample_entry(index, term, &prev));
        continue;
      }
      if (word == "cluster") m.cluster.bytes[0] = 99;
      if (word == "incarnation") m.from.incarnation = number(value);
      if (word == "epoch") m.recovery_epoch = number(value);
      if (word == "commit") set_commit(m.body, LogIndex{number(value)});
      if (word == "match") std::get<AppendReply>(m.body).match = LogIndex{number(value)};
      if (word == "last") {
        auto& vote = std::get<VoteRequest>(m.body);
        std::tie(vote.last_index, vote.last_term) = parse_place(value);
      }
      if (word == "prev") {
        set_prev(m.body, parse_place(value));
      }
      ++i;
    }
    if (auto* append = std::get_if<Append>(&m.body)) append->entries = std::move(entries);
    cluster_->step(words[2], Receive{std::move(m)});
  }

  static void set_prev(Body& body, std::pair<LogIndex, Term> place) {
    if (auto* append = std::get_if<Append>(&body)) std::tie(append->prev_index, append->prev_term) = place;
    if (auto* refusal = std::get_if<AppendReply>(&body)) refusal->prev_index = place.first;
  }

  static void set_commit(Body& body, LogIndex commit) {
    if (auto* append = std::get_if<Append>(&body)) append->commit = commit;
    if (auto* heartbeat = std::get_if<Heartbeat>(&body)) heartbeat->commit = commit;
  }

  // The entry an injected one is chained to: the one before it in the same message, or the receiver's.
  LogEntry prev_of(const std::string& receiver, LogIndex index, const std::vector<LogEntry>& entries) {
    if (!entries.empty()) return entries.back();
    const LogEntry* found = cluster_->raft(receiver).find_entry(index.previous());
    return found ? *found : LogEntry{};
  }

  void show(const std::string& name) {
    Node& n = cluster_->node(name);
    std::string log = name + " disk: log";
    for (const LogEntry& entry : n.disk.entries)
      log += " " + std::to_string(entry.header.term.value);
    log += ", term " + std::to_string(n.disk.hard_state.term.value);
    if (!n.disk.hard_state.vote.empty()) log += ", vote " + n.disk.hard_state.vote.value;
    shown_.push_back(log);
    if (!n.raft) return;
    const Status status = n.raft->status();
    shown_.push_back(name + " core: " + raft::name(status.role) + " of term " +
                     std::to_string(status.term.value) + ", last " + place(status.last, status.last_term) +
                     ", persisted " + std::to_string(status.persisted.value) + ", commit " +
                     std::to_string(status.commit.value));
    for (const PeerStatus& peer : status.peers) {
      shown_.push_back(name + " core: " + peer.id.value + " match " + std::to_string(peer.match.value) +
                       ", next " + std::to_string(peer.next.value));
    }
  }

  std::unique_ptr<Cluster> cluster_ = {};
  std::vector<std::string> shown_ = {};
};

}  // namespace

std::string play_transcript(const std::string& text) {
  Player player;
  std::istringstream in(text);
  std::string played;
  bool in_effects = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("> ")) {
      played += line + "\n";
      for (const std::string& effect : player.play(split(line.substr(2))))
        played += "    " + effect + "\n";
      in_effects = true;
    } else if (!(in_effects && line.starts_with("    "))) {
      played += line + "\n";
      in_effects = false;
    }
  }
  return played;
}

}  // namespace anta::raft::test
