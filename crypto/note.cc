#include "crypto/note.h"

#include <algorithm>
#include <limits>

#include "crypto/text.h"

namespace anta {

namespace {

constexpr std::string_view line_start = "\xE2\x80\x94 ";  // em dash, space
constexpr std::size_t note_signature_bytes = 64;
constexpr std::size_t cosignature_bytes = 72;  // time, then the signature
constexpr std::size_t time_bytes = 8;

tl::unexpected<Error> bad_note(std::string rule, std::string message) {
  return fail(Code::malformed, "note." + std::move(rule), std::move(message));
}

KeyId key_id_of(std::string_view name, KeyType type, const PublicKey& key) {
  const std::uint8_t between[] = {'\n', static_cast<std::uint8_t>(type)};
  const Digest digest = sha256({as_bytes(name), between, key.view()});
  KeyId id = {};
  std::copy_n(digest.bytes.begin(), id.size(), id.begin());
  return id;
}

std::string cosigned_message(std::string_view text, std::uint64_t unix_seconds) {
  return std::string("cosignature/v1\ntime ").append(std::to_string(unix_seconds)).append("\n").append(text);
}

// What holds for every byte of a note (signed-note, "Format").
Result<void> check_note_characters(std::string_view note) {
  if (note.size() > note_bytes_max) {
    return bad_note("too_large", "a note is at most " + std::to_string(note_bytes_max) + " bytes");
  }
  for (char c : note) {
    if (c == '\r') return bad_note("crlf", "the note has carriage returns; lines end in LF alone");
    if (static_cast<std::uint8_t>(c) < 0x20 && c != '\n') {
      return bad_note("control", "the note has a control character");
    }
  }
  if (!is_utf8(note)) return bad_note("utf8", "the note is not UTF-8");
  if (!note.ends_with('\n')) return bad_note("final_newline", "the note's last line has no LF");
  return {};
}

// The signature bytes of a blob, after `skip` bytes.
Signature signature_in(const Bytes& blob, std::size_t skip) {
  Signature signature = {};
  std::copy_n(blob.begin() + static_cast<std::ptrdiff_t>(skip), signature.size(), signature.begin());
  return signature;
}

Result<void> check_key(const VerifierKey& key, KeyType type, const NoteSignature& signature,
                       std::size_t bytes) {
  if (key.type != type)
    return bad_note("key_type", "key " + key.name + " is not of the type for this signature");
  if (!is_by(signature, key)) {
    return fail(Code::bad_signature, "note.other_key", "the signature is not by key " + key.name);
  }
  if (signature.blob.size() != bytes) {
    return bad_note("blob_size", "the signature by " + key.name + " is " +
                                     std::to_string(signature.blob.size() + 4) +
                                     " bytes with its key id, not " + std::to_string(bytes + 4));
  }
  return {};
}

tl::unexpected<Error> does_not_verify(const VerifierKey& key) {
  return fail(Code::bad_signature, "note.signature", "the signature by " + key.name + " does not verify");
}

}  // namespace

KeyId VerifierKey::id() const { return key_id_of(name, type, key); }

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > key_name_bytes_max || !is_utf8(name)) return false;
  const bool control = std::any_of(name.begin(), name.end(),
                                   [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F; });
  return !control && name.find('+') == std::string_view::npos && !has_space(name);
}

std::string encode_verifier_key(const VerifierKey& key) {
  Bytes material = {static_cast<std::uint8_t>(key.type)};
  material.insert(material.end(), key.key.bytes.begin(), key.key.bytes.end());
  return key.name + "+" + to_hex(key.id()) + "+" + to_base64(material);
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
  // base64 may hold a plus, so the first two part the text
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) {
    return bad_note("key", "a verifier key is name+key id+base64, this has fewer parts");
  }
  VerifierKey key;
  key.name = text.substr(0, first);
  if (!is_key_name(key.name))
    return bad_note("key_name", "a key's name is empty or has a forbidden character");
  auto id = from_hex(text.substr(first + 1, second - first - 1));
  if (!id) return pass(id);
  if (id->size() != 4) return bad_note("key_id", "a key id is 8 hex digits");
  auto material = from_base64(text.substr(second + 1));
  if (!material) return pass(material);
  if (material->empty()) return bad_note("key", "a verifier key without key material");
  const std::uint8_t type = material->front();
  if (type != static_cast<std::uint8_t>(KeyType::ed25519) &&
      type != static_cast<std::uint8_t>(KeyType::cosignature)) {
    return bad_note("key_type", "signature type " + to_hex(ByteView(*material).first(1)) +
                                    " is neither 01 (Ed25519) nor 04 (cosignature/v1)");
  }
  key.type = static_cast<KeyType>(type);
  auto public_key = public_key_from(ByteView(*material).subspan(1));
  if (!public_key) return pass(public_key);
  key.key = *public_key;
  const KeyId expected = key.id();
  if (!std::equal(id->begin(), id->end(), expected.begin())) {
    return bad_note("key_id", "the key id of " + key.name + " should be " + to_hex(expected) + ", it says " +
                                  to_hex(*id));
  }
  return key;
}

Result<Note> parse_note(std::string_view note) {
  if (auto characters = check_note_characters(note); !characters) return pass(characters);
  const std::size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos) {
    return bad_note("no_signatures", "no empty line parts a text from signatures");
  }
  Note parsed;
  parsed.text = note.substr(0, split + 1);
  if (parsed.text.starts_with('\n') || parsed.text.find("\n\n") != std::string::npos) {
    return bad_note("inner_blank", "the text has an empty line");
  }
  std::string_view left = note.substr(split + 2);
  if (left.empty()) return bad_note("no_signatures", "no signature follows the text");
  while (!left.empty()) {
    const std::size_t line_size = left.find('\n') + 1;  // the note ends in LF
    if (parsed.signatures.size() == note_signatures_max) {
      return bad_note("too_many", "more than " + std::to_string(note_signatures_max) + " signatures");
    }
    auto signature = parse_signature_line(left.substr(0, line_size));
    if (!signature) return pass(signature);
    for (const NoteSignature& earlier : parsed.signatures) {
      if (earlier.name == signature->name && earlier.key_id == signature->key_id) {
        return bad_note("duplicate", "two signatures by " + signature->name + " with one key id");
      }
    }
    parsed.signatures.push_back(std::move(*signature));
    left.remove_prefix(line_size);
  }
  return parsed;
}

std::string encode_note(const Note& note) {
  std::string text = note.text + "\n";
  for (const NoteSignature& signature : note.signatures)
    text += encode_signature_line(signature);
  return text;
}

std::string encode_signature_line(const NoteSignature& signature) {
  Bytes bytes(signature.key_id.begin(), signature.key_id.end());
  bytes.insert(bytes.end(), signature.blob.begin(), signature.blob.end());
  return std::string(line_start).append(signature.name).append(" ").append(to_base64(bytes)).append("\n");
}

Result<NoteSignature> parse_signature_line(std::string_view line) {
  if (auto characters = check_note_characters(line); !characters) return pass(characters);
  line.remove_suffix(1);
  if (!line.starts_with(line_start)) {
    return bad_note("signature_line", "a signature line does not start with an em dash and a space");
  }
  line.remove_prefix(line_start.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || line.find('\n') != std::string_view::npos) {
    return bad_note("signature_line", "a signature line is not: em dash, name, base64");
  }
  NoteSignature signature;
  signature.name = line.substr(0, space);
  if (!is_key_name(signature.name)) {
    return bad_note("key_name", "a signature's name is empty or has a forbidden character");
  }
  auto bytes = from_base64(line.substr(space + 1));
  if (!bytes) {
    return bad_note("base64", "the signature by " + signature.name + ": " + bytes.error().message);
  }
  if (bytes->size() <= signature.key_id.size()) {
    return bad_note("blob_size", "the signature by " + signature.name + " is no longer than a key id");
  }
  const auto after_id = bytes->begin() + static_cast<std::ptrdiff_t>(signature.key_id.size());
  std::copy(bytes->begin(), after_id, signature.key_id.begin());
  signature.blob.assign(after_id, bytes->end());
  return signature;
}

NoteSignature sign_note_line(std::string_view text, std::string_view name, const SigningKey& key) {
  ANTA_INVARIANT(is_key_name(name));
  const Signature signature = key.sign(as_bytes(text));
  return {.name = std::string(name),
          .key_id = key_id_of(name, KeyType::ed25519, key.public_key()),
          .blob = Bytes(signature.begin(), signature.end())};
}

NoteSignature sign_cosignature(std::string_view text, std::string_view name, const SigningKey& key,
                               std::uint64_t unix_seconds) {
  ANTA_INVARIANT(is_key_name(name));
  ANTA_INVARIANT(unix_seconds > 0 && unix_seconds <= std::numeric_limits<std::int64_t>::max());
  const Signature signature = key.sign(as_bytes(cosigned_message(text, unix_seconds)));
  Bytes blob;
  blob.reserve(cosignature_bytes);
  for (int shift = 56; shift >= 0; shift -= 8)
    blob.push_back(static_cast<std::uint8_t>(unix_seconds >> shift));
  blob.insert(blob.end(), signature.begin(), signature.end());
  return {.name = std::string(name),
          .key_id = key_id_of(name, KeyType::cosignature, key.public_key()),
          .blob = std::move(blob)};
}

bool is_by(const NoteSignature& signature, const VerifierKey& key) {
  return signature.name == key.name && signature.key_id == key.id();
}

Result<void> verify_note_line(const VerifierKey& key, std::string_view text, const NoteSignature& signature) {
  if (auto fits = check_key(key, KeyType::ed25519, signature, note_signature_bytes); !fits) return fits;
  if (!verify(key.key, as_bytes(text), signature_in(signature.blob, 0))) return does_not_verify(key);
  return {};
}

Result<std::uint64_t> verify_cosignature(const VerifierKey& key, std::string_view text,
                                         const NoteSignature& signature, std::uint64_t now_seconds) {
  if (auto fits = check_key(key, KeyType::cosignature, signature, cosignature_bytes); !fits)
    return pass(fits);
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < time_bytes; ++i)
    time = time << 8 | signature.blob[i];
  if (time == 0) return bad_note("time_zero", "the cosignature by " + key.name + " has no time");
  if (time > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return bad_note("time_range", "the cosignature by " + key.name + " has a time beyond 2^63");
  }
  if (!verify(key.key, as_bytes(cosigned_message(text, time)), signature_in(signature.blob, time_bytes))) {
    return does_not_verify(key);
  }
  if (time > now_seconds && time - now_seconds > cosignature_ahead_seconds_max) {
    return bad_note("time_future", "the cosignature by " + key.name + " is " +
                                       std::to_string(time - now_seconds) + " s in the future");
  }
  return time;
}

}  // namespace anta
