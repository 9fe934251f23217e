// What waits to be decided is bounded in time, and what is refused at the door costs nothing.
#include <gtest/gtest.h>

#include "node/decision_rate.h"
#include "tests/node/submission_rig.h"

namespace anta::test {
namespace {

TEST(Submission, WhatIsShedIsNeitherHashedNorLookedUp) {
  // Goal: past the bound a sequence costs no digest and no look-up; a statement alone is still named.
  SubmissionRig rig({.statements_max = 1});
  rig.lead(true);
  const Bytes one = rig.lot("L-1");
  rig.submit({one});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  const int before = rig.looked_up;
  rig.submit({rig.lot("L-2"), rig.lot("L-3")});
  const Bytes alone = rig.lot("L-4");
  rig.submit({alone});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 2; }));
  EXPECT_EQ(rig.looked_up, before);
  EXPECT_EQ(rig.answers[0][0].statement, Digest{});
  EXPECT_EQ(rig.answers[1][0].statement, sha256(alone));
  EXPECT_EQ(rig.answers[1][0].outcome.error().rule, "statements_max");
  EXPECT_EQ(rig.submission->figures().statements, 1u);
}

Bytes forward_of(std::uint64_t request, const std::vector<Bytes>& items) {
  Forward forward{.request = request, .statements = {}};
  for (const Bytes& bytes : items)
    forward.statements.push_back(std::make_shared<const Bytes>(bytes));
  return encode_forward(forward);
}

TEST(Submission, WhatIsForwardedToAFullLeaderCostsOneMessage) {
  // Goal: a sequence of another node is shed like one of this node's own clients: no look-up, and one message
  // that names all of it (it was looked after, and one for each).
  SubmissionRig rig({.statements_max = 1});
  rig.lead(true);
  rig.submit({rig.lot("L-1")});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  const int before = rig.looked_up;
  std::vector<Bytes> items;
  for (int i = 0; i < 100; ++i)
    items.push_back(rig.lot("F-" + std::to_string(i)));
  rig.submission->on_peer_message(NodeId{"n2"}, PeerKind::forward, forward_of(7, items));
  rig.executor.run();
  ASSERT_EQ(rig.refusals.size(), 1u);
  EXPECT_EQ(rig.refusals[0].request, 7u);
  ASSERT_EQ(rig.refusals[0].items.size(), 100u);
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(rig.refusals[0].items[i].statement, sha256(items[i]));
    EXPECT_EQ(rig.refusals[0].items[i].error.rule, "statements_max");
  }
  EXPECT_EQ(rig.looked_up, before);
  EXPECT_EQ(rig.submission->figures().statements, 1u);
}

TEST(Submission, ASequenceThatItsLeaderShedSaysWhenToComeAgain) {
  // Goal: the other end of it: each is busy, with a time, so that HTTP answers 503 as on the leader.
  SubmissionRig rig;
  rig.lead(false);
  const std::vector<Bytes> items = {rig.lot("L-1"), rig.lot("L-2"), rig.lot("L-1")};
  rig.submit(items);
  ASSERT_TRUE(rig.until([&] { return rig.forwards.size() == 1; }));
  ForwardRefused refused{.request = rig.forwards[0].second.request, .items = {}};
  for (const Bytes& bytes : items)
    refused.items.push_back({.statement = sha256(bytes), .error = {Code::busy, "statements_max", "full"}});
  rig.submission->on_peer_message(NodeId{"n2"}, PeerKind::forward_refused, encode_forward_refused(refused));
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  for (const Submitted& answer : rig.answers[0]) {
    EXPECT_EQ(answer.outcome.error().rule, "statements_max");
    EXPECT_GT(answer.retry_after_s, 0u);
  }
}

// A rig that can wait for what came before to be admitted: its one verifier has gone on to what came after
// that, which it refuses.
struct QueueRig : SubmissionRig {
  using SubmissionRig::SubmissionRig;
  void admitted() {
    bool done = false;
    auto item = std::make_shared<const Bytes>(Bytes{static_cast<std::uint8_t>(++probes)});
    submission->submit({item}, {}, [&](const std::vector<Submitted>& a) {
      done = true;
      EXPECT_FALSE(a[0].outcome);
    });
    EXPECT_TRUE(until([&] { return done; }));
  }
  int probes = 0;
};

// A leader that has measured that it decides four a second, with less waiting than the two seconds' worth.
struct MeasuredRig : QueueRig {
  MeasuredRig() : QueueRig({.block_statements_max = 2, .blocks_in_flight_max = 1}) {
    lead(true);
    for (int i = 0; i < 20; ++i)
      submit_one();
    admitted();
    EXPECT_TRUE(answers.empty());
    for (std::size_t block = 0; block < 7; ++block) {
      EXPECT_TRUE(until([&] { return blocks.size() == block + 1; }));
      executor.advance(500);
      decide(blocks[block]);
    }
    EXPECT_LT(waiting(), 8u);
  }
  std::size_t waiting() const { return submission->figures().statements; }
  void submit_one() { submit({lot("L-" + std::to_string(++made))}); }
  int made = 0;
};

TEST(Submission, NoMoreWaitsThanIsDecidedInTime) {
  // Goal: once the leader knows that it decides four a second, it takes what that makes in two seconds and
  // refuses the rest; before it knew, and on a new leader, the bound in statements alone holds.
  MeasuredRig rig;
  const std::size_t answered = rig.answers.size();
  for (std::size_t waiting = rig.waiting(); waiting < 8; ++waiting)
    rig.submit_one();
  rig.admitted();
  EXPECT_EQ(rig.answers.size(), answered);
  rig.submit_one();
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == answered + 1; }));
  EXPECT_EQ(rig.answers.back()[0].outcome.error().rule, "statements_max");
  rig.lead(false);
  rig.lead(true);
  rig.submit_one();
  rig.executor.run();
  EXPECT_EQ(rig.answers.size(), answered + 1);
}

TEST(Submission, SendersWithoutAKeyCannotFillTheBoundInTime) {
  // Goal: statements with unregistered keys, more than what is decided in time, keep out nobody who has one
  // (they did: the bound in time counted whatever had come).
  MeasuredRig rig;
  rig.reads_wait = true;
  std::vector<Bytes> strangers;
  for (int i = 0; i < 1'100; ++i)
    strangers.push_back(rig.world.sign("newcomer", rig.world.lot("S-" + std::to_string(i))));
  rig.submit(strangers);
  ASSERT_TRUE(rig.until([&] { return rig.reads == 1; }));
  EXPECT_GE(rig.waiting(), 1'100u);
  const Bytes known = rig.lot("L-known");
  rig.submit({known});
  std::size_t block = 7;
  EXPECT_TRUE(rig.until([&] {
    while (block < rig.blocks.size())
      rig.decide(rig.blocks[block++]);
    return rig.decided.contains(sha256(known));
  }));
}

TEST(Submission, ALeaderWaitsForAMajorityToApply) {
  // Goal: what a majority has not applied is bounded, however fast the leader itself applies (the others fell
  // behind without end under load, and checkpoints with them); who has not told is not waited for.
  SubmissionRig rig({.behind_max = 2});
  rig.lead(true);
  std::uint64_t lots = 0;
  const auto recorded = [&] {  // one statement more, in a block of its own unless the leader waits
    const std::size_t before = rig.blocks.size();
    const Bytes lot = rig.lot("W-" + std::to_string(++lots));
    rig.proposing = raft::Proposed{.index = LogIndex{lots}, .term = Term{1}};
    rig.submit({lot});
    const bool went = rig.until([&] { return rig.submission->figures().statements > 0; }) &&
                      rig.until([&] { return rig.verification->figures().checked == lots; });
    rig.executor.advance(100);
    EXPECT_TRUE(went);
    if (rig.blocks.size() == before) return false;
    rig.decide({lot}, 10 + lots);
    return true;
  };
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(recorded());  // nobody has told
  EXPECT_EQ(rig.submission->figures().behind, 4u);
  rig.submission->on_applied_by_majority(LogIndex{3});
  EXPECT_TRUE(recorded());
  EXPECT_EQ(rig.submission->figures().behind, 2u);
  EXPECT_FALSE(recorded());
  rig.submission->on_applied_by_majority(LogIndex{4});
  rig.executor.run();
  EXPECT_EQ(rig.blocks.size(), 6u);  // what waited goes on its way at once
  EXPECT_EQ(rig.submission->figures().behind, 2u);
  EXPECT_FALSE(recorded());
  rig.submission->on_applied_by_majority(std::nullopt);
  rig.executor.run();
  EXPECT_EQ(rig.blocks.size(), 7u);
  rig.lead(false);
  EXPECT_EQ(rig.submission->figures().behind, 0u);
}

TEST(Submission, WhoWaitedBehindAMajorityForAllOfItsTimeWasBusy) {
  // Goal: what was never in a block is not recorded, and its answer says so and when to come again (a request
  // met its own place in the queue and counted as offered: it was told that it may still be recorded).
  QueueRig rig({.behind_max = 1});
  rig.lead(true);
  rig.proposing = raft::Proposed{.index = LogIndex{1}, .term = Term{1}};
  rig.submit({rig.lot("L-1")});
  rig.admitted();
  rig.submission->on_applied_by_majority(LogIndex{0});
  rig.submit({rig.lot("L-2")});
  rig.admitted();
  ASSERT_EQ(rig.blocks.size(), 1u);
  rig.executor.advance(10'100);
  ASSERT_EQ(rig.answers.size(), 2u);
  EXPECT_EQ(rig.answers[0][0].outcome.error().code, Code::uncertain);  // it was in a block
  EXPECT_EQ(rig.answers[1][0].outcome.error().code, Code::busy);
  EXPECT_EQ(rig.answers[1][0].outcome.error().rule, "statements_max");
  EXPECT_GT(rig.answers[1][0].retry_after_s, 0);
}

TEST(Submission, WhatRanOutOfTimeLeavesTheQueue) {
  // Goal: a majority that stands still for long leaves the queue as empty as its clients' patience (it kept
  // every statement that had come and given up meanwhile).
  QueueRig rig({.behind_max = 1});
  rig.lead(true);
  rig.proposing = raft::Proposed{.index = LogIndex{1}, .term = Term{1}};
  rig.submit({rig.lot("L-0")});
  rig.admitted();
  rig.decide(rig.blocks.at(0));
  rig.submission->on_applied_by_majority(LogIndex{0});
  for (int i = 1; i <= 20; ++i) {
    rig.submit({rig.lot("L-" + std::to_string(i))}, {.wait = WaitFor::committed, .deadline_ms = 500});
    rig.admitted();
    EXPECT_EQ(rig.submission->figures().queued, 1u);
    rig.executor.advance(600);
    EXPECT_EQ(rig.submission->figures().queued, 0u);
  }
  EXPECT_EQ(rig.answers.size(), 21u);
  EXPECT_EQ(rig.blocks.size(), 1u);
}

TEST(DecisionRate, CountsOnlyWhereMoreWaits) {
  // Goal: a queue that runs dry measures nothing; two measurements in a row are averaged.
  DecisionRate rate;
  for (std::int64_t now = 0; now < 3'000; now += 100)
    rate.decided(1, now, now % 400 != 0);
  EXPECT_FALSE(rate.per_second());
  rate = {};
  rate.decided(7, 0, true);
  rate.decided(100, 250, true);
  EXPECT_FALSE(rate.per_second());
  rate.decided(100, 500, true);
  ASSERT_TRUE(rate.per_second());
  EXPECT_DOUBLE_EQ(*rate.per_second(), 400);
  rate.decided(100, 1'000, false);
  EXPECT_DOUBLE_EQ(*rate.per_second(), 300);
}

TEST(DecisionRate, AMeasurementEndsWithItsQueue) {
  // Goal: neither minutes in which nothing waited nor a stall are a rate (either was about 0/s, and counted
  // alone when it was the first); the next measurement is sound.
  DecisionRate rate;
  rate.decided(10, 0, true);
  rate.decided(1, 600'000, false);
  EXPECT_FALSE(rate.per_second());
  rate.decided(10, 600'000, true);
  rate.ran_dry();
  rate.decided(1, 605'000, true);
  EXPECT_FALSE(rate.per_second());
  rate.decided(100, 605'500, true);
  ASSERT_TRUE(rate.per_second());
  EXPECT_DOUBLE_EQ(*rate.per_second(), 200);
}

TEST(Submission, AQueueThatExpiresIsNotMeasured) {
  // Goal: what waits behind a block that stands still gives up; the block that is decided after that measures
  // nothing, so that more than a block's worth is taken still.
  QueueRig rig({.block_statements_max = 1, .blocks_in_flight_max = 1});
  rig.lead(true);
  const auto submit = [&](const std::string& id) {
    rig.submit({rig.lot(id)}, {.wait = WaitFor::committed, .deadline_ms = 3'000});
    rig.admitted();
  };
  for (const char* id : {"L-1", "L-2", "L-3"})
    submit(id);
  rig.decide(rig.blocks[0]);  // L-3 waits behind L-2: a measurement begins
  rig.executor.advance(5'000);
  EXPECT_EQ(rig.answers.size(), 3u);
  ASSERT_EQ(rig.blocks.size(), 2u);
  rig.decide(rig.blocks[1]);
  for (const char* id : {"L-4", "L-5", "L-6"})
    submit(id);
  EXPECT_EQ(rig.answers.size(), 3u);
}

}  // namespace
}  // namespace anta::test
