#include "crypto/cbor.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/crypto/outcome.h"

namespace anta::cbor {
namespace {

using test::bytes;
using test::outcome;

std::string check_hex(std::string_view hex) { return outcome(check(bytes(hex))); }

TEST(Cbor, IntegersMatchRfc8949AppendixA) {
  // Goal: every boundary of the head, both ways, with the appendix's bytes.
  const std::pair<std::uint64_t, std::string_view> vectors[] = {{0, "00"},
                                                                {1, "01"},
                                                                {10, "0a"},
                                                                {23, "17"},
                                                                {24, "1818"},
                                                                {25, "1819"},
                                                                {100, "1864"},
                                                                {255, "18ff"},
                                                                {256, "190100"},
                                                                {1000, "1903e8"},
                                                                {65535, "19ffff"},
                                                                {65536, "1a00010000"},
                                                                {1000000, "1a000f4240"},
                                                                {4294967295, "1affffffff"},
                                                                {4294967296, "1b0000000100000000"},
                                                                {1000000000000, "1b000000e8d4a51000"},
                                                                {UINT64_MAX, "1bffffffffffffffff"}};
  for (const auto& [value, encoded] : vectors) {
    EXPECT_EQ(to_hex(Writer().uint(value).take()), encoded);
    const Bytes input = bytes(encoded);
    EXPECT_EQ(Reader(input).uint(), value) << encoded;
  }
}

TEST(Cbor, NegativeIntegersReachInt64AndNoFurther) {
  // Goal: -1 - n at every boundary; what int64 cannot hold is an error of range, not a wrong number.
  const std::pair<std::int64_t, std::string_view> vectors[] = {
      {-1, "20"},
      {-10, "29"},
      {-24, "37"},
      {-25, "3818"},
      {-100, "3863"},
      {-256, "38ff"},
      {-257, "390100"},
      {-1000, "3903e7"},
      {std::numeric_limits<std::int64_t>::min(), "3b7fffffffffffffff"},
      {std::numeric_limits<std::int64_t>::max(), "1b7fffffffffffffff"}};
  for (const auto& [value, encoded] : vectors) {
    EXPECT_EQ(to_hex(Writer().integer(value).take()), encoded);
    const Bytes input = bytes(encoded);
    EXPECT_EQ(Reader(input).integer(), value) << encoded;
  }
  for (std::string_view beyond : {"3b8000000000000000", "3bffffffffffffffff", "1b8000000000000000"}) {
    const Bytes input = bytes(beyond);
    EXPECT_EQ(outcome(Reader(input).integer()), "cbor.range");
    EXPECT_EQ(check_hex(beyond), "ok") << "it is well-formed all the same";
  }
}

TEST(Cbor, OtherItemsHaveTheirBytes) {
  // Goal: strings, containers, tags and simple values as RFC 8949 appendix A writes them.
  EXPECT_EQ(to_hex(Writer().bytes(bytes("01020304")).take()), "4401020304");
  EXPECT_EQ(to_hex(Writer().text("\xC3\xBC").take()), "62c3bc");
  EXPECT_EQ(to_hex(Writer().text("").take()), "60");
  EXPECT_EQ(to_hex(Writer().array(0).take()), "80");
  EXPECT_EQ(to_hex(Writer().map(0).take()), "a0");
  EXPECT_EQ(to_hex(Writer().boolean(false).take()), "f4");
  EXPECT_EQ(to_hex(Writer().boolean(true).take()), "f5");
  EXPECT_EQ(to_hex(Writer().null().take()), "f6");
  EXPECT_EQ(to_hex(Writer().tag(1).uint(1363896240).take()), "c11a514b67b0");
  Writer nested;
  nested.array(3).uint(1).array(2).uint(2).uint(3).array(2).uint(4).uint(5);
  EXPECT_EQ(to_hex(nested.take()), "8301820203820405");
  Writer map;
  map.map(2).text("a").uint(1).text("b").array(2).uint(2).uint(3);
  EXPECT_EQ(to_hex(map.take()), "a26161016162820203");
}

TEST(Cbor, ReadsWhatItWrote) {
  // Goal: one item of each kind, nested, comes back value by value, and finish() agrees.
  Writer out;
  out.map(4)
      .uint(1)
      .bytes(bytes("dead"))
      .integer(-1)
      .text("Huancavelica")
      .text("k")
      .array(4)
      .boolean(true)
      .null();
  out.tag(18).uint(7).array(0).text("z").map(0);
  const Bytes encoded = out.take();
  Reader in(encoded);
  EXPECT_EQ(in.map(), 4U);
  EXPECT_EQ(in.uint(), 1U);
  EXPECT_EQ(to_hex(*in.bytes()), "dead");
  EXPECT_EQ(in.peek(), Kind::negative);
  EXPECT_EQ(in.integer(), -1);
  EXPECT_EQ(in.text(), "Huancavelica");
  EXPECT_EQ(in.text(), "k");
  EXPECT_EQ(in.array(), 4U);
  EXPECT_EQ(in.boolean(), true);
  EXPECT_TRUE(in.null());
  EXPECT_EQ(in.tag(), 18U);
  EXPECT_EQ(in.uint(), 7U);
  EXPECT_EQ(in.array(), 0U);
  EXPECT_EQ(in.text(), "z");
  EXPECT_EQ(in.map(), 0U);
  EXPECT_TRUE(in.finish());
}

TEST(Cbor, EachKindOfNonCanonicalInputHasItsOwnRule) {
  // Goal: the refusals of the profile, one by one.
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "cbor.truncated"},
      {"18", "cbor.truncated"},  // head cut
      {"1b00000000000000", "cbor.truncated"},
      {"8201", "cbor.length"},  // two items announced, one byte left
      {"820102 00", "cbor.trailing"},
      {"00 00", "cbor.trailing"},
      {"1817", "cbor.not_shortest"},
      {"190017", "cbor.not_shortest"},
      {"1900ff", "cbor.not_shortest"},
      {"1a0000ffff", "cbor.not_shortest"},
      {"1b00000000ffffffff", "cbor.not_shortest"},
      {"5800", "cbor.not_shortest"},
      {"7801 61", "cbor.not_shortest"},
      {"9801 00", "cbor.not_shortest"},
      {"b800", "cbor.not_shortest"},
      {"d801 00", "cbor.not_shortest"},
      {"5f4100ff", "cbor.indefinite"},
      {"7f6161ff", "cbor.indefinite"},
      {"9fff", "cbor.indefinite"},
      {"bfff", "cbor.indefinite"},
      {"ff", "cbor.indefinite"},
      {"81ff", "cbor.indefinite"},
      {"1c", "cbor.reserved"},
      {"3d", "cbor.reserved"},
      {"fc", "cbor.reserved"},
      {"f90000", "cbor.float"},
      {"fa47c35000", "cbor.float"},
      {"fb3ff199999999999a", "cbor.float"},
      {"f7", "cbor.simple"},
      {"e0", "cbor.simple"},
      {"f3", "cbor.simple"},
      {"f818", "cbor.simple"},
      {"f8ff", "cbor.simple"},
      {"a2 01 00 01 00", "cbor.duplicate_key"},
      {"a2 6161 00 6161 00", "cbor.duplicate_key"},
      {"a2 02 00 01 00", "cbor.key_order"},
      {"a2 20 00 01 00", "cbor.key_order"},    // -1 sorts after 1
      {"a2 20 00 1818 00", "cbor.key_order"},  // bytewise, not length first: 24 before -1
      {"a2 6161 00 01 00", "cbor.key_order"},
      {"a2 626161 00 6162 00", "cbor.key_order"},
      {"a1 4100 00", "cbor.key_kind"},
      {"a1 80 00", "cbor.key_kind"},
      {"a1 a0 00", "cbor.key_kind"},
      {"a1 c101 00", "cbor.key_kind"},
      {"a1 f4 00", "cbor.key_kind"},
      {"a1 f6 00", "cbor.key_kind"},
      {"61ff", "cbor.utf8"},
      {"63 eda080", "cbor.utf8"},
      {"a1 61ff 00", "cbor.utf8"},
      {"4201", "cbor.length"},
      {"6261", "cbor.length"},
      {"5bffffffffffffffff", "cbor.length"},
      {"7b7fffffffffffffff", "cbor.length"},
      {"9bffffffffffffffff", "cbor.length"},
      {"bbffffffffffffffff", "cbor.length"},
      {"bb8000000000000000 00", "cbor.length"},
      {"c1", "cbor.length"},  // a tag without its item
      {"a1 01", "cbor.length"},
      {"82 4100", "cbor.truncated"},
  };
  for (const auto& [input, rule] : cases)
    EXPECT_EQ(check_hex(input), rule) << input;
}

TEST(Cbor, KeysSortBytewise) {
  // Goal: the order of RFC 8949 section 4.2.1's own example passes (without the kinds of key that are
  // refused).
  EXPECT_EQ(check_hex("a5 0a 00 1864 00 20 00 617a 00 626161 00"), "ok");
  EXPECT_EQ(check_hex("a2 1818 00 20 00"), "ok");
}

TEST(Cbor, DepthIsBounded) {
  // Goal: sixteen containers or tags at once pass, seventeen do not; closing one gives its level back.
  for (std::string_view wrap : {"81", "c1", "a100"}) {
    std::string deep;
    for (std::size_t i = 0; i < depth_max; ++i)
      deep += wrap;
    EXPECT_EQ(check_hex(deep + "00"), "ok") << wrap;
    EXPECT_EQ(check_hex(deep + std::string(wrap) + "00"), "cbor.depth") << wrap;
  }
  std::string flat = "9864";
  for (int i = 0; i < 100; ++i)
    flat += "8100";
  EXPECT_EQ(check_hex(flat), "ok");
  std::string bomb;
  for (int i = 0; i < 50000; ++i)
    bomb += "81";
  EXPECT_EQ(check_hex(bomb), "cbor.depth");
}

TEST(Cbor, AKnownKeyIsTakenOrLeft) {
  // Goal: skip_key takes exactly the key that is due and holds it to the order of the others; anything else
  // stays to be read, with the words that reading it has.
  const Bytes key = Writer().text("b").take();
  const Bytes good = bytes("a2616101616202");  // {"a": 1, "b": 2}
  Reader in(good);
  EXPECT_FALSE(in.skip_key(key));  // outside of a map
  EXPECT_EQ(in.map(), 2U);
  EXPECT_FALSE(in.skip_key(key));
  EXPECT_EQ(in.text(), "a");
  EXPECT_EQ(in.uint(), 1U);
  EXPECT_TRUE(in.skip_key(key));
  EXPECT_FALSE(in.skip_key(key));  // its value is due
  EXPECT_EQ(in.uint(), 2U);
  EXPECT_TRUE(in.finish());
  const Bytes twice = bytes("a2616201616202");
  Reader again(twice);
  EXPECT_EQ(again.map(), 2U);
  EXPECT_TRUE(again.skip_key(key));
  EXPECT_EQ(again.uint(), 1U);
  EXPECT_FALSE(again.skip_key(key));
  EXPECT_EQ(again.text().error().rule, "cbor.duplicate_key");
  const Bytes cut = bytes("a16162");
  Reader torn(cut);
  EXPECT_EQ(torn.map(), 1U);
  EXPECT_FALSE(torn.skip_key(Writer().text("bc").take()));  // longer than what is left
  EXPECT_TRUE(torn.skip_key(key));
  EXPECT_EQ(torn.uint().error().rule, "cbor.truncated");
}

TEST(Cbor, ErrorsStay) {
  // Goal: after the first error every read gives that same error, so a caller cannot read past it.
  const Bytes input = bytes("82 6161 02");
  Reader in(input);
  EXPECT_EQ(in.array(), 2U);
  auto first = in.uint();
  EXPECT_EQ(outcome(first), "cbor.kind");
  EXPECT_EQ(first.error().message, "unsigned integer is due, here is text (byte 1)");
  EXPECT_EQ(outcome(in.text()), "cbor.kind");
  EXPECT_EQ(outcome(in.item()), "cbor.kind");
  EXPECT_EQ(outcome(in.peek()), "cbor.kind");
  EXPECT_EQ(outcome(in.finish()), "cbor.kind");
}

TEST(Cbor, FinishKnowsWhatIsLeft) {
  // Goal: unread items, a cut input and trailing bytes are three different errors.
  const Bytes two = bytes("82 01 02");
  Reader unread(two);
  EXPECT_TRUE(unread.array());
  EXPECT_TRUE(unread.uint());
  EXPECT_EQ(outcome(unread.finish()), "cbor.unread");
  const Bytes trailing = bytes("01 02");
  Reader more(trailing);
  EXPECT_TRUE(more.uint());
  EXPECT_EQ(outcome(more.finish()), "cbor.trailing");
  EXPECT_EQ(outcome(Reader({}).finish()), "cbor.truncated");
}

TEST(Cbor, ItemIsItsWholeEncoding) {
  // Goal: item() hands out one value's bytes wherever it stands, and the reader goes on behind it.
  const Bytes input = bytes("83 a1 01 82 02 03 c1 81 6161 f6");
  Reader in(input);
  EXPECT_EQ(in.array(), 3U);
  EXPECT_EQ(to_hex(*in.item()), "a101820203");
  EXPECT_EQ(to_hex(*in.item()), "c1816161");
  EXPECT_EQ(to_hex(*in.item()), "f6");
  EXPECT_TRUE(in.finish());
}

TEST(Cbor, MapWriterSortsAndRefusesDuplicates) {
  // Goal: keys in any order come out in bytewise order; the same key twice is an error, not a lost value.
  MapWriter map;
  map.add("b", [](Writer& out) { out.uint(1); });
  map.add(-1, [](Writer& out) { out.array(1).text("x"); });
  map.add("aa", [](Writer& out) { out.uint(2); });
  map.add(24, [](Writer& out) { out.null(); });
  map.add(0, [](Writer& out) { out.uint(3); });
  EXPECT_EQ(map.pairs(), 5U);
  auto encoded = std::move(map).take();
  ASSERT_TRUE(encoded);
  EXPECT_EQ(to_hex(*encoded),
            "a5"
            "0003"
            "1818f6"
            "20816178"
            "616201"
            "62616102");
  EXPECT_TRUE(check(*encoded));
  MapWriter twice;
  twice.add("a", bytes("00"));
  twice.add("a", bytes("01"));
  EXPECT_EQ(outcome(std::move(twice).take()), "cbor.duplicate_key");
}

TEST(CborDeathTest, WrongUseOfTheWriterAborts) {
  // Goal: unordered keys, too many items and unfinished containers are our bugs and stop the program.
  EXPECT_DEATH(Writer().map(2).uint(2).uint(0).uint(1), "broken invariant");
  EXPECT_DEATH(Writer().map(2).uint(2).uint(0).uint(2), "broken invariant");
  EXPECT_DEATH(Writer().map(1).bytes({}), "broken invariant");
  EXPECT_DEATH(Writer().uint(1).uint(2), "broken invariant");
  EXPECT_DEATH(Writer().array(2).uint(1).take(), "broken invariant");
  EXPECT_DEATH(Writer().take(), "broken invariant");
}

}  // namespace
}  // namespace anta::cbor
