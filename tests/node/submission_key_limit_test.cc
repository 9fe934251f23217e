// One signer's key and its limit, from the clients' side of a submission.
#include <gtest/gtest.h>

#include "tests/node/submission_rig.h"

namespace anta::test {
namespace {

using Rig = SubmissionRig;

// The only answer of the newest request, once it is there.
const Submitted& newest(const Rig& rig) { return rig.answers.back().front(); }

bool is_over(const Submitted& answer) {
  return !answer.outcome && answer.outcome.error().code == Code::busy &&
         answer.outcome.error().rule == key_limit_rule && answer.retry_after_s > 0;
}

TEST(SubmissionKeyLimit, PastItsRateAKeyWaitsAndAnotherDoesNot) {
  // Goal: what a key sends beyond its burst is busy before any signature is checked, says for how long, and
  // goes when that time is over; another key is not its business.
  Rig rig;
  rig.lead(true);
  rig.keys.set_rate({.per_second = 1, .burst = 2});
  rig.submit({rig.lot("L-1")});
  rig.submit({rig.lot("L-2")});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 2; }));
  const Bytes third = rig.lot("L-3");
  rig.submit({third});
  rig.executor.run();
  ASSERT_EQ(rig.answers.size(), 1u);
  EXPECT_TRUE(is_over(newest(rig)));
  EXPECT_EQ(newest(rig).retry_after_s, 1u);
  EXPECT_EQ(rig.verification->figures().checked, 2u);
  EXPECT_EQ(rig.submission->figures().statements, 2u);
  EXPECT_EQ(rig.keys.figures().refused, 1u);
  rig.decide(rig.blocks[0]);
  rig.submit({rig.world.sign("plant", rig.world.lot("P-1"))});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 3; }));
  rig.decide(rig.blocks[1]);
  rig.executor.advance(1'000);
  rig.submit({third});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 4; }));
  EXPECT_EQ(rig.blocks[3], std::vector<Bytes>{third});
}

TEST(SubmissionKeyLimit, JunkUnderAnothersKeySpendsNothingOfIt) {
  // Goal: a stranger who sends bad signatures and broken statements under somebody's kid does not lock the
  // owner out, and takes no room.
  Rig rig;
  rig.lead(true);
  rig.keys.set_rate({.per_second = 1, .burst = 1});
  for (int i = 0; i < 50; ++i) {
    Bytes bent = rig.lot("L-" + std::to_string(i));
    bent.back() ^= 1;
    Bytes cut = rig.lot("L-" + std::to_string(i));
    cut.pop_back();
    rig.submit({bent, cut});
  }
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 50; }));
  for (const auto& answers : rig.answers) {
    EXPECT_EQ(answers[0].outcome.error().code, Code::bad_signature);
    EXPECT_EQ(answers[1].outcome.error().code, Code::malformed);
  }
  EXPECT_EQ(rig.keys.figures().buckets, 0u);
  rig.submit({rig.lot("L-good")});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
}

TEST(SubmissionKeyLimit, OnlyRegisteredKeysTakeRoom) {
  // Goal: kids that nobody registered, and keys that sign no more, get no bucket however many come.
  Rig rig;
  rig.lead(true);
  rig.plant_revoked = true;
  for (const char* name : {"newcomer", "smelter", "plant"})
    rig.submit({rig.world.sign(name, rig.world.lot("L-1"))});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 3; }));
  EXPECT_EQ(rig.keys.figures().buckets, 0u);
  rig.submit({rig.lot("L-1")});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  EXPECT_EQ(rig.keys.figures().buckets, 1u);
}

TEST(SubmissionKeyLimit, ASequenceGoesIntoDebtWhichDelaysTheNext) {
  // Goal: a long sequence is taken whole as long as a token is left, and paid for by waiting; while a key is
  // in debt nothing of a request with it is taken, but what is decided already has its outcome.
  Rig rig;
  rig.lead(true);
  rig.keys.set_rate({.per_second = 2, .burst = 2});
  std::vector<Bytes> sequence;
  for (int i = 0; i < 7; ++i)
    sequence.push_back(rig.lot("L-" + std::to_string(i)));
  rig.submit(sequence);
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  EXPECT_EQ(rig.blocks[0], sequence);
  rig.decide(sequence);
  const Bytes other = rig.world.sign("plant", rig.world.lot("P-1"));
  rig.submit({sequence[0], other, rig.lot("L-7")});
  rig.executor.run();
  ASSERT_EQ(rig.answers.size(), 2u);
  EXPECT_TRUE(rig.answers[1][0].outcome->accepted);
  EXPECT_TRUE(is_over(rig.answers[1][1]));
  EXPECT_TRUE(is_over(rig.answers[1][2]));
  EXPECT_EQ(rig.answers[1][2].retry_after_s, 3u);  // five in debt and one to spend, two a second
  rig.executor.advance(2'999);
  rig.submit({rig.lot("L-7")});
  rig.executor.run();
  EXPECT_TRUE(is_over(newest(rig)));
  rig.executor.advance(1);
  rig.submit({rig.lot("L-7")});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 2; }));
}

TEST(SubmissionKeyLimit, WhatIsNotVerifiedAgainIsNotChargedAgain) {
  // Goal: the same bytes cost their key once, whether they are still undecided or decided; and a key in debt
  // learns its outcomes.
  Rig rig;
  rig.lead(true);
  rig.keys.set_rate({.per_second = 1, .burst = 3});
  const Bytes lot = rig.lot("L-1");
  rig.submit({lot});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  rig.submit({lot, lot});
  ASSERT_TRUE(rig.until([&] { return rig.verification->figures().answered == 2; }));
  rig.executor.run();
  rig.decide({lot});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 2; }));
  rig.submit({rig.lot("L-2"), rig.lot("L-3")});  // two tokens are left
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 2; }));
  rig.submit({rig.lot("L-4")});
  rig.executor.run();
  EXPECT_TRUE(is_over(newest(rig)));
  rig.submit({lot});
  rig.executor.run();
  EXPECT_TRUE(newest(rig).again);
  EXPECT_TRUE(newest(rig).outcome->accepted);
}

TEST(SubmissionKeyLimit, WhatAPeerForwardsIsNeitherAskedNorCharged) {
  // Goal: the node that a statement reached first charges it, on a follower too; the leader does not again.
  Rig leader;
  leader.lead(true);
  leader.keys.set_rate({.per_second = 1, .burst = 1});
  for (std::uint64_t i = 1; i <= 4; ++i) {
    const Bytes lot = leader.lot("L-" + std::to_string(i));
    leader.submission->on_peer_message(
        NodeId{"n2"}, PeerKind::forward,
        encode_forward({.request = i, .statements = {std::make_shared<const Bytes>(lot)}}));
    ASSERT_TRUE(leader.until([&] { return leader.blocks.size() == i; }));
    leader.decide({lot});
  }
  EXPECT_EQ(leader.keys.figures().buckets, 0u);
  EXPECT_TRUE(leader.refusals.empty());

  Rig follower;
  follower.lead(false);
  follower.keys.set_rate({.per_second = 1, .burst = 1});
  follower.submit({follower.lot("L-1")});
  ASSERT_TRUE(follower.until([&] { return follower.forwards.size() == 1; }));
  follower.submit({follower.lot("L-2")});
  follower.executor.run();
  ASSERT_EQ(follower.answers.size(), 1u);
  EXPECT_TRUE(is_over(newest(follower)));
  EXPECT_EQ(follower.forwards.size(), 1u);
}

TEST(SubmissionKeyLimit, AKeyRegisteredInTheSameRequestIsChargedOnceItIsKnown) {
  // Goal: whoever is verified late is charged then.
  Rig rig;
  rig.lead(true);
  const Bytes registration = rig.world.sign("registrar", rig.world.party_payload("newcomer"));
  rig.submit({registration, rig.world.sign("newcomer", rig.world.lot("L-1"))});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  EXPECT_EQ(rig.keys.figures().buckets, 1u);
  rig.newcomer_known = true;
  rig.decide(rig.blocks[0]);
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 2; }));
  EXPECT_EQ(rig.keys.figures().buckets, 2u);
}

}  // namespace
}  // namespace anta::test
