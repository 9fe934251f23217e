#include "crypto/sealed.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <string>

#include "crypto/text.h"

namespace anta {

namespace {

constexpr std::string_view sealed_first_line = "anta-sealed-key v1";
constexpr std::size_t salt_bytes = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t nonce_bytes = crypto_secretbox_NONCEBYTES;
constexpr std::size_t box_bytes = crypto_secretbox_MACBYTES + Secret32::size;
static_assert(salt_bytes == 16 && nonce_bytes == 24 && box_bytes == 48, "the file format says so");

tl::unexpected<Error> refused(std::string message) {
  return fail(Code::malformed, "sealed.format", "not a sealed key file: " + std::move(message));
}

struct SealedFile {
  SealCost cost = {};
  Bytes salt = {};
  Bytes nonce = {};
  Bytes box = {};
};

Result<void> check_cost(const SealCost& cost) {
  if (cost.operations < 1 || cost.operations > seal_operations_max || cost.memory_kib < seal_memory_kib_min ||
      cost.memory_kib > seal_memory_kib_max) {
    return fail(Code::malformed, "sealed.cost",
                "Argon2id takes 1 to " + std::to_string(seal_operations_max) + " operations and " +
                    std::to_string(seal_memory_kib_min) + " to " + std::to_string(seal_memory_kib_max) +
                    " KiB");
  }
  return {};
}

Result<void> check_passphrase(std::string_view passphrase) {
  if (passphrase.empty() || passphrase.size() > passphrase_bytes_max) {
    return fail(Code::malformed, "sealed.passphrase",
                "a passphrase has 1 to " + std::to_string(passphrase_bytes_max) + " bytes");
  }
  return {};
}

// The key of the box. Takes cost.memory_kib for as long as it runs.
Result<Secret32> stretch(std::string_view passphrase, ByteView salt, const SealCost& cost) {
  static_assert(crypto_secretbox_KEYBYTES == Secret32::size);
  if (!sodium_ready()) return fail(Code::io, "secret.random", "this system has no source of randomness");
  std::array<std::uint8_t, Secret32::size> key = {};
  const int made = crypto_pwhash(key.data(), key.size(), passphrase.data(), passphrase.size(), salt.data(),
                                 cost.operations, cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
  if (made != 0) {
    return fail(Code::io, "sealed.memory",
                "Argon2id could not get " + std::to_string(cost.memory_kib) + " KiB of memory");
  }
  Secret32 stretched(key);
  wipe(key);
  return stretched;
}

// The rest of the next line, which must start with `label` and a space.
Result<std::string_view> field(std::string_view& text, std::string_view label) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return refused("it ends before its " + std::string(label));
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (!line.starts_with(label) || line.size() <= label.size() || line[label.size()] != ' ') {
    return refused("no " + std::string(label) + " where it is due");
  }
  line.remove_prefix(label.size() + 1);
  return line;
}

Result<Bytes> base64_field(std::string_view& text, std::string_view label, std::size_t size) {
  auto value = field(text, label);
  if (!value) return pass(value);
  auto bytes = from_base64(*value);
  if (!bytes) return refused(std::string(label) + ": " + bytes.error().message);
  if (bytes->size() != size)
    return refused(std::string(label) + " is not " + std::to_string(size) + " bytes");
  return bytes;
}

Result<SealedFile> parse_sealed(std::string_view text) {
  SealedFile file;
  if (!text.starts_with(sealed_first_line) || text.size() == sealed_first_line.size() ||
      text[sealed_first_line.size()] != '\n') {
    return refused("its first line is not '" + std::string(sealed_first_line) + "'");
  }
  text.remove_prefix(sealed_first_line.size() + 1);
  auto cost = field(text, "argon2id");
  if (!cost) return pass(cost);
  const std::size_t space = cost->find(' ');
  if (space == std::string_view::npos) return refused("argon2id has one number, two are due");
  auto operations = decimal(cost->substr(0, space));
  auto memory = decimal(cost->substr(space + 1));
  if (!operations || !memory) return refused("argon2id: not two decimal numbers");
  file.cost = {.operations = *operations, .memory_kib = *memory};
  if (auto within = check_cost(file.cost); !within) return pass(within);
  auto salt = base64_field(text, "salt", salt_bytes);
  if (!salt) return pass(salt);
  auto nonce = base64_field(text, "nonce", nonce_bytes);
  if (!nonce) return pass(nonce);
  auto box = base64_field(text, "box", box_bytes);
  if (!box) return pass(box);
  if (!text.empty()) return refused("something follows the box");
  file.salt = std::move(*salt);
  file.nonce = std::move(*nonce);
  file.box = std::move(*box);
  return file;
}

}  // namespace

Result<Bytes> seal_seed(const Secret32& seed, std::string_view passphrase, const SealCost& cost) {
  if (auto good = check_passphrase(passphrase); !good) return pass(good);
  if (auto good = check_cost(cost); !good) return pass(good);
  if (!sodium_ready()) return fail(Code::io, "secret.random", "this system has no source of randomness");
  std::array<std::uint8_t, salt_bytes> salt = {};
  std::array<std::uint8_t, nonce_bytes> nonce = {};
  std::array<std::uint8_t, box_bytes> box = {};
  random_bytes(salt);
  random_bytes(nonce);
  auto key = stretch(passphrase, salt, cost);
  if (!key) return pass(key);
  ANTA_INVARIANT(crypto_secretbox_easy(box.data(), seed.view().data(), Secret32::size, nonce.data(),
                                       key->view().data()) == 0);
  std::string text(sealed_first_line);
  text += "\nargon2id " + std::to_string(cost.operations) + " " + std::to_string(cost.memory_kib);
  text += "\nsalt " + to_base64(salt) + "\nnonce " + to_base64(nonce) + "\nbox " + to_base64(box) + "\n";
  return to_bytes(as_bytes(text));
}

Result<Secret32> open_sealed(ByteView file, std::string_view passphrase) {
  auto sealed = parse_sealed(as_text(file));
  if (!sealed) return pass(sealed);
  if (auto good = check_passphrase(passphrase); !good) return pass(good);
  auto key = stretch(passphrase, sealed->salt, sealed->cost);
  if (!key) return pass(key);
  std::array<std::uint8_t, Secret32::size> seed = {};
  if (crypto_secretbox_open_easy(seed.data(), sealed->box.data(), sealed->box.size(), sealed->nonce.data(),
                                 key->view().data()) != 0) {
    return fail(Code::not_authorised, "sealed.open", "the passphrase is wrong, or the key file was changed");
  }
  Secret32 opened(seed);
  wipe(seed);
  return opened;
}

Result<void> write_seed_file(const std::filesystem::path& path, const Secret32& seed, Replace replace) {
  // No string: what a string outgrows goes back to the heap as it is.
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::uint8_t, Secret32::size * 2 + 1> text = {};
  for (std::size_t i = 0; i < Secret32::size; ++i) {
    text[2 * i] = static_cast<std::uint8_t>(digits[seed.view()[i] >> 4]);
    text[2 * i + 1] = static_cast<std::uint8_t>(digits[seed.view()[i] & 0xF]);
  }
  text.back() = '\n';
  auto written = write_private_file(path, text, replace);
  wipe(text);
  return written;
}

Result<Secret32> read_seed_file(const std::filesystem::path& path) {
  auto file = read_private_file(path, Secret32::size * 2 + 1);
  if (!file) return pass(file);
  Result<Bytes> seed = fail(Code::malformed, "seed.format", "does not end in LF");
  if (!file->empty() && file->back() == '\n')
    seed = from_hex(as_text(ByteView(*file).first(file->size() - 1)));
  wipe(*file);
  if (!seed || seed->size() != Secret32::size) {
    if (seed) wipe(*seed);
    return fail(Code::malformed, "seed.format", path.string() + " is not a seed file: 64 hex digits and LF");
  }
  Secret32 secret{std::span<const std::uint8_t, Secret32::size>(*seed)};
  wipe(*seed);
  return secret;
}

}  // namespace anta
