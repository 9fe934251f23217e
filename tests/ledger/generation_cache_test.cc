#include "storage/ledger/generation_cache.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <string>

namespace anta::test {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Cache = GenerationCache<std::string, int, TextHash, std::equal_to<>>;

TEST(GenerationCache, WhatItAnswersIsWhatWasPutLast) {
  // Goal: whatever is put, erased and asked for, it answers the last value or nothing, and stays in bounds.
  constexpr std::size_t entries_max = 32;
  Cache cache(entries_max * Cache::entry_bytes);
  std::map<std::string, int> all;
  std::mt19937 random(7);
  std::size_t found = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = "key " + std::to_string(random() % 64);
    switch (random() % 4) {
      case 0:
        cache.put(key, i, 0);
        all[key] = i;
        break;
      case 1:
        cache.erase(std::string_view(key));
        all.erase(key);
        break;
      default:
        if (const int* known = cache.find(std::string_view(key))) {
          ASSERT_TRUE(all.contains(key));
          ASSERT_EQ(*known, all.at(key));
          ++found;
        }
    }
    ASSERT_LE(cache.size(), entries_max + 1);
  }
  EXPECT_GT(found, 1'000u);
}

TEST(GenerationCache, WhatIsAskedForStays) {
  // Goal: a key that is asked for again and again outlives any number of others.
  Cache cache(16 * Cache::entry_bytes);
  cache.put("hot", 1, 0);
  for (int i = 0; i < 1'000; ++i) {
    cache.put("cold " + std::to_string(i), i, 0);
    ASSERT_NE(cache.find(std::string_view("hot")), nullptr) << i;
  }
  EXPECT_EQ(cache.find(std::string_view("cold 0")), nullptr);
}

TEST(GenerationCache, LargeValuesPushOutMoreThanSmallOnes) {
  Cache cache(100'000);
  for (int i = 0; i < 50; ++i)
    cache.put("small " + std::to_string(i), i, 10);
  EXPECT_EQ(cache.size(), 50u);
  cache.put("large", 1, 60'000);
  cache.put("another", 1, 60'000);
  EXPECT_LE(cache.size(), 2u);
}

}  // namespace
}  // namespace anta::test
