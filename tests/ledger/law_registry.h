// The law's table test: for every code and flag of ledger.md section 6 one case just inside and one just
// outside, at the default of its parameter and at another value.
//
// Rules' tests declare rows in a LawTable at namespace scope; each row becomes a test of its own, and
// law_registry_test fails for a word without all its cases. A row's body brings a fresh World to the point
// and returns the outcome of the statement it is about. Expected, for a code: inside is accepted, outside is
// the code. For a flag: both are accepted, and outside alone raises it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/ledger/law_fixture.h"

namespace anta::test {

enum class Side : std::uint8_t { inside, outside };
enum class Setting : std::uint8_t { standard, other };  // of the parameter
inline constexpr auto inside = Side::inside;
inline constexpr auto outside = Side::outside;
inline constexpr auto standard = Setting::standard;
inline constexpr auto other = Setting::other;

struct LawRow {
  std::string_view word = {};  // a code or a flag
  Side side = Side::inside;
  Setting setting = Setting::standard;
  std::string_view title = {};  // what the case is about: one_word_with_underscores
  std::function<std::string(World&)> body = {};
  Parameters parameters = {};   // for Setting::other: what differs from the defaults
  bool flag = false;            // where a word is both code and flag (batch_closure): this row is the flag's
  std::string_view about = {};  // the parameter whose limit the case stands at, if it does
};

class LawTable {
 public:
  LawTable(const char* file, std::vector<LawRow> rows);  // registers a test per row
};

// Everything the law can answer. A word whose limit is a parameter needs cases at another value too; one that
// only another value brings about has none at the default.
enum class Needs : std::uint8_t { standard, both, other };
struct LawWord {
  std::string_view word = {};
  Needs needs = Needs::standard;
};
std::span<const LawWord> law_codes();
std::span<const LawWord> law_flags();

// Every parameter, with the word whose cases show where its limit lies; or why no rule reads it.
struct LawParameter {
  std::string_view name = {};
  std::string_view word = {};    // empty: no rule reads it
  std::string_view unread = {};  // then the reason
};
std::span<const LawParameter> law_parameters();

const std::vector<LawRow>& registered_rows();

}  // namespace anta::test
