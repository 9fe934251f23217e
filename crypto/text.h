// Bytes as text: hex and base64, and what text may be.
//
// Both alphabets decode strictly, so that one value has one spelling: hex is lower case only; base64 is RFC
// 4648 section 4 with its padding, no line breaks, and with the unused bits of the last character zero. Not
// constant-time: the key files (sealed.h) hold the only secrets that pass here, read once at start. Pure, any
// thread.
#pragma once

#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

std::string to_hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view text);
Result<Digest> digest_from_hex(std::string_view text);
inline std::string hex(const Digest& digest) { return to_hex(digest.view()); }

std::string to_base64(ByteView bytes);
Result<Bytes> from_base64(std::string_view text);
Result<Digest> digest_from_base64(std::string_view text);

// A decimal number as every text format here writes it: no sign, no leading zero, no space, below 2^64.
Result<std::uint64_t> decimal(std::string_view text);

// Well-formed UTF-8 (Unicode 15, table 3-7): no surrogates, no overlong forms, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// Well-formed UTF-8 that is its own Normalization Form C (UAX 15), so that two texts that look the same are
// the same bytes. ASCII is answered without a table.
bool is_nfc(std::string_view text);

// Holds a character of the Unicode property White_Space, of any script. `text` is UTF-8.
bool has_space(std::string_view text);

}  // namespace anta
