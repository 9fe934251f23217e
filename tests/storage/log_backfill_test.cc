#include "storage/log_backfill.h"

#include <gtest/gtest.h>

#include "storage/log_store.h"
#include "tests/storage/disk.h"

namespace anta {
namespace {

using test::entry_after;

constexpr std::uint64_t backfill_bytes = std::uint64_t{1} << 30;

// 60 entries of three terms, two configurations among them.
std::vector<LogEntry> history() {
  std::vector<LogEntry> entries;
  for (std::uint64_t i = 1; i <= 60; ++i) {
    const EntryKind kind = i == 1        ? EntryKind::no_op
                           : i % 25 == 0 ? EntryKind::configuration
                                         : EntryKind::block;
    const Term term{i <= 20 ? 1u : i <= 21 ? 4u : 7u};
    entries.push_back(entry_after(entries.empty() ? nullptr : &entries.back(), term,
                                  kind == EntryKind::no_op ? "" : "entry " + std::to_string(i), kind));
  }
  return entries;
}

// A node that joins: a database, and what of it is open.
struct Joiner {
  Joiner() { open(); }
  void open() {
    database = std::move(*Database::open(options));
    auto made = LogBackfill::open(*database);
    ASSERT_TRUE(made) << made.error().message;
    backfill.emplace(std::move(*made));
  }
  void close() {
    backfill.reset();
    database.reset();
  }
  void crash() {
    disk.cut_power();
    close();
    disk.lose_unsynced();
    open();
  }
  Result<void> give(const std::vector<LogEntry>& entries, std::uint64_t from, std::uint64_t to) {
    return backfill->refill(std::span(entries).subspan(from - 1, to - from + 1));
  }
  // By ranges of seven, until nothing is missing.
  void finish(const std::vector<LogEntry>& entries) {
    while (backfill->mark()) {
      const std::uint64_t to = backfill->mark()->to.value;
      const auto given = give(entries, to > 7 ? to - 6 : 1, to);
      ASSERT_TRUE(given) << given.error().message;
    }
  }

  test::TempDirectory directory = {};
  test::FaultyDisk disk = {};
  DatabaseOptions options = test::options_for(directory.path(), &disk);
  std::unique_ptr<Database> database = {};
  std::optional<LogBackfill> backfill = {};
};

void expect_as_appended(const LogStore::Restored& found, LogStore& log,
                        const std::vector<LogEntry>& entries) {
  test::TempDirectory directory;
  auto database = std::move(*Database::open(test::options_for(directory.path())));
  LogStore::LogWrite write;
  write.entries = entries;
  write.hard_state = LogStore::HardState{entries.back().header.term, {}, entries.back().index};
  {
    auto appended = std::move(*LogStore::open(*database));
    ASSERT_TRUE(appended->write(std::span(&write, 1)));
  }
  auto again = std::move(*LogStore::open(*database));
  const LogStore::Restored wanted = again->recover();
  EXPECT_EQ(found.hard_state, wanted.hard_state);
  EXPECT_EQ(found.terms, wanted.terms);
  EXPECT_EQ(found.last, wanted.last);
  EXPECT_EQ(found.last_hash, wanted.last_hash);
  ASSERT_EQ(found.configurations.size(), 2u);
  EXPECT_EQ(found.configurations.back().hash, wanted.configurations.back().hash);
  EXPECT_FALSE(found.amnesiac);
  const auto read = log.read(LogIndex{1}, LogIndex{60}, backfill_bytes);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i)
    EXPECT_EQ((*read)[i].hash, entries[i].hash) << i;
}

}  // namespace

TEST(LogBackfill, WhatComesOutIsTheLogThatAppendingMakes) {
  // Goal: backwards from the anchor, in ranges: entries, terms, configurations and hard state are those of a
  // log that was appended; until then the store has an empty log, and afterwards it goes on from there.
  const auto entries = history();
  Joiner node;
  ASSERT_TRUE(node.backfill->begin(LogIndex{60}, entries.back().hash));
  auto log = std::move(*LogStore::open(*node.database));
  EXPECT_EQ(log->recover().last, LogIndex{0});
  node.finish(entries);
  const auto adopted = log->adopt();
  ASSERT_TRUE(adopted) << adopted.error().message;
  expect_as_appended(*adopted, *log, entries);
  LogStore::LogWrite write;
  write.entries.push_back(entry_after(&entries.back(), Term{8}, "next"));
  EXPECT_TRUE(log->write(std::span(&write, 1)));
}

TEST(LogBackfill, ATermThatTheNodeKnewDoesNotFall) {
  // Goal: a node that heard of term 9, and voted there, before it fetched a history that ends in term 7 keeps
  // both; commit is the anchor.
  const auto entries = history();
  Joiner node;
  LogStore::LogWrite write;
  write.hard_state = LogStore::HardState{Term{9}, NodeId{"n2"}, {}};
  ASSERT_TRUE(std::move(*LogStore::open(*node.database))->write(std::span(&write, 1)));
  ASSERT_TRUE(node.backfill->begin(LogIndex{60}, entries.back().hash));
  node.finish(entries);
  const auto found = std::move(*LogStore::open(*node.database))->recover().hard_state;
  EXPECT_EQ(found, (LogStore::HardState{Term{9}, NodeId{"n2"}, LogIndex{60}}));
}

TEST(LogBackfill, ACrashGoesOnWhereTheMarkSays) {
  // Goal: power is lost after every range; what was not synced is asked for again, nothing twice that is
  // there, and the log comes out whole.
  const auto entries = history();
  Joiner node;
  ASSERT_TRUE(node.backfill->begin(LogIndex{60}, entries.back().hash));
  node.crash();
  ASSERT_TRUE(node.backfill->mark());
  EXPECT_EQ(node.backfill->mark()->to, LogIndex{60});
  ASSERT_TRUE(node.give(entries, 41, 60));
  node.disk.power_on();
  node.close();  // as if its page cache had reached the disk
  node.open();
  ASSERT_TRUE(node.backfill->mark());
  EXPECT_EQ(node.backfill->mark()->to, LogIndex{40});
  EXPECT_EQ(std::move(*LogStore::open(*node.database))->recover().last, LogIndex{0});
  node.finish(entries);
  node.crash();
  EXPECT_FALSE(node.backfill->mark());
  auto log = std::move(*LogStore::open(*node.database));
  expect_as_appended(log->recover(), *log, entries);
}

TEST(LogBackfill, WhatTheChainDoesNotNameIsNotWritten) {
  // Goal: a false entry, another order, a gap, a wrong end, a term that rises backwards, more than there is
  // and a chain that begins too early are refused, and nothing of them stays.
  const auto entries = history();
  Joiner node;
  ASSERT_TRUE(node.backfill->begin(LogIndex{60}, entries.back().hash));
  const auto refused = [&](std::vector<LogEntry> given, const std::string& words) {
    const auto before = *node.backfill->mark();
    const auto done = node.backfill->refill(given);
    ASSERT_FALSE(done) << words;
    EXPECT_EQ(done.error().code, Code::malformed);
    EXPECT_NE(done.error().message.find(words), std::string::npos) << done.error().message;
    EXPECT_EQ(*node.backfill->mark(), before);
    EXPECT_EQ(*read_backfill(*node.database), before);
  };
  const auto part = [&](std::size_t from, std::size_t to) {
    return std::vector<LogEntry>(entries.begin() + static_cast<std::ptrdiff_t>(from - 1),
                                 entries.begin() + static_cast<std::ptrdiff_t>(to));
  };
  auto given = part(55, 60);
  given[2] = make_entry(given[2].index, given[2].header, std::make_shared<const Bytes>(Bytes{1}));
  refused(given, "log entry 57 is not what the entry after it names");
  given = part(55, 60);
  std::swap(given[1], given[2]);
  refused(given, "log entry 57 is out of order");
  given = part(55, 60);
  given.erase(given.begin() + 3);
  refused(given, "is out of order");
  refused(part(50, 59), "log entry 60 is out of order");
  refused({}, "no entries");

  // Chains that are whole in themselves and could be no log.
  std::vector<LogEntry> falling = {entry_after(nullptr, Term{9}, "one")};
  falling.push_back(entry_after(&falling.back(), Term{3}, "two"));
  Joiner second;
  ASSERT_TRUE(second.backfill->begin(LogIndex{2}, falling.back().hash));
  EXPECT_NE(second.backfill->refill(falling).error().message.find("impossible term"), std::string::npos);
  Joiner third;  // the anchor is said to be entry 3, the chain has two
  std::vector<LogEntry> shorter = test::chain(2, Term{1});
  ASSERT_TRUE(third.backfill->begin(LogIndex{3}, shorter.back().hash));
  shorter[0] = make_entry(LogIndex{2}, shorter[0].header, shorter[0].payload);
  shorter[1] = make_entry(LogIndex{3}, shorter[1].header, shorter[1].payload);
  EXPECT_NE(third.backfill->refill(shorter).error().message.find("begins the chain"), std::string::npos);
}

TEST(LogBackfill, ADamagedMarkAndALogThatIsNotEmptyAreToldApart) {
  // Goal: a mark with a flipped bit is corrupt with the next step; nobody begins over entries.
  const Backfill mark{LogIndex{60}, LogIndex{40}, test::digest_of("x"), Term{7}, Term{4}};
  Bytes bytes = encode_backfill(mark);
  EXPECT_EQ(*decode_backfill(bytes), mark);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 0x10;
    EXPECT_FALSE(decode_backfill(bytes)) << i;
    bytes[i] ^= 0x10;
  }
  Joiner node;
  LogStore::LogWrite write;
  write.entries = test::chain(1, Term{1});
  write.hard_state = LogStore::HardState{Term{1}, {}, {}};
  ASSERT_TRUE(std::move(*LogStore::open(*node.database))->write(std::span(&write, 1)));
  EXPECT_EQ(node.backfill->begin(LogIndex{9}, test::digest_of("x")).error().code, Code::corrupt);
}

}  // namespace anta
