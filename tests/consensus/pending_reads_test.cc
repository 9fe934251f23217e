#include "consensus/pending_reads.h"

#include <gtest/gtest.h>

#include <vector>

namespace anta {
namespace {

struct Answers {
  std::vector<Result<LogIndex>> got = {};
  PendingReads::Callback callback() {
    return [this](Result<LogIndex> index) { got.push_back(std::move(index)); };
  }
};

// Goal: a read whose index is applied already is answered at once, another when it is.
TEST(PendingReads, AnsweredOnceApplied) {
  PendingReads reads;
  Answers early;
  Answers late;
  const auto first = reads.add(early.callback(), 100);
  const auto second = reads.add(late.callback(), 100);
  EXPECT_NE(first, second);
  reads.finish(first, LogIndex{5}, LogIndex{5});
  reads.finish(second, LogIndex{7}, LogIndex{5});
  ASSERT_EQ(early.got.size(), 1u);
  EXPECT_EQ(early.got[0].value(), LogIndex{5});
  reads.note_applied(LogIndex{6});
  EXPECT_TRUE(late.got.empty());
  reads.note_applied(LogIndex{8});
  ASSERT_EQ(late.got.size(), 1u);
  EXPECT_EQ(late.got[0].value(), LogIndex{7});
  EXPECT_EQ(reads.size(), 0u);
}

// Goal: a read is answered busy at its deadline, and only once, though the core speaks later.
TEST(PendingReads, ExpiresOnce) {
  PendingReads reads;
  Answers unknown;
  Answers unapplied;
  const auto first = reads.add(unknown.callback(), 10);
  const auto second = reads.add(unapplied.callback(), 10);
  reads.finish(second, LogIndex{9}, LogIndex{1});
  reads.expire(9);
  EXPECT_TRUE(unknown.got.empty());
  reads.expire(10);
  ASSERT_EQ(unknown.got.size(), 1u);
  EXPECT_EQ(unknown.got[0].error().code, Code::busy);
  ASSERT_EQ(unapplied.got.size(), 1u);
  reads.finish(first, LogIndex{5}, LogIndex{5});
  reads.note_applied(LogIndex{20});
  EXPECT_EQ(unknown.got.size(), 1u);
  EXPECT_EQ(unapplied.got.size(), 1u);
}

// Goal: a read that expires while it waits for the apply leaves nothing behind (on a node far behind, each
// one stayed until it had caught up).
TEST(PendingReads, AnExpiredReadIsGone) {
  PendingReads reads;
  Answers answers;
  for (int i = 0; i < 1'000; ++i) {
    const auto read = reads.add(answers.callback(), 10);
    reads.finish(read, LogIndex{9}, LogIndex{1});
    reads.finish(read, LogIndex{8}, LogIndex{1});  // said twice
  }
  EXPECT_EQ(reads.waiting(), 1'000u);
  reads.expire(10);
  EXPECT_EQ(reads.waiting(), 0u);
  reads.note_applied(LogIndex{9});
  EXPECT_EQ(answers.got.size(), 1'000u);
}

// Goal: errors of the core and of a stop reach those who wait; a callback may ask again meanwhile.
TEST(PendingReads, ErrorsReachTheWaiting) {
  PendingReads reads;
  Answers one;
  Answers again;
  const auto first = reads.add(
      [&](Result<LogIndex> index) {
        one.got.push_back(std::move(index));
        reads.add(again.callback(), 50);
      },
      10);
  reads.finish(first, fail(Code::not_leader, "none"), LogIndex{0});
  ASSERT_EQ(one.got.size(), 1u);
  EXPECT_EQ(one.got[0].error().code, Code::not_leader);
  EXPECT_EQ(reads.size(), 1u);
  reads.fail_all(Error{Code::busy, "stop", "stopping"});
  ASSERT_EQ(again.got.size(), 1u);
  EXPECT_EQ(again.got[0].error().rule, "stop");
  EXPECT_EQ(reads.size(), 0u);
}

}  // namespace
}  // namespace anta
