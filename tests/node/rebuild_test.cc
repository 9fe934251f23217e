#include "node/rebuild.h"

#include <gtest/gtest.h>

#include "tests/node/trio.h"
#include "tests/storage/tables.h"

namespace anta::test {

TEST(Rebuild, DamagedDerivedFamiliesAreMadeAgainFromTheOwnLog) {
  // Goal: beside a running node it refuses; with rot in state, tree, index and undo the node's start or its
  // scrub names the step; rebuilding brings the same roots, outcomes and certificates, and the node goes on.
  const World world = certified();
  Trio trio(world.genesis);
  for (std::size_t i = 0; i < 3; ++i)
    ASSERT_TRUE(trio.ready(i));
  trio.play(world, {0, 1, 2});
  const std::string ledger = trio.get(0, "/v1/ledger?fresh=1").body;
  const std::string lot = trio.get(0, "/v1/lots/L-1?fresh=1").body;
  const Config& config = trio.members[0].config;
  EXPECT_EQ(rebuild_ledger(config).error().rule, "store.in_use");
  trio.stop(0);
  EXPECT_EQ(rebuild_ledger(config)->applied.leaves.value, 2u + 2 * (world.log.size() - 1) + 1);

  const std::string directory = (config.data / "db").string();
  DatabaseOptions options;
  options.directory = directory;
  options.network = sha256(read_whole(config.network));
  options.node = config.node;
  std::size_t rotten = 0;
  {
    auto database = Database::open(options);
    ASSERT_TRUE(database) << database.error().message;
    for (const Family family : {Family::state, Family::tree, Family::index, Family::undo}) {
      ASSERT_TRUE((*database)->settle(family));
      for (const Table& table : tables_of(**database, family)) {
        const std::string path = directory + "/" + table.name;
        Bytes content = read_whole(path);
        content[100] ^= 1;  // in its first block
        write_whole(path, content);
        ++rotten;
      }
    }
  }
  EXPECT_EQ(rotten, 4u);
  const auto refused = Node::start(config, *trio.members[0].log, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(".sst"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("antad --config FILE --rebuild"), std::string::npos)
      << refused.error().message;
  const auto made = rebuild_ledger(config);
  ASSERT_TRUE(made) << made.error().message;
  trio.start(0);
  ASSERT_TRUE(trio.ready(0));
  EXPECT_EQ(trio.get(0, "/v1/ledger?fresh=1").body, ledger);
  EXPECT_EQ(trio.get(1, "/v1/ledger?fresh=1").body, ledger);
  EXPECT_EQ(trio.get(0, "/v1/lots/L-1?fresh=1").body, lot);
}

}  // namespace anta::test
