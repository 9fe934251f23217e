// A hash for tables whose keys others choose: SipHash-2-4 under a key that is drawn once per process.
//
// Nobody can make many keys fall into one place without knowing that key. Never store or send what it gives:
// it is another in each process. Any thread. Source: Aumasson, Bernstein, "SipHash" (2012); libsodium's
// crypto_shorthash.
#pragma once

#include <cstddef>

#include "crypto/digest.h"

namespace anta {

std::size_t keyed_hash(ByteView bytes);

}  // namespace anta
