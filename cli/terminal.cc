#include "cli/terminal.h"

#include <algorithm>

#include "crypto/text.h"

namespace anta {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

// The first character: its size in bytes (0: no UTF-8) and its code point.
struct Character {
  std::size_t size = 0;
  char32_t code = 0;
};

Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  for (const std::size_t size : {2, 3, 4}) {
    if (text.size() < size || !is_utf8(text.substr(0, size))) continue;
    char32_t code = lead & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i)
      code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    return {size, code};
  }
  return {0, lead};
}

bool is_control(char32_t code) {
  const bool c0_or_c1 = code < 0x20 || (code >= 0x7F && code <= 0x9F);
  const bool bidi = code == 0x061C || code == 0x200E || code == 0x200F ||
                    (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return c0_or_c1 || bidi || code == 0x2028 || code == 0x2029;  // the last two end lines
}

void escape(std::string& out, std::string_view prefix, char32_t code, int hex_digits) {
  out += prefix;
  for (int i = hex_digits - 1; i >= 0; --i)
    out += digits[code >> (4 * i) & 0xF];
}

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = first_of(text);
    const std::size_t size = std::max<std::size_t>(c.size, 1);
    if (c.size == 0 || (is_control(c.code) && c.code < 0x80)) {
      escape(out, "\\x", c.code, 2);
    } else if (is_control(c.code)) {
      escape(out, "\\u", c.code, 4);
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace anta
