#include "cli/outbox.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/crypto/outcome.h"
#include "tests/crypto/temporary_directory.h"

namespace anta {
namespace {

using test::outcome;

Bytes content(std::uint8_t fill) { return Bytes(100, fill); }

TEST(Outbox, KeepsTheOrderOfSigningBeyondNine) {
  // Goal: statements are sent in the order in which they were signed, also when names sort otherwise.
  const test::TemporaryDirectory directory;
  auto outbox = Outbox::open(directory.path() / "out");
  ASSERT_TRUE(outbox.has_value()) << outbox.error().message;
  for (int i = 1; i <= 12; ++i)
    ASSERT_TRUE(
        outbox->add(content(static_cast<std::uint8_t>(i)), i % 2 ? "lot-Z" : "dispatch-A").has_value());
  const auto items = outbox->items();
  ASSERT_TRUE(items.has_value());
  ASSERT_EQ(items->size(), 12u);
  for (std::size_t i = 0; i < items->size(); ++i) {
    EXPECT_EQ((*items)[i].sequence, i + 1);
    EXPECT_EQ(*outbox->read((*items)[i]), content(static_cast<std::uint8_t>(i + 1)));
    EXPECT_FALSE((*items)[i].outcome.has_value());
  }
  EXPECT_EQ((*items)[0].path.filename(), "00000001-lot-Z.cose");
}

TEST(Outbox, ResumesAfterARecordedOutcome) {
  // Goal: after a restart, what has an outcome is not sent again and what has none is; numbers go on.
  const test::TemporaryDirectory directory;
  {
    auto outbox = Outbox::open(directory.path());
    ASSERT_TRUE(outbox.has_value());
    const auto first = outbox->add(content(1), "lot-1");
    ASSERT_TRUE(first.has_value());
    ASSERT_TRUE(outbox->add(content(2), "lot-2").has_value());
    ASSERT_TRUE(outbox->record(*first, "{\"leaf\": 7}").has_value());
  }
  auto outbox = Outbox::open(directory.path());
  ASSERT_TRUE(outbox.has_value());
  auto items = outbox->items();
  ASSERT_TRUE(items.has_value());
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ((*items)[0].outcome, "{\"leaf\": 7}");
  EXPECT_FALSE((*items)[1].outcome.has_value());
  const auto third = outbox->add(content(3), "lot-3");
  ASSERT_TRUE(third.has_value());
  EXPECT_EQ(third->sequence, 3u);
}

TEST(Outbox, AnOutcomeMayBeRecordedAgain) {
  // Goal: interrupted between answer and record, the second answer is simply written.
  const test::TemporaryDirectory directory;
  auto outbox = Outbox::open(directory.path());
  ASSERT_TRUE(outbox.has_value());
  const auto item = outbox->add(content(1), "lot-1");
  ASSERT_TRUE(item.has_value());
  ASSERT_TRUE(outbox->record(*item, "one").has_value());
  ASSERT_TRUE(outbox->record(*item, "two").has_value());
  EXPECT_EQ(outbox->items()->front().outcome, "two");
}

TEST(Outbox, ALongAnswerKeepsNobodyOut) {
  // Goal: an answer beyond what is read of one is kept as far as that; one that lies there is an outcome all
  // the same (every later use of the outbox ended at it).
  const test::TemporaryDirectory directory;
  auto outbox = Outbox::open(directory.path());
  ASSERT_TRUE(outbox.has_value());
  const auto first = outbox->add(content(1), "lot-1");
  const auto second = outbox->add(content(2), "lot-2");
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(outbox->record(*first, std::string(65'537, 'x')).has_value());
  const std::string by_hand = second->path.string() + ".outcome";
  std::ofstream(by_hand) << std::string(65'537, 'y');
  ASSERT_EQ(::chmod(by_hand.c_str(), 0600), 0);
  const auto items = outbox->items();
  ASSERT_TRUE(items.has_value()) << items.error().message;
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ((*items)[0].outcome, std::string(65'536, 'x'));
  EXPECT_TRUE((*items)[1].outcome.has_value());
  EXPECT_TRUE(outbox->add(content(3), "lot-3").has_value());
}

TEST(Outbox, OneProcessAtATime) {
  // Goal: a second sender is told that the outbox is in use, and may go on once the first is done.
  const test::TemporaryDirectory directory;
  {
    const auto first = Outbox::open(directory.path());
    ASSERT_TRUE(first.has_value());
    const auto second = Outbox::open(directory.path());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, Code::busy);
    EXPECT_EQ(second.error().rule, "outbox_locked");
  }
  EXPECT_EQ(outcome(Outbox::open(directory.path())), "ok");
}

TEST(Outbox, AnInterruptedWriteIsNoItem) {
  // Goal: what a crash leaves beside a statement is neither sent nor counted.
  const test::TemporaryDirectory directory;
  auto outbox = Outbox::open(directory.path());
  ASSERT_TRUE(outbox.has_value());
  ASSERT_TRUE(outbox->add(content(1), "lot-1").has_value());
  for (const char* name :
       {"00000002-lot-2.cose.0123456789abcdef.new", "00000001-lot-1.cose.outcome.0123456789abcdef.new",
        "notes.txt", "0000000x-lot.cose"})
    std::ofstream(directory.path() / name) << "half";
  const auto items = outbox->items();
  ASSERT_TRUE(items.has_value());
  ASSERT_EQ(items->size(), 1u);
  EXPECT_FALSE(items->front().outcome.has_value());
  const auto next = outbox->add(content(2), "lot-2");
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->sequence, 2u);
  EXPECT_EQ(*outbox->read(*next), content(2));
}

TEST(Outbox, FilesAreThePartysOwnAndStayInside) {
  // Goal: mode 0600 in a directory of 0700, and a label cannot name another place.
  const test::TemporaryDirectory directory;
  const auto home = directory.path() / "out";
  auto outbox = Outbox::open(home);
  ASSERT_TRUE(outbox.has_value());
  const auto item = outbox->add(content(1), "../../etc/cron d");
  ASSERT_TRUE(item.has_value());
  EXPECT_EQ(item->path.parent_path(), home);
  EXPECT_EQ(item->path.filename(), "00000001-.._.._etc_cron_d.cose");
  struct stat status = {};
  ASSERT_EQ(::stat(item->path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(home.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST(Outbox, ADirectoryThatCannotBeMadeIsAnError) {
  // Goal: a path below a file is io, with the path.
  const test::TemporaryDirectory directory;
  std::ofstream(directory.path() / "file") << "x";
  const auto outbox = Outbox::open(directory.path() / "file" / "out");
  ASSERT_FALSE(outbox.has_value());
  EXPECT_EQ(outbox.error().code, Code::io);
  EXPECT_NE(outbox.error().message.find("file/out"), std::string::npos);
}

}  // namespace
}  // namespace anta
