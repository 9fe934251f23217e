#include "cli/commands.h"
#include "cli/party_key.h"
#include "crypto/private_file.h"
#include "crypto/sealed.h"
#include "crypto/text.h"

namespace anta {
namespace {

Value public_half(const SigningKey& key) {
  return Value{ValueMap{{"key", Value{to_hex(key.public_key().view())}}, {"kid", Value{hex(key.kid())}}}};
}

Result<Exit> make_key(Invocation& invocation) {
  auto seed = Secret32::random();
  if (!seed) return pass(seed);
  const std::string path = invocation.argument("FILE");
  if (auto saved = save_key(path, *seed, invocation); !saved) return pass(saved);
  invocation.say(invocation.in(
      "wrote " + path + " (0600); register the public key below with the registrar",
      "se escribió " + path + " (0600); registre la clave pública de abajo con el registrador"));
  invocation.out(public_half(SigningKey(*seed)));
  return Exit::ok;
}

Result<Exit> show_key(Invocation& invocation) {
  auto key = load_key(invocation.argument("FILE"), invocation);
  if (!key) return pass(key);
  invocation.out(public_half(*key));
  return Exit::ok;
}

Result<Exit> import_key(Invocation& invocation) {
  auto seed = read_seed_file(*invocation.option("--seed-file"));
  if (!seed) return pass(seed);
  const std::string path = invocation.argument("FILE");
  if (auto saved = save_key(path, *seed, invocation); !saved) return pass(saved);
  invocation.say(invocation.in("wrote " + path + "; destroy the seed file now",
                               "se escribió " + path + "; destruya ahora el archivo de semilla"));
  invocation.out(public_half(SigningKey(*seed)));
  return Exit::ok;
}

std::vector<Option> with_passphrase(std::vector<Option> options) {
  for (Option& option : passphrase_options())
    options.push_back(std::move(option));
  return options;
}

}  // namespace

std::vector<Command> key_commands() {
  const Option plain{.name = "--no-passphrase",
                     .help = "write it unsealed, for a service that starts unattended"};
  return {
      {.words = {"key", "new"},
       .summary = "make a signing key, sealed with a passphrase",
       .examples = {"anta key new planta.key --passphrase-file passphrase.txt"},
       .options = with_passphrase({plain}),
       .positionals = {{"FILE", "where the key goes; must not exist"}},
       .run = make_key},
      {.words = {"key", "show"},
       .summary = "print a key's public half and its thumbprint",
       .examples = {"anta key show planta.key --passphrase-file passphrase.txt"},
       .options = with_passphrase({}),
       .positionals = {{"FILE", "the key file"}},
       .run = show_key},
      {.words = {"key", "import"},
       .summary = "make a key file from a seed (64 hex digits in a file of mode 0600)",
       .examples = {"anta key import planta.key --seed-file seed.hex --passphrase-file passphrase.txt"},
       .options = with_passphrase(
           {plain, {.name = "--seed-file", .value = "FILE", .help = "the seed", .required = true}}),
       .positionals = {{"FILE", "where the key goes; must not exist"}},
       .run = import_key},
  };
}

}  // namespace anta
