// Signed notes (C2SP signed-note v1.0.0), with log signatures and cosignatures.
//
//     text, ending in LF
//     LF
//     — <key name> base64(key id (4) || signature) LF          one to note_signatures_max times
//
// Two kinds of key: type 01 signs the text itself (64 bytes); type 04 is cosignature/v1 (C2SP
// tlog-cosignature v1.0.1): u64 big-endian time, then a signature over "cosignature/v1\ntime <time>\n" and
// the text (72 bytes). A key id is SHA-256(name || LF || type || public key)[0:4]; a verifier key is written
// name+<key id, hex>+base64(type || key).
//
// Stricter than C2SP where Anta's notes need no freedom: no empty line inside the text, at most
// note_signatures_max signatures, no (name, key id) twice. Parsing verifies nothing; unknown keys parse and
// are for the caller to ignore. Errors are `malformed` with a rule note.*, or `bad_signature`. Pure, any
// thread.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/keys.h"
#include "crypto/signature.h"

namespace anta {

inline constexpr std::size_t note_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t note_signatures_max = 16;
inline constexpr std::size_t key_name_bytes_max = 255;
// How far a cosigner's clock may be ahead of the verifier's.
inline constexpr std::uint64_t cosignature_ahead_seconds_max = 60;

// Stored and sent: never renumber.
enum class KeyType : std::uint8_t { ed25519 = 0x01, cosignature = 0x04 };

using KeyId = std::array<std::uint8_t, 4>;

// A public key with the name and purpose it signs notes under.
struct VerifierKey {
  std::string name = {};
  KeyType type = KeyType::ed25519;
  PublicKey key = {};

  auto operator<=>(const VerifierKey&) const = default;
  KeyId id() const;
};

// Non-empty, UTF-8, no space of any script, no control character, no plus.
bool is_key_name(std::string_view name);

std::string encode_verifier_key(const VerifierKey& key);
Result<VerifierKey> parse_verifier_key(std::string_view text);

struct NoteSignature {
  std::string name = {};
  KeyId key_id = {};
  Bytes blob = {};  // what follows the key id

  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text = {};  // with its last LF; what is signed
  std::vector<NoteSignature> signatures = {};

  bool operator==(const Note&) const = default;
};

Result<Note> parse_note(std::string_view note);
std::string encode_note(const Note& note);

// One signature line with its LF, as nodes send it to each other.
std::string encode_signature_line(const NoteSignature& signature);
Result<NoteSignature> parse_signature_line(std::string_view line);

// A type 01 signature over the text. `name` is the log's origin.
NoteSignature sign_note_line(std::string_view text, std::string_view name, const SigningKey& key);

// A type 04 cosignature at `unix_seconds` (not 0, below 2^63).
NoteSignature sign_cosignature(std::string_view text, std::string_view name, const SigningKey& key,
                               std::uint64_t unix_seconds);

// This signature bears the key's name and id. When it does, it must verify, or the whole note is bad.
bool is_by(const NoteSignature& signature, const VerifierKey& key);

// A type 01 signature by a type 01 key.
Result<void> verify_note_line(const VerifierKey& key, std::string_view text, const NoteSignature& signature);

// A type 04 signature by a type 04 key: its time in seconds. Refuses time 0, beyond 2^63 - 1, and more than
// cosignature_ahead_seconds_max after `now_seconds`; age is for the caller.
Result<std::uint64_t> verify_cosignature(const VerifierKey& key, std::string_view text,
                                         const NoteSignature& signature, std::uint64_t now_seconds);

}  // namespace anta
