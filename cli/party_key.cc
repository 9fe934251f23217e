#include "cli/party_key.h"

#include <unistd.h>

#include <charconv>

#include "cli/node_option.h"
#include "crypto/private_file.h"
#include "crypto/sealed.h"

namespace anta {
namespace {

// The passphrase's bytes, wiped when they go.
struct Passphrase {
  Bytes bytes = {};
  Passphrase() = default;
  Passphrase(Passphrase&&) noexcept = default;
  Passphrase& operator=(Passphrase&&) noexcept = default;
  Passphrase(const Passphrase&) = delete;
  Passphrase& operator=(const Passphrase&) = delete;
  ~Passphrase() { wipe(bytes); }

  void drop_line_end() {
    while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r'))
      bytes.pop_back();
  }
};

Result<Passphrase> read_descriptor(const Invocation& invocation, const std::string& text) {
  int descriptor = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), descriptor);
  if (error != std::errc() || end != text.data() + text.size() || descriptor < 0) {
    return invocation.usage("--passphrase-fd takes a descriptor's number, not '" + text + "'",
                            "--passphrase-fd admite el número de un descriptor, no '" + text + "'");
  }
  Passphrase passphrase;
  passphrase.bytes.reserve(passphrase_bytes_max + 2);
  std::uint8_t byte = 0;
  while (passphrase.bytes.size() <= passphrase_bytes_max && ::read(descriptor, &byte, 1) == 1 &&
         byte != '\n') {
    passphrase.bytes.push_back(byte);
  }
  return passphrase;
}

Result<Passphrase> passphrase_of(const Invocation& invocation) {
  if (const auto descriptor = invocation.option("--passphrase-fd"))
    return read_descriptor(invocation, *descriptor);
  const auto file = invocation.option("--passphrase-file");
  if (!file) {
    return invocation.usage(
        "a sealed key needs its passphrase: --passphrase-file FILE or --passphrase-fd NUMBER",
        "una clave sellada necesita su frase: --passphrase-file FILE o --passphrase-fd NUMBER");
  }
  auto bytes = read_private_file(*file, passphrase_bytes_max + 2);
  if (!bytes) return pass(bytes);
  Passphrase passphrase;
  passphrase.bytes = std::move(*bytes);
  passphrase.drop_line_end();
  return passphrase;
}

}  // namespace

std::vector<Option> passphrase_options() {
  return {{.name = "--passphrase-file",
           .value = "FILE",
           .help = "a file of mode 0600 that holds the passphrase",
           .environment = "ANTA_PASSPHRASE_FILE"},
          {.name = "--passphrase-fd",
           .value = "NUMBER",
           .help = "an open descriptor to read the passphrase from"}};
}

std::vector<Option> voter_options() {
  return {
      {.name = "--as",
       .value = "PARTY",
       .help = "the organisation that signs; it runs a voting node",
       .required = true,
       .environment = "ANTA_AS"},
      {.name = "--key", .value = "FILE", .help = "its key file", .required = true, .environment = "ANTA_KEY"},
      node_option(),
      ca_option()};
}

Result<SigningKey> load_key(const std::string& path, const Invocation& invocation) {
  auto bytes = read_private_file(path);
  if (!bytes) return pass(bytes);
  const bool sealed = as_text(*bytes).substr(0, 15) == "anta-sealed-key";
  wipe(*bytes);
  if (!sealed) {
    auto seed = read_seed_file(path);
    if (!seed) return pass(seed);
    return SigningKey(*seed);
  }
  auto file = read_private_file(path);
  if (!file) return pass(file);
  auto passphrase = passphrase_of(invocation);
  if (!passphrase) return pass(passphrase);
  auto seed = open_sealed(*file, as_text(passphrase->bytes));
  if (!seed) return pass(seed);
  return SigningKey(*seed);
}

Result<void> save_key(const std::string& path, const Secret32& seed, const Invocation& invocation) {
  if (invocation.has("--no-passphrase")) return write_seed_file(path, seed);
  auto passphrase = passphrase_of(invocation);
  if (!passphrase) return pass(passphrase);
  auto sealed = seal_seed(seed, as_text(passphrase->bytes));
  if (!sealed) return pass(sealed);
  return write_private_file(path, *sealed);
}

}  // namespace anta
