// What Anta says to people: every code with its cause in words and the next step, in Spanish and English.
//
// One catalogue for the whole program, so that a code reads the same everywhere. Codes are stable and never
// translated; words may improve. A test asks that every code of the law, every flag, every code of a report
// and every mistake that anta itself names is here in both languages. Pure, any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/error.h"

namespace anta {

enum class Language { en, es };

// "es_PE.UTF-8" -> es, "en" -> en; none for a language that anta does not speak.
std::optional<Language> known_language(std::string_view locale);
// The same; en for what it does not speak.
Language language_of(std::string_view locale);

// How anta was called is wrong: `malformed` with rule "usage", what is wrong in the reader's language.
tl::unexpected<Error> usage_error(Language language, const std::string& english, const std::string& spanish);

// `; did you mean "x"?` in the reader's language, or nothing. Appended to a message.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known, Language language);

struct Saying {
  std::string_view code = {};
  std::string_view cause_en = {};
  std::string_view next_en = {};  // may be empty: nothing to do
  std::string_view cause_es = {};
  std::string_view next_es = {};
};

// Refusals (rules of the law, codes of admission and transport, mistakes of usage), flags of the ledger,
// lines of a report.
std::span<const Saying> refusals();
std::span<const Saying> flags();
std::span<const Saying> report_lines();

// The saying for a code, or null. A check's name such as "note.crlf" has the saying of its family ("note")
// unless it has its own.
const Saying* find_saying(std::string_view code);

// The cause and the next step in a language; for an unknown code the code itself and an empty step.
std::string_view cause(std::string_view code, Language language);
std::string_view next_step(std::string_view code, Language language);
// The same for a flag: some words are a refusal's code and a flag's, and mean different things to do.
std::string_view flag_cause(std::string_view code, Language language);
std::string_view flag_next_step(std::string_view code, Language language);
// What the reader of a report does. Empty for a rule of the law: its next step is the signer's.
std::string_view report_next_step(std::string_view code, Language language);

}  // namespace anta
