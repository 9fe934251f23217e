// What is kept of answers: by name and moment, within its bytes, from many threads.
#include "node/answer_cache.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

namespace anta::test {
namespace {

using Shelf = AnswerCache::Shelf;

AnswerCache::Answer answer_of(const std::string& text, std::size_t bytes = 0) {
  auto answer = std::make_shared<HttpResponse>();
  answer->body = text;
  if (bytes > 0) answer->file = std::make_shared<const Bytes>(bytes);
  return answer;
}

TEST(AnswerCache, FindsAnAnswerAsOfItsMomentOnly) {
  // Goal: another moment, another name or another shelf is another answer; what came last under a name is
  // kept.
  AnswerCache cache(std::size_t{1} << 20);
  const auto first = answer_of("first");
  cache.keep(Shelf::certificate, "C-1", "note 1", first);
  EXPECT_EQ(cache.find(Shelf::certificate, "C-1", "note 1"), first);
  EXPECT_EQ(cache.find(Shelf::certificate, "C-1", "note 2"), nullptr);
  EXPECT_EQ(cache.find(Shelf::certificate, "C-1", ""), nullptr);
  EXPECT_EQ(cache.find(Shelf::certificate, "C-2", "note 1"), nullptr);
  EXPECT_EQ(cache.find(Shelf::patch, "C-1", "note 1"), nullptr);
  const auto second = answer_of("second");
  cache.keep(Shelf::certificate, "C-1", "note 2", second);
  EXPECT_EQ(cache.find(Shelf::certificate, "C-1", "note 1"), nullptr);
  EXPECT_EQ(cache.find(Shelf::certificate, "C-1", "note 2"), second);
  EXPECT_EQ(cache.figures().hits, 2u);
  EXPECT_EQ(cache.figures().misses, 2u);
}

TEST(AnswerCache, StaysWithinItsBytes) {
  // Goal: whatever is kept and asked for, it never holds more than it may, and nothing of half a shelf.
  constexpr std::size_t bytes_max = 64 * 1'024;
  AnswerCache cache(bytes_max);
  std::mt19937 random(11);
  std::size_t found = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto shelf = static_cast<Shelf>(random() % AnswerCache::shelves);
    const std::string name = std::to_string(random() % 30);
    if (cache.find(shelf, name, "")) {
      ++found;
    } else {
      cache.keep(shelf, name, "", answer_of(name, 1 + random() % 3'000));
    }
    ASSERT_LE(cache.figures().bytes, bytes_max);
  }
  EXPECT_GT(found, 1'000u);
  const std::size_t half_of_the_smallest = bytes_max / 16;
  cache.keep(Shelf::statement, "large", "", answer_of("large", half_of_the_smallest));
  EXPECT_EQ(cache.find(Shelf::statement, "large", ""), nullptr);
}

TEST(AnswerCache, WhoWalksThroughAllTilesPushesOutTilesOnly) {
  AnswerCache cache(std::size_t{1} << 20);
  const auto file = answer_of("file", 1'000);
  cache.keep(Shelf::certificate, "C-1", "note", file);
  cache.keep(Shelf::tree, "tile/0/000", "", answer_of("tile", 8'192));
  for (int i = 1; i < 1'000; ++i)
    cache.keep(Shelf::tree, "tile/0/" + std::to_string(i), "", answer_of("tile", 8'192));
  EXPECT_EQ(cache.find(Shelf::tree, "tile/0/000", ""), nullptr);
  EXPECT_EQ(cache.find(Shelf::certificate, "C-1", "note"), file);
}

TEST(AnswerCache, AnotherBoundEmptiesItAndNoneKeepsNothing) {
  AnswerCache cache(std::size_t{1} << 20);
  cache.keep(Shelf::tree, "a", "", answer_of("a"));
  cache.set_bytes_max(std::size_t{1} << 20);  // a reload that changes other things
  EXPECT_NE(cache.find(Shelf::tree, "a", ""), nullptr);
  cache.set_bytes_max(0);
  EXPECT_EQ(cache.find(Shelf::tree, "a", ""), nullptr);
  cache.keep(Shelf::tree, "a", "", answer_of("a"));
  EXPECT_EQ(cache.find(Shelf::tree, "a", ""), nullptr);
  EXPECT_EQ(cache.figures().bytes, 0u);
  cache.set_bytes_max(std::size_t{1} << 20);
  cache.keep(Shelf::tree, "a", "", answer_of("a"));
  EXPECT_NE(cache.find(Shelf::tree, "a", ""), nullptr);
}

TEST(AnswerCache, ManyThreadsFindWhatBelongsToTheName) {
  // Goal: keeping, finding and changing the bound at once never gives anybody another's answer.
  AnswerCache cache(32 * 1'024);
  std::vector<std::thread> threads;
  std::vector<std::size_t> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&cache, &mistakes = wrong[t], t] {
      std::mt19937 random(static_cast<std::uint32_t>(t));
      for (int i = 0; i < 5'000; ++i) {
        const std::string name = std::to_string(random() % 50);
        const std::string moment = std::to_string(random() % 2);
        if (const auto known = cache.find(Shelf::tree, name, moment)) {
          mistakes += known->body == name + "@" + moment ? 0 : 1;
        } else {
          cache.keep(Shelf::tree, name, moment, answer_of(name + "@" + moment));
        }
        if (i % 1'000 == 0) cache.set_bytes_max(32 * 1'024 + random() % 2);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, std::vector<std::size_t>(4, 0));
}

}  // namespace
}  // namespace anta::test
