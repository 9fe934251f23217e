#include "tests/ledger/law_registry.h"

#include <algorithm>

namespace anta::test {
namespace {

bool has_row(std::string_view word, Side side, Setting setting, bool flag) {
  const auto& rows = registered_rows();
  return std::any_of(rows.begin(), rows.end(), [&](const LawRow& row) {
    return row.word == word && row.side == side && row.setting == setting && row.flag == flag;
  });
}

bool is_code_too(std::string_view word) {
  const auto codes = law_codes();
  return std::any_of(codes.begin(), codes.end(), [&](const LawWord& code) { return code.word == word; });
}

void expect_cases(const LawWord& word, bool flag) {
  for (const Setting setting : {Setting::standard, Setting::other}) {
    if (setting == Setting::other && word.needs == Needs::standard) continue;
    if (setting == Setting::standard && word.needs == Needs::other) continue;
    for (const Side side : {Side::inside, Side::outside}) {
      EXPECT_TRUE(has_row(word.word, side, setting, flag))
          << (flag ? "flag " : "code ") << word.word << " has no case "
          << (side == Side::inside ? "inside" : "outside")
          << (setting == Setting::standard ? " at the default" : " at another value");
    }
  }
}

// Goal: a code of the law without a case on each side of its limit fails the suite.
TEST(LawRegistry, EveryCodeHasItsCases) {
  for (const LawWord& code : law_codes())
    expect_cases(code, false);
}

// Goal: the same for flags; a flag that shares its word with a code has its own rows.
TEST(LawRegistry, EveryFlagHasItsCases) {
  for (const LawWord& flag : law_flags())
    expect_cases(flag, is_code_too(flag.word));
}

// Goal: a case that claims another value of a parameter really sets one.
TEST(LawRegistry, OtherValuesAreOther) {
  for (const LawRow& row : registered_rows()) {
    EXPECT_EQ(row.setting == Setting::other, !row.parameters.empty()) << row.word << " " << row.title;
    for (const auto& [name, value] : row.parameters) {
      const ParameterInfo* info = find_parameter(name);
      ASSERT_NE(info, nullptr) << name;
      EXPECT_NE(value, standard_value(*info)) << name;
    }
  }
}

// Goal: no case stands under a word that the law does not know.
TEST(LawRegistry, RowsAreAboutKnownWords) {
  const auto knows = [](std::span<const LawWord> words, std::string_view word) {
    return std::any_of(words.begin(), words.end(), [&](const LawWord& known) { return known.word == word; });
  };
  for (const LawRow& row : registered_rows()) {
    EXPECT_TRUE(knows(law_codes(), row.word) || knows(law_flags(), row.word)) << row.word;
  }
}

}  // namespace
}  // namespace anta::test
