#include "node/peer_wire.h"

#include <gtest/gtest.h>

#include "crypto/cose.h"

namespace anta {
namespace {

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
