// A checkpoint's text (C2SP tlog-checkpoint v1.0.0): origin LF size LF base64(root) LF, and never an
// extension line.
//
// The text is what logs sign and organisations cosign (note.h). Parsing is strict, so that one checkpoint has
// one text: a size is decimal without sign or leading zero, below 2^64; a root is 32 bytes. The origin is a
// key name (note.h), and "cosignature/v1" is forbidden as one, because a cosigned message starts with that
// line. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

struct Checkpoint {
  std::string origin = {};
  std::uint64_t size = 0;  // leaves
  Digest root = {};

  bool operator==(const Checkpoint&) const = default;
};

// A name that a ledger may have.
bool is_origin(std::string_view origin);

std::string encode_checkpoint(const Checkpoint& checkpoint);  // the origin is_origin
Result<Checkpoint> parse_checkpoint(std::string_view text);

}  // namespace anta
