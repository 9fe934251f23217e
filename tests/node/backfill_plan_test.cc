#include "node/backfill_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/storage/disk.h"

namespace anta::test {
namespace {

const NodeId peer_a{"a"}, peer_b{"b"}, peer_c{"c"};

struct Rig {
  explicit Rig(std::size_t count, BackfillLimits limits = {.part_entries_first = 10,
                                                           .part_entries_max = 10,
                                                           .parts_max = 4,
                                                           .per_peer_max = 2})
      : entries(chain(count, Term{1})), plan(limits, LogIndex{count}) {}
  LogEntries answer(const LogFetch& fetch, std::size_t at_most = 1'000) const {
    const auto end = entries.begin() + static_cast<std::ptrdiff_t>(fetch.to.value);
    const std::size_t wanted = std::min<std::size_t>(fetch.to.value - fetch.from.value + 1, at_most);
    return {.to = fetch.to, .entries = {end - static_cast<std::ptrdiff_t>(wanted), end}};
  }
  // Takes what is next and checks that it ends where the chain goes on.
  void take() {
    while (const BackfillPlan::Part* part = plan.next()) {
      ASSERT_EQ(part->entries.back().index.value + got, entries.size());
      got += part->entries.size();
      plan.accept();
    }
  }

  std::vector<LogEntry> entries;
  BackfillPlan plan;
  std::size_t got = 0;
};

TEST(BackfillPlan, AllPeersWorkAtOnceAndTheChainIsFollowedInOrder) {
  // Goal: what is asked covers every entry once, goes to all peers, and is bounded in all and of each;
  // answers that come in the reverse order are kept, and are next in the chain's order.
  Rig rig(95);
  for (const NodeId& peer : {peer_a, peer_b, peer_c})
    rig.plan.peer(peer, true);
  std::set<std::uint64_t> covered;
  std::set<NodeId> asked;
  while (rig.got < 95) {
    auto requests = rig.plan.requests(0);
    ASSERT_FALSE(requests.empty());
    EXPECT_LE(rig.plan.under_way(), 4u);
    std::ranges::reverse(requests);
    std::map<NodeId, int> of;
    for (const auto& request : requests) {
      EXPECT_LE(++of[request.to], 2);
      asked.insert(request.to);
      for (std::uint64_t i = request.fetch.from.value; i <= request.fetch.to.value; ++i)
        EXPECT_TRUE(covered.insert(i).second) << i;
      EXPECT_TRUE(rig.plan.answer(request.to, rig.answer(request.fetch), 0));
    }
    rig.take();
  }
  EXPECT_EQ(covered.size(), 95u);
  EXPECT_EQ(asked.size(), 3u);
  EXPECT_EQ(rig.plan.next(), nullptr);
  EXPECT_TRUE(rig.plan.requests(0).empty());
}

TEST(BackfillPlan, AnAnswerThatBeginsLaterLeavesTheRestToBeAsked) {
  // Goal: a peer that may send three entries at a time gives all of them in the end, none twice.
  Rig rig(37);
  rig.plan.peer(peer_a, true);
  for (int rounds = 0; rig.got < 37; ++rounds) {
    ASSERT_LT(rounds, 50);
    for (const auto& request : rig.plan.requests(0))
      EXPECT_TRUE(rig.plan.answer(peer_a, rig.answer(request.fetch, 3), 0));
    rig.take();
  }
}

TEST(BackfillPlan, WhoIsSilentEmptyOrWrongRestsAndAnotherIsAsked) {
  // Goal: each part goes to somebody else after a failure; a peer alone is asked again after its rest; one
  // that is gone frees what was asked of it at once.
  Rig rig(10);
  rig.plan.peer(peer_a, true);
  rig.plan.peer(peer_b, true);
  auto first = rig.plan.requests(0);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(rig.plan.requests(4'999).empty());
  const auto second = rig.plan.requests(5'000);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_NE(second[0].to, first[0].to);
  EXPECT_FALSE(rig.plan.answer(first[0].to, rig.answer(first[0].fetch), 5'000)) << "nobody waits for it";
  EXPECT_TRUE(rig.plan.answer(second[0].to, {.to = second[0].fetch.to}, 5'000)) << "it has nothing";
  EXPECT_TRUE(rig.plan.requests(6'999).empty()) << "both rest";
  auto third = rig.plan.requests(7'000);
  ASSERT_EQ(third.size(), 1u);
  EXPECT_EQ(third[0].to, first[0].to);
  EXPECT_TRUE(rig.plan.answer(third[0].to, rig.answer(third[0].fetch), 7'000));
  rig.plan.refuse(7'000);  // the chain does not name it
  EXPECT_EQ(rig.plan.next(), nullptr);
  const auto fourth = rig.plan.requests(7'000);
  ASSERT_EQ(fourth.size(), 1u);
  EXPECT_EQ(fourth[0].to, second[0].to);
  rig.plan.peer(second[0].to, false);
  EXPECT_TRUE(rig.plan.requests(66'999).empty());
  EXPECT_EQ(rig.plan.requests(67'000).size(), 1u) << "a minute later it may try again";
}

TEST(BackfillPlan, APartHasAsManyEntriesAsFitInAnAnswer) {
  // Goal: after the first answers parts follow the size of what came: a tenth of the bytes of ten entries is
  // one entry, a hundred times their bytes are as many as a part may have.
  for (const auto& [bytes, wanted] :
       {std::pair<std::uint64_t, std::uint64_t>{LogEntry::header_bytes_max + 9, 1},
        std::pair<std::uint64_t, std::uint64_t>{1u << 20, 60}}) {
    Rig rig(200, {.part_bytes = bytes, .part_entries_first = 10, .part_entries_max = 60, .parts_max = 2});
    rig.plan.peer(peer_a, true);
    for (const auto& request : rig.plan.requests(0))
      EXPECT_TRUE(rig.plan.answer(peer_a, rig.answer(request.fetch), 0));
    rig.take();
    const auto next = rig.plan.requests(0);
    ASSERT_EQ(next.size(), 2u);
    EXPECT_EQ(next[0].fetch.to.value - next[0].fetch.from.value + 1, wanted);
  }
}

TEST(BackfillPlan, MoreThanWasAskedAndWhatWasNotAskedAreRefused) {
  // Goal: another end, another peer and too many entries are no answers, and take no memory.
  Rig rig(30);
  rig.plan.peer(peer_a, true);
  const auto requests = rig.plan.requests(0);
  ASSERT_EQ(requests.size(), 2u);
  LogEntries other = rig.answer(requests[0].fetch);
  EXPECT_FALSE(rig.plan.answer(peer_b, other, 0));
  other.to = LogIndex{7};
  EXPECT_FALSE(rig.plan.answer(peer_a, other, 0));
  LogEntries all{.to = LogIndex{30}, .entries = rig.entries};
  EXPECT_FALSE(rig.plan.answer(peer_a, all, 0));
  EXPECT_EQ(rig.plan.next(), nullptr);
}

}  // namespace
}  // namespace anta::test
