#include "crypto/text.h"

#include <gtest/gtest.h>

#include "tests/crypto/outcome.h"

namespace anta {
namespace {

using test::outcome;

TEST(Text, HexGoesBothWays) {
  // Goal: every byte value has its two lower-case digits and comes back.
  Bytes all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<std::uint8_t>(i));
  const std::string text = to_hex(all);
  EXPECT_EQ(text.substr(0, 8), "00010203");
  EXPECT_EQ(text.substr(504), "fcfdfeff");
  EXPECT_EQ(from_hex(text), all);
}

TEST(Text, HexHasOneSpelling) {
  // Goal: odd lengths, capitals, spaces and prefixes are refused.
  for (std::string_view bad : {"0", "0A", " 00", "0x00", "0g", "00\n"}) {
    EXPECT_EQ(outcome(from_hex(bad)), "text.hex") << bad;
  }
  EXPECT_EQ(outcome(digest_from_hex(std::string(62, 'a'))), "text.digest_size");
  EXPECT_EQ(outcome(digest_from_hex(std::string(66, 'a'))), "text.digest_size");
  EXPECT_EQ(hex(*digest_from_hex(std::string(64, 'a'))), std::string(64, 'a'));
}

TEST(Text, Base64MatchesRfc4648) {
  // Goal: the vectors of RFC 4648 section 10, both ways.
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(from_base64(encoded), to_bytes(as_bytes(plain)));
  }
  EXPECT_EQ(to_base64(test::bytes("fbff")), "+/8=");
}

TEST(Text, Base64HasOneSpelling) {
  // Goal: missing and excess padding, foreign characters, line breaks and stray bits are refused.
  for (std::string_view bad : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Z===", "====", "Zm 9", "Zm9v\n",
                               "-_8=", "Zg==Zg==", "Z=g=", "Zm9vZ"}) {
    EXPECT_EQ(outcome(from_base64(bad)), "text.base64") << bad;
  }
  EXPECT_EQ(outcome(digest_from_base64("Zg==")), "text.digest_size");
}

TEST(Text, DecimalHasOneSpelling) {
  // Goal: signs, zeros in front, spaces and 2^64 are refused; 2^64 - 1 is the largest.
  EXPECT_EQ(decimal("0"), 0U);
  EXPECT_EQ(decimal("300"), 300U);
  EXPECT_EQ(decimal("18446744073709551615"), UINT64_MAX);
  for (std::string_view bad : {"", "007", "+5", "-5", " 5", "5 ", "5a", "0x5", "00", "18446744073709551616",
                               "99999999999999999999999"}) {
    EXPECT_EQ(outcome(decimal(bad)), "text.decimal") << bad;
  }
}

TEST(Text, Utf8IsWellFormed) {
  // Goal: each kind of ill-formed sequence is found (Unicode 15, table 3-7).
  EXPECT_TRUE(is_utf8("Cañón, Quechua ch'aska, \xF0\x9F\x9C\xA8, \xEF\xBF\xBF, \xF4\x8F\xBF\xBF"));
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("\xC2\x80 \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xF0\x90\x80\x80"));
  for (std::string_view bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF",
                               "\xED\xA0\x80", "\xE2\x80", "\xE2(\xA1", "\xF0\x8F\xBF\xBF",
                               "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xBFz", "\xF0\x9F\x9C"}) {
    EXPECT_FALSE(is_utf8(bad)) << to_hex(as_bytes(bad));
    EXPECT_FALSE(is_nfc(bad)) << to_hex(as_bytes(bad));
  }
}

TEST(Text, NfcIsTheComposedForm) {
  // Goal: composed text passes; decomposed text, singletons and wrong mark order do not.
  EXPECT_TRUE(is_nfc("plain"));
  EXPECT_TRUE(is_nfc("se\xC3\xB1or"));        // ñ as one
  EXPECT_FALSE(is_nfc("sen\xCC\x83or"));      // n and a tilde
  EXPECT_FALSE(is_nfc("\xE2\x84\xAB"));       // the ångström sign stands for Å
  EXPECT_FALSE(is_nfc("q\xCC\x87\xCC\xA3"));  // dot above before dot below
  EXPECT_TRUE(is_nfc("q\xCC\xA3\xCC\x87"));
}

TEST(Text, SpacesOfAllScripts) {
  // Goal: white space beyond ASCII is seen; letters that share bytes with it are not.
  for (std::string_view spaced :
       {"a b", "a\tb", "a\nb", "\xC2\xA0", "x\xE2\x80\xA8", "\xE3\x80\x80y", "\xC2\x85"}) {
    EXPECT_TRUE(has_space(spaced)) << to_hex(as_bytes(spaced));
  }
  for (std::string_view none : {"", "ledger.example/anta", "\xC3\xA0", "\xE2\x80\x94", "\xE2\x80\x8B"}) {
    EXPECT_FALSE(has_space(none)) << to_hex(as_bytes(none));
  }
}

}  // namespace
}  // namespace anta
