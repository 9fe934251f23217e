// Secrets on disk: a seed sealed with a passphrase, a node's plain seed file, and how private files are
// written.
//
// A sealed seed is text, one key per file, so that it survives a mail client and a person can see what it is:
//
//     anta-sealed-key v1
//     argon2id <operations> <memory, KiB>
//     salt <base64 of 16 bytes>
//     nonce <base64 of 24 bytes>
//     box <base64 of 48 bytes>
//
// The key is Argon2id(passphrase, salt), the box XSalsa20-Poly1305 of the seed (libsodium's crypto_pwhash and
// crypto_secretbox). Any changed byte, in the header too, fails to open: the header's numbers make the key. A
// wrong passphrase and a damaged box cannot be told apart, and the message says so.
//
// A node's seed is not sealed (it must start unattended): 64 hex digits and a line feed, readable by its
// owner only.
//
// Sealing and opening block for what Argon2id costs (a fraction of a second), files on the disk: never on the
// loop thread.
#pragma once

#include <filesystem>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/private_file.h"
#include "crypto/secret.h"

namespace anta {

// What Argon2id costs an attacker, and us. The default is libsodium's "moderate".
struct SealCost {
  std::uint64_t operations = 3;
  std::uint64_t memory_kib = std::uint64_t{256} << 10;
};
// Bounds for a file we did not write: beyond them opening is refused before any memory is taken.
inline constexpr std::uint64_t seal_operations_max = 16;
inline constexpr std::uint64_t seal_memory_kib_min = 8;
inline constexpr std::uint64_t seal_memory_kib_max = std::uint64_t{1} << 20;
inline constexpr std::size_t passphrase_bytes_max = 1024;

// Text of the sealed file. Refuses an empty or overlong passphrase and a cost out of bounds (malformed).
Result<Bytes> seal_seed(const Secret32& seed, std::string_view passphrase, const SealCost& cost = {});

// The seed back. malformed: not such a file; not_authorised: wrong passphrase, or the file was changed.
Result<Secret32> open_sealed(ByteView file, std::string_view passphrase);

// A node's plain seed file.
Result<void> write_seed_file(const std::filesystem::path& path, const Secret32& seed,
                             Replace replace = Replace::no);
Result<Secret32> read_seed_file(const std::filesystem::path& path);

}  // namespace anta
