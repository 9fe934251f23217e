#include "cli/catalogue.h"

namespace anta {
namespace {

const Saying* find_in(std::span<const Saying> table, std::string_view code) {
  for (const Saying& saying : table) {
    if (saying.code == code) return &saying;
  }
  return nullptr;
}

}  // namespace

Language language_of(std::string_view locale) {
  return locale.substr(0, 2) == "es" ? Language::es : Language::en;
}

const Saying* find_saying(std::string_view code) {
  for (const auto table : {refusals(), flags(), report_lines()}) {
    if (const Saying* found = find_in(table, code)) return found;
  }
  return nullptr;
}

std::string_view cause(std::string_view code, Language language) {
  const Saying* saying = find_saying(code);
  if (!saying) return code;
  return language == Language::es ? saying->cause_es : saying->cause_en;
}

std::string_view next_step(std::string_view code, Language language) {
  const Saying* saying = find_saying(code);
  if (!saying) return {};
  return language == Language::es ? saying->next_es : saying->next_en;
}

}  // namespace anta
