#include "cli/node_option.h"

#include "cli/answer.h"
#include "crypto/text.h"

namespace anta {

Option node_option() {
  return {.name = "--node",
          .value = "URL[,URL...]",
          .help = "nodes to ask, in order; any of them answers",
          .required = true,
          .repeated = true,
          .environment = "ANTA_NODE"};
}

Option ca_option() {
  return {.name = "--ca",
          .value = "FILE",
          .help = "for https: trust the authorities of this PEM file instead of the system's",
          .environment = "ANTA_CA"};
}

Result<std::unique_ptr<HttpClient>> client_for(const Invocation& invocation,
                                               std::chrono::milliseconds deadline) {
  std::vector<std::string> nodes;
  for (const std::string& value : invocation.all("--node")) {
    std::size_t begin = 0;
    while (begin <= value.size()) {
      const std::size_t comma = std::min(value.find(',', begin), value.size());
      if (comma > begin) nodes.push_back(value.substr(begin, comma - begin));
      begin = comma + 1;
    }
  }
  for (const std::string& node : nodes) {
    if (!node.starts_with("http://") && !node.starts_with("https://")) {
      return invocation.usage("--node takes http:// or https:// addresses, not '" + node + "'",
                              "--node admite direcciones http:// o https://, no '" + node + "'");
    }
  }
  if (nodes.empty()) return invocation.usage("--node names no address", "--node no indica ninguna dirección");
  const auto authorities = invocation.option("--ca");
  if (authorities && authorities->empty())
    return invocation.usage("--ca names no file", "--ca no indica ningún archivo");
  return std::make_unique<HttpClient>(std::move(nodes), authorities.value_or(""), deadline);
}

Result<Digest> network_of(HttpClient& client) {
  const Result<Value> network = json_body(client.get("/v1/network"));
  if (!network) return pass(network);
  const Value* found = network->find("digest");
  const auto* text = found ? std::get_if<std::string>(&found->data) : nullptr;
  const Result<Digest> digest = digest_from_hex(text == nullptr ? std::string_view() : *text);
  if (!digest) return unintelligible("the node does not say which network it is of");
  return digest;
}

}  // namespace anta
