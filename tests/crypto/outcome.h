// What a Result says, in words a test can compare: its rule, or "ok".
#pragma once

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/secret.h"
#include "crypto/text.h"

namespace anta::test {

template <typename T>
std::string outcome(const Result<T>& result) {
  return result ? "ok" : result.error().rule;
}

// Bytes from hex that the test itself wrote; spaces part groups.
inline Bytes bytes(std::string_view spaced) {
  std::string hex;
  for (char c : spaced) {
    if (c != ' ') hex.push_back(c);
  }
  auto decoded = from_hex(hex);
  ANTA_INVARIANT(decoded.has_value());
  return *decoded;
}

template <std::size_t N>
std::array<std::uint8_t, N> array(std::string_view hex) {
  const Bytes decoded = bytes(hex);
  ANTA_INVARIANT(decoded.size() == N);
  std::array<std::uint8_t, N> out = {};
  std::copy(decoded.begin(), decoded.end(), out.begin());
  return out;
}

inline Digest digest(std::string_view hex) { return Digest{array<32>(hex)}; }

// A seed of 32 equal bytes: a test's keys are its own and the same in every run.
inline Secret32 seed(std::uint8_t fill) {
  std::array<std::uint8_t, 32> raw = {};
  raw.fill(fill);
  return Secret32(raw);
}

inline std::string vector_file(const std::string& name) {
  std::ifstream file(std::string(ANTA_SOURCE_DIR) + "/tests/vectors/" + name, std::ios::binary);
  ANTA_INVARIANT(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

// The text with its first `from` replaced by `to`.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  ANTA_INVARIANT(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace anta::test
