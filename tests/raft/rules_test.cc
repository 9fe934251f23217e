// One group of tests per numbered rule of consensus.md section 2, each against real cores with explicit
// delivery.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

template <typename T>
std::optional<T> first_of(const std::vector<Message>& messages) {
  for (const Message& m : messages) {
    if (const T* body = std::get_if<T>(&m.body)) return *body;
  }
  return std::nullopt;
}

template <typename T>
std::size_t count_of(const std::vector<Message>& messages) {
  return static_cast<std::size_t>(std::count_if(
      messages.begin(), messages.end(), [](const Message& m) { return std::holds_alternative<T>(m.body); }));
}

// n1 becomes leader of term 1 with its no-op committed everywhere.
Cluster led_by_n1() {
  Cluster cluster(three);
  cluster.elect("n1");
  return cluster;
}

TEST(Rule1, AnOlderTermsEntryOnAQuorumIsNotCommitted) {
  // Goal: Figure 8. n1 leads term 4 and its entry of term 2 reaches a majority; it commits only with the
  // no-op of term 4.
  Cluster cluster(three);
  cluster.preset("n1", {1, 2}, {Term{3}, {}, LogIndex{1}});
  cluster.preset("n2", {1}, {Term{3}, {}, LogIndex{1}});
  cluster.preset("n3", {1}, {Term{3}, {}, LogIndex{1}});
  cluster.node("n1").options.append_bytes_max = 1;  // one entry per append
  cluster.restart("n1");
  cluster.isolate("n3");
  cluster.elect_by_hand("n1", "n2");
  cluster.persist("n1");
  cluster.deliver("n1", "n2", "append");        // the no-op at 3, after 2/2 which n2 has not
  cluster.deliver("n2", "n1", "append_reply");  // refused
  cluster.deliver("n1", "n2", "append");        // 2/2 alone
  cluster.persist("n2");
  cluster.deliver("n2", "n1", "append_reply");
  EXPECT_EQ(cluster.status("n1").peers[0].match, LogIndex{2});
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{1});
  EXPECT_TRUE(cluster.traced("n1", Transition::own_term_held_back));
  cluster.deliver("n1", "n2", "append");
  cluster.persist("n2");
  cluster.deliver("n2", "n1", "append_reply");
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{3});
}

TEST(Rule1, ANewLeaderAppendsANoOpAndServesNoReadBefore) {
  // Goal: a read asked before the no-op commits waits, and then gets an index at or above it.
  Cluster cluster(three);
  cluster.elect_by_hand("n1", "n2");
  EXPECT_EQ(cluster.raft("n1").find_entry(LogIndex{1})->header.kind, EntryKind::no_op);
  cluster.step("n1", ReadRequest{5});
  cluster.deliver("n1", "n2", "heartbeat");
  cluster.deliver("n2", "n1", "heartbeat_reply");
  EXPECT_TRUE(cluster.node("n1").reads.empty());
  EXPECT_FALSE(cluster.status("n1").in_office);
  cluster.settle();
  ASSERT_EQ(cluster.node("n1").reads.size(), 1u);
  EXPECT_EQ(cluster.node("n1").reads[0].index, LogIndex{1});
  EXPECT_TRUE(cluster.status("n1").in_office);
}

TEST(Rule2, AVoteLeavesOnlyAfterItIsOnDisk) {
  // Goal: neither the candidate's request nor the voter's grant is seen before its own disk has the vote.
  Cluster cluster(three);
  cluster.timeout("n1");
  cluster.deliver("n1", "n2");
  cluster.deliver("n2", "n1");
  ASSERT_EQ(cluster.status("n1").role, Role::candidate);
  EXPECT_EQ(cluster.wire("n1", "n2").size(), 0u);
  cluster.persist("n1");
  ASSERT_EQ(cluster.wire("n1", "n2").size(), 1u);
  cluster.deliver("n1", "n2");
  EXPECT_EQ(cluster.wire("n2", "n1").size(), 0u);
  cluster.persist("n2");
  const auto reply = first_of<VoteReply>(cluster.wire("n2", "n1"));
  ASSERT_TRUE(reply.has_value());
}

TEST(Rule2, AVoteSurvivesARestart) {
  // Goal: after a crash the node knows whom it voted for in this term and refuses another.
  Cluster cluster(three);
  cluster.preset("n2", {}, {Term{5}, NodeId{"n1"}, {}});
  cluster.step("n2", Receive{cluster.message("n3", "n2", 5, VoteRequest{false, false, Term{5}, {}, {}})});
  cluster.step("n2", Receive{cluster.message("n1", "n2", 5, VoteRequest{false, false, Term{5}, {}, {}})});
  const auto to_n3 = cluster.wire("n2", "n3");
  const auto to_n1 = cluster.wire("n2", "n1");
  ASSERT_TRUE(first_of<VoteReply>(to_n3).has_value() && first_of<VoteReply>(to_n1).has_value());
  EXPECT_FALSE(first_of<VoteReply>(to_n3)->granted);
  EXPECT_TRUE(first_of<VoteReply>(to_n1)->granted);
}

TEST(Rule2, AnAcknowledgementLeavesOnlyAfterTheEntryIsOnDisk) {
  // Goal: a follower that has an entry only in memory stays silent about it.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  cluster.deliver("n1", "n2", "append");
  EXPECT_EQ(count_of<AppendReply>(cluster.wire("n2", "n1")), 0u);
  cluster.persist("n2");
  const auto sent = cluster.wire("n2", "n1");
  ASSERT_EQ(count_of<AppendReply>(sent), 1u);
  EXPECT_EQ(first_of<AppendReply>(sent)->match, LogIndex{2});
}

TEST(Rule2, AnAcknowledgementFromBeforeAVoteNeverLeavesAfterIt) {
  // Goal: n2 holds 2/1 in memory, votes in term 2 for n3 which lacks it, and then its disk finishes: had it
  // still acknowledged to n1, n1 would commit what the new leader does not have.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  cluster.deliver("n1", "n2", "append");
  cluster.step(
      "n2", Receive{cluster.message("n3", "n2", 2, VoteRequest{false, true, Term{2}, LogIndex{1}, Term{1}})});
  cluster.persist("n2");
  EXPECT_TRUE(first_of<VoteReply>(cluster.wire("n2", "n3"))->granted);
  EXPECT_EQ(count_of<AppendReply>(cluster.wire("n2", "n1")), 0u);
}

TEST(Rule2, ElectionsCompareTheLastDurableEntry) {
  // Goal: a candidate whose last entry is only in memory claims the one before; a voter compares what it has
  // on disk.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  cluster.deliver("n1", "n2", "append");
  ASSERT_EQ(cluster.status("n2").last, LogIndex{2});
  ASSERT_EQ(cluster.status("n2").persisted, LogIndex{1});
  cluster.timeout("n2");
  const auto request = first_of<VoteRequest>(cluster.wire("n2", "n3"));
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->last_index, LogIndex{1});
}

TEST(Rule2, TheLeaderNeverCommitsPastItsOwnDisk) {
  // Goal: both followers have the entry on disk, the leader not yet: not committed until it has.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  for (const char* peer : {"n2", "n3"}) {
    cluster.deliver("n1", peer);
    cluster.persist(peer);
    cluster.deliver(peer, "n1");
  }
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{1});
  EXPECT_TRUE(cluster.traced("n1", Transition::commit_held_back));
  cluster.persist("n1");
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{2});
}

TEST(Rule3, NothingIsCommittedHereThatIsNotDurableHere) {
  // Goal: a follower learns that 2 is committed before its disk has it, and reports it only afterwards.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  cluster.deliver("n1", "n2", "append");
  cluster.step("n2", Receive{cluster.message("n1", "n2", 1, Append{LogIndex{2}, Term{1}, LogIndex{2}, {}})});
  EXPECT_EQ(cluster.status("n2").commit, LogIndex{1});
  EXPECT_TRUE(cluster.traced("n2", Transition::commit_waits_for_disk));
  cluster.persist("n2");
  EXPECT_EQ(cluster.status("n2").commit, LogIndex{2});
}

TEST(Rule3, ApplyingPastCommitStopsTheNode) {
  // Goal: a shell that applied what is not committed here is stopped, not believed.
  Cluster cluster = led_by_n1();
  cluster.step("n2", Applied{LogIndex{2}});
  ASSERT_TRUE(cluster.node("n2").stopped.has_value());
  EXPECT_EQ(cluster.node("n2").stopped->error.code, Code::corrupt);
}

TEST(Rule4, CommitIsClampedToWhatTheAppendVerified) {
  // Goal: n2 has an unverified suffix of an older term; an empty append after 1 with commit 3 commits 1,
  // not 3.
  Cluster cluster(three);
  cluster.preset("n2", {1, 2, 2}, {Term{3}, {}, {}});
  cluster.step("n2", Receive{cluster.message("n1", "n2", 3, Append{LogIndex{1}, Term{1}, LogIndex{3}, {}})});
  EXPECT_EQ(cluster.status("n2").commit, LogIndex{1});
  EXPECT_TRUE(cluster.traced("n2", Transition::commit_clamped));
}

TEST(Rule4, AHeartbeatCommitsNothingUnverified) {
  // Goal: after a restart in the same term a heartbeat's commit counts only up to an entry that it names.
  Cluster cluster(three);
  cluster.preset("n2", {1, 2, 2}, {Term{3}, {}, {}});
  cluster.step("n2", Receive{cluster.message("n1", "n2", 3, Heartbeat{{}, {}, {}, LogIndex{3}, 0})});
  EXPECT_EQ(cluster.status("n2").commit, LogIndex{0});
  cluster.step("n2",
               Receive{cluster.message("n1", "n2", 3, Heartbeat{LogIndex{2}, Term{2}, {}, LogIndex{3}, 0})});
  EXPECT_EQ(cluster.status("n2").commit, LogIndex{2});
}

TEST(Rule5, MatchOnlyRisesAndAHintNeverFeedsIt) {
  // Goal: an old acknowledgement does not lower match; a refusal with a high hint does not raise it.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  cluster.settle();
  cluster.step("n1", Receive{cluster.message("n2", "n1", 1, AppendReply{false, LogIndex{1}, {}, {}, {}})});
  EXPECT_EQ(cluster.status("n1").peers[0].match, LogIndex{2});
  EXPECT_TRUE(cluster.traced("n1", Transition::stale_ack_ignored));
  cluster.propose("n1", "b");
  cluster.propose("n1", "c");
  cluster.step("n1", Receive{cluster.message("n2", "n1", 1,
                                             AppendReply{true, {}, LogIndex{3}, LogIndex{3}, Term{1}})});
  EXPECT_EQ(cluster.status("n1").peers[0].match, LogIndex{2});
  EXPECT_EQ(cluster.status("n1").commit, LogIndex{2});
}

TEST(Rule5, ANewLeadershipCountsFromNothing) {
  // Goal: what a leader knew of a peer in an earlier term is forgotten.
  Cluster cluster = led_by_n1();
  cluster.elect("n2");
  cluster.isolate("n3");
  cluster.tick("n1", 9);
  cluster.tick("n2", 30);  // deposed: hears nobody
  cluster.drop("n2", "n1");
  cluster.elect_by_hand("n1", "n2");
  EXPECT_EQ(cluster.status("n1").peers[0].match, LogIndex{0});
}

TEST(Rule5, AnAcknowledgementOfWhatTheLeaderHasNotStops) {
  // Goal: a peer that acknowledges entry 9 of a log that ends at 1 is evidence, not progress.
  Cluster cluster = led_by_n1();
  cluster.step("n1", Receive{cluster.message("n2", "n1", 1, AppendReply{false, LogIndex{9}, {}, {}, {}})});
  EXPECT_TRUE(cluster.node("n1").stopped.has_value());
}

TEST(Rule6, RejectHintsSkipWholeTerms) {
  // Goal: n2 has a long tail of term 2 that n1 never saw; one refusal finds where they agree, and one append
  // repairs.
  Cluster cluster(three);
  cluster.preset("n1", {1, 1, 3, 3, 3}, {Term{3}, {}, {}});
  cluster.preset("n3", {1, 1, 3, 3, 3}, {Term{3}, {}, {}});
  cluster.preset("n2", {1, 1, 2, 2, 2, 2, 2, 2}, {Term{3}, {}, {}});
  cluster.cut("n1", "n2");
  cluster.elect("n1");
  cluster.drop("n1", "n2");
  cluster.heal();
  cluster.tick("n1");  // heartbeat
  cluster.deliver("n1", "n2");
  cluster.persist("n2");
  cluster.deliver("n2", "n1");
  unsigned refusals = 0;
  for (unsigned i = 0; i < 20 && cluster.status("n1").peers[0].match < LogIndex{6}; ++i) {
    cluster.tick("n1");
    cluster.deliver("n1", "n2");
    cluster.persist("n2");
    for (const Message& m : cluster.wire("n2", "n1")) {
      const auto* reply = std::get_if<AppendReply>(&m.body);
      if (reply && reply->rejected) ++refusals;
    }
    cluster.deliver("n2", "n1");
  }
  EXPECT_EQ(cluster.status("n1").peers[0].match, LogIndex{6});
  EXPECT_LE(refusals, 2u);
  EXPECT_TRUE(cluster.traced("n2", Transition::suffix_truncated));
}

TEST(Rule7, PreVoteChangesNoState) {
  // Goal: an isolated node campaigns again and again and its term stays; so does the term of who is asked.
  Cluster cluster = led_by_n1();
  cluster.isolate("n3");
  for (int i = 0; i < 5; ++i)
    cluster.timeout("n3");
  EXPECT_EQ(cluster.status("n3").term, Term{1});
  EXPECT_TRUE(cluster.node("n3").unwritten.empty());
  cluster.tick("n2", 10);
  cluster.deliver("n3", "n2");
  EXPECT_EQ(cluster.status("n2").term, Term{1});
  EXPECT_TRUE(cluster.node("n2").unwritten.empty());
}

TEST(Rule7, WhoHearsItsLeaderIgnoresVotesExceptATransfer) {
  // Goal: the disruptive server of the dissertation's section 4.2.3 disrupts nobody; a transfer is let
  // through.
  Cluster cluster = led_by_n1();
  cluster.step("n2", Receive{cluster.message("n3", "n2", 9,
                                             VoteRequest{false, false, Term{9}, LogIndex{9}, Term{8}})});
  EXPECT_EQ(cluster.status("n2").term, Term{1});
  EXPECT_TRUE(cluster.wire("n2", "n3").empty());
  cluster.step(
      "n2", Receive{cluster.message("n3", "n2", 9, VoteRequest{false, true, Term{9}, LogIndex{9}, Term{8}})});
  EXPECT_EQ(cluster.status("n2").term, Term{9});
}

TEST(Rule7, CheckQuorumDeposesALeaderThatHearsNobody) {
  // Goal: within two election timeouts of silence the leader stops leading, at the same term.
  Cluster cluster = led_by_n1();
  cluster.tick("n1", 2 * cluster.node("n1").options.election_ticks);
  EXPECT_EQ(cluster.status("n1").role, Role::follower);
  EXPECT_EQ(cluster.status("n1").term, Term{1});
  EXPECT_TRUE(cluster.traced("n1", Transition::quorum_lost));
}

TEST(Rule7, AReplyToAStaleLeaderMakesItStepDown) {
  // Goal: a heartbeat and an append of an old term are each answered with the newer term.
  Cluster cluster = led_by_n1();
  cluster.preset("n2", {1}, {Term{4}, {}, {}});
  cluster.step("n2", Receive{cluster.message("n1", "n2", 1, Heartbeat{})});
  cluster.deliver("n2", "n1");
  EXPECT_EQ(cluster.status("n1").role, Role::follower);
  EXPECT_EQ(cluster.status("n1").term, Term{4});
}

TEST(Rule11, TwoLeadersInOneTermStopTheNode) {
  // Goal: a second leader of the same term is evidence; after that the node says nothing at all.
  Cluster cluster = led_by_n1();
  cluster.step("n2", Receive{cluster.message("n3", "n2", 1, Heartbeat{})});
  ASSERT_TRUE(cluster.node("n2").stopped.has_value());
  EXPECT_EQ(cluster.node("n2").stopped->peer, NodeId{"n3"});
  cluster.step("n2", Receive{cluster.message("n1", "n2", 1, Heartbeat{})});
  EXPECT_TRUE(cluster.wire("n2", "n1").empty());
  EXPECT_TRUE(cluster.status("n2").stopped);
}

TEST(Rule11, UnequalHashesAtOneIndexAndTermStopTheNode) {
  // Goal: two different entries 2/1 cannot both be from the leader of term 1; the evidence holds both.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  cluster.settle();
  const LogEntry& ours = *cluster.raft("n2").find_entry(LogIndex{2});
  LogEntry other = make_entry(LogIndex{2}, ours.header, std::make_shared<const Bytes>(Bytes{9}));
  cluster.step("n2", Receive{cluster.message("n1", "n2", 1, Append{LogIndex{1}, Term{1}, {}, {other}})});
  ASSERT_TRUE(cluster.node("n2").stopped.has_value());
  EXPECT_EQ(cluster.node("n2").stopped->theirs->hash, other.hash);
  EXPECT_NE(cluster.node("n2").stopped->ours->hash, other.hash);
}

TEST(Rule11, ATruncationAtOrBelowCommitStopsTheNode) {
  // Goal: an append that would replace a committed entry is refused by stopping.
  Cluster cluster(three);
  cluster.preset("n2", {1, 1, 1}, {Term{2}, {}, LogIndex{3}});
  const auto log = sample_log({1, 1});
  const LogEntry other = sample_entry(LogIndex{3}, Term{2}, &log[1]);
  cluster.step("n2", Receive{cluster.message("n1", "n2", 2, Append{LogIndex{2}, Term{1}, {}, {other}})});
  ASSERT_TRUE(cluster.node("n2").stopped.has_value());
  EXPECT_TRUE(cluster.node("n2").unwritten.empty());
}

TEST(Rule11, ATokenThatRunsBackwardsStopsTheNode) {
  // Goal: a disk that reports the same token twice, or one never given, is not believed.
  for (std::uint64_t token : {1u, 99u}) {
    Cluster cluster(three);
    cluster.elect("n1");
    cluster.step("n1", Persisted{Token{token}});
    EXPECT_TRUE(cluster.node("n1").stopped.has_value()) << token;
  }
}

TEST(Rule11, AFailedDiskStopsTheNode) {
  // Goal: after a failed sync nothing leaves, whatever happens.
  Cluster cluster = led_by_n1();
  cluster.step("n1", PersistFailed{"sync failed"});
  EXPECT_EQ(cluster.node("n1").stopped->error.code, Code::io);
  cluster.tick("n1", 50);
  cluster.propose("n1", "a");
  EXPECT_TRUE(cluster.wire("n1", "n2").empty());
}

TEST(Rule12, ForeignMessagesCannotRaiseTheTerm) {
  // Goal: a message of another cluster or epoch, of an older incarnation of its sender, or to another
  // incarnation of its receiver is dropped before its term is seen.
  Cluster cluster = led_by_n1();
  for (int kind = 0; kind < 4; ++kind) {
    Message m = cluster.message("n3", "n2", 50, VoteRequest{false, true, Term{50}, LogIndex{50}, Term{49}});
    if (kind == 0) m.cluster.bytes[5] ^= 1;
    if (kind == 1) m.recovery_epoch += 1;
    if (kind == 2) m.from.incarnation -= 1;
    if (kind == 3) m.to.incarnation += 1;
    cluster.step("n2", Receive{m});
    EXPECT_EQ(cluster.status("n2").term, Term{1}) << kind;
  }
  EXPECT_TRUE(cluster.traced("n2", Transition::foreign_message_dropped));
}

TEST(Rule12, NoTermEndsAllElections) {
  // Goal: a member that says the last term there is, or one near it, is not believed: adopted once, it spread
  // to all and nobody could campaign again, over restarts too. What an absent node may meet is taken.
  Cluster cluster = led_by_n1();
  for (const std::uint64_t term : {~std::uint64_t{0}, std::uint64_t{1} << 25}) {
    cluster.step("n1", Receive{cluster.message("n3", "n1", term, HeartbeatReply{})});
    cluster.step("n1", Receive{cluster.message("n3", "n1", term, VoteReply{true, false, Term{term}})});
    EXPECT_EQ(cluster.status("n1").term, Term{1});
    EXPECT_EQ(cluster.status("n1").role, Role::leader);
  }
  EXPECT_TRUE(cluster.traced("n1", Transition::malformed_message_dropped));
  cluster.step("n1", Receive{cluster.message("n3", "n1", 1'000'000, HeartbeatReply{})});
  EXPECT_EQ(cluster.status("n1").term, Term{1'000'000});
}

TEST(Rule13, ATokenFromBeforeATruncationDoesNotCountAfterIt) {
  // Goal: the ABA case. 2/1 is handed to the disk, replaced by 2/2, and then the first write is reported: 2/2
  // is not durable.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  cluster.deliver("n1", "n2", "append");
  const LogEntry* first = cluster.raft("n2").find_entry(LogIndex{1});
  const LogEntry other = sample_entry(LogIndex{2}, Term{2}, first);
  cluster.step("n2", Receive{cluster.message("n3", "n2", 2, Append{LogIndex{1}, Term{1}, {}, {other}})});
  cluster.persist_one("n2");
  EXPECT_EQ(cluster.status("n2").persisted, LogIndex{1});
  EXPECT_TRUE(cluster.traced("n2", Transition::stale_token_ignored));
  EXPECT_EQ(count_of<AppendReply>(cluster.wire("n2", "n3")), 0u);
  cluster.persist("n2");
  EXPECT_EQ(cluster.status("n2").persisted, LogIndex{2});
  const auto sent = cluster.wire("n2", "n3");
  ASSERT_GE(count_of<AppendReply>(sent), 1u);
  EXPECT_EQ(std::get<AppendReply>(sent.back().body).match, LogIndex{2});
}

TEST(Rule14, AReadNeedsARoundThatBeganAfterIt) {
  // Goal: answers to an earlier round do not serve a read; a quorum's answers to its own do.
  Cluster cluster = led_by_n1();
  cluster.step("n1", ReadRequest{1});
  cluster.drop("n1", "n2");
  cluster.drop("n1", "n3");
  cluster.step("n1", Receive{cluster.message("n2", "n1", 1, HeartbeatReply{{}, {}, 0})});
  EXPECT_TRUE(cluster.node("n1").reads.empty());
  cluster.tick("n1");
  cluster.deliver("n1", "n2");
  cluster.deliver("n2", "n1");
  ASSERT_EQ(cluster.node("n1").reads.size(), 1u);
  EXPECT_EQ(cluster.node("n1").reads[0].index, LogIndex{1});
}

TEST(Rule14, AFollowersReadGoesToTheLeaderAndComesBack) {
  // Goal: the index is the leader's commit; an answer from before the follower's restart is not taken.
  Cluster cluster = led_by_n1();
  cluster.step("n2", ReadRequest{1});
  cluster.settle();
  ASSERT_EQ(cluster.node("n2").reads.size(), 1u);
  EXPECT_EQ(cluster.node("n2").reads[0].index, LogIndex{1});

  cluster.step("n2", ReadRequest{2});
  cluster.deliver("n2", "n1");
  cluster.deliver("n1", "n3");
  cluster.deliver("n3", "n1");
  ASSERT_EQ(count_of<ReadIndexReply>(cluster.wire("n1", "n2")), 1u);
  cluster.crash("n2");
  cluster.restart("n2");
  cluster.tick("n1");
  cluster.deliver("n1", "n2", "heartbeat");
  cluster.node("n2").reads.clear();
  cluster.step("n2", ReadRequest{2});
  cluster.deliver("n1", "n2", "read_index_reply");
  EXPECT_TRUE(cluster.node("n2").reads.empty());
}

TEST(Rule14, ReadsFailWhenTheLeaderIsLost) {
  // Goal: no read hangs: a forwarded one fails with its leader, a leader's own fails when it steps down, and
  // too many are busy.
  Cluster cluster = led_by_n1();
  cluster.isolate("n1");
  cluster.step("n2", ReadRequest{1});
  cluster.tick("n2", 20);
  ASSERT_EQ(cluster.node("n2").reads.size(), 1u);
  EXPECT_EQ(cluster.node("n2").reads[0].index.error().code, Code::not_leader);
  cluster.step("n1", ReadRequest{1});
  cluster.tick("n1", 20);
  EXPECT_EQ(cluster.node("n1").reads.back().index.error().code, Code::not_leader);
}

TEST(Rule15, ALeaderWhoseDiskStallsHandsOver) {
  // Goal: after ten election timeouts without a completed write the leader asks its best follower to lead,
  // and does not come back.
  Cluster cluster = led_by_n1();
  cluster.propose("n1", "a");
  for (unsigned i = 0; i < 130 && cluster.status("n1").role == Role::leader; ++i) {
    cluster.tick("n1");
    for (const char* peer : {"n2", "n3"}) {
      cluster.deliver("n1", peer);
      cluster.persist(peer);
    }
    cluster.deliver("n2", "n3");
    cluster.persist("n3");
    cluster.deliver("n3", "n2");
    cluster.deliver("n2", "n1");
    cluster.deliver("n3", "n1");
  }
  EXPECT_TRUE(cluster.traced("n1", Transition::disk_stalled));
  EXPECT_NE(cluster.status("n1").role, Role::leader);
  EXPECT_TRUE(cluster.status("n2").role == Role::leader || cluster.status("n2").role == Role::candidate);
  cluster.tick("n1", 100);
  EXPECT_EQ(cluster.status("n1").role, Role::follower);
}

}  // namespace
}  // namespace anta::raft::test
