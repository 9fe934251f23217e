#include "node/peer_wire.h"

#include <gtest/gtest.h>

#include "tests/storage/disk.h"

#include "crypto/cose.h"

namespace anta {
namespace {

TEST(PeerWire, AMarkIsAskedForAndOffered) {
  // Goal: both ways, torn, longer, and with more lines than a node has keys.
  MarkAsk ask;
  ask.log.bytes[0] = 1;
  ask.cosigner.bytes[31] = 2;
  EXPECT_EQ(*decode_mark_ask(encode_mark_ask(ask)), ask);
  EXPECT_FALSE(decode_mark_ask(ByteView(encode_mark_ask(ask)).first(40)));
  MarkOffer offer{.remembers = false, .lines = {{"a\n1\nroot\n", "line"}, {"b", "c"}}};
  const Bytes bytes = encode_mark_offer(offer);
  const auto read = decode_mark_offer(bytes);
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->remembers);
  EXPECT_EQ(read->lines, offer.lines);
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(decode_mark_offer(ByteView(bytes).first(n))) << n;
  offer.lines.push_back({"d", "e"});
  EXPECT_FALSE(decode_mark_offer(encode_mark_offer(offer)));
}

TEST(PeerWire, WhatIsWrittenIsRead) {
  // Goal: every message of the node's own comes back as it was.
  const Forward forward{
      .request = 7,
      .statements = {std::make_shared<const Bytes>(Bytes{1, 2}), std::make_shared<const Bytes>(Bytes{3})}};
  const auto f = decode_forward(encode_forward(forward));
  ASSERT_TRUE(f);
  EXPECT_EQ(f->request, 7u);
  EXPECT_EQ(*f->statements[1], Bytes{3});
  ForwardRefused refused{.request = 8,
                         .items = {{.statement = sha256(Bytes{1}), .error = {Code::busy, "full", "añ"}}}};
  const auto r = decode_forward_refused(encode_forward_refused(refused));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->items[0].error, refused.items[0].error);
  EXPECT_EQ(r->items[0].statement, refused.items[0].statement);
  const auto o = decode_checkpoint_open(encode_checkpoint_open({.text = "a\n", .log_line = "b\n"}));
  ASSERT_TRUE(o);
  EXPECT_EQ(o->text + o->log_line, "a\nb\n");
  const auto c = decode_checkpoint_cosigned(
      encode_checkpoint_cosigned({.size = 9, .root = sha256(Bytes{2}), .line = "l"}));
  ASSERT_TRUE(c);
  EXPECT_EQ(c->size, 9u);
  EXPECT_EQ(c->root, sha256(Bytes{2}));
}

TEST(PeerWire, LeadOrdersArePassedOnAndRefused) {
  // Goal: order and refusal come back as they were; torn, longer, too large and of an unknown code are none.
  const auto order = std::make_shared<const Bytes>(Bytes{1, 2, 3});
  const Bytes forward = encode_lead_forward({.request = 9, .order = order});
  const auto f = decode_lead_forward(forward);
  ASSERT_TRUE(f);
  EXPECT_EQ(f->request, 9u);
  EXPECT_EQ(*f->order, *order);
  const Bytes refused = encode_lead_refused({.request = 9, .error = {Code::busy, "lead.busy", "añ"}});
  const auto r = decode_lead_refused(refused);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->request, 9u);
  EXPECT_EQ(r->error, (Error{Code::busy, "lead.busy", "añ"}));
  for (std::size_t n = 0; n < forward.size(); ++n)
    EXPECT_FALSE(decode_lead_forward(ByteView(forward).first(n))) << n;
  for (std::size_t n = 0; n < refused.size(); ++n)
    EXPECT_FALSE(decode_lead_refused(ByteView(refused).first(n))) << n;
  for (Bytes bytes : {forward, refused}) {
    bytes.push_back(0);
    EXPECT_FALSE(decode_lead_forward(bytes));
    EXPECT_FALSE(decode_lead_refused(bytes));
  }
  const auto large = std::make_shared<const Bytes>(Bytes(statement_bytes_max + 1));
  EXPECT_FALSE(decode_lead_forward(encode_lead_forward({.request = 9, .order = large})));
  EXPECT_FALSE(decode_lead_refused(encode_lead_refused({.request = 9, .error = {Code{0}, "", ""}})));
}

TEST(PeerWire, StateRootsComeBackAsTheyWereTold) {
  // Goal: torn, longer, none and too many are refused.
  const std::vector<StateAt> told = {{LogIndex{7}, sha256(Bytes{1})}, {LogIndex{9}, sha256(Bytes{2})}};
  const Bytes good = encode_state_roots(told);
  const auto read = decode_state_roots(good);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, told);
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(decode_state_roots(ByteView(good).first(n))) << n;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_state_roots(longer));
  EXPECT_FALSE(decode_state_roots(encode_state_roots({})));
  EXPECT_TRUE(decode_state_roots(encode_state_roots(std::vector<StateAt>(state_roots_max))));
  EXPECT_FALSE(decode_state_roots(encode_state_roots(std::vector<StateAt>(state_roots_max + 1))));
}

TEST(PeerWire, LogEntriesTravelWithTheirPlaceAndHash) {
  // Goal: what is fetched for a repair arrives as it is in the log; torn, trailing and impossible counts,
  // places and ranges are refused.
  const auto entries = test::chain(3, Term{4});
  const Bytes good = encode_log_entries({.to = LogIndex{3}, .entries = entries});
  const auto read = decode_log_entries(good);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to, LogIndex{3});
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read->entries[i].index, entries[i].index);
    EXPECT_EQ(read->entries[i].hash, entries[i].hash);
    EXPECT_EQ(*read->entries[i].payload, *entries[i].payload);
  }
  EXPECT_TRUE(decode_log_entries(encode_log_entries({.to = LogIndex{3}, .entries = {}}))->entries.empty());
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(decode_log_entries(ByteView(good).first(n))) << n;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_log_entries(longer));
  EXPECT_FALSE(decode_log_entries(encode_log_entries({.to = LogIndex{2}, .entries = entries})));
  const auto fetch = decode_log_fetch(encode_log_fetch({.from = LogIndex{2}, .to = LogIndex{9}}));
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->from, LogIndex{2});
  EXPECT_EQ(fetch->to, LogIndex{9});
  EXPECT_FALSE(decode_log_fetch(encode_log_fetch({.from = LogIndex{0}, .to = LogIndex{9}})));
  EXPECT_FALSE(decode_log_fetch(encode_log_fetch({.from = LogIndex{10}, .to = LogIndex{9}})));
}

TEST(PeerWire, WhatJoiningAsksAndOffersIsStrict) {
  // Goal: both directions; torn, trailing and impossible ones are refused.
  const Bytes ask = encode_join_ask({.index = LogIndex{300}});
  EXPECT_EQ(decode_join_ask(ask)->index, LogIndex{300});
  const Bytes offer =
      encode_join_offer({.asked = LogIndex{0}, .index = LogIndex{300}, .hash = sha256(Bytes{3})});
  const auto read = decode_join_offer(offer);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->asked, LogIndex{0});
  EXPECT_EQ(read->index, LogIndex{300});
  EXPECT_EQ(read->hash, sha256(Bytes{3}));
  for (std::size_t n = 0; n < ask.size(); ++n)
    EXPECT_FALSE(decode_join_ask(ByteView(ask).first(n))) << n;
  for (std::size_t n = 0; n < offer.size(); ++n)
    EXPECT_FALSE(decode_join_offer(ByteView(offer).first(n))) << n;
  Bytes longer = offer;
  longer.push_back(0);
  EXPECT_FALSE(decode_join_offer(longer));
  EXPECT_FALSE(decode_join_offer(encode_join_offer({.asked = {}, .index = {}, .hash = sha256(Bytes{3})})));
}

TEST(PeerWire, HostileBytesAreRefused) {
  // Goal: truncation at every length, trailing bytes, empty and oversized content and unknown codes are
  // refused.
  const Bytes good =
      encode_forward({.request = 7, .statements = {std::make_shared<const Bytes>(Bytes{1, 2})}});
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(decode_forward(ByteView(good).first(n))) << n;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_forward(longer));
  EXPECT_FALSE(decode_forward(encode_forward({.request = 7, .statements = {}})));
  const auto large = std::make_shared<const Bytes>(Bytes(statement_bytes_max + 1));
  EXPECT_FALSE(decode_forward(encode_forward({.request = 7, .statements = {large}})));
  Bytes unknown =
      encode_forward_refused({.request = 1, .items = {{.statement = {}, .error = {Code::io, "", ""}}}});
  for (std::uint8_t& byte : unknown) {
    if (byte == static_cast<std::uint8_t>(Code::io)) byte = 11;
  }
  EXPECT_FALSE(decode_forward_refused(unknown));
}

}  // namespace
}  // namespace anta
