// Flow control, learners, amnesiacs, loading from disk: what keeps a leadership useful.
#include <gtest/gtest.h>

#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

TEST(Flow, ThePipelineStopsAtTheWindowInMessages) {
  // Goal: with a window of 2 the third append waits for an acknowledgement.
  Cluster cluster(three);
  cluster.node("n1").options.window_messages = 2;
  cluster.restart("n1");
  cluster.elect("n1");
  for (const char* text : {"a", "b", "c", "d"})
    cluster.propose("n1", text);
  EXPECT_EQ(cluster.wire("n1", "n2").size(), 2u);
  cluster.deliver("n1", "n2");
  cluster.persist_one("n2");
  cluster.deliver("n2", "n1");
  EXPECT_EQ(cluster.wire("n1", "n2").size(), 1u);
  cluster.settle();
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{5});
}

TEST(Flow, ThePipelineStopsAtTheWindowInBytes) {
  // Goal: a window smaller than one entry lets one through at a time.
  Cluster cluster(three);
  cluster.node("n1").options.window_bytes = 10;
  cluster.restart("n1");
  cluster.elect("n1");
  for (const char* text : {"a", "b"})
    cluster.propose("n1", text);
  EXPECT_EQ(cluster.wire("n1", "n2").size(), 1u);
  cluster.settle();
  EXPECT_EQ(cluster.status("n2").commit, LogIndex{3});
}

TEST(Flow, UncommittedBytesAreBounded) {
  // Goal: past uncommitted_bytes_max a proposal is answered busy, and accepted again once something
  // committed.
  Cluster cluster(three);
  cluster.node("n1").options.uncommitted_bytes_max = 300;
  cluster.restart("n1");
  cluster.elect("n1");
  for (int i = 0; i < 4; ++i)
    cluster.propose("n1", "0123456789");
  EXPECT_EQ(cluster.node("n1").proposal->error().code, Code::busy);
  EXPECT_EQ(cluster.status("n1").last, LogIndex{3});
  cluster.settle();
  cluster.propose("n1", "again");
  EXPECT_TRUE(cluster.node("n1").proposal->has_value());
}

TEST(Flow, AFollowerRefusesProposals) {
  // Goal: only the leader orders.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.propose("n2", "a");
  EXPECT_EQ(cluster.node("n2").proposal->error().code, Code::not_leader);
}

TEST(Flow, ALostAppendIsNoticedByHeartbeats) {
  // Goal: with nothing more to send, a lost append is sent again after the follower's heartbeat answers show
  // the gap.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.propose("n1", "a");
  cluster.drop("n1", "n2");
  for (int i = 0; i < 3; ++i) {
    cluster.tick("n1");
    cluster.settle();
  }
  EXPECT_EQ(cluster.status("n2").last, LogIndex{2});
}

// The appends on their way that carry entries, and those that carry none.
std::pair<std::size_t, std::size_t> appends(const Cluster& cluster) {
  std::pair<std::size_t, std::size_t> count;
  for (const Message& m : cluster.wire("n1", "n2")) {
    const auto* append = std::get_if<Append>(&m.body);
    if (append) ++(append->entries.empty() ? count.second : count.first);
  }
  return count;
}

TEST(Flow, ASlowLinkIsAskedAndNotFilled) {
  // Goal: while an append is still on a slow link, heartbeats and their answers pass it, and what follows it
  // is small, in replicate and in probe mode alike.
  for (const bool probing : {false, true}) {
    Cluster cluster(three);
    cluster.elect("n1");
    if (probing) cluster.step("n1", PeerUnreachable{NodeId{"n2"}});
    cluster.propose("n1", "a");
    for (int i = 0; i < 20; ++i) {
      cluster.tick("n1");
      cluster.deliver("n1", "n2", "heartbeat");
      cluster.deliver("n2", "n1", "heartbeat_reply");
    }
    EXPECT_EQ(appends(cluster).first, 1u);
    EXPECT_LE(appends(cluster).second, 10u);
    EXPECT_GE(appends(cluster).second, 5u);
    cluster.settle();
    EXPECT_EQ(cluster.status("n2").commit, LogIndex{2});
    EXPECT_EQ(cluster.status("n1").peers[0].match, LogIndex{2});
  }
}

TEST(Flow, ALostProbeIsSentAgain) {
  // Goal: the small question that follows an overdue probe brings its entries again.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.step("n1", PeerUnreachable{NodeId{"n2"}});
  cluster.propose("n1", "a");
  cluster.drop("n1", "n2");
  for (int i = 0; i < 3; ++i) {
    cluster.tick("n1");
    cluster.settle();
  }
  EXPECT_EQ(cluster.status("n2").last, LogIndex{2});
}

TEST(Flow, WhoTakesNoEntriesIsNotSentAWindowAgainAndAgain) {
  // Goal: a follower that answers heartbeats and small questions and drops all entries (no room on its disk,
  // our clock ahead) is tried with one append at a time: each answer to a question had opened the window
  // anew.
  Cluster cluster(three);
  cluster.node("n1").options.append_bytes_max = 1;
  cluster.restart("n1");
  cluster.elect("n1");
  for (int i = 0; i < 64; ++i)
    cluster.propose("n1", "a");
  std::size_t sent = 0;
  for (int round = 0; round < 60; ++round) {
    sent += round < 10 ? 0 : appends(cluster).first;  // the first window is rightly hoped for
    const std::vector<Message> due = cluster.wire("n1", "n2");
    cluster.drop("n1", "n2");
    for (const Message& m : due) {
      const auto* append = std::get_if<Append>(&m.body);
      if (!append || append->entries.empty()) cluster.step("n2", Receive{m});
    }
    cluster.persist("n2");
    cluster.deliver("n2", "n1");
    cluster.tick("n1");
    cluster.deliver("n1", "n3");
    cluster.persist("n3");
    cluster.deliver("n3", "n1");
  }
  EXPECT_GT(sent, 0u);
  EXPECT_LT(sent, 64u);
  cluster.settle();
  EXPECT_EQ(cluster.status("n2").last, cluster.status("n1").last);
}

TEST(Flow, ALostAcknowledgementIsSaidAgain) {
  // Goal: the next heartbeat shows the follower that the leader did not hear it.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.propose("n1", "a");
  cluster.deliver("n1", "n2");
  cluster.persist("n2");
  cluster.drop("n2", "n1");
  cluster.tick("n1");
  cluster.deliver("n1", "n2");
  cluster.deliver("n2", "n1");
  EXPECT_EQ(cluster.status("n1").peers[0].match, LogIndex{2});
}

TEST(Flow, HeartbeatsDoNotWaitForADisk) {
  // Goal: with a write pending on both sides, a heartbeat and its answer pass.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.propose("n1", "a");
  cluster.deliver("n1", "n2");
  cluster.tick("n1");
  cluster.deliver("n1", "n2", "heartbeat");
  ASSERT_EQ(cluster.wire("n2", "n1").size(), 1u);
  EXPECT_STREQ(name(cluster.wire("n2", "n1")[0].body), "heartbeat_reply");
}

TEST(Flow, EvictedEntriesComeBackFromTheDisk) {
  // Goal: a follower that missed what left the leader's memory gets it by loads, a piece at a time.
  Cluster cluster(three);
  cluster.node("n1").options.tail_bytes_max = 1;
  cluster.node("n1").options.append_bytes_max = 250;
  cluster.restart("n1");
  cluster.elect("n1");
  cluster.isolate("n3");
  for (int i = 0; i < 10; ++i) {
    cluster.propose("n1", "0123456789");
    cluster.settle();
  }
  EXPECT_EQ(cluster.raft("n1").find_entry(LogIndex{5}), nullptr);
  cluster.heal();
  for (int i = 0; i < 4; ++i) {
    cluster.tick("n1");
    cluster.settle();
  }
  EXPECT_EQ(cluster.status("n3").commit, LogIndex{11});
  for (std::size_t i = 0; i < 11; ++i) {
    EXPECT_EQ(cluster.node("n3").disk.entries[i].hash, cluster.node("n1").disk.entries[i].hash);
  }
}

TEST(Flow, PayloadBytesAreNeverCopied) {
  // Goal: the follower's entry and the leader's share one payload.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.propose("n1", "a");
  cluster.settle();
  EXPECT_EQ(cluster.raft("n1").find_entry(LogIndex{2})->payload,
            cluster.raft("n3").find_entry(LogIndex{2})->payload);
}

// n1 campaigns with the pre-vote of n2, and its requests for votes are lost. Gives the ticks until it asks
// again.
unsigned lost_campaign(Cluster& cluster) {
  cluster.deliver("n1", "n2");
  cluster.deliver("n2", "n1");
  cluster.persist("n1");
  EXPECT_EQ(cluster.status("n1").role, Role::candidate);
  cluster.drop("n1", "n2");
  unsigned ticks = 0;
  while (cluster.wire("n1", "n2").empty() && ++ticks < 1000)
    cluster.tick("n1");
  return ticks;
}

TEST(Election, TimeoutsDoubleForEachFailedCampaign) {
  // Goal: each campaign that leads to nothing doubles the next timeout, up to 16 times; a leader's word
  // resets it.
  Cluster cluster(three);
  cluster.timeout("n1");
  for (unsigned factor : {1u, 2u, 4u, 8u, 16u, 16u}) {
    const unsigned ticks = lost_campaign(cluster);
    EXPECT_GE(ticks, 10 * factor);
    EXPECT_LT(ticks, 20 * factor);
  }
  cluster.drop("n1", "n2");
  cluster.step("n1", Receive{cluster.message("n3", "n1", 9, Heartbeat{})});
  cluster.persist("n1");
  cluster.drop("n1", "n3");
  cluster.tick("n1", 20);
  EXPECT_EQ(cluster.status("n1").role, Role::pre_candidate);
}

TEST(Election, TheTimerStandsStillWhileTheOwnVoteIsNotDurable) {
  // Goal: a campaign whose vote the disk still writes is not given up for another, up to rule 15's time.
  Cluster cluster(three);
  cluster.timeout("n1");
  cluster.deliver("n1", "n2");
  cluster.deliver("n2", "n1");
  cluster.tick("n1", 90);
  EXPECT_EQ(cluster.status("n1").role, Role::candidate);
  EXPECT_EQ(cluster.status("n1").term, Term{1});
  cluster.tick("n1", 40);
  EXPECT_EQ(cluster.status("n1").role, Role::follower);
  EXPECT_TRUE(cluster.traced("n1", Transition::disk_stalled));
}

TEST(Learner, ReceivesEverythingAndCountsForNothing) {
  // Goal: one voter of two and a learner hold an entry: not committed. The learner never campaigns.
  Cluster cluster({"n1", "n2"}, {"n3"});
  cluster.elect("n1");
  cluster.isolate("n2");
  cluster.propose("n1", "a");
  cluster.settle();
  EXPECT_EQ(cluster.status("n3").last, LogIndex{2});
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{1});
  cluster.tick("n3", 100);
  EXPECT_EQ(cluster.status("n3").role, Role::follower);
}

// As Cluster::settle, but everything that `name` answers bears an amnesiac's flag.
void settle_with_amnesiac(Cluster& cluster, const std::string& name) {
  for (int round = 0; round < 12; ++round) {
    for (const char* from : {"n1", "n2", "n3"}) {
      cluster.persist(from);
      for (const char* to : {"n1", "n2", "n3"}) {
        std::vector<Message> due = cluster.wire(from, to);
        cluster.drop(from, to);
        for (Message& m : due) {
          if (auto* reply = std::get_if<AppendReply>(&m.body)) reply->amnesiac = from == name;
          if (auto* reply = std::get_if<HeartbeatReply>(&m.body)) reply->amnesiac = from == name;
          cluster.step(to, Receive{std::move(m)});
        }
      }
    }
  }
}

TEST(Amnesiac, CountsForNothingAndGetsEverything) {
  // Goal: the leader and an amnesiac hold an entry: not committed, no read served, and check-quorum fails;
  // with the third node it all goes on.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.crash("n3");
  cluster.tick("n1");
  settle_with_amnesiac(cluster, "n2");
  cluster.propose("n1", "a");
  cluster.step("n1", ReadRequest{1});
  settle_with_amnesiac(cluster, "n2");
  EXPECT_EQ(cluster.status("n2").last, cluster.status("n1").last);
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{1});
  EXPECT_TRUE(cluster.node("n1").reads.empty());
  cluster.restart("n3");
  cluster.tick("n1");
  settle_with_amnesiac(cluster, "n2");
  cluster.tick("n1");
  settle_with_amnesiac(cluster, "n2");
  EXPECT_EQ(cluster.status("n1").commit, cluster.status("n1").last);
  EXPECT_EQ(cluster.node("n1").reads.size(), 1u);
  cluster.crash("n3");
  for (int i = 0; i < 25; ++i) {
    cluster.tick("n1");
    settle_with_amnesiac(cluster, "n2");
  }
  EXPECT_TRUE(cluster.traced("n1", Transition::quorum_lost));
}

TEST(Amnesiac, ACommitBeforeTheLeadersWordIsFollowedByOthers) {
  // Goal: the first no-op is committed at once, before the heartbeat that tells the amnesiac that the leader
  // knows: it needs another, and gets one, though nobody proposes anything; never more than a few, even if it
  // stays an amnesiac for ever.
  Cluster cluster(three);
  cluster.elect("n1");
  std::vector<LogIndex> commits;
  for (unsigned i = 0; i < 1000; ++i) {
    cluster.tick("n1");
    settle_with_amnesiac(cluster, "n2");
    const LogIndex commit = cluster.status("n1").commit;
    if (commits.empty() || commits.back() != commit) commits.push_back(commit);
  }
  EXPECT_GE(commits.size(), 6u);
  EXPECT_LE(commits.size(), 9u);
}

TEST(Amnesiac, WhatWasAcknowledgedBeforeItsLossEndsNothing) {
  // Goal: n3 acknowledged an entry, then voted n2 into a later term with n2's vote, which n2 lost. The
  // leader's own disk was slow: it commits the entry only now, by n3's old acknowledgement. That must not
  // tell n2 that a majority is with this leader, so the word that it is known comes with a commit of all
  // there was.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.propose("n1", "a");
  cluster.deliver("n1", "n3");
  cluster.persist("n3");
  cluster.deliver("n3", "n1");
  ASSERT_EQ(cluster.status("n1").commit, LogIndex{1});  // n1's own disk has not got it
  cluster.cut("n3", "n1");
  cluster.cut("n1", "n3");
  cluster.drop("n1", "n2");
  cluster.step("n1", PeerUnreachable{NodeId{"n2"}});
  const auto word = [&]() -> std::optional<Heartbeat> {  // the newest heartbeat to n2, and its answer
    cluster.tick("n1");
    std::optional<Heartbeat> last;
    for (const Message& m : cluster.wire("n1", "n2")) {
      if (const auto* heartbeat = std::get_if<Heartbeat>(&m.body)) last = *heartbeat;
    }
    cluster.deliver("n1", "n2", "heartbeat");
    std::vector<Message> due = cluster.wire("n2", "n1");
    cluster.drop("n2", "n1");
    for (Message& m : due) {
      if (auto* reply = std::get_if<AppendReply>(&m.body)) reply->amnesiac = true;
      if (auto* reply = std::get_if<HeartbeatReply>(&m.body)) reply->amnesiac = true;
      cluster.step("n1", Receive{std::move(m)});
    }
    return last;
  };
  for (int i = 0; i < 3; ++i) {
    const auto heartbeat = word();
    ASSERT_TRUE(heartbeat);
    EXPECT_FALSE(heartbeat->amnesiac) << i;
    EXPECT_EQ(heartbeat->commit, LogIndex{1});
  }
  cluster.persist("n1");
  ASSERT_GE(cluster.status("n1").commit, LogIndex{2});
  const auto heartbeat = word();
  ASSERT_TRUE(heartbeat);
  EXPECT_TRUE(heartbeat->amnesiac);
  EXPECT_GE(heartbeat->commit, LogIndex{2});
}

TEST(Amnesiac, AnIdleClusterCommitsWithoutIt) {
  // Goal: for an amnesiac that is reached anew the leader commits one no-op, and says in its heartbeats that
  // it knows.
  Cluster cluster(three);
  cluster.elect("n1");
  for (unsigned i = 0; i < 4; ++i) {
    cluster.tick("n1");
    settle_with_amnesiac(cluster, "n2");
    EXPECT_EQ(cluster.status("n1").commit, LogIndex{2});
  }
  cluster.tick("n1");
  EXPECT_TRUE(std::get<Heartbeat>(cluster.wire("n1", "n2")[0].body).amnesiac);
  for (unsigned i = 0; i < 9;
       ++i) {  // coming and going makes no more of them than one in an election timeout
    cluster.step("n1", PeerUnreachable{NodeId{"n2"}});
    settle_with_amnesiac(cluster, "n2");
    cluster.tick("n1");
    settle_with_amnesiac(cluster, "n2");
  }
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{3});
  cluster.settle();
  cluster.tick("n1");
  cluster.settle();
  cluster.crash("n3");
  cluster.propose("n1", "counts again");
  cluster.settle();
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{4});
}

TEST(Reads, AFollowersReadsOutliveAnElectionTimeout) {
  // Goal: with an answer that takes longer than an election timeout, while heartbeats come, a forwarded read
  // is served.
  Cluster cluster(three);
  cluster.elect("n1");
  cluster.step("n2", ReadRequest{1});
  for (int i = 0; i < 30; ++i) {
    cluster.tick("n1");
    cluster.tick("n2");
    cluster.deliver("n1", "n2");
    cluster.deliver("n2", "n1", "heartbeat_reply");
    cluster.deliver("n1", "n3");
    cluster.deliver("n3", "n1");
  }
  EXPECT_TRUE(cluster.node("n2").reads.empty());
  cluster.settle();
  ASSERT_EQ(cluster.node("n2").reads.size(), 1u);
  EXPECT_TRUE(cluster.node("n2").reads[0].index.has_value());

  cluster.step("n2", ReadRequest{2});
  cluster.drop("n2", "n1");
  for (unsigned i = 0; i < cluster.node("n2").options.read_ticks; ++i) {
    cluster.tick("n1");
    cluster.settle();
    EXPECT_EQ(cluster.node("n2").reads.size(), 1u);
    cluster.tick("n2");
  }
  ASSERT_EQ(cluster.node("n2").reads.size(), 2u);
  EXPECT_EQ(cluster.node("n2").reads[1].index.error().code, Code::not_leader);
}

TEST(Reads, HeldRequestsDoNotReplaceEachOther) {
  // Goal: two reads asked while the new term is on its way to the disk are both asked of the leader.
  Cluster cluster(three);
  cluster.elect_by_hand("n1", "n3");
  cluster.persist("n1");
  cluster.drop("n1", "n2", "append");
  cluster.deliver("n1", "n2");
  cluster.drop("n2", "n1");
  cluster.step("n2", ReadRequest{1});
  cluster.step("n2", ReadRequest{2});
  EXPECT_TRUE(cluster.wire("n2", "n1").empty());
  cluster.settle();
  EXPECT_EQ(cluster.node("n2").reads.size(), 2u);
}

TEST(Single, AClusterOfOneCommitsAndReads) {
  // Goal: one voter is its own quorum, after its disk.
  Cluster cluster({"n1"});
  cluster.elect("n1");
  cluster.propose("n1", "a");
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{1});
  cluster.persist("n1");
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{2});
  cluster.step("n1", ReadRequest{1});
  ASSERT_EQ(cluster.node("n1").reads.size(), 1u);
  EXPECT_EQ(cluster.node("n1").reads[0].index, LogIndex{2});
}

}  // namespace
}  // namespace anta::raft::test
