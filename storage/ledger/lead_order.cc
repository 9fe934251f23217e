#include "storage/ledger/lead_order.h"

#include <utility>

#include "crypto/cbor.h"
#include "storage/ledger/order.h"
#include "storage/ledger/schema_types.h"
#include "storage/ledger/state.h"

namespace anta {

namespace schema {

void describe(Schema& schema, const LeadOrder& order);
void describe(Schema& schema, const LeadOrder& order) {
  schema.add("network", order.network)
      .add("node", order.node)
      .add("term", order.term)
      .add("event_time", order.event_time);
}

}  // namespace schema

Result<Bytes> sign_lead_order(const LeadOrder& order, const PartyId& issuer, const SigningKey& key,
                              std::int64_t iat_seconds, const std::array<std::uint8_t, 16>& cti) {
  cbor::Writer out;
  schema::schema_of<LeadOrder>().write(out, &order);
  SignedHeader header;
  header.content_type = content_type_of(lead_order_type);
  header.issuer = issuer.value;
  header.subject = order.node.value;
  header.iat_seconds = iat_seconds;
  header.cti = cti;
  Result<Bytes> bytes = sign_cose(header, out.take(), key);
  if (!bytes) return bytes;
  if (auto decoded = decode_lead_order(*bytes); !decoded) return pass(decoded);
  return bytes;
}

Result<SignedLeadOrder> decode_lead_order(ByteView bytes) {
  Result<CoseSign1> envelope = decode_cose(bytes);
  if (!envelope) return pass(envelope);
  if (envelope->header.content_type != content_type_of(lead_order_type)) {
    return fail(Code::malformed, "lead.content_type",
                "the content type is not " + content_type_of(lead_order_type));
  }
  SignedLeadOrder decoded{.envelope = std::move(*envelope), .order = {}};
  cbor::Reader in(decoded.envelope.payload);
  if (auto read = schema::schema_of<LeadOrder>().read(in, &decoded.order, {}); !read) return pass(read);
  if (auto end = in.finish(); !end) return pass(end);
  if (!is_id(decoded.envelope.header.issuer))
    return fail(Code::malformed, "issuer", "the issuer (iss) is not an id");
  if (decoded.envelope.header.subject != decoded.order.node.value)
    return fail(Code::malformed, "subject", "the subject (sub) is not the node that is to lead");
  return decoded;
}

Result<void> authorise(const LedgerView& view, const SignedLeadOrder& order, const Digest& network,
                       Millis now) {
  const Asked asked{.network = order.order.network, .event_time = order.order.event_time};
  if (auto may = may_order(view, order.envelope, asked, network, now); !may) {
    Error error = may.error();
    if (error.rule == "order.network") error.rule = "lead.network";
    if (error.rule == "order.stale") error.rule = "lead.stale";
    return tl::unexpected<Error>(std::move(error));
  }
  const auto node = state::look<state::Node>(view, order.order.node.value);
  if (!node) return fail(Code::not_found, "lead.node", "the network has no node " + order.order.node.value);
  if (node->standing != NodeStanding::voter) {
    return fail(Code::rule_violated, "lead.not_a_voter",
                order.order.node.value + " is " + std::string(word(node->standing)) + ", no voter");
  }
  return {};
}

const Shape* lead_order_shape() {
  static const auto shape = schema::schema_of<LeadOrder>().shape(schema::Strictness::statement);
  return shape.get();
}

}  // namespace anta
