#include "node/views/time_text.h"

#include <cstdio>
#include <optional>

namespace anta::views {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
// 0001-01-01T00:00:00Z and the last millisecond of 9999.
constexpr std::int64_t earliest_ms = -62'135'596'800'000;
constexpr std::int64_t latest_ms = 253'402'300'799'999;

// Days since 1970-01-01 of a civil date, and back (Hinnant, "chrono-compatible low-level date algorithms").
std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

struct Civil {
  std::int64_t year = 0;
  unsigned month = 0;
  unsigned day = 0;
};

Civil civil_from_days(std::int64_t z) {
  z += 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1};
}

unsigned days_of(std::int64_t year, unsigned month) {
  static constexpr unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

// `count` digits at `at`, which moves on.
std::optional<unsigned> digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  unsigned value = 0;
  for (std::size_t i = 0; i < count; ++i, ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(text[at] - '0');
  }
  return value;
}

bool take(std::string_view text, std::size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

// ".25" -> 250; absent: 0; finer than a millisecond: nothing.
std::optional<unsigned> fraction(std::string_view text, std::size_t& at) {
  if (!take(text, at, '.')) return 0;
  unsigned value = 0;
  std::size_t count = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++count) {
    if (count >= 3 && text[at] != '0') return std::nullopt;
    if (count < 3) value = value * 10 + static_cast<unsigned>(text[at] - '0');
  }
  if (count == 0) return std::nullopt;
  for (; count < 3; ++count)
    value *= 10;
  return value;
}

// "Z" or "-05:00" in minutes.
std::optional<std::int64_t> offset_minutes(std::string_view text, std::size_t& at) {
  if (take(text, at, 'Z') || take(text, at, 'z')) return 0;
  const bool west = at < text.size() && text[at] == '-';
  if (!take(text, at, '-') && !take(text, at, '+')) return std::nullopt;
  const auto hours = digits(text, at, 2);
  if (!hours || *hours > 23 || !take(text, at, ':')) return std::nullopt;
  const auto minutes = digits(text, at, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const auto total = static_cast<std::int64_t>(*hours * 60 + *minutes);
  return west ? -total : total;
}

std::optional<std::int64_t> parse(std::string_view text) {
  std::size_t at = 0;
  const auto year = digits(text, at, 4);
  if (!year || *year == 0 || !take(text, at, '-')) return std::nullopt;
  const auto month = digits(text, at, 2);
  if (!month || *month < 1 || *month > 12 || !take(text, at, '-')) return std::nullopt;
  const auto day = digits(text, at, 2);
  if (!day || *day < 1 || *day > days_of(*year, *month)) return std::nullopt;
  if (!take(text, at, 'T') && !take(text, at, 't') && !take(text, at, ' ')) return std::nullopt;
  const auto hour = digits(text, at, 2);
  if (!hour || *hour > 23 || !take(text, at, ':')) return std::nullopt;
  const auto minute = digits(text, at, 2);
  if (!minute || *minute > 59 || !take(text, at, ':')) return std::nullopt;
  const auto second = digits(text, at, 2);
  if (!second || *second > 59) return std::nullopt;
  const auto millis = fraction(text, at);
  if (!millis) return std::nullopt;
  const auto offset = offset_minutes(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  const std::int64_t seconds =
      static_cast<std::int64_t>(*hour) * 3600 + *minute * 60 + *second - *offset * 60;
  return days_from_civil(*year, *month, *day) * day_ms + seconds * 1000 + *millis;
}

}  // namespace

std::string time_to_text(Millis time) {
  if (time.value < earliest_ms || time.value > latest_ms) return std::to_string(time.value);
  std::int64_t days = time.value / day_ms;
  std::int64_t rest = time.value % day_ms;
  if (rest < 0) rest += day_ms, --days;
  const Civil civil = civil_from_days(days);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(civil.year), civil.month,
                civil.day, static_cast<int>(rest / 3'600'000), static_cast<int>(rest / 60'000 % 60),
                static_cast<int>(rest / 1000 % 60));
  std::string out = text;
  if (rest % 1000 != 0) out += "." + std::to_string(1000 + rest % 1000).substr(1);
  return out + "Z";
}

Result<Millis> time_from_text(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed || *parsed < earliest_ms || *parsed > latest_ms) {
    return fail(
        Code::malformed, "view.time",
        "\"" + std::string(text.substr(0, 40)) + "\" is not a time such as 2025-01-10T12:00:00-05:00");
  }
  return Millis{*parsed};
}

}  // namespace anta::views
