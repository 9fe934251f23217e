// Rules about members that take more than one line of a transcript: incarnations, and reads amid a change.
#include <gtest/gtest.h>

#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

TEST(Rule12, AMemberThatCameBackWipedIsAnotherOne) {
  // Goal: n1 of incarnation 2, whose only configuration has n1 of incarnation 1, neither campaigns nor takes
  // the old one's place in a quorum: with n2's vote it could undo what n1 and n3 committed.
  Cluster cluster({"n1", "n2", "n3"});
  cluster.node("n1").options.self.incarnation = 2;
  cluster.restart("n1");
  cluster.timeout("n1");
  EXPECT_EQ(cluster.status("n1").role, Role::follower);
  EXPECT_TRUE(cluster.wire("n1", "n2").empty());
  cluster.step("n1", Receive{cluster.message("n2", "n1", 0, TimeoutNow{})});
  EXPECT_EQ(cluster.status("n1").role, Role::follower);
}

TEST(Rule12, AnOlderIncarnationIsDropped) {
  // Goal: n3 is a member under incarnation 2; what its former self left behind on a slow link raises no term.
  Cluster cluster({"n1", "n2"}, {}, {"n3"});
  cluster.node("n3").options.self.incarnation = 2;
  cluster.restart("n3");
  cluster.elect("n1");
  cluster.change("n1", {"n1", "n2"}, {"n3"});
  cluster.settle();
  Message m = cluster.message("n3", "n2", 50, VoteRequest{false, true, Term{50}, LogIndex{50}, Term{49}});
  m.from.incarnation = 1;
  cluster.step("n2", Receive{m});
  EXPECT_EQ(cluster.status("n2").term, Term{1});
}

TEST(Rule08, AConfigurationThatIsNoStepIsDropped) {
  // Goal: a pinned peer that leads sends a configuration that nobody asked for, or one that is no step from
  // the one in force: it is dropped, and nothing of that append is taken.
  Cluster cluster({"n1", "n2", "n3"});
  cluster.elect("n1");
  const Status before = cluster.status("n2");
  const auto append = [&](const ConfigurationRecord& record) {
    Message m = cluster.message("n1", "n2", before.term.value, Append{});
    auto& body = std::get<Append>(m.body);
    body.prev_index = before.last;
    body.prev_term = before.last_term;
    EntryHeader header{.term = before.term, .kind = EntryKind::configuration};
    if (const LogEntry* last = cluster.raft("n2").find_entry(before.last)) header.prev_hash = last->hash;
    body.entries.push_back(
        make_entry(before.last.next(), header, std::make_shared<const Bytes>(encode_configuration(record))));
    cluster.step("n2", Receive{m});
    return cluster.status("n2");
  };
  const Configuration now = before.configuration.configuration;
  Configuration fewer = now;
  fewer.voters.pop_back();
  Digest asked;
  asked.bytes[0] = 1;
  Configuration joint = fewer;
  joint.outgoing = now.voters;
  EXPECT_EQ(append({fewer, asked}).last, before.last);
  EXPECT_EQ(append({joint, {}}).last, before.last);
  EXPECT_EQ(append({now, asked}).last, before.last);
  const Status taken = append({joint, asked});
  EXPECT_EQ(taken.last, before.last.next());
  EXPECT_EQ(taken.configuration.configuration, joint);
}

TEST(Rule08, NobodyIsRemovedWhoseAbsenceNobodyCouldDecide) {
  // Goal: of n1, n2 and n3 the last is dead. Without n2 nothing could be decided any more, so its removal is
  // refused; the dead one's is taken.
  Cluster cluster({"n1", "n2", "n3"});
  cluster.elect("n1");
  cluster.settle();
  cluster.isolate("n3");
  cluster.tick("n1", 12);
  cluster.settle();
  cluster.tick("n1", 12);
  cluster.settle();
  cluster.change("n1", {"n1", "n3"}, {});
  EXPECT_FALSE(cluster.status("n1").configuration.configuration.joint());
  cluster.change("n1", {"n1", "n2"}, {});
  EXPECT_TRUE(cluster.status("n1").configuration.configuration.joint());
  cluster.settle();
  EXPECT_EQ(cluster.status("n2").configuration.configuration.voters.size(), 2u);
}

TEST(Rule14, AReadFinishesWhenAChangeMakesItsAnswersAQuorum) {
  // Goal: n2 is removed and leaves without answering the round of a read; n1 alone decides then, and answers.
  Cluster cluster({"n1", "n2"});
  cluster.elect("n1");
  cluster.change("n1", {"n1"}, {});
  cluster.step("n1", ReadRequest{7});
  cluster.persist("n1");
  cluster.drop("n1", "n2", "heartbeat");
  cluster.deliver("n1", "n2");
  cluster.persist("n2");
  cluster.deliver("n2", "n1");  // acknowledged: the joint configuration is committed and left
  cluster.persist("n1");
  cluster.tick("n1", 2);
  ASSERT_EQ(cluster.node("n1").reads.size(), 1u);
  EXPECT_TRUE(cluster.node("n1").reads[0].index.has_value());
}

TEST(Rule12, ANewerIncarnationIsNews) {
  // Goal: a node that does not have the newest configuration yet still hears the leader and the candidates of
  // that configuration; else it could be shut out for good.
  Cluster cluster({"n1", "n2", "n3"});
  cluster.elect("n1");
  Message m = cluster.message("n3", "n2", 50, VoteRequest{false, true, Term{50}, LogIndex{50}, Term{49}});
  m.from.incarnation += 1;
  cluster.step("n2", Receive{m});
  EXPECT_EQ(cluster.status("n2").term, Term{50});
}

}  // namespace
}  // namespace anta::raft::test
