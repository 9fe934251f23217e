#include "node/query_workers.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace anta::test
