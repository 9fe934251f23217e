// The simulator itself: runs replay, and the checker can fail in each of its checks.
#include <gtest/gtest.h>

#include "tests/sim/world.h"

namespace anta::sim {
namespace {

TEST(Simulator, ASeedReplaysBitForBit) {
  // Goal: the same seed twice gives the same trace, line by line; another seed gives another.
  for (std::uint64_t seed : {7u, 8u, 9u, 10u}) {
    const RunResult once = run_seed(seed, {}, true);
    const RunResult again = run_seed(seed, {}, true);
    EXPECT_EQ(once.violation, "");
    EXPECT_GT(once.trace.size(), 10000u);
    EXPECT_TRUE(once.trace == again.trace) << seed;
    EXPECT_EQ(once.trace_hash, again.trace_hash);
    EXPECT_NE(once.trace_hash, run_seed(seed + 100).trace_hash);
  }
}

TEST(Simulator, AFaultLeftOutDoesNotHappen) {
  // Goal: shrinking with --without really takes the fault away.
  Overrides overrides;
  overrides.without = {Fault::message_lost, Fault::crash_after_sync, Fault::pause};
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    counts += run_seed(seed, overrides).counts;
  for (Fault fault : overrides.without)
    EXPECT_EQ(counts.faults[static_cast<std::size_t>(fault)], 0u);
  EXPECT_NE(missing(counts), "");
}

// Three nodes whose disks the test writes, and a checker over them.
class Judged : public testing::Test {
 protected:
  Judged()
      : checker_({NodeId{"n1"}, NodeId{"n2"}, NodeId{"n3"}}, {&disks_[0], &disks_[1], &disks_[2]},
                 {.voters = {{id(0), 1}, {id(1), 1}, {id(2), 1}}}) {}

  static LogEntry entry(std::uint64_t index, std::uint64_t term, const Digest& prev, EntryKind kind,
                        std::uint8_t tag) {
    auto payload = std::make_shared<const Bytes>(Bytes(8, tag));
    return make_entry(LogIndex{index}, {Term{term}, kind, prev, Millis{}}, payload);
  }

  void write(std::size_t node, raft::Persist batch) {
    disks_[node].submit(std::move(batch), {});
    checker_.on_durable(node, disks_[node].next());
    disks_[node].finish_one();
  }
  void vote(std::size_t node, std::uint64_t term, const char* whom) {
    write(node, {{}, true, {}, {}, raft::HardState{Term{term}, NodeId{whom}, {}}});
  }
  void put(std::size_t node, std::vector<LogEntry> entries, std::optional<LogIndex> truncate = {}) {
    write(node, {{}, true, truncate, std::move(entries), {}});
  }
  void send(std::size_t from, std::size_t to, std::uint64_t term, raft::Body body) {
    raft::Message message{{}, 0, {id(from), 1}, {id(to), 1}, Term{term}, std::move(body)};
    checker_.on_send(from, message);
  }
  static NodeId id(std::size_t node) { return NodeId{"n" + std::to_string(node + 1)}; }

  // n1 leads term 1 with its no-op on every disk, acknowledged by n2.
  void lead() {
    for (std::size_t i = 0; i < 3; ++i)
      vote(i, 1, "n1");
    for (std::size_t i = 0; i < 3; ++i)
      put(i, {no_op_});
    send(0, 1, 1, raft::Append{{}, {}, {}, {no_op_}});
    send(1, 0, 1, raft::AppendReply{false, LogIndex{1}, {}, {}, {}});
  }

  LogEntry no_op_ = entry(1, 1, {}, EntryKind::no_op, 0);
  std::array<Disk, 3> disks_ = {};
  Checker checker_;
};

TEST_F(Judged, AHonestLeadershipPasses) {
  // Goal: the checker is quiet when nothing is wrong.
  lead();
  checker_.on_commit(0, LogIndex{1});
  send(0, 1, 1, raft::Heartbeat{LogIndex{1}, Term{1}, LogIndex{1}, LogIndex{1}, 0});
  checker_.on_read(1, LogIndex{1}, LogIndex{1});
  EXPECT_EQ(checker_.violation(), "");
}

TEST_F(Judged, SeesATermThatIsNotDurable) {
  // Goal: a message of a term above the disk's is a violation.
  send(0, 1, 3, raft::HeartbeatReply{});
  EXPECT_NE(checker_.violation(), "");
}

TEST_F(Judged, SeesASecondVote) {
  // Goal: two candidates of one term granted by one node.
  for (std::size_t i = 0; i < 2; ++i)
    vote(i, 1, id(i).value.c_str());
  vote(2, 1, "n1");
  send(2, 0, 1, raft::VoteReply{false, true, Term{1}});
  ASSERT_EQ(checker_.violation(), "");
  send(2, 1, 1, raft::VoteReply{false, true, Term{1}});
  EXPECT_NE(checker_.violation(), "");
}

TEST_F(Judged, SeesAVoteBeforeItIsDurable) {
  // Goal: the term is on disk, the vote is not.
  vote(0, 1, "n1");
  vote(2, 1, "");
  send(2, 0, 1, raft::VoteReply{false, true, Term{1}});
  EXPECT_NE(checker_.violation().find("durable"), std::string::npos);
}

TEST_F(Judged, SeesATermWithoutCampaign) {
  // Goal: a pre-vote that raises a term is visible on the disk.
  vote(2, 1, "");
  EXPECT_NE(checker_.violation(), "");
}

TEST_F(Judged, SeesTwoLeaders) {
  // Goal: appends of one term from two nodes.
  lead();
  send(1, 2, 1, raft::Append{});
  EXPECT_NE(checker_.violation().find("second leader"), std::string::npos);
}

TEST_F(Judged, SeesAnAcknowledgementOfWhatIsNotDurable) {
  // Goal: n2's disk ends at 1 and it acknowledges 2.
  lead();
  send(1, 0, 1, raft::AppendReply{false, LogIndex{2}, {}, {}, {}});
  EXPECT_NE(checker_.violation().find("not durable"), std::string::npos);
}

TEST_F(Judged, SeesAnAcknowledgementOfAnotherEntry) {
  // Goal: n2 has an entry of its own where the leader sent another, and acknowledges that place.
  lead();
  const LogEntry sent = entry(2, 1, no_op_.hash, EntryKind::block, 1);
  vote(2, 2, "n3");
  put(1, {entry(2, 2, no_op_.hash, EntryKind::no_op, 0)});
  send(0, 1, 1, raft::Append{LogIndex{1}, Term{1}, {}, {sent}});
  send(1, 0, 1, raft::AppendReply{false, LogIndex{2}, {}, {}, {}});
  EXPECT_NE(checker_.violation().find("another entry"), std::string::npos);
}

TEST_F(Judged, SeesACampaignWithWhatIsNotDurable) {
  // Goal: a request claims an entry that the disk does not have, or has in another term.
  lead();
  send(1, 0, 1, raft::VoteRequest{true, false, Term{2}, LogIndex{2}, Term{1}});
  EXPECT_NE(checker_.violation().find("campaigned"), std::string::npos);
}

TEST_F(Judged, SeesMatchThatNobodyAcknowledged) {
  // Goal: n3 never answered; a heartbeat that takes it for acknowledged is a violation.
  lead();
  send(0, 2, 1, raft::Heartbeat{LogIndex{1}, Term{1}, LogIndex{1}, {}, 0});
  EXPECT_NE(checker_.violation().find("acknowledged"), std::string::npos);
}

TEST_F(Judged, SeesACommitWithoutMajority) {
  // Goal: an entry on one disk only, told as committed.
  lead();
  put(0, {entry(2, 1, no_op_.hash, EntryKind::block, 5)});
  checker_.on_commit(0, LogIndex{2});
  EXPECT_NE(checker_.violation().find("majority"), std::string::npos);
}

TEST_F(Judged, SeesVotersThatChangeWithoutAJointConfiguration) {
  // Goal: n3 is left out at once, or a stranger votes.
  lead();
  const auto wrote = [&](raft::Configuration next) {
    auto payload = std::make_shared<const Bytes>(raft::encode_configuration({std::move(next), {}}));
    return make_entry(LogIndex{2}, {Term{1}, EntryKind::configuration, no_op_.hash, Millis{}}, payload);
  };
  const raft::Member a{id(0), 1}, b{id(1), 1}, c{id(2), 1}, stranger{NodeId{"n9"}, 1};
  checker_.on_handed(0, {{}, true, {}, {wrote({{a, b, c}, {}, {stranger}})}, {}}, LogIndex{1});
  EXPECT_EQ(checker_.violation(), "");
  checker_.on_handed(1, {{}, true, {}, {wrote({{a, b}, {}, {}})}, {}}, {});
  EXPECT_NE(checker_.violation().find("without a joint"), std::string::npos);
}

TEST_F(Judged, SeesAChangeBeforeOffice) {
  // Goal: n1 leads term 1, nothing of which is committed, and a learner joins.
  lead();
  auto payload = std::make_shared<const Bytes>(
      raft::encode_configuration({{{{id(0), 1}, {id(1), 1}, {id(2), 1}}, {}, {{NodeId{"n9"}, 1}}}, {}}));
  checker_.on_handed(
      0,
      {{},
       true,
       {},
       {make_entry(LogIndex{2}, {Term{1}, EntryKind::configuration, no_op_.hash, Millis{}}, payload)},
       {}},
      {});
  EXPECT_NE(checker_.violation().find("before it committed"), std::string::npos);
}

TEST_F(Judged, SeesAVoterThatWasNoLearner) {
  // Goal: a stranger in a joint configuration.
  lead();
  const raft::Member a{id(0), 1}, b{id(1), 1}, c{id(2), 1}, stranger{NodeId{"n9"}, 1};
  auto payload =
      std::make_shared<const Bytes>(raft::encode_configuration({{{a, b, c, stranger}, {a, b, c}, {}}, {}}));
  checker_.on_handed(
      0,
      {{},
       true,
       {},
       {make_entry(LogIndex{2}, {Term{1}, EntryKind::configuration, no_op_.hash, Millis{}}, payload)},
       {}},
      LogIndex{1});
  EXPECT_NE(checker_.violation().find("no learner"), std::string::npos);
}

// n1's configuration entry at 2, of term 1.
LogEntry written(raft::Configuration next, const Digest& prev, std::uint64_t index = 2) {
  auto payload = std::make_shared<const Bytes>(raft::encode_configuration({std::move(next), {}}));
  return make_entry(LogIndex{index}, {Term{1}, EntryKind::configuration, prev, Millis{}}, payload);
}

TEST_F(Judged, SeesACommitByOneSideOfAJointConfiguration) {
  // Goal: n1 alone is the incoming side and has the joint entry; of the outgoing side n1 n2 n3 nobody else
  // has it. The configuration that leaves it, appended in the same step, does not excuse the commit.
  lead();
  const raft::Member a{id(0), 1}, b{id(1), 1}, c{id(2), 1};
  const LogEntry joint = written({{a}, {a, b, c}, {}}, no_op_.hash);
  checker_.on_handed(0, {{}, true, {}, {joint}, {}}, LogIndex{1});
  put(0, {joint});
  checker_.on_decided(0, LogIndex{2});
  checker_.on_handed(0, {{}, true, {}, {written({{a}, {}, {}}, joint.hash, 3)}, {}}, LogIndex{2});
  EXPECT_NE(checker_.violation().find("majority"), std::string::npos);
}

TEST_F(Judged, SeesAJointConfigurationLeftForAnother) {
  // Goal: the second step has other voters, or other learners, than the first.
  lead();
  const raft::Member a{id(0), 1}, b{id(1), 1}, c{id(2), 1};
  const LogEntry joint = written({{a, b}, {a, b, c}, {}}, no_op_.hash);
  checker_.on_handed(1, {{}, true, {}, {joint, written({{a, b}, {}, {}}, joint.hash, 3)}, {}}, {});
  EXPECT_EQ(checker_.violation(), "");
  checker_.on_handed(2, {{}, true, {}, {joint, written({{a, b}, {}, {c}}, joint.hash, 3)}, {}}, {});
  EXPECT_NE(checker_.violation().find("for another"), std::string::npos);
}

TEST_F(Judged, SeesAConfigurationThatIsNone) {
  // Goal: such an entry with another payload.
  lead();
  checker_.on_handed(1, {{}, true, {}, {entry(2, 1, no_op_.hash, EntryKind::configuration, 1)}, {}}, {});
  EXPECT_NE(checker_.violation().find("is none"), std::string::npos);
}

TEST_F(Judged, SeesACommitOfAnOlderTermByCounting) {
  // Goal: Figure 8: n1 leads term 2 and commits the entry of term 1 that a majority has.
  lead();
  for (std::size_t i = 0; i < 3; ++i)
    vote(i, 2, "n1");
  send(0, 1, 2, raft::Append{LogIndex{1}, Term{1}, {}, {}});
  send(1, 0, 2, raft::AppendReply{false, LogIndex{1}, {}, {}, {}});
  checker_.on_commit(0, LogIndex{1});
  EXPECT_NE(checker_.violation().find("older term"), std::string::npos);
}

TEST_F(Judged, SeesALeaderWithoutACommittedEntry) {
  // Goal: n3's disk lost entry 1 and it leads term 2.
  for (std::size_t i = 0; i < 3; ++i)
    vote(i, 1, "n1");
  for (std::size_t i = 0; i < 2; ++i)
    put(i, {no_op_});
  send(0, 1, 1, raft::Append{{}, {}, {}, {no_op_}});
  send(1, 0, 1, raft::AppendReply{false, LogIndex{1}, {}, {}, {}});
  checker_.on_commit(0, LogIndex{1});
  vote(2, 2, "n3");
  send(2, 0, 2, raft::Append{});
  EXPECT_NE(checker_.violation().find("without committed"), std::string::npos);
}

TEST_F(Judged, LeaderCompletenessIsAboutTheTermThatCommitted) {
  // Goal: entry 2/1 is committed by the leader of term 3; the leader of term 2, which lacks it, is heard
  // late.
  lead();
  const LogEntry second = entry(2, 1, no_op_.hash, EntryKind::block, 5);
  const LogEntry third = entry(3, 3, second.hash, EntryKind::no_op, 0);
  vote(2, 2, "n3");
  for (std::size_t i = 0; i < 2; ++i) {
    vote(i, 3, "n1");
    put(i, {second, third});
  }
  send(0, 1, 3, raft::Append{LogIndex{1}, Term{1}, {}, {second, third}});
  send(1, 0, 3, raft::AppendReply{false, LogIndex{3}, {}, {}, {}});
  checker_.on_commit(0, LogIndex{3});
  send(2, 0, 2, raft::Heartbeat{});
  EXPECT_EQ(checker_.violation(), "");
  vote(2, 4, "n3");
  send(2, 0, 4, raft::Heartbeat{});
  EXPECT_NE(checker_.violation().find("without committed"), std::string::npos);
}

TEST_F(Judged, SeesATruncationOfACommittedEntry) {
  // Goal: a committed entry leaves a disk.
  lead();
  checker_.on_commit(0, LogIndex{1});
  put(2, {}, LogIndex{1});
  EXPECT_NE(checker_.violation().find("truncated"), std::string::npos);
}

TEST_F(Judged, SeesTwoEntriesAtOnePlace) {
  // Goal: equal (index, term), unequal entry.
  lead();
  put(1, {entry(2, 1, no_op_.hash, EntryKind::block, 1)});
  put(2, {entry(2, 1, no_op_.hash, EntryKind::block, 2)});
  EXPECT_NE(checker_.violation().find("two entries"), std::string::npos);
}

TEST_F(Judged, SeesAStaleRead) {
  // Goal: a read answers below what was told before it was asked.
  lead();
  checker_.on_commit(0, LogIndex{1});
  checker_.on_read(1, checker_.told(), LogIndex{0});
  EXPECT_NE(checker_.violation().find("read"), std::string::npos);
}

TEST_F(Judged, SeesALeadershipWithoutNoOp) {
  // Goal: the first entry of a term is a block.
  vote(0, 1, "n1");
  send(0, 1, 1, raft::Append{{}, {}, {}, {entry(1, 1, {}, EntryKind::block, 1)}});
  EXPECT_NE(checker_.violation().find("no-op"), std::string::npos);
}

}  // namespace
}  // namespace anta::sim
