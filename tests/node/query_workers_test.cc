#include "node/query_workers.h"

#include <gtest/gtest.h>

#include "node/certificate_cache.h"
#include "tests/node/manual_executor.h"

namespace anta::test {
namespace {

TEST(QueryWorkers, TakeSoManyAndNoMore) {
  // Goal: what is beyond waiting_max is refused at once; when something is done there is room again; work
  // goes to the executor with the least to do.
  ManualExecutor first;
  ManualExecutor second;
  QueryWorkers workers({&first, &second}, {.waiting_max = 3});
  int done = 0;
  const auto work = [&](const MayGoOn& may_go_on) { done += may_go_on() ? 1 : 100; };
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(workers.run(work));
  EXPECT_FALSE(workers.run(work));
  second.run();
  EXPECT_EQ(done, 1);
  EXPECT_TRUE(workers.run(work));
  EXPECT_FALSE(workers.run(work));
  first.run();
  second.run();
  EXPECT_EQ(done, 4);
}

TEST(QueryWorkers, LateWorkAndWorkOfAStoppingNodeMayNotGoOn) {
  // Goal: the deadline runs from the asking, and is asked for between steps; stop refuses what comes and
  // tells what waits.
  ManualExecutor executor;
  QueryWorkers workers({&executor}, {.waiting_max = 4, .deadline_ms = 100});
  std::vector<bool> answers;
  const auto work = [&](const MayGoOn& may_go_on) { answers.push_back(may_go_on()); };
  EXPECT_TRUE(workers.run(work));
  executor.advance(99);
  executor.run();
  EXPECT_TRUE(workers.run([&](const MayGoOn& may_go_on) {
    answers.push_back(may_go_on());
    executor.advance(100);
    answers.push_back(may_go_on());
  }));
  executor.run();
  EXPECT_TRUE(workers.run(work));
  workers.stop();
  EXPECT_FALSE(workers.run(work));
  executor.run();
  EXPECT_EQ(answers, (std::vector<bool>{true, true, false, false}));
}

TEST(CertificateCache, KeepsFilesOfOneNoteAndForgetsTheOldest) {
  // Goal: a file is found under its note only, another note empties the cache, and it stays within its
  // bounds.
  CertificateCache cache;
  const auto file = std::make_shared<const Bytes>(Bytes{1});
  cache.keep("note 1", "C-1", file);
  EXPECT_EQ(cache.find("note 1", "C-1"), file);
  EXPECT_EQ(cache.find("note 2", "C-1"), nullptr);
  EXPECT_EQ(cache.find("note 1", "C-2"), nullptr);
  cache.keep("note 2", "C-2", file);
  EXPECT_EQ(cache.find("note 1", "C-1"), nullptr);
  const auto large = std::make_shared<const Bytes>(Bytes(std::size_t{10} << 20));
  cache.keep("note 2", "C-3", large);
  cache.keep("note 2", "C-4", large);
  EXPECT_EQ(cache.find("note 2", "C-3"), nullptr);
  EXPECT_EQ(cache.find("note 2", "C-4"), large);
}

}  // namespace
}  // namespace anta::test
