// Orders for parts of the log: their bytes, and who may give one.
#include "storage/ledger/backup_order.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "storage/ledger/lead_order.h"
#include "tests/ledger/law_network.h"

namespace anta::test {
namespace {

const Digest backed_network = sha256(as_bytes("a genesis"));
constexpr std::array<std::uint8_t, 16> backup_cti = {4, 5, 6};

struct Backing {
  World world{};

  BackupOrder order() const {
    return {.network = backed_network, .from = 17, .event_time = Millis{world.now}};
  }
  Bytes signed_by(const std::string& party, const BackupOrder& order) {
    const auto bytes =
        sign_backup_order(order, PartyId{party}, world.key(party), world.now / 1000, backup_cti);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return *bytes;
  }
  std::string judged(const Bytes& bytes, std::int64_t later = 0) const {
    const auto order = decode_backup_order(bytes);
    if (!order) return order.error().rule;
    const auto may = authorise(world.view, *order, backed_network, Millis{world.now + later});
    return may ? "may" : may.error().rule;
  }
};

TEST(BackupOrder, SaysWhatWasSignedAndNothingElse) {
  // Goal: it reads as it was written; torn, longer, of another kind or for no entry it is none.
  Backing given;
  const Bytes bytes = given.signed_by("plant", given.order());
  const auto read = decode_backup_order(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->order.network, backed_network);
  EXPECT_EQ(read->order.from, 17u);
  EXPECT_EQ(read->order.event_time, Millis{given.world.now});
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(decode_backup_order(ByteView(bytes).first(n))) << n;
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_backup_order(longer));
  BackupOrder nothing = given.order();
  nothing.from = 0;
  EXPECT_EQ(
      sign_backup_order(nothing, PartyId{"plant"}, given.world.key("plant"), 1, backup_cti).error().rule,
      "backup.order");
  SignedHeader header = read->envelope.header;
  header.subject = "n-owner";
  EXPECT_EQ(
      decode_backup_order(*sign_cose(header, read->envelope.payload, given.world.key("plant"))).error().rule,
      "backup.order");
}

TEST(BackupOrder, IsNoLeadOrderAndNoStatement) {
  // Goal: nobody who was brought to sign one has signed another.
  Backing given;
  const Bytes order = given.signed_by("plant", given.order());
  EXPECT_EQ(decode_lead_order(order).error().rule, "lead.content_type");
  EXPECT_FALSE(decode_statement(std::make_shared<const Bytes>(order)));
  EXPECT_EQ(std::ranges::count(statement_types(), backup_order_type), 0);
}

TEST(BackupOrder, WhoMayVoteMayReadTheLog) {
  // Goal: a valid key of an organisation with a voting node, this network, minutes.
  Backing given;
  const BackupOrder good = given.order();
  EXPECT_EQ(given.judged(given.signed_by("plant", good)), "may");
  EXPECT_EQ(given.judged(given.signed_by("miner", good)), "no_vote");
  EXPECT_EQ(given.judged(given.signed_by("stranger", good)), "unknown_key");
  BackupOrder elsewhere = good;
  elsewhere.network = sha256(as_bytes("another"));
  EXPECT_EQ(given.judged(given.signed_by("plant", elsewhere)), "backup.other_network");
  const Bytes bytes = given.signed_by("plant", good);
  EXPECT_EQ(given.judged(bytes, order_age_max_ms), "may");
  EXPECT_EQ(given.judged(bytes, order_age_max_ms + 1), "backup.stale");
  EXPECT_EQ(given.judged(bytes, -order_age_max_ms - 1), "backup.stale");
  Bytes broken = bytes;
  broken.back() ^= 1;
  EXPECT_EQ(given.judged(broken), "bad_signature");
}

}  // namespace
}  // namespace anta::test
