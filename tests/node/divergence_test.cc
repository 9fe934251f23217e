// A node whose state is not what its log makes of it: found at the next checkpoint, which it does not cosign.
#include <gtest/gtest.h>

#include "storage/database.h"
#include "storage/ledger/state.h"
#include "storage/ledger_keys.h"
#include "tests/node/trio.h"

namespace anta::test {
namespace {

// The stopped node's record of the lot, with another owner, as if a bit had rotted past every checksum.
void corrupt_lot(const Config& config, const std::string& lot) {
  DatabaseOptions options;
  options.directory = (config.data / "db").string();
  options.network = sha256(read_whole(config.network));
  options.node = config.node;
  options.create = false;
  auto database = Database::open(options);
  ASSERT_TRUE(database) << database.error().message;
  const Bytes key = keys::state(Kind::lot, lot);
  const auto stored = (*database)->get(Family::state, key);
  ASSERT_TRUE(stored && *stored);
  auto record = state::decode_record<state::Lot>(**stored);
  ASSERT_TRUE(record);
  record->owner = PartyId{"smelter"};
  Batch batch = (*database)->batch();
  batch.put(Family::state, key, state::encode_record(*record));
  ASSERT_TRUE((*database)->write(batch, Sync::yes));
}

}  // namespace

TEST(Divergence, ANodeWithACorruptedStateDoesNotCosignAndSaysWhy) {
  // Goal: after a statement about the corrupted lot its state root is another: it refuses the checkpoint with
  // both roots in its log and is named as missing; the others agree, and what was finished is served on.
  World world = certified();
  Trio trio(world.genesis);
  for (std::size_t i = 0; i < 3; ++i)
    ASSERT_TRUE(trio.ready(i));
  trio.play(world, {0, 1, 2});
  ASSERT_TRUE(trio.until([&] { return trio.get(2, "/checkpoint").status == 200; }));
  trio.stop(2);
  corrupt_lot(trio.members[2].config, "K-1");
  trio.start(2);
  ASSERT_TRUE(trio.ready(2));
  world.now += hour;
  const Bytes ended = world.sign("plant", certificate_status(world, "C-1", CertificateChange::superseded));
  ASSERT_FALSE(ended.empty()) << world.last_message;
  ASSERT_EQ(trio.post(0, ended).status, 201u);
  const auto ledger = [&](std::size_t i) { return trio.get(i, "/v1/ledger?fresh=1").body; };
  EXPECT_EQ(ledger(0), ledger(1));
  EXPECT_NE(ledger(0), ledger(2));
  const auto log = [&](std::size_t i) {
    return std::string(
        as_text(read_whole(trio.home.path() + "/" + trio.genesis.nodes[i].id.value + "/antad.log")));
  };
  // Whoever leads asks the other; one of the two is wrong, and each says what it has.
  EXPECT_TRUE(trio.until([&] {
    return log(2).find("rule=checkpoint.root") != std::string::npos ||
           (log(0) + log(1)).find("rule=checkpoint.root") != std::string::npos;
  })) << log(2);
  EXPECT_EQ(trio.get(0, "/checkpoint").status, 200u);
}

}  // namespace anta::test
