// Leadership that is handed to a named voter, while replicas run.
#include <gtest/gtest.h>

#include <future>

#include "tests/consensus/cluster.h"

namespace anta {
namespace {

using test::Cluster;

std::size_t other_of_three(std::size_t node) { return (node + 1) % 3; }

// Hands over at this node and waits for the answer.
Result<void> hand_over(Cluster& cluster, std::size_t from, const std::string& to, Term term) {
  std::promise<Result<void>> done;
  cluster.at(from).replica->transfer_leadership(
      NodeId{to}, term, [&done](Result<void> how) { done.set_value(std::move(how)); });
  return done.get_future().get();
}

// Goal: leadership goes to the voter that is named, in the term that is named, and what was committed stays;
// every refusal has its class, and the leader leads on.
TEST(Replica, HandsOverToWhomIsNamed) {
  Cluster cluster(4, {}, 3);
  cluster.want({0, 1, 2}, {3}, {});
  for (const std::size_t i : {2, 1, 0})
    cluster.start(i);
  cluster.commit("one");
  std::size_t leader = cluster.leader();
  const std::size_t next = other_of_three(leader);
  Term term = cluster.at(leader).status().term;
  const auto code = [&](std::size_t from, const std::string& to, Term in) {
    const auto done = hand_over(cluster, from, to, in);
    return done ? Code{} : done.error().code;
  };
  const std::string next_id = cluster.at(next).id.value;
  EXPECT_EQ(code(next, next_id, term), Code::not_leader);
  EXPECT_EQ(code(leader, next_id, Term{term.value + 1}), Code::not_leader);
  EXPECT_EQ(code(leader, "n9", term), Code::malformed);
  EXPECT_EQ(code(leader, cluster.at(leader).id.value, term), Code{});  // leads already
  EXPECT_EQ(cluster.leader(), leader);
  // A slow machine may miss one election timeout: the leader goes on, and is asked again.
  ASSERT_TRUE(cluster.until([&] {
    term = cluster.at(leader).status().term;
    return code(leader, next_id, term) == Code{};
  }));
  EXPECT_EQ(cluster.at(leader).status().leader, cluster.at(next).id);
  cluster.commit("two");
  leader = cluster.leader();
  const std::size_t gone = other_of_three(leader);
  cluster.stop(gone);
  ASSERT_TRUE(cluster.until([&] {
    for (const ReplicaPeer& peer : cluster.at(leader).status().peers) {
      if (peer.id == cluster.at(gone).id) return !peer.up;
    }
    return false;
  }));
  EXPECT_EQ(code(leader, cluster.at(gone).id.value, cluster.at(leader).status().term), Code::busy);
  cluster.commit("three");
  cluster.start(gone);
  EXPECT_TRUE(cluster.all_have({"one", "two", "three"}));
}

// Goal: a leader is told to stop while the voter that it was to hand over to does not take it: the third one
// leads before it is gone. The same order again is refused at once meanwhile.
TEST(Replica, WhoStopsHandsOverToAnotherThanTheOneWhoDidNotTakeIt) {
  std::atomic<std::size_t> unwilling = 3;
  Cluster cluster(3, [&unwilling](ReplicaOptions& options) {
    const std::string self = options.self.id.value;
    options.log_repairing = [&unwilling, self] { return self == "n" + std::to_string(unwilling); };
  });
  cluster.start_all();
  cluster.commit("one");
  const std::size_t leader = cluster.leader();
  unwilling = other_of_three(leader);
  const std::size_t third = other_of_three(unwilling);
  const Term term = cluster.at(leader).status().term;
  const std::string to = cluster.at(unwilling).id.value;
  std::promise<Result<void>> first;
  cluster.at(leader).replica->transfer_leadership(
      NodeId{to}, term, [&first](Result<void> how) { first.set_value(std::move(how)); });
  cluster.stop(leader, true);
  EXPECT_FALSE(first.get_future().get());
  EXPECT_EQ(cluster.at(third).status().role, raft::Role::leader);
  cluster.commit("two");
}

}  // namespace
}  // namespace anta
