#include "cli/commands.h"
#include "cli/network_maker.h"
#include "cli/text_file.h"
#include "crypto/text.h"

namespace anta {
namespace {

Result<Exit> make(Invocation& invocation) {
  const std::string path = invocation.argument("FILE");
  const auto bytes = read_file(path);
  if (!bytes) return pass(bytes);
  const std::string directory = *invocation.option("--out");
  const auto made = make_network(as_text(*bytes), invocation.has("--scenario"), directory, invocation.now,
                                 invocation.language);
  if (!made) {
    const bool from_text = made.error().code == Code::malformed;
    return tl::unexpected(Error{made.error().code, from_text ? "usage" : made.error().rule,
                                from_text ? path + ": " + made.error().message : made.error().message});
  }
  if (made->quorum == made->cosigners) {
    invocation.say(
        invocation.in("warning: all " + std::to_string(made->cosigners) +
                          " organisations must cosign, so one lost key ends certificates; add a witness",
                      "aviso: las " + std::to_string(made->cosigners) +
                          " organizaciones deben cofirmar; una clave perdida acaba con los certificados; "
                          "agregue un testigo"));
  }
  ValueList urls;
  for (const std::string& url : made->http)
    urls.push_back(Value{url});
  ValueList witnesses;
  for (const std::string& url : made->witnesses)
    witnesses.push_back(Value{url});
  invocation.out(Value{ValueMap{{"network", Value{made->genesis.network.value}},
                                {"genesis", Value{hex(made->digest)}},
                                {"origin", Value{made->genesis.origin}},
                                {"quorum", Value{static_cast<std::int64_t>(made->quorum)}},
                                {"cosigners", Value{static_cast<std::int64_t>(made->cosigners)}},
                                {"directory", Value{directory}},
                                {"policy", Value{directory + "/policy.txt"}},
                                {"http", Value{std::move(urls)}},
                                {"witnesses", Value{std::move(witnesses)}}}});
  return Exit::ok;
}

}  // namespace

std::vector<Command> network_commands() {
  return {{.words = {"network", "new"},
           .summary = "make a network: genesis, a directory per node and witness, policy files for verifiers",
           .examples = {"anta network new network.yaml --out network"},
           .options = {{.name = "--out",
                        .value = "DIR",
                        .help = "where it goes; nothing there is overwritten",
                        .required = true},
                       {.name = "--scenario", .help = "FILE is a scenario; only its network is read"}},
           .positionals = {{"FILE", "the description (see cli/README.md)"}},
           .run = make}};
}

}  // namespace anta
