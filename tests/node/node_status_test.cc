#include "node/node_status.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

namespace anta::test {
namespace {

using Change = std::function<void(NodeStatus&)>;

// A follower with a leader, all applied, room on its disk.
NodeStatus sound() {
  NodeStatus status;
  status.replica.role = raft::Role::follower;
  status.replica.leader = NodeId{"n2"};
  status.replica.leader_commit = LogIndex{20'000};
  status.replica.commit = LogIndex{20'000};
  status.replica.applied = LogIndex{20'000};
  status.disk_available = 64u << 20;
  status.disk_reserve = 64u << 20;
  return status;
}

void lead(NodeStatus& status, bool in_office) {
  status.replica.role = raft::Role::leader;
  status.replica.leader = NodeId{"n1"};
  status.replica.in_office = in_office;
}

struct Row {
  std::string words = {};  // of the reason
  Change raises = {};
  Change just_inside = {};  // as near as it may come without being a reason
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"the node is stopping", [](NodeStatus& s) { s.stopping = true; },
       [](NodeStatus& s) { s.stopping = false; }},
      {"this node joins and judges the ledger's history: 25 % of entries 1 to 400 are applied",
       [](NodeStatus& s) { s.join = {.phase = JoinPhase::judging, .anchor = LogIndex{400}, .missing = 300}; },
       [](NodeStatus& s) { s.join = {.phase = JoinPhase::none, .anchor = LogIndex{400}}; }},
      {"the replica has stopped; see the log", [](NodeStatus& s) { s.replica.stopped = true; },
       [](NodeStatus& s) { s.replica.stopped = false; }},
      {"the database has failed: no fsync any more",
       [](NodeStatus& s) { s.database_failure = Error{Code::io, "store.write_failed", "no fsync any more"}; },
       [](NodeStatus& s) { s.database_failure.reset(); }},
      {"the disk has 63 MiB left, less than its reserve of 64 MiB: this node takes nothing new; make room",
       [](NodeStatus& s) { s.disk_available = s.disk_reserve - 1; },
       [](NodeStatus& s) { s.disk_available = s.disk_reserve; }},
      {"log entries 3 to 9 are being fetched",
       [](NodeStatus& s) { s.scrub.gap = "log entries 3 to 9 are being fetched"; },
       [](NodeStatus& s) { s.scrub.gap.clear(); }},
      {"a quorum signed another tree than this node's (fork): its note is kept as fork-*.note in the data "
       "directory; compare with the other organisations, and once it is explained take the file away and "
       "start again",
       [](NodeStatus& s) { s.forks = 1; }, [](NodeStatus& s) { s.forks = 0; }},
      {"this node's state is not the one that a majority of the voters has after log entry 7: it stops, and "
       "heals itself when it is started again",
       [](NodeStatus& s) { s.states.outvoted = StateDifference{LogIndex{7}, {}, {}}; },
       [](NodeStatus& s) { s.states.differing[NodeId{"n3"}] = StateDifference{LogIndex{7}, {}, {}}; }},
      {"this node lost acknowledged entries and is being brought up by its leader",
       [](NodeStatus& s) { s.replica.amnesiac = true; }, [](NodeStatus& s) { s.replica.amnesiac = false; }},
      {"a majority refuses this node's clock; check it",
       [](NodeStatus& s) { s.replica.clock_refused = true; },
       [](NodeStatus& s) { s.replica.clock_refused = false; }},
      {"no leader is known: fewer than a majority of nodes are reachable, or an election is under way",
       [](NodeStatus& s) { s.replica.leader.reset(); },
       [](NodeStatus& s) { s.replica.leader = NodeId{"n3"}; }},
      {"no leader is known: fewer than a majority of nodes are reachable, or an election is under way",
       [](NodeStatus& s) { lead(s, false); }, [](NodeStatus& s) { lead(s, true); }},
      {"this node is 1001 log entries behind its leader and catches up: what it answers is old",
       [](NodeStatus& s) { s.replica.leader_commit = LogIndex{21'001}; },
       [](NodeStatus& s) { s.replica.leader_commit = LogIndex{21'000}; }},
  };
  return all;
}

TEST(NodeStatus, EachReasonHasItsStateAndNoneJustInside) {
  // Goal: a sound node is ready; each state raises its one reason and no other; as near to it as may be does
  // not.
  EXPECT_EQ(unready_reasons(sound()), std::vector<std::string>{});
  for (const Row& row : rows()) {
    NodeStatus outside = sound();
    row.raises(outside);
    EXPECT_EQ(unready_reasons(outside), std::vector<std::string>{row.words});
    NodeStatus inside = sound();
    row.just_inside(inside);
    EXPECT_EQ(unready_reasons(inside), std::vector<std::string>{}) << row.words;
  }
}

TEST(NodeStatus, AllReasonsAreTold) {
  // Goal: one reason does not hide another, and none is told that has no row above.
  NodeStatus worst = sound();
  std::vector<std::string> expected;
  for (const Row& row : rows()) {
    row.raises(worst);
    if (std::ranges::find(expected, row.words) == expected.end()) expected.push_back(row.words);
  }
  EXPECT_EQ(unready_reasons(worst), expected);
}

TEST(NodeStatus, WhoFetchesTheHistorySaysOnlyThat) {
  // Goal: without a replica there is no leader, and the ledger is the genesis' still: neither is what an
  // operator has to look at.
  NodeStatus status = sound();
  status.replica = {};
  status.join = {.phase = JoinPhase::asking};
  EXPECT_EQ(unready_reasons(status),
            std::vector<std::string>{"this node joins and asks the voters how far the ledger is"});
  status.join = {.phase = JoinPhase::fetching, .anchor = LogIndex{400}, .missing = 100};
  EXPECT_EQ(unready_reasons(status),
            std::vector<std::string>{
                "this node joins and fetches the ledger's history: 75 % of entries 1 to 400 are here"});
}

TEST(NodeStatus, TheCertificatesEndIsAFigureWhereThereIsOne) {
  // Goal: seconds since 1970 with HTTPS, absent without; failed handshakes are counted.
  const auto figure = [](const NodeStatus& status, const std::string& name) {
    for (const Metrics::Sample& sample : status_metrics(status)) {
      if (sample.name == name) return sample.value;
    }
    return -1.0;
  };
  NodeStatus status = sound();
  EXPECT_EQ(figure(status, "anta_http_certificate_expires_seconds"), -1.0);
  status.certificate_expires = Millis{1'800'000'000'500};
  status.handshakes_failed = 7;
  EXPECT_EQ(figure(status, "anta_http_certificate_expires_seconds"), 1'800'000'000.0);
  EXPECT_EQ(figure(status, "anta_http_handshakes_failed_total"), 7.0);
}

TEST(NodeStatus, WhoseClockIsBehindIsShown) {
  // Goal: in `cosigning`, by who cosigns, and absent where all are right.
  Config config;
  const Genesis genesis;
  NodeStatus status = sound();
  status.config = &config;
  status.genesis = &genesis;
  const auto shown = [&status] { return *status_value(status).find("cosigning"); };
  EXPECT_EQ(shown().find("clocks_behind"), nullptr);
  status.clocks_behind = {{"org2", 61}, {"w1", 3'600}};
  const Value cosigning = shown();
  const auto* behind = std::get_if<ValueList>(&cosigning.find("clocks_behind")->data);
  ASSERT_TRUE(behind && behind->size() == 2);
  EXPECT_EQ((*behind)[1].find("cosigner")->data, Value{std::string("w1")}.data);
  EXPECT_EQ((*behind)[1].find("seconds")->data, Value{std::int64_t{3'600}}.data);
}

TEST(NodeStatus, AStateThatDiffersIsAFigureOfItsPeer) {
  // Goal: one figure for each peer and one for this node, as operators' rules name them.
  Config config;
  config.node = NodeId{"n1"};
  NodeStatus status = sound();
  status.config = &config;
  status.replica.peers = {{.id = NodeId{"n2"}}, {.id = NodeId{"n3"}}};
  status.states.differing[NodeId{"n3"}] = StateDifference{LogIndex{7}, {}, {}};
  const auto figures = [&status] {
    std::map<std::string, double> found;
    for (const Metrics::Sample& sample : status_metrics(status)) {
      if (sample.name == "anta_state_diverged") found[sample.peer] = sample.value;
    }
    return found;
  };
  EXPECT_EQ(figures(), (std::map<std::string, double>{{"n1", 0.0}, {"n2", 0.0}, {"n3", 1.0}}));
  status.states.outvoted = status.states.differing.at(NodeId{"n3"});
  EXPECT_EQ(figures().at("n1"), 1.0);
}

}  // namespace
}  // namespace anta::test
