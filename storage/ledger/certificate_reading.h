// How the parts of a certificate file are read and written: bounds first, then memory. Internal to the file's
// codec; pure, any thread.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "crypto/cbor.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/certificate_file.h"

namespace anta::certificate_reading {

inline void write_path(cbor::Writer& out, std::span<const Digest> path) {
  out.array(path.size());
  for (const Digest& hash : path)
    out.bytes(hash.view());
}

inline Result<std::size_t> read_array(cbor::Reader& in, std::size_t max, const char* what) {
  Result<std::size_t> count = in.array();
  if (!count) return count;
  if (*count > max) {
    return in.refuse("certificate.too_many", std::string(what) + ": more than " + std::to_string(max));
  }
  return count;
}

// Field 1 of a file, a patch or a proof.
inline Result<void> read_format(cbor::Reader& in) {
  const auto format = in.integer();
  if (!format) return pass(format);
  if (*format == certificate_format) return {};
  return in.refuse("certificate.format",
                   "format " + std::to_string(*format) + "; this release reads format 1");
}

// An array that has `parts` items.
inline Result<void> read_parts(cbor::Reader& in, std::size_t parts, const char* what) {
  const Result<std::size_t> count = in.array();
  if (!count) return pass(count);
  if (*count != parts)
    return in.refuse("certificate.form", std::string(what) + " has " + std::to_string(parts) + " parts");
  return {};
}

inline Result<Digest> read_hash(cbor::Reader& in) {
  const auto bytes = in.bytes();
  if (!bytes) return pass(bytes);
  if (bytes->size() != Digest::size)
    return in.refuse("certificate.hash", "a proof hash is not 32 bytes long");
  Digest hash;
  std::copy(bytes->begin(), bytes->end(), hash.bytes.begin());
  return hash;
}

inline Result<std::vector<Digest>> read_hashes(cbor::Reader& in, std::size_t max, const char* what) {
  const auto count = read_array(in, max, what);
  if (!count) return pass(count);
  std::vector<Digest> hashes(*count);
  for (Digest& hash : hashes) {
    const auto one = read_hash(in);
    if (!one) return pass(one);
    hash = *one;
  }
  return hashes;
}

inline Result<std::shared_ptr<const Bytes>> read_bytes(cbor::Reader& in, std::size_t max, const char* what) {
  const auto bytes = in.bytes();
  if (!bytes) return pass(bytes);
  if (bytes->size() > max) return in.refuse("certificate.too_large", std::string(what) + " is too large");
  return std::make_shared<const Bytes>(to_bytes(*bytes));
}

inline Result<void> read_text(cbor::Reader& in, std::size_t max, std::string& into, const char* what) {
  const auto text = in.text();
  if (!text) return pass(text);
  if (text->size() > max) return in.refuse("certificate.too_large", std::string(what) + " is too large");
  into = *text;
  return {};
}

}  // namespace anta::certificate_reading
