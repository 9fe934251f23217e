// How the parts of a certificate file are read and written: bounds first, then memory. Internal to the file's
// codec; pure, any thread.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "crypto/cbor.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/certificate_file.h"

namespace anta::certificate_reading {

inline void write_hashes(cbor::Writer& out, std::span<const Digest> hashes) {
  for (const Digest& hash : hashes)
    out.bytes(hash.view());
}

// Paths go from the leaf up, so what two of one tree share is at their ends.
inline void write_path(cbor::Writer& out, std::span<const Digest> path, std::span<const Digest> before) {
  const auto differ = std::mismatch(path.rbegin(), path.rend(), before.rbegin(), before.rend());
  const auto shared = static_cast<std::size_t>(differ.first - path.rbegin());
  out.array(1 + path.size() - shared).uint(shared);
  write_hashes(out, path.first(path.size() - shared));
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

inline Result<std::vector<Digest>> read_hashes(cbor::Reader& in, std::size_t count) {
  std::vector<Digest> hashes(count);
  for (Digest& hash : hashes) {
    const auto one = read_hash(in);
    if (!one) return pass(one);
    hash = *one;
  }
  return hashes;
}

inline Result<std::vector<Digest>> read_path(cbor::Reader& in, std::size_t max,
                                             std::span<const Digest> before, const char* what) {
  const auto parts = read_array(in, 1 + max, what);
  if (!parts) return pass(parts);
  if (*parts == 0) return in.refuse("certificate.form", "a path begins with how many hashes it shares");
  const auto shared = in.uint();
  if (!shared) return pass(shared);
  if (*shared > before.size())
    return in.refuse("certificate.form", "more hashes are shared than the path before has");
  auto path = read_hashes(in, *parts - 1);
  if (!path) return path;
  const auto above = before.last(static_cast<std::size_t>(*shared));
  if (path->size() + above.size() > max)
    return in.refuse("certificate.too_many", std::string(what) + ": more than " + std::to_string(max));
  if (!path->empty() && above.size() < before.size() &&
      before[before.size() - above.size() - 1] == path->back())
    return in.refuse("certificate.form", "a hash is listed that could be shared");
  path->insert(path->end(), above.begin(), above.end());
  return path;
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
