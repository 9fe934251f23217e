// The small pure pieces: quorum arithmetic, configurations, the term table, the tail, the journal.
#include <gtest/gtest.h>

#include "consensus/raft/journal.h"
#include "consensus/raft/quorum.h"
#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

TEST(Quorum, TakesTheMajoritysValue) {
  // Goal: the highest value that more than half have reached, for odd and even sizes.
  auto of = [](std::vector<std::uint64_t> values) {
    std::vector<Standing> standings;
    for (std::uint64_t value : values)
      standings.push_back({true, false, value});
    return quorum_value(standings);
  };
  EXPECT_EQ(of({}), 0u);
  EXPECT_EQ(of({7}), 7u);
  EXPECT_EQ(of({7, 3}), 3u);
  EXPECT_EQ(of({9, 2, 5}), 5u);
  EXPECT_EQ(of({9, 8, 2, 1}), 2u);
  EXPECT_EQ(of({9, 8, 7, 1, 0}), 7u);
}

TEST(Quorum, AJointConfigurationNeedsBothSidesAndNoLearner) {
  // Goal: a majority of one side is not enough; learners count on neither.
  const Standing both{true, true, 5};
  const Standing in{true, false, 9};
  const Standing out{false, true, 2};
  const Standing learner{false, false, 100};
  EXPECT_EQ(quorum_value(std::vector<Standing>{in, in, both, out, out, learner}), 2u);
  EXPECT_EQ(quorum_value(std::vector<Standing>{in, in, both, both, out, learner}), 5u);
}

TEST(Quorum, AgreesWithCountingByHand) {
  // Goal: against the definition, over every pattern of 0/1 on two overlapping sides of up to five.
  for (unsigned sides = 0; sides < 1u << 10; sides += 7) {
    for (unsigned values = 0; values < 32; ++values) {
      std::vector<Standing> standings;
      unsigned in = 0, in_yes = 0, out = 0, out_yes = 0;
      for (unsigned i = 0; i < 5; ++i) {
        const bool incoming = sides >> i & 1, outgoing = sides >> (i + 5) & 1, yes = values >> i & 1;
        standings.push_back({incoming, outgoing, yes});
        in += incoming, in_yes += incoming && yes, out += outgoing, out_yes += outgoing && yes;
      }
      const bool expected = in > 0 && in_yes * 2 > in && (out == 0 || out_yes * 2 > out);
      EXPECT_EQ(quorum_value(standings) == 1, expected) << sides << " " << values;
    }
  }
}

TEST(Configuration, ValidAndInvalid) {
  // Goal: what a configuration entry of a hostile peer could break is refused.
  const Member a{NodeId{"a"}, 1}, b{NodeId{"b"}, 1}, b2{NodeId{"b"}, 2};
  EXPECT_TRUE((Configuration{{a, b}, {a}, {}}.valid()));
  EXPECT_FALSE((Configuration{{}, {a}, {}}.valid()));
  EXPECT_FALSE((Configuration{{a, a}, {}, {}}.valid()));
  EXPECT_FALSE((Configuration{{a}, {}, {a}}.valid()));
  EXPECT_FALSE((Configuration{{a, b}, {b2}, {}}.valid()));
  EXPECT_TRUE((Configuration{{a}, {b}, {}}.is_voter(b.id)));
  EXPECT_TRUE((Configuration{{a}, {}, {b}}.is_learner(b.id)));
}

TEST(Terms, AnswersLikeTheListItStandsFor) {
  // Goal: every question equals the naive answer on the written-out list, before and after a truncation.
  std::vector<std::uint64_t> list = {1, 1, 1, 3, 3, 4, 7, 7, 7, 7};
  Terms terms;
  for (std::uint64_t term : list)
    terms.append(Term{term});
  for (std::size_t cut = list.size() + 1; cut >= 1; --cut) {
    terms.truncate(LogIndex{cut});
    list.resize(std::min(list.size(), cut - 1));
    EXPECT_EQ(terms.last().value, list.size());
    for (std::uint64_t i = 0; i <= list.size() + 1; ++i) {
      EXPECT_EQ(terms.at(LogIndex{i}).value, i >= 1 && i <= list.size() ? list[i - 1] : 0);
      for (std::uint64_t t = 0; t <= 8; ++t) {
        std::uint64_t expected = std::min<std::uint64_t>(i, list.size());
        while (expected > 0 && list[expected - 1] > t)
          --expected;
        EXPECT_EQ(terms.last_at_or_below(LogIndex{i}, Term{t}).value, expected) << i << " " << t;
      }
    }
  }
  EXPECT_TRUE(terms.runs().empty());
}

TEST(Tail, EvictsOnlyWhatIsDurableAndCommitted) {
  // Goal: bytes are bounded, uncommitted entries stay, and the hash before the first entry stays known.
  const auto log = sample_log({1, 1, 1, 1});
  Tail tail(log);
  EXPECT_EQ(tail.bytes_after(LogIndex{2}), log[2].size() + log[3].size());
  tail.evict(1, LogIndex{2});
  EXPECT_EQ(tail.first(), LogIndex{3});
  EXPECT_EQ(tail.hash_at(LogIndex{2}), log[1].hash);
  EXPECT_EQ(tail.hash_at(LogIndex{1}), std::nullopt);
  EXPECT_EQ(tail.bytes(), log[2].size() + log[3].size());
  tail.truncate(LogIndex{2});
  EXPECT_EQ(tail.end(), LogIndex{2});
  EXPECT_EQ(tail.hash_at(LogIndex{1}), std::nullopt);
  tail.append(log[1]);
  EXPECT_EQ(tail.find(LogIndex{2})->hash, log[1].hash);
  EXPECT_EQ(tail.bytes(), log[1].size());
}

TEST(Journal, TokensCoverWhatTheyWroteAndNoMore) {
  // Goal: rule 13 at its root, with two truncations between a write and its report.
  const auto log = sample_log({1, 1, 1});
  Journal journal({}, {}, {}, Term{});
  for (const LogEntry& entry : log)
    journal.append(entry);
  EXPECT_EQ(journal.take_batch(HardState{Term{1}, {}, {}}, 0)->entries.size(), 3u);
  journal.truncate(LogIndex{3});
  journal.append(sample_entry(LogIndex{3}, Term{2}, &log[1]));
  EXPECT_EQ(journal.take_batch({}, 5)->truncate_from, LogIndex{3});
  journal.truncate(LogIndex{2});
  journal.append(sample_entry(LogIndex{2}, Term{3}, &log[0]));
  journal.take_batch({}, 6);
  EXPECT_FALSE(journal.take_batch({}, 7).has_value());
  bool stale = false;
  EXPECT_EQ(journal.oldest_unpersisted(), 0u);
  EXPECT_TRUE(journal.persisted(Token{1}, stale));
  EXPECT_TRUE(stale);
  EXPECT_EQ(journal.persisted(), LogIndex{1});
  EXPECT_EQ(journal.durable_term(), Term{1});
  EXPECT_FALSE(journal.persisted(Token{1}, stale));
  EXPECT_TRUE(journal.persisted(Token{3}, stale));  // two at once: group commit
  EXPECT_EQ(journal.persisted(), LogIndex{2});
  EXPECT_FALSE(journal.persisted(Token{4}, stale));
}

}  // namespace
}  // namespace anta::raft::test
