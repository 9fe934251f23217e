#include "crypto/text.h"
#include "storage/ledger/schema_payload.h"

namespace anta::schema {
namespace {

// What each action needs, and what would say something that it does not do.
Result<void> check_node(const void* object, const Place& at) {
  const auto& node = *static_cast<const payload::Node*>(object);
  const bool begins = node.action == NodeAction::learner;
  const bool carries = begins || node.action == NodeAction::keys;
  const std::string action(word(node.action));
  if (carries && !node.keys) return refuse(at.field("keys"), "missing_field", "is due with " + action);
  if (begins && !node.address) return refuse(at.field("address"), "missing_field", "is due with " + action);
  if (!carries && (node.keys || node.address)) {
    return refuse(at.field(node.keys ? "keys" : "address"), "unexpected_field",
                  "says nothing with " + action);
  }
  if (node.action != NodeAction::witness) {
    if (node.key) return refuse(at.field("key"), "unexpected_field", "says nothing with " + action);
  } else if (node.organisation.value != node.node.value) {
    return refuse(at.field("organisation"), "witness_id",
                  "is not the id of the witness: it bears the organisation's");
  }
  if (node.address && !is_address(*node.address)) {
    return refuse(at.field("address"), "address", "is not host:port");
  }
  return {};
}

}  // namespace

void describe(Schema& schema, const payload::Countersign& countersign) {
  describe(schema, countersign.common);
  schema.add("of", countersign.of);
}

void describe(Schema& schema, const payload::Document& document) {
  describe(schema, document.common);
  schema.add("digest", document.digest)
      .add("media_type", document.media_type)
      .add("title", document.title)
      .add("subject", document.subject)
      .add("retain_until", document.retain_until);
}

void describe(Schema& schema, const payload::Correction& correction) {
  describe(schema, correction.common);
  schema.add("of", correction.of).add("reason", correction.reason).add("replacement", correction.replacement);
}

void describe(Schema& schema, const payload::ParameterProposal& proposal) {
  describe(schema, proposal.common);
  schema.add("id", proposal.id)
      .add("name", proposal.name)
      .add("value", proposal.value)
      .add("effective_from", proposal.effective_from);
}

void describe(Schema& schema, const payload::Vote& vote) {
  describe(schema, vote.common);
  schema.add("proposal", vote.proposal).add("approve", vote.approve);
}

void describe(Schema& schema, const payload::NodeKeySet& keys) {
  schema.add("log", keys.log).add("cosigner", keys.cosigner).add("tls", keys.tls);
}

void describe(Schema& schema, const payload::Node& node) {
  describe(schema, node.common);
  schema.add("node", node.node)
      .add("organisation", node.organisation)
      .add("action", node.action)
      .add("keys", node.keys)
      .add("address", node.address)
      .add("key", node.key)
      .add("proposal", node.proposal)
      .check(check_node);
}

bool is_address(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || has_space(address)) return false;
  const auto port = decimal(address.substr(colon + 1));
  return port && *port >= 1 && *port <= 65535;
}

}  // namespace anta::schema
