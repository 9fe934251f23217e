// CRC-32C (Castagnoli, RFC 3720 appendix B.4): against rot of stored bytes, not against people. Pure, any
// thread.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "crypto/digest.h"

namespace anta {

// The checksum of several runs of bytes as if they stood in a row.
std::uint32_t crc32c(std::initializer_list<ByteView> parts);

}  // namespace anta
