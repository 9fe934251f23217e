#include "tests/ledger/law_registry.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "storage/ledger/transfer.h"

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

// --- parameters ---

bool shows(const LawRow& row, const LawParameter& parameter, Side side, Setting setting) {
  const bool sets = std::any_of(row.parameters.begin(), row.parameters.end(),
                                [&](const auto& set) { return set.first == parameter.name; });
  return row.about == parameter.name && row.word == parameter.word && row.side == side &&
         row.setting == setting && sets == (setting == Setting::other);
}

// Goal: a parameter without a case on each side of its limit, at its default and at another value, fails the
// suite; so does one that the list does not know.
TEST(LawRegistry, EveryParameterHasItsCases) {
  const auto& rows = registered_rows();
  ASSERT_EQ(law_parameters().size(), all_parameters().size());
  for (std::size_t i = 0; i < law_parameters().size(); ++i) {
    const LawParameter& parameter = law_parameters()[i];
    EXPECT_EQ(parameter.name, all_parameters()[i].name);
    EXPECT_NE(parameter.word.empty(), parameter.unread.empty()) << parameter.name;
    if (parameter.word.empty()) continue;
    for (const Setting setting : {Setting::standard, Setting::other}) {
      for (const Side side : {Side::inside, Side::outside}) {
        EXPECT_TRUE(std::any_of(rows.begin(), rows.end(),
                                [&](const LawRow& row) { return shows(row, parameter, side, setting); }))
            << parameter.name << " has no case " << (side == Side::inside ? "inside" : "outside")
            << (setting == Setting::standard ? " at the default" : " at another value");
      }
    }
  }
}

// --- the sources ---

// All of the ledger's sources but the table of parameters.
std::string ledger_sources() {
  std::string text;
  for (const auto& entry : std::filesystem::directory_iterator(ANTA_SOURCE_DIR "/storage/ledger")) {
    if (entry.path().extension() != ".cc" || entry.path().filename() == "parameter.cc") continue;
    std::ifstream file(entry.path());
    text.append(std::istreambuf_iterator<char>(file), {});
  }
  return text;
}

std::set<std::string> raised(const std::string& sources, const std::string& expression) {
  std::set<std::string> words;
  const std::regex pattern(expression);
  for (std::sregex_iterator it(sources.begin(), sources.end(), pattern), end; it != end; ++it)
    words.insert((*it)[1]);
  return words;
}

std::set<std::string> known(std::span<const LawWord> words) {
  std::set<std::string> all;
  for (const LawWord& word : words)
    all.insert(std::string(word.word));
  return all;
}

// Goal: a refusal that the sources learn to say, or forget, changes the table or fails here.
TEST(LawRegistry, TheCodesAreThoseOfTheSources) {
  std::set<std::string> codes = raised(ledger_sources(), "violated\\(\\s*\"([a-z_]+)\"");
  codes.insert("malformed");      // the decoder's word for all that it refuses
  codes.insert("bad_signature");  // said before any rule is asked
  EXPECT_EQ(codes, known(law_codes()));
}

// Goal: the same for flags. What only a verifier says of a certificate is no flag of the law.
TEST(LawRegistry, TheFlagsAreThoseOfTheSources) {
  std::set<std::string> flags = raised(ledger_sources(), "\\bflag\\(\\s*\"([a-z_]+)\"");
  for (const ReceiptFlag& flag : flags_of_a_receipt())
    flags.insert(std::string(flag.code));  // raised from this list
  EXPECT_EQ(flags, known(law_flags()));
}

// Goal: what is listed as unread is read nowhere, not even by a name that is put together.
TEST(LawRegistry, UnreadParametersAreUnread) {
  const std::string sources = ledger_sources();
  for (const LawParameter& parameter : law_parameters()) {
    if (!parameter.word.empty()) continue;
    if (parameter.name == "law_version") continue;  // no rule's: the genesis reads it to tell a newer law
    const std::string name(parameter.name);
    EXPECT_EQ(sources.find("\"" + name + "\""), std::string::npos) << name;
    EXPECT_EQ(sources.find("\"" + name.substr(0, name.find('_') + 1) + "\""), std::string::npos) << name;
  }
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
