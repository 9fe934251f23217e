// Handing leadership over: who may get it, what waits meanwhile, and what ends it.
#include <gtest/gtest.h>

#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

TEST(Transfer, TheNamedPeerLeadsNext) {
  // Goal: leadership moves without an election timeout, although everybody hears the old leader.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.step("n1", TransferLeadership{NodeId{"n3"}});
  cluster.propose("n1", "late");
  EXPECT_EQ(cluster.node("n1").proposal->error().code, Code::busy);
  cluster.settle();
  EXPECT_EQ(cluster.status("n3").role, Role::leader);
  EXPECT_EQ(cluster.status("n1").leader, NodeId{"n3"});
}

TEST(Transfer, WaitsUntilTheSuccessorHasEverything) {
  // Goal: no successor is told before it has the whole log; a dead one is given up after an election timeout.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.isolate("n3");
  cluster.propose("n1", "a");
  cluster.step("n1", TransferLeadership{NodeId{"n3"}});
  for (const Message& m : cluster.wire("n1", "n3"))
    EXPECT_STRNE(name(m.body), "timeout_now");
  for (int i = 0; i < 10; ++i) {
    cluster.tick("n1");
    cluster.settle();
  }
  EXPECT_TRUE(cluster.traced("n1", Transition::transfer_given_up));
  cluster.propose("n1", "b");
  EXPECT_TRUE(cluster.node("n1").proposal->has_value());
}

TEST(Transfer, AnswersWhetherItBegan) {
  // Goal: only a leader hands over, once at a time, to another voter that is there and has nearly everything;
  // what is refused is refused with a reason and stops no proposal.
  Cluster cluster({"n1", "n2", "n3"}, {"n4"});
  const auto asked = [&](const char* of, const char* to) -> Code {
    cluster.step(of, TransferLeadership{NodeId{to}});
    const auto& answer = cluster.node(of).transfer;
    EXPECT_TRUE(answer.has_value());
    return *answer ? Code{} : answer->error().code;
  };
  cluster.elect("n1");
  cluster.settle();
  EXPECT_EQ(asked("n2", "n3"), Code::not_leader);
  EXPECT_EQ(asked("n1", "n1"), Code::malformed);
  EXPECT_EQ(asked("n1", "n4"), Code::malformed);  // a learner
  EXPECT_EQ(asked("n1", "n9"), Code::malformed);
  cluster.propose("n1", "goes on");
  EXPECT_TRUE(cluster.node("n1").proposal->has_value());
  cluster.settle();
  cluster.isolate("n3");
  for (int i = 0; i < 25; ++i) {
    cluster.tick("n1");
    cluster.settle();
  }
  EXPECT_EQ(asked("n1", "n3"), Code::busy);  // not heard
  EXPECT_EQ(asked("n1", "n2"), Code{});
  EXPECT_EQ(asked("n1", "n2"), Code::busy);  // under way
  cluster.settle();
  EXPECT_EQ(cluster.status("n2").role, Role::leader);
}

TEST(Transfer, RightAfterACheckOfTheQuorumEverybodyIsStillThere) {
  // Goal: at whatever tick leadership is asked for, a voter that answers is taken (it was refused in the
  // moment between a check of the quorum and the next answer).
  Cluster cluster(three);
  cluster.elect("n1");
  for (unsigned ticks = 0; ticks < 12; ++ticks) {
    cluster.tick("n1");
    cluster.step("n1", TransferLeadership{NodeId{"n2"}});
    EXPECT_TRUE(*cluster.node("n1").transfer) << ticks;
    cluster.settle();
    ASSERT_EQ(cluster.status("n2").role, Role::leader) << ticks;
    cluster.elect("n1");
    for (unsigned quiet = 0; quiet < ticks; ++quiet) {
      cluster.tick("n1");
      cluster.settle();
    }
  }
}

TEST(Transfer, WhoDidNotTakeItIsPassedOverForAWhile) {
  // Goal: nothing is proposed while leadership is handed over, so an order that fails, sent again and again,
  // must not stop the leader again and again; whoever hands over to anybody takes another.
  Cluster cluster(three);
  cluster.elect("n1");
  const auto given_up = [&] {
    for (unsigned i = 0; i < 11; ++i) {
      cluster.drop("n1", "n3", "timeout_now");
      cluster.tick("n1");
      cluster.drop("n1", "n3", "timeout_now");
      cluster.settle();
    }
    return cluster.traced("n1", Transition::transfer_given_up);
  };
  cluster.step("n1", TransferLeadership{NodeId{"n3"}});
  ASSERT_TRUE(*cluster.node("n1").transfer);
  ASSERT_TRUE(given_up());
  cluster.step("n1", TransferLeadership{NodeId{"n3"}});
  EXPECT_EQ(cluster.node("n1").transfer->error().code, Code::busy);
  cluster.propose("n1", "not stopped");
  EXPECT_TRUE(cluster.node("n1").proposal->has_value());
  cluster.settle();
  for (unsigned i = 0; i < 160; ++i) {
    cluster.tick("n1");
    cluster.settle();
  }
  cluster.step("n1", TransferLeadership{NodeId{"n3"}});
  EXPECT_TRUE(*cluster.node("n1").transfer);
  ASSERT_TRUE(given_up());
  cluster.step("n1", TransferLeadership{});
  cluster.settle();
  EXPECT_EQ(cluster.status("n2").role, Role::leader);
}

TEST(Transfer, NotToAVoterThatLacksTooMuch) {
  // Goal: a successor that would first have to be sent megabytes is refused at once, and taken once it has
  // them.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.settle();
  cluster.isolate("n3");
  for (int i = 0; i < 5; ++i) {
    cluster.propose("n1", std::string(400'000, 'x'));
    cluster.settle();
  }
  cluster.heal();
  cluster.step("n1", TransferLeadership{NodeId{"n3"}});
  ASSERT_TRUE(cluster.node("n1").transfer.has_value());
  EXPECT_FALSE(*cluster.node("n1").transfer);
  for (int i = 0; i < 5; ++i) {
    cluster.tick("n1");
    cluster.settle();
  }
  cluster.step("n1", TransferLeadership{NodeId{"n3"}});
  EXPECT_TRUE(*cluster.node("n1").transfer);
  cluster.settle();
  EXPECT_EQ(cluster.status("n3").role, Role::leader);
}

}  // namespace
}  // namespace anta::raft::test
