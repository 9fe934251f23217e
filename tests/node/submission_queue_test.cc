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

TEST(Submission, NoMoreWaitsThanIsDecidedInTime) {
  // Goal: once the leader knows that it decides four a second, it takes what that makes in two seconds and
  // refuses the rest; before it knew, and on a new leader, the bound in statements alone holds.
  SubmissionRig rig({.block_statements_max = 2, .blocks_in_flight_max = 1});
  rig.lead(true);
  int made = 0;
  const auto submit = [&] { rig.submit({rig.lot("L-" + std::to_string(++made))}); };
  const auto proposed = [&](std::size_t blocks) {
    ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == blocks; }));
  };
  for (int i = 0; i < 20; ++i)
    submit();
  ASSERT_TRUE(rig.until([&] { return rig.verification->figures().checked == 20; }));
  rig.executor.run();
  EXPECT_TRUE(rig.answers.empty());
  for (std::size_t block = 0; block < 7; ++block) {
    proposed(block + 1);
    rig.executor.advance(500);
    rig.decide(rig.blocks[block]);
  }
  const std::size_t answered = rig.answers.size();
  EXPECT_LT(rig.submission->figures().statements, 8u);
  for (std::size_t waiting = rig.submission->figures().statements; waiting < 8; ++waiting)
    submit();
  rig.executor.run();
  EXPECT_EQ(rig.answers.size(), answered);
  submit();
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == answered + 1; }));
  EXPECT_EQ(rig.answers.back()[0].outcome.error().rule, "statements_max");
  rig.lead(false);
  rig.lead(true);
  submit();
  rig.executor.run();
  EXPECT_EQ(rig.answers.size(), answered + 1);
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

}  // namespace
}  // namespace anta::test
