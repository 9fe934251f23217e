// What a node that stops well leaves for its next start, and that nothing depends on it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "storage/ledger_keys.h"
#include "storage/ledger_store.h"
#include "storage/state_tree.h"
#include "tests/storage/trees.h"
#include "tests/storage/world.h"

namespace anta::test {
namespace {

constexpr const char* left_file = keys::upper_levels_file;

Bytes upper_levels(const StateTree& tree) {
  Bytes out;
  tree.write_upper_levels(out);
  return out;
}

std::uintmax_t bytes_of_write_ahead_logs(const std::string& directory) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.path().extension() == ".log") bytes += entry.file_size();
  return bytes;
}

class CleanStop : public ::testing::Test {
 protected:
  void SetUp() override {
    world.start();
    world.genesis();
    blocks(6);
  }
  void blocks(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string name = std::to_string(next_++);
      std::map<std::string, std::string> changes;
      for (int lot = 0; lot < 9; ++lot)
        changes["L" + name + "/" + std::to_string(lot)] = "v" + name;
      world.block({{name}}, changes);
    }
  }
  void take_out_a_bucket() {
    Cursor buckets = world.database().cursor(Family::tree);
    buckets.seek(keys::bucket({}));
    ASSERT_TRUE(buckets.valid());
    Batch batch = world.database().batch();
    batch.erase(Family::tree, buckets.key());
    ASSERT_TRUE(world.database().write(batch, Sync::yes));
  }
  Result<Digest> root_at_next_start() {
    auto again = LedgerStore::open(world.database(), world.log());
    if (!again) return pass(again);
    return (*again)->applied()->state_root;
  }
  std::string left_path() const { return directory.path() + "/" + left_file; }

  TempDirectory directory = {};
  World world{options_for(directory.path(), nullptr), {}};
  int next_ = 0;
};

TEST_F(CleanStop, TheNextStartReadsTheUpperLevelsInsteadOfEveryBucket) {
  // Goal: with the file a start reads no bucket (one that is gone is not missed); without it, it does. What
  // was opened so goes on like any other.
  const Digest root = world.store().applied()->state_root;
  ASSERT_TRUE(world.store().write_upper_levels());
  ASSERT_TRUE(std::filesystem::exists(left_path()));
  EXPECT_EQ(root_at_next_start().value(), root);
  world.stop();
  world.start();
  blocks(6);
  ASSERT_TRUE(world.store().write_upper_levels());
  take_out_a_bucket();
  EXPECT_EQ(root_at_next_start().value(), world.store().applied()->state_root);
  std::filesystem::remove(left_path());
  EXPECT_EQ(root_at_next_start().error().rule, "store.applied");
}

TEST_F(CleanStop, AFileOfAnotherMomentIsNoHarm) {
  // Goal: blocks after it, as after a crash: all buckets are read.
  ASSERT_TRUE(world.store().write_upper_levels());
  blocks(1);
  EXPECT_EQ(root_at_next_start().value(), world.store().applied()->state_root);
}

TEST_F(CleanStop, ADamagedFileIsNoHarm) {
  // Goal: cut, lengthened or altered anywhere (also how many leaves a bucket has, which is under no root): it
  // is not believed, and all buckets are read, of which one is missing here.
  ASSERT_TRUE(world.store().write_upper_levels());
  const Bytes good = **world.database().read_file(left_file, 1 << 20);
  ASSERT_GT(good.size(), 200u);
  take_out_a_bucket();
  const auto believed = [&](const Bytes& content) {
    std::ofstream(left_path(), std::ios::binary) << as_text(content);
    const auto again = root_at_next_start();
    if (again) return true;
    EXPECT_EQ(again.error().code, Code::corrupt);
    return false;
  };
  EXPECT_TRUE(believed(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= static_cast<std::uint8_t>(1u << at % 8);
    EXPECT_FALSE(believed(bad)) << at;
    EXPECT_FALSE(believed(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at)))) << at;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(believed(longer));
}

TEST_F(CleanStop, AFileThatIsTooLargeIsNotRead) {
  // Goal: its size is looked at before memory is taken.
  ASSERT_TRUE(world.store().write_upper_levels());
  std::filesystem::resize_file(left_path(), (std::uintmax_t{1} << 30) + 1);  // sparse
  EXPECT_EQ(root_at_next_start().value(), world.store().applied()->state_root);
}

TEST_F(CleanStop, WhatIsWrittenOutLeavesNoLogToGoThrough) {
  // Goal: all is in tables, the write-ahead logs are empty, and the next start finds everything.
  const auto last = world.moments().back();
  EXPECT_GT(bytes_of_write_ahead_logs(directory.path()), 1'000u);
  ASSERT_TRUE(world.database().write_out());
  EXPECT_EQ(bytes_of_write_ahead_logs(directory.path()), 0u);
  world.stop();
  world.start();
  EXPECT_EQ(world.store().applied(), last.applied);
  blocks(1);
}

TEST(UpperLevels, MakeTheSameTree) {
  // Goal: of trees of all shapes; and the tree goes on like the one that never stopped.
  std::mt19937_64 random(19);
  Kept before;
  for (int round = 0; round < 12; ++round) {
    Kept after;
    after.records = before.records;
    ASSERT_TRUE(after.tree.restore_upper_levels(upper_levels(before.tree)));
    EXPECT_EQ(after.tree.root(), before.tree.root());
    EXPECT_EQ(after.tree.buckets(), before.tree.buckets());
    EXPECT_EQ(upper_levels(after.tree), upper_levels(before.tree));
    const auto updates = random_updates(random, round < 3 ? 5 : 60, 25);
    before.update(updates);
    after.update(updates);
    ASSERT_EQ(after.tree.root(), before.tree.root());
    ASSERT_EQ(after.records, before.records);
  }
  EXPECT_EQ(upper_levels(Kept().tree), Bytes{0});
}

TEST(UpperLevels, ThatMakeNoTreeLeaveItEmpty) {
  // Goal: no bytes do harm, however deep they say that they go; afterwards the records restore it.
  std::mt19937_64 random(23);
  Kept good;
  good.update(random_updates(random, 60, 0));
  std::vector<Bytes> bad = {{}, {9}, {1}, {0, 0}, {255}, {255, 0, 0}, Bytes(10'000, 255), Bytes(33, 200)};
  Bytes cut = upper_levels(good.tree);
  cut.pop_back();
  bad.push_back(cut);
  Kept again;
  for (const Bytes& levels : bad) {
    EXPECT_FALSE(again.tree.restore_upper_levels(levels)) << levels.size();
    EXPECT_EQ(again.tree.root(), Digest{});
    EXPECT_EQ(again.tree.buckets(), 0u);
  }
  again.restore_from(good.records);
  EXPECT_EQ(again.tree.root(), good.tree.root());
}

}  // namespace
}  // namespace anta::test
