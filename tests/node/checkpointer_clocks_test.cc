// Cosigners whose clocks are wrong, and what a checkpoint's time is then.
#include <gtest/gtest.h>

#include "tests/node/checkpointer_rig.h"

namespace anta::test {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t fresh_seconds = 60;

// By how many seconds what the member serves is older than the right time; a day without any.
std::int64_t age(const CheckpointNetwork& net, std::size_t member) {
  const auto last = net.finished(member);
  if (!last) return 86'400;
  return (start_ms + net.executor.steady_ms()) / 1'000 - static_cast<std::int64_t>(last->quorum_seconds);
}

std::size_t times_said(const CheckpointNetwork& net, std::size_t member, const std::string& event) {
  const auto& said = net.members[member]->said;
  return static_cast<std::size_t>(
      std::ranges::count_if(said, [&](const std::string& line) { return line.starts_with(event); }));
}

// Three nodes and a witness whose clock is behind, so three lines are enough; n3 answers later than the
// witness.
struct OneClockBehind : CheckpointNetwork {
  explicit OneClockBehind(std::int64_t n3_after, std::int64_t behind = hour_ms) : CheckpointNetwork(1) {
    witnesses_behind = behind;
    members[2]->answers_after = n3_after;
    apply_all(5, 1);
    lead(0);
  }
};

TEST(CheckpointerClocks, OneClockInThePastMakesNobodysCheckpointOld) {
  // Goal: all four are up and the witness says 1970, or an hour ago, before n3 has answered: the note has
  // n3's line too, at once when it comes, and is fresh; so is each of an idle ledger. (The first three lines
  // were taken, of which the witness's was the oldest, and n3's was dropped.)
  for (const std::int64_t behind : {hour_ms, start_ms}) {
    OneClockBehind net(200, behind);
    net.executor.advance(210);
    for (const std::size_t i : {0, 1, 2}) {
      ASSERT_EQ(net.size_of(i), 5u);
      EXPECT_LE(age(net, i), fresh_seconds);
    }
    EXPECT_EQ(parse_note(net.finished(1)->note)->signatures.size(), 5u);  // the log's, and all four
    for (int minutes = 1; minutes < 5; ++minutes) {
      net.executor.advance(61'000);
      EXPECT_LE(age(net, 1), 61) << minutes;
    }
    net.apply_all(9, 2);
    net.executor.advance(210);
    EXPECT_EQ(net.size_of(2), 9u);
    EXPECT_LE(age(net, 2), fresh_seconds);
  }
}

TEST(CheckpointerClocks, WhoComesAfterTheWaitMendsTheNote) {
  // Goal: n3 needs longer than the second: the note is finished without it, and made again with its line.
  OneClockBehind net(1'500);
  net.executor.advance(990);
  EXPECT_EQ(net.size_of(0), 0u);
  net.executor.advance(20);
  ASSERT_EQ(net.size_of(0), 5u);
  EXPECT_GE(age(net, 1), 3'600);
  net.executor.advance(600);
  for (const std::size_t i : {0, 1, 2})
    EXPECT_LE(age(net, i), fresh_seconds);
  for (int minutes = 1; minutes < 4; ++minutes) {
    net.executor.advance(63'000);
    EXPECT_LE(age(net, 1), 63) << minutes;
  }
}

TEST(CheckpointerClocks, WhoComesBackMendsTheNote) {
  // Goal: n3 was away and is back: it is asked for its line of what is served, and does not wait for the next
  // minute.
  OneClockBehind net(0);
  net.members[2]->reachable = false;
  net.members[0]->checkpointer->on_peer(NodeId{"n3"}, false);
  net.executor.run();
  net.apply_all(9, 2);
  net.executor.advance(20);
  ASSERT_EQ(net.size_of(0), 9u);
  EXPECT_GE(age(net, 0), 3'600);
  net.members[2]->reachable = true;
  net.members[0]->checkpointer->on_peer(NodeId{"n3"}, true);
  net.executor.run();
  for (const std::size_t i : {0, 1, 2}) {
    EXPECT_EQ(net.size_of(i), 9u);
    EXPECT_LE(age(net, i), fresh_seconds);
  }
}

TEST(CheckpointerClocks, NobodyWaitsForWhoIsDown) {
  // Goal: what nobody can mend is finished at once, also where the node goes down during the wait; who is not
  // known to be down is waited for, for one second.
  OneClockBehind net(hour_ms);
  net.executor.advance(500);
  EXPECT_EQ(net.size_of(0), 0u);
  net.members[0]->checkpointer->on_peer(NodeId{"n3"}, false);
  net.executor.run();
  EXPECT_EQ(net.size_of(0), 5u);
  for (std::uint64_t size = 6; size < 30; ++size) {
    net.apply_all(size, static_cast<std::uint8_t>(size));
    net.executor.advance(20);
    EXPECT_EQ(net.size_of(0), size);
  }
}

TEST(CheckpointerClocks, WhereAllMustCosignThereIsNothingToWaitFor) {
  // Goal: of three nodes three must: one clock behind makes their checkpoints old, and none later.
  CheckpointNetwork net;
  net.members[1]->clock_behind = hour_ms;
  net.lead(0);
  for (const std::uint64_t size : {5, 9}) {
    for (std::size_t i = 0; i < 3; ++i)  // of blocks from before, so that it does sign them
      net.apply(i, size, static_cast<std::uint8_t>(size), start_ms - 2 * hour_ms);
    net.executor.advance(20);
    ASSERT_EQ(net.size_of(2), size);
    EXPECT_GE(age(net, 2), 3'599);
  }
  net.executor.advance(70'000);
  EXPECT_LE(age(net, 2), 3'661);  // cosigned again all the same
}

TEST(CheckpointerClocks, ALeaderThatRunsAheadWaitsASecondAndNoLonger) {
  // Goal: to a leader whose own clock is wrong all others look old: each checkpoint comes a second later
  // while one of them is slow, and none later than that.
  CheckpointNetwork net(1);
  net.members[0]->clock_behind = -100'000;
  net.members[2]->answers_after = hour_ms;
  net.apply_all(5, 1);
  net.lead(0);
  net.executor.advance(1'010);
  EXPECT_EQ(net.size_of(0), 5u);
  for (std::uint64_t size = 6; size < 16; ++size) {
    net.apply_all(size, static_cast<std::uint8_t>(size));
    net.executor.advance(1'010);
    EXPECT_EQ(net.size_of(0), size);
  }
}

TEST(CheckpointerClocks, WhatWasCosignedByClocksThatRanAheadGivesWay) {
  // Goal: all clocks were an hour ahead and were corrected, and the ledger is idle: the next note that they
  // make is served, by all, and cosigning goes on once a minute. (It was no newer than what was served, and
  // for an hour every right clock refused that.)
  CheckpointNetwork net;
  net.set_back = -hour_ms;
  net.apply_all(5, 1);
  net.lead(0);
  ASSERT_EQ(net.size_of(1), 5u);
  EXPECT_LE(age(net, 1), -3'590);
  net.set_back = 0;
  const int before = net.sent[PeerKind::checkpoint_open];
  net.executor.advance(61'000);
  for (const std::size_t i : {0, 1, 2}) {
    EXPECT_GE(age(net, i), 0) << i;
    EXPECT_LE(age(net, i), fresh_seconds) << i;
    EXPECT_TRUE(check_note(net.policy, net.finished(i)->note,
                           static_cast<std::uint64_t>(start_ms + net.executor.steady_ms()) / 1'000))
        << i;
  }
  net.executor.advance(240'000);
  EXPECT_LE(age(net, 2), 61);
  EXPECT_LE(net.sent[PeerKind::checkpoint_open], before + 2 * 5);
}

TEST(CheckpointerClocks, WhoseClockIsBehindIsSaidOnceByAll) {
  // Goal: the leader and the others say so once and show it, however often it cosigns; again when it is
  // right.
  OneClockBehind net(200);
  net.executor.advance(200'000);
  for (const std::size_t i : {0, 1}) {
    EXPECT_EQ(times_said(net, i, "cosigner_clock_behind"), 1u) << i;
    EXPECT_EQ(times_said(net, i, "cosigner_clock_behind w1 360"), 1u) << i;
    const auto behind = net.members[i]->checkpointer->clocks_behind();
    ASSERT_EQ(behind.size(), 1u);
    EXPECT_NEAR(static_cast<double>(behind.at("w1")), 3'600, 2);
  }
  net.witnesses_behind = 3 * hour_ms;
  net.executor.advance(61'000);
  EXPECT_EQ(times_said(net, 0, "cosigner_clock_behind w1 108"), 1u);
  net.witnesses_behind = 0;
  net.executor.advance(61'000);
  EXPECT_EQ(times_said(net, 0, "cosigner_clock_right w1"), 1u);
  EXPECT_TRUE(net.members[0]->checkpointer->clocks_behind().empty());
  EXPECT_EQ(times_said(net, 0, "cosigner_clock_behind"), 2u);
}

}  // namespace
}  // namespace anta::test
