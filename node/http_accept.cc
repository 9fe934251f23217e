#include "node/http_accept.h"

#include <algorithm>

namespace anta {
namespace {

constexpr unsigned weight_max = 1'000;  // q is written with three decimals at most

// How exactly a range names a type, and its weight in thousandths. The most exact one counts.
struct Named {
  enum class How : std::uint8_t { not_at_all, any, any_of_type, exactly };
  How how = How::not_at_all;
  unsigned weight = 0;
};

// Takes what stands before the separator off the text; one within quotes separates nothing.
std::string_view take_part(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != separator); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (text[end] == '\\' && quoted) ++end;
  }
  const std::string_view part = text.substr(0, std::min(end, text.size()));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return lowered(a) == b; });
}

// "0.25" is 250.
unsigned weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return weight_max;
  if (text.size() > 1 && text[1] != '.') return weight_max;
  unsigned weight = static_cast<unsigned>(text[0] - '0') * weight_max;
  unsigned unit = weight_max / 10;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return weight_max;
    weight += static_cast<unsigned>(digit - '0') * unit;
    unit /= 10;
  }
  return std::min(weight, weight_max);
}

Named::How how_it_names(std::string_view range, std::string_view type) {
  if (same_word(range, type)) return Named::How::exactly;
  if (range == "*/*") return Named::How::any;
  const std::string_view kind = type.substr(0, type.find('/') + 1);
  if (range.ends_with("/*") && same_word(range.substr(0, range.size() - 1), kind))
    return Named::How::any_of_type;
  return Named::How::not_at_all;
}

// What one element of the list, a range with its parameters, says of a type.
Named match_of(std::string_view element, std::string_view type) {
  const std::string_view range = trimmed(take_part(element, ';'));
  Named match{.how = how_it_names(range, type), .weight = weight_max};
  while (!element.empty()) {
    std::string_view value = take_part(element, ';');
    const std::string_view name = trimmed(take_part(value, '='));
    if (same_word(name, "q")) match.weight = weight_of(trimmed(value));
  }
  return match;
}

unsigned weight_of_type(const HttpRequest& request, std::string_view type) {
  Named best;
  for (const auto& [name, text] : request.headers) {
    if (name != "accept") continue;
    std::string_view list = text;
    while (!list.empty()) {
      const Named match = match_of(take_part(list, ','), type);
      if (match.how > best.how) best = match;
      if (match.how == best.how) best.weight = std::max(best.weight, match.weight);
    }
  }
  return best.how == Named::How::not_at_all ? 0 : best.weight;
}

}  // namespace

std::string_view wanted_type(const HttpRequest& request, std::span<const std::string_view> offered) {
  std::string_view wanted = offered.front();
  unsigned most = weight_of_type(request, wanted);
  for (const std::string_view type : offered.subspan(1)) {
    const unsigned weight = weight_of_type(request, type);
    if (weight > most) {
      wanted = type;
      most = weight;
    }
  }
  return wanted;
}

std::string media_type(const HttpRequest& request) {
  bool said = false;
  std::string_view text = "application/octet-stream";
  for (const auto& [name, value] : request.headers) {
    if (name != "content-type") continue;
    if (said) return {};
    text = value;
    said = true;
  }
  std::string type(trimmed(take_part(text, ';')));
  std::ranges::transform(type, type.begin(), lowered);
  return type;
}

}  // namespace anta
