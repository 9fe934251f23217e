// What a node has to do with witnesses: the feed that asks them while it leads, and what it says about those
// that it cannot ask.
#include <algorithm>

#include "crypto/merkle.h"
#include "node/node_parts.h"
#include "node/witness_request.h"

namespace anta {

std::optional<std::string> witness_warning(const std::vector<state::Network::Witness>& witnesses,
                                           const WitnessUrls& urls) {
  std::string silent;
  for (const auto& witness : witnesses) {
    if (!urls.contains(witness.id.value)) silent += (silent.empty() ? "" : ", ") + witness.id.value;
  }
  std::string unknown;
  for (const auto& [id, url] : urls) {
    const auto is_it = [&id](const auto& witness) { return witness.id.value == id; };
    if (std::none_of(witnesses.begin(), witnesses.end(), is_it))
      unknown += (unknown.empty() ? "" : ", ") + id;
  }
  std::string said;
  if (!silent.empty())
    said = "witnesses names no URL of " + silent + ": this node cannot ask for that cosignature";
  if (!unknown.empty())
    said += (said.empty() ? "" : "; ") + std::string("witnesses names ") + unknown +
            ", which is no witness of the network (yet)";
  return said.empty() ? std::nullopt : std::optional(said);
}

void Node::Parts::make_witness_feed() {
  witness_thread = std::make_unique<ThreadExecutor>();
  witness_client = std::make_unique<WitnessClient>();
  const WitnessFeedOptions options;
  WitnessFeedPorts ports;
  ports.post = [this, options](const WitnessUrl& url, std::string body, WitnessClient::Callback callback) {
    witness_client->post(url, witness_path, std::move(body), options.request_deadline_ms,
                         std::move(callback));
  };
  ports.consistency = [this](std::uint64_t from, std::uint64_t to) -> Result<std::vector<Digest>> {
    const Result<LedgerReader> reader = ledger->reader();
    if (!reader) return pass(reader);
    return consistency_proof(from, to, reader->nodes());
  };
  ports.cosigned = [this](const NodeId& witness, const CheckpointCosigned& answer) {
    checkpointer->on_peer_message(witness, PeerKind::checkpoint_cosigned, encode_checkpoint_cosigned(answer));
  };
  ports.log = log.sink();
  witness_feed = std::make_unique<WitnessFeed>(options, std::move(ports), config.witnesses, *witness_thread);
  use_witnesses(config.witnesses);
}

// At the start, and what a reload brings.
void Node::Parts::use_witnesses(const WitnessUrls& urls) {
  witness_urls.set(std::make_shared<const WitnessUrls>(urls));
  witness_feed->set_urls(urls);
  warn_of_witnesses();
}

void Node::Parts::warn_of_witnesses() const {
  if (const auto warning = witness_warning(network.get()->witnesses, *witness_urls.get()))
    log.write(LogLevel::warning, "witnesses", {{"message", *warning}});
}

}  // namespace anta
