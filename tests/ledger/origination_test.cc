// The memory of the capacity rule, held against a plain map of everything that was originated.
#include "storage/ledger/origination.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

#include "tests/ledger/law_chain.h"

namespace anta::test {
namespace {

constexpr std::int64_t window = 30 * day_ms;
const PartyId producer_id = {"miner"};

// What a producer originated, in records and beside them in a map.
struct Producer {
  World world;                                      // its parameters
  std::map<std::int64_t, std::int64_t> grams = {};  // by event time
  SignedStatement statement = {};

  Draft draft(std::int64_t now = 0) const {
    return Draft(world.view, statement, Moment{.block_time = {now}});
  }

  struct Written {
    std::size_t records = 0;
    std::size_t bytes = 0;
  };
  Written originate(std::int64_t event, std::int64_t dry_g) {
    Draft made = draft();
    anta::originate(made, producer_id, Millis{event}, dry_g);
    Written written;
    for (const StateChange& change : made.take().changes) {
      ++written.records;
      written.bytes += change.value ? change.value->size() : 0;
      world.view.write(change.key, change.value);
    }
    if ((grams[event] += dry_g) == 0) grams.erase(event);
    return written;
  }

  std::int64_t heaviest(std::int64_t event, std::int64_t dry_g) const {
    auto with = grams;
    with[event] += dry_g;
    std::int64_t most = 0;
    for (const auto& [begin, unused] : with) {
      if (begin > event || event >= begin + window) continue;
      std::int64_t sum = 0;
      for (auto at = with.find(begin); at != with.end() && at->first < begin + window; ++at)
        sum += at->second;
      most = std::max(most, sum);
    }
    return most;
  }
};

class CountedReads final : public LedgerView {
 public:
  explicit CountedReads(const LedgerView& below) : below_(below) {}
  SharedBytes read(Kind kind, std::string_view id) const override {
    reads += kind == Kind::origination ? 1 : 0;
    return below_.read(kind, id);
  }
  SharedBytes statement(const Digest& digest) const override { return below_.statement(digest); }

  mutable int reads = 0;

 private:
  const LedgerView& below_;
};

// Goal: however lots come and are taken back, windows are as heavy as all of them say, the bound is never
// below, and the newest is found.
TEST(Origination, IsWhatAPlainListSays) {
  for (const std::int64_t spread : {window / 40, window, 5 * window}) {
    std::mt19937_64 random(static_cast<std::uint64_t>(spread));
    const auto below = [&](std::int64_t n) {
      return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
    };
    Producer producer;
    for (int round = 0; round < 1'500; ++round) {
      const bool taken_back = !producer.grams.empty() && below(5) == 0;
      if (taken_back) {
        const auto at =
            std::next(producer.grams.begin(), below(static_cast<std::int64_t>(producer.grams.size())));
        producer.originate(at->first, below(2) == 0 ? -at->second : -1);
      } else {
        producer.originate(below(spread) - spread / 2, 2 + below(1'000));
      }
      const Millis event{below(spread) - spread / 2};
      const Draft draft = producer.draft(event.value);
      ASSERT_TRUE(has_room(draft, producer_id, event));
      const std::int64_t due = producer.heaviest(event.value, 7);
      ASSERT_EQ(heaviest_window(draft, producer_id, event, Grams{7}), due) << "round " << round;
      ASSERT_GE(heaviest_window_bound(draft, producer_id, event, Grams{7}), due);
      const bool since = producer.grams.lower_bound(event.value) != producer.grams.end() &&
                         producer.grams.lower_bound(event.value)->first <
                             event.value + draft.parameter("event_ahead_max_ms");
      if (since) {
        ASSERT_TRUE(originated_since(draft, producer_id, event));
      }
      if (producer.grams.lower_bound(event.value) == producer.grams.end()) {
        ASSERT_FALSE(originated_since(draft, producer_id, event));
      }
    }
    std::size_t longest = 0;
    for (const auto& [key, bytes] : producer.world.view.records()) {
      if (key.kind != Kind::origination) continue;
      const auto record = state::decode_record<state::Origination>(*bytes);
      ASSERT_TRUE(record);
      ASSERT_TRUE(record->entries.empty() || !record->parts);
      longest = std::max(longest, record->entries.size());
    }
    EXPECT_LE(longest, origination_entries_max);
    EXPECT_GT(longest, origination_entries_max / 2);
  }
}

// Goal: a registration wrote all that its producer had originated in a month: with 59 a month the second
// largest kind of record.
TEST(Origination, ARegistrationWritesSumsAndOnePart) {
  Producer producer;
  for (int i = 0; i < 8'000; ++i) {
    const std::int64_t event = 1'767'225'600'000 + i * 1'000;
    const auto [records, bytes] = producer.originate(event, 1'000);
    EXPECT_LE(records, 3u);
    EXPECT_LT(bytes, 12'000u);
    EXPECT_LT(bytes, 2'000u + static_cast<std::size_t>(i));
  }
}

// Event times that a window takes in this order until it refuses one.
template <typename EventOf>
std::size_t filled(EventOf&& event_of) {
  Producer producer;
  for (std::size_t count = 0; count < 10'000; ++count) {
    const Millis event{event_of(static_cast<std::int64_t>(count))};
    if (!has_room(producer.draft(), producer_id, event)) return producer.grams.size();
    producer.originate(event.value, 1);
  }
  return producer.grams.size();
}

// Goal: a window takes at least 4 096 event times whatever their order, and more in order.
TEST(Origination, HasAnEnd) {
  EXPECT_EQ(filled([](std::int64_t i) { return i; }), 8'192u);
  EXPECT_GE(filled([](std::int64_t i) { return 20'000 - i; }), 4'096u);
  EXPECT_GE(filled([](std::int64_t i) { return i * 7'919 % 20'011; }), 4'096u);
}

TEST(Origination, ABacklogSentNewestFirstIsNotRefusedAfter288) {
  // Each of them was cut off alone, since it was the last of its part.
  EXPECT_GE(filled([](std::int64_t i) { return i < 32 ? i : 20'000 - i; }), 4'096u);
}

TEST(Origination, WhatWasTakenBackLeavesRoom) {
  Producer producer;
  for (std::int64_t i = 0; i < 8'192; ++i)
    producer.originate(i, 1);
  for (std::int64_t i = 0; i < 8'160; ++i)
    producer.originate(i, -1);
  EXPECT_TRUE(has_room(producer.draft(), producer_id, Millis{9'000}));
  EXPECT_TRUE(has_room(producer.draft(), producer_id, Millis{5}));
  EXPECT_EQ(heaviest_window(producer.draft(), producer_id, Millis{8'191}, Grams{0}), 32);
  EXPECT_FALSE(originated_since(producer.draft(8'192), producer_id, Millis{8'192}));
  EXPECT_TRUE(originated_since(producer.draft(8'192), producer_id, Millis{8'191}));
}

// Goal: a full part's sum that no record can hold, which short windows allow, says too much, not less.
TEST(Origination, SumsBeyondARecordsNumber) {
  Producer producer;
  for (std::int64_t i = 0; i < 40; ++i)
    producer.originate(i, grams_max);
  EXPECT_EQ(heaviest_window_bound(producer.draft(), producer_id, Millis{3}, Grams{0}),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(heaviest_window(producer.draft(), producer_id, Millis{3}, Grams{0}), 40 * grams_max);
}

// Goal: a producer far from the event is not read: what a registration asks for is what the window touches.
TEST(Origination, PartsBesideTheWindowAreNotRead) {
  Producer producer;
  for (std::int64_t i = 0; i < 2'000; ++i)
    producer.originate(i * window / 1'000, 1'000);  // sixty days
  const CountedReads counted{producer.world.view};
  const Draft draft(counted, producer.statement, Moment{});
  EXPECT_GT(heaviest_window(draft, producer_id, Millis{0}, Grams{1}), 0);
  EXPECT_LT(counted.reads, 40);  // of more than sixty parts
  EXPECT_EQ(heaviest_window_bound(draft, producer_id, Millis{0}, Grams{1}),
            heaviest_window(draft, producer_id, Millis{0}, Grams{1}));
}

}  // namespace
}  // namespace anta::test
