#include "cli/catalogue.h"

#include "storage/ledger/spelling.h"

namespace anta {
namespace {

const Saying* find_in(std::span<const Saying> table, std::string_view code) {
  for (const Saying& saying : table) {
    if (saying.code == code) return &saying;
  }
  return nullptr;
}

std::string_view cause_of(const Saying* saying, std::string_view code, Language language) {
  if (!saying) return code;
  return language == Language::es ? saying->cause_es : saying->cause_en;
}

std::string_view next_of(const Saying* saying, Language language) {
  if (!saying) return {};
  return language == Language::es ? saying->next_es : saying->next_en;
}

}  // namespace

std::optional<Language> known_language(std::string_view locale) {
  const std::string_view language = locale.substr(0, locale.find_first_of("_-.@"));
  if (language == "en") return Language::en;
  if (language == "es") return Language::es;
  return std::nullopt;
}

Language language_of(std::string_view locale) { return known_language(locale).value_or(Language::en); }

tl::unexpected<Error> usage_error(Language language, const std::string& english, const std::string& spanish) {
  return tl::unexpected(Error{Code::malformed, "usage", language == Language::es ? spanish : english});
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known, Language language) {
  if (language != Language::es) return suggestion(word, known);
  const auto near = nearest_word(word, known);
  return near ? "; ¿quiso decir \"" + std::string(*near) + "\"?" : std::string();
}

const Saying* find_saying(std::string_view code) {
  for (const auto table : {refusals(), flags(), report_lines()}) {
    if (const Saying* found = find_in(table, code)) return found;
  }
  const std::size_t dot = code.find('.');
  if (dot == std::string_view::npos) return nullptr;
  for (const auto table : {refusals(), report_lines()}) {
    if (const Saying* family = find_in(table, code.substr(0, dot))) return family;
  }
  return nullptr;
}

std::string_view cause(std::string_view code, Language language) {
  return cause_of(find_saying(code), code, language);
}

std::string_view next_step(std::string_view code, Language language) {
  return next_of(find_saying(code), language);
}

std::string_view flag_cause(std::string_view code, Language language) {
  return cause_of(find_in(flags(), code), code, language);
}

std::string_view flag_next_step(std::string_view code, Language language) {
  return next_of(find_in(flags(), code), language);
}

std::string_view report_next_step(std::string_view code, Language language) {
  return next_of(find_in(report_lines(), code), language);
}

}  // namespace anta
