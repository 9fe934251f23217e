#include "crypto/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace anta {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Value of each character in `alphabet`, or -1.
template <std::size_t N = 256>
constexpr std::array<std::int8_t, N> values_of(std::string_view alphabet) {
  std::array<std::int8_t, N> values = {};
  for (auto& value : values)
    value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto hex_values = values_of(hex_digits);
constexpr auto base64_values = values_of(base64_alphabet);

int value_in(const std::array<std::int8_t, 256>& values, char c) {
  return values[static_cast<std::uint8_t>(c)];
}

Result<Digest> digest_of_bytes(const Bytes& bytes) {
  if (bytes.size() != Digest::size) {
    return fail(Code::malformed, "text.digest_size",
                "a digest is 32 bytes, these are " + std::to_string(bytes.size()));
  }
  Digest digest;
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

// Bytes of the well-formed sequence that `text` starts with (Unicode 15, table 3-7), or 0.
std::size_t utf8_sequence(ByteView text) {
  const std::uint8_t first = text[0];
  if (first < 0x80) return 1;
  std::size_t size = 0;
  std::uint8_t low = 0x80;  // bounds of the second byte; the others are 80..BF
  std::uint8_t high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    size = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    size = 3;
    if (first == 0xE0) low = 0xA0;   // no overlong forms
    if (first == 0xED) high = 0x9F;  // no surrogates
  } else if (first >= 0xF0 && first <= 0xF4) {
    size = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;  // nothing above U+10FFFF
  }
  if (size == 0 || text.size() < size || text[1] < low || text[1] > high) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (text[i] < 0x80 || text[i] > 0xBF) return 0;
  }
  return size;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    text.push_back(hex_digits[byte >> 4]);
    text.push_back(hex_digits[byte & 15]);
  }
  return text;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Code::malformed, "text.hex", "hex text has an odd number of digits");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value_in(hex_values, text[i]);
    const int low = value_in(hex_values, text[i + 1]);
    if (high < 0 || low < 0) {
      return fail(Code::malformed, "text.hex",
                  "hex text has something else than 0-9 and a-f at character " + std::to_string(i + 1));
    }
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

Result<Digest> digest_from_hex(std::string_view text) {
  auto bytes = from_hex(text);
  if (!bytes) return pass(bytes);
  return digest_of_bytes(*bytes);
}

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16;
    if (left > 1) group |= static_cast<std::uint32_t>(bytes[i + 1]) << 8;
    if (left > 2) group |= bytes[i + 2];
    text.push_back(base64_alphabet[group >> 18]);
    text.push_back(base64_alphabet[group >> 12 & 63]);
    text.push_back(left > 1 ? base64_alphabet[group >> 6 & 63] : '=');
    text.push_back(left > 2 ? base64_alphabet[group & 63] : '=');
  }
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return fail(Code::malformed, "text.base64", "base64 text is not padded to groups of four characters");
  }
  std::size_t padding = 0;
  if (text.ends_with("==")) {
    padding = 2;
  } else if (text.ends_with('=')) {
    padding = 1;
  }
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  const std::size_t digits = text.size() - padding;
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int value = value_in(base64_values, text[i]);
    if (value < 0) {
      return fail(Code::malformed, "text.base64",
                  "base64 text has a foreign character at " + std::to_string(i + 1));
    }
    group = group << 6 | static_cast<std::uint32_t>(value);
    // the first of four characters completes no byte, each later one does
    if (i % 4 == 1) bytes.push_back(static_cast<std::uint8_t>(group >> 4));
    if (i % 4 == 2) bytes.push_back(static_cast<std::uint8_t>(group >> 2));
    if (i % 4 == 3) bytes.push_back(static_cast<std::uint8_t>(group));
  }
  const std::uint32_t unused = padding == 2 ? group & 15 : padding == 1 ? group & 3 : 0;
  if (unused != 0) {
    return fail(Code::malformed, "text.base64", "base64 text has bits set after its last byte");
  }
  return bytes;
}

Result<Digest> digest_from_base64(std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes) return pass(bytes);
  return digest_of_bytes(*bytes);
}

Result<std::uint64_t> decimal(std::string_view text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits)
    return fail(Code::malformed, "text.decimal", "a number has something else than the digits 0-9");
  if (text.size() > 1 && text[0] == '0') {
    return fail(Code::malformed, "text.decimal", "a number has a leading zero");
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return fail(Code::malformed, "text.decimal", "a number is not below 2^64");
  return value;
}

bool is_utf8(std::string_view text) {
  ByteView left = as_bytes(text);
  while (!left.empty()) {
    const std::size_t size = utf8_sequence(left);
    if (size == 0) return false;
    left = left.subspan(size);
  }
  return true;
}

bool is_nfc(std::string_view text) {
  if (is_ascii(text)) return true;
  if (!is_utf8(text)) return false;
  utf8proc_uint8_t* composed = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const auto size =
      utf8proc_map(as_bytes(text).data(), static_cast<utf8proc_ssize_t>(text.size()), &composed, options);
  const bool same = size >= 0 && static_cast<std::size_t>(size) == text.size() &&
                    std::equal(composed, composed + size, as_bytes(text).begin());
  std::free(composed);  // null when it failed
  return same;
}

bool has_space(std::string_view text) {
  // White_Space of the Unicode Character Database; the list is closed in practice (last change: 2016, a
  // removal).
  constexpr std::string_view spaces[] = {
      "\t",           "\n",           "\v",           "\f",           "\r",           " ",
      "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
      "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
      "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
      "\xE3\x80\x80"};
  return std::any_of(std::begin(spaces), std::end(spaces),
                     [&](std::string_view space) { return text.find(space) != std::string_view::npos; });
}

}  // namespace anta
