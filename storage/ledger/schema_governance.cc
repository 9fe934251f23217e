#include "storage/ledger/schema_payload.h"

namespace anta::schema {

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
      .add("proposal", node.proposal);
}

}  // namespace anta::schema
