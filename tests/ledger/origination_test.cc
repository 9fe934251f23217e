// The memory of the capacity rule, held against a plain map of everything that was originated.
#include "storage/ledger/origination.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/ledger/law_chain.h"

namespace anta::test {
namespace {

constexpr std::int64_t window = 30 * day_ms;
const PartyId producer_id = {"miner"};

// What a producer originated, in records and beside them in a map.
struct Producer {
  World world;  // its parameters
  std::map<std::int64_t, std::int64_t> grams = {};  // by event time
  SignedStatement statement = {};

  Draft draft(std::int64_t now = 0) const { return Draft(world.view, statement, Moment{.block_time = {now}}); }

  std::size_t originate(std::int64_t event, std::int64_t dry_g) {
    Draft made = draft();
    anta::originate(made, producer_id, Millis{event}, dry_g);
    std::size_t bytes = 0;
    for (const StateChange& change : made.take().changes) {
      bytes += change.value ? change.value->size() : 0;
      world.view.write(change.key, change.value);
    }
    if ((grams[event] += dry_g) == 0) grams.erase(event);
    return bytes;
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
        const auto at = std::next(producer.grams.begin(),
                                  below(static_cast<std::int64_t>(producer.grams.size())));
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
      ASSERT_TRUE(record->entries.empty() || record->parts.empty());
      longest = std::max(longest, record->entries.size());
    }
    EXPECT_LE(longest, origination_entries_max);
    EXPECT_GT(longest, origination_entries_max / 2);
  }
}

// Goal: a registration wrote all that its producer had originated in a month: a third of a busy ledger's
// bytes at half a million statements, and growing.
TEST(Origination, ARegistrationWritesOnePart) {
  Producer producer;
  std::size_t most = 0;
  for (int i = 0; i < 4'000; ++i)
    most = std::max(most, producer.originate(i, 1'000));
  EXPECT_LT(most, 8'000u);
}

// Goal: a window takes at least 4 096 event times whatever their order, and more in order; a lot at a time
// that it has already still goes in; then there is an end.
TEST(Origination, HasAnEnd) {
  const auto fill = [](auto&& event_of) {
    Producer producer;
    int count = 0;
    for (; count < 10'000; ++count) {
      const Millis event{event_of(count)};
      if (!has_room(producer.draft(), producer_id, event)) {
        EXPECT_TRUE(has_room(producer.draft(), producer_id, Millis{event_of(count / 2)}));
        break;
      }
      producer.originate(event.value, 1);
    }
    return count;
  };
  EXPECT_EQ(fill([](int i) { return std::int64_t{i}; }), 8'192);
  EXPECT_GE(fill([](int i) { return std::int64_t{20'000 - i}; }), 4'096);
  EXPECT_GE(fill([](int i) { return std::int64_t{i} * 7'919 % 20'011; }), 4'096);
}

}  // namespace
}  // namespace anta::test
