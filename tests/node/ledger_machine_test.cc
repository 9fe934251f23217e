#include "node/ledger_machine.h"

#include <gtest/gtest.h>

#include "tests/ledger/law_generator.h"
#include "tests/ledger/law_network.h"
#include "tests/node/ledger_rig.h"

namespace anta::test {
namespace {

// What the world said about each of its submissions, against what the machine decides.
TEST(LedgerMachine, DecidesAsTheLawAndNumbersLeavesWithSeals) {
  // Goal: every outcome is the law's, accepted statements take the next leaves, and each block ends in a
  // seal.
  World world = rich_world();
  world.deliver("L-1");
  EXPECT_EQ(world.submit("miner", world.dispatch("D-again", {"L-1"})), "not_holder");
  LedgerRig rig(world.genesis);
  rig.replay(world);
  std::uint64_t leaf = 2;
  for (std::size_t i = 0; i < world.log.size(); ++i) {
    const Decision& decision = rig.notices[i].decisions.at(0);
    ASSERT_TRUE(decision.answer) << i;
    EXPECT_EQ(decision.answer->accepted ? "accepted" : decision.answer->rule, world.log[i].outcome);
    if (decision.answer->accepted) {
      EXPECT_EQ(decision.answer->leaf.value, leaf++);
    }
    EXPECT_EQ(rig.notices[i].applied.leaves.value, ++leaf);
    EXPECT_EQ(rig.notices[i].applied.height.value, i + 1);
  }
}

TEST(LedgerMachine, TheSameDigestKeepsItsFirstAnswer) {
  // Goal: repeated in a block, in a later block, and after a restart, a statement has one outcome and one
  // leaf.
  World world = rich_world();
  const Bytes lot = world.sign("miner", world.lot("L-1"));
  const Bytes bad = world.sign("buyer", world.lot("L-2"));
  LedgerRig rig(world.genesis);
  rig.replay(world);
  const Millis time{world.block_time()};
  const std::vector<Decision> first = rig.apply({lot, bad, lot, bad}, time).decisions;
  ASSERT_TRUE(first[0].answer && first[1].answer);
  EXPECT_TRUE(first[0].answer->accepted);
  EXPECT_EQ(first[1].answer->rule, "role_missing");
  EXPECT_TRUE(first[2].again && first[3].again);
  EXPECT_EQ(*first[2].answer, *first[0].answer);
  rig.open();
  const BlockNotice& later = rig.apply({bad, lot}, Millis{time.value + 1'000});
  EXPECT_EQ(*later.decisions[0].answer, *first[1].answer);
  EXPECT_EQ(*later.decisions[1].answer, *first[0].answer);
  EXPECT_TRUE(later.decisions[0].again && later.decisions[1].again);
}

TEST(LedgerMachine, WhatLeavesNoRecordMayComeAgain) {
  // Goal: a statement with an unknown key is told so, and is accepted once its key is registered.
  World world = rich_world();
  LedgerRig rig(world.genesis);
  rig.replay(world);
  payload::Party party = world.party_payload("newcomer");
  party.keys = {world.key("newcomer").public_key()};
  const Bytes registration = world.sign("registrar", party);
  payload::Document document;
  document.common = world.common();
  document.media_type = "text/plain";
  document.title = "t";
  const Bytes early = world.sign("newcomer", document);
  Bytes broken = early;
  broken.back() ^= 1;
  const std::vector<Decision> first =
      rig.apply({early, broken, Bytes{0x01}, registration, early}, Millis{world.block_time()}).decisions;
  ASSERT_FALSE(first[0].answer);
  EXPECT_EQ(first[0].answer.error().rule, "unknown_key");
  ASSERT_FALSE(first[2].answer);
  EXPECT_EQ(first[2].answer.error().rule, "malformed");
  ASSERT_TRUE(first[3].answer && first[4].answer);
  EXPECT_TRUE(first[4].answer->accepted);
  EXPECT_FALSE(first[4].again);
  const std::vector<Decision> second = rig.apply({broken}, Millis{world.block_time()}).decisions;
  ASSERT_FALSE(second[0].answer);
  EXPECT_EQ(second[0].answer.error().rule, "bad_signature");
}

TEST(LedgerMachine, StopsBeforeALawThatItDoesNotKnow) {
  // Goal: once a later version of the law is in force nothing is judged by the old one, not even in the block
  // that brought it; the state stays where it was, for a newer release to go on from.
  World world = rich_world();
  LedgerRig rig(world.genesis);
  rig.replay(world);
  payload::ParameterProposal next = amendment(world, "P-1", "law_version", law_version_known + 1);
  next.effective_from = Millis{world.block_time() + 60'000};
  const Bytes proposal = world.sign("plant", next);
  const Bytes ballot = world.sign("owner", vote(world, "P-1"));
  const Bytes lot = world.sign("miner", world.lot("L-1"));
  const Bytes late = world.sign("miner", world.lot("L-2"));
  const std::vector<Decision> before =
      rig.apply({proposal, ballot, lot}, Millis{next.effective_from.value - 1}).decisions;
  for (const Decision& decision : before)
    EXPECT_TRUE(decision.answer && decision.answer->accepted);
  const Applied applied = *rig.ledger->applied();
  const Result<void> stopped = rig.try_apply({late}, next.effective_from);
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, Code::not_found);
  EXPECT_EQ(stopped.error().rule, "law_version");
  EXPECT_EQ(*rig.ledger->applied(), applied);
}

TEST(LedgerMachine, StopsInTheBlockThatBringsALawItDoesNotKnow) {
  // Goal: the statement after the deciding vote is judged by the new law or by nobody, and the block leaves
  // nothing behind.
  World world = rich_world();
  LedgerRig rig(world.genesis);
  rig.replay(world);
  const Bytes proposal = world.sign("plant", amendment(world, "P-1", "law_version", law_version_known + 1));
  const Bytes ballot = world.sign("owner", vote(world, "P-1"));
  const Bytes lot = world.sign("miner", world.lot("L-1"));
  const Applied applied = *rig.ledger->applied();
  const Result<void> stopped = rig.try_apply({proposal, ballot, lot}, Millis{world.block_time()});
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().rule, "law_version");
  EXPECT_EQ(*rig.ledger->applied(), applied);
}

TEST(LedgerMachine, TimeNeverFallsAndABadBlockGetsItsSeal) {
  // Goal: a block with an earlier clock takes the time before it; a payload that is no block adds only a
  // seal.
  World world = rich_world();
  LedgerRig rig(world.genesis);
  rig.replay(world);
  const Applied before = rig.notices.back().applied;
  const Applied after = rig.apply_payload(Bytes{0xff}, Millis{before.block_time.value - 5'000}).applied;
  EXPECT_EQ(after.block_time, before.block_time);
  EXPECT_EQ(after.leaves.value, before.leaves.value + 1);
  EXPECT_EQ(after.state_root, before.state_root);
}

TEST(LedgerMachine, TheSameLogGivesTheSameRoots) {
  // Goal: two nodes, one restarted in between, agree on every root.
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  LedgerRig one(world.genesis);
  LedgerRig two(world.genesis);
  one.replay(world);
  for (std::size_t i = 0; i < world.log.size(); ++i) {
    if (i == world.log.size() / 2) two.open();
    two.apply({world.log[i].bytes}, world.log[i].moment.block_time);
  }
  EXPECT_EQ(*one.ledger->applied(), *two.ledger->applied());
}

TEST(LedgerMachine, TheSameLifeGivesTheSameRoots) {
  // Goal: whatever parties may send, two nodes that are restarted at different places agree on every root
  // after every block, and so on every record.
  for (std::uint64_t seed = 11; seed <= 13; ++seed) {
    Generator life(seed);
    for (int i = 0; i < 120; ++i)
      life.step();
    const World& world = life.world;
    LedgerRig one(world.genesis);
    LedgerRig two(world.genesis);
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < world.log.size(); ++i) {
      if (i % 50 == 17) one.open();
      if (i % 70 == 40) two.open();
      one.apply({world.log[i].bytes}, world.log[i].moment.block_time);
      two.apply({world.log[i].bytes}, world.log[i].moment.block_time);
      ASSERT_EQ(*one.ledger->applied(), *two.ledger->applied()) << "seed " << seed << ", statement " << i;
      accepted += world.log[i].outcome == "accepted" ? 1 : 0;
    }
    EXPECT_GE(accepted, 30u);
  }
}

}  // namespace
}  // namespace anta::test
