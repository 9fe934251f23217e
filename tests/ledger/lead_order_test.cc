// Orders that another node leads: their bytes, and who may give one.
#include "storage/ledger/lead_order.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/ledger/law_network.h"

namespace anta::test {
namespace {

const Digest our_network = sha256(as_bytes("a genesis"));
constexpr std::array<std::uint8_t, 16> some_cti = {1, 2, 3};

struct Given {
  World world{};

  LeadOrder order() const {
    return {.network = our_network, .node = NodeId{"n-smelter"}, .term = 7, .event_time = Millis{world.now}};
  }
  Bytes signed_by(const std::string& party, const LeadOrder& order) {
    const auto bytes = sign_lead_order(order, PartyId{party}, world.key(party), world.now / 1000, some_cti);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return *bytes;
  }
  std::string judged(const Bytes& bytes, std::int64_t later = 0) const {
    const auto order = decode_lead_order(bytes);
    if (!order) return order.error().rule;
    const auto may = authorise(world.view, *order, our_network, Millis{world.now + later});
    return may ? "may" : may.error().rule;
  }
};

TEST(LeadOrder, SaysWhatWasSignedAndNothingElse) {
  // Goal: it reads as it was written; torn, longer or with another subject it is none.
  Given given;
  const Bytes bytes = given.signed_by("plant", given.order());
  const auto read = decode_lead_order(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->order.network, our_network);
  EXPECT_EQ(read->order.node, NodeId{"n-smelter"});
  EXPECT_EQ(read->order.term, 7u);
  EXPECT_EQ(read->order.event_time, Millis{given.world.now});
  EXPECT_EQ(read->envelope.header.issuer, "plant");
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(decode_lead_order(ByteView(bytes).first(n))) << n;
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_lead_order(longer));
  SignedHeader header = read->envelope.header;
  header.subject = "n-owner";
  const auto other = sign_cose(header, read->envelope.payload, given.world.key("plant"));
  ASSERT_TRUE(other);
  EXPECT_EQ(decode_lead_order(*other).error().rule, "subject");
}

TEST(LeadOrder, IsNoStatementAndAStatementIsNoOrder) {
  // Goal: no bytes are both, whatever somebody was brought to sign.
  Given given;
  const Bytes order = given.signed_by("plant", given.order());
  EXPECT_FALSE(decode_statement(std::make_shared<const Bytes>(order)));
  EXPECT_EQ(std::ranges::count(statement_types(), lead_order_type), 0);
  const Bytes statement = given.world.sign("plant", vote(given.world, "P-1"));
  EXPECT_EQ(decode_lead_order(statement).error().rule, "lead.content_type");
  // Nor is one made by the other's name: an order's payload is no statement's.
  const auto read = decode_lead_order(order);
  for (const std::string_view type : statement_types())
    EXPECT_FALSE(decode_payload(type, read->envelope.payload)) << type;
}

TEST(LeadOrder, WhoMayVoteMayGiveOne) {
  // Goal: a valid key of an organisation with a voting node, this network, minutes, and a voter to lead.
  Given given;
  const LeadOrder good = given.order();
  EXPECT_EQ(given.judged(given.signed_by("plant", good)), "may");
  EXPECT_EQ(given.judged(given.signed_by("miner", good)), "no_vote");
  EXPECT_EQ(given.judged(given.signed_by("stranger", good)), "unknown_key");
  LeadOrder elsewhere = good;
  elsewhere.network = sha256(as_bytes("another"));
  EXPECT_EQ(given.judged(given.signed_by("plant", elsewhere)), "lead.network");
  LeadOrder nobody = good;
  nobody.node = NodeId{"n-nobody"};
  EXPECT_EQ(given.judged(given.signed_by("plant", nobody)), "lead.node");
  const Bytes bytes = given.signed_by("plant", good);
  EXPECT_EQ(given.judged(bytes, lead_order_age_max_ms), "may");
  EXPECT_EQ(given.judged(bytes, lead_order_age_max_ms + 1), "lead.stale");
  EXPECT_EQ(given.judged(bytes, -lead_order_age_max_ms - 1), "lead.stale");
  Bytes broken = bytes;
  broken.back() ^= 1;
  EXPECT_EQ(given.judged(broken), "bad_signature");
  // Signed by a key that is somebody else's.
  const auto as_another =
      sign_lead_order(good, PartyId{"owner"}, given.world.key("plant"), given.world.now / 1000, some_cti);
  EXPECT_EQ(given.judged(*as_another), "unknown_key");
}

TEST(LeadOrder, ALearnerCanNotLead) {
  // Goal: who does not vote is refused by name, before anybody is asked to hand over.
  Given given;
  World& w = given.world;
  let_operate(w, "lab");
  w.must("plant", node_change(w, "P-1", NodeAction::learner, "n-lab", "lab"));
  w.must("smelter", vote(w, "P-1"));
  LeadOrder order = given.order();
  order.node = NodeId{"n-lab"};
  EXPECT_EQ(given.judged(given.signed_by("plant", order)), "lead.not_a_voter");
}

}  // namespace
}  // namespace anta::test
