#include "storage/ledger/backup_order.h"

#include <utility>

#include "crypto/cbor.h"
#include "storage/ledger/schema_types.h"

namespace anta {

namespace schema {

void describe(Schema& schema, const BackupOrder& order);
void describe(Schema& schema, const BackupOrder& order) {
  schema.add("network", order.network).add("from", order.from).add("event_time", order.event_time);
}

}  // namespace schema

Result<Bytes> sign_backup_order(const BackupOrder& order, const PartyId& issuer, const SigningKey& key,
                                std::int64_t iat_seconds, const std::array<std::uint8_t, 16>& cti) {
  cbor::Writer out;
  schema::schema_of<BackupOrder>().write(out, &order);
  SignedHeader header;
  header.content_type = content_type_of(backup_order_type);
  header.issuer = issuer.value;
  header.subject = std::string(backup_order_subject);
  header.iat_seconds = iat_seconds;
  header.cti = cti;
  Result<Bytes> bytes = sign_cose(header, out.take(), key);
  if (!bytes) return bytes;
  if (auto decoded = decode_backup_order(*bytes); !decoded) return pass(decoded);
  return bytes;
}

Result<SignedBackupOrder> decode_backup_order(ByteView bytes) {
  Result<CoseSign1> envelope = decode_cose(bytes);
  if (!envelope) return pass(envelope);
  if (envelope->header.content_type != content_type_of(backup_order_type)) {
    return fail(Code::malformed, "backup.content_type",
                "the content type is not " + content_type_of(backup_order_type));
  }
  SignedBackupOrder decoded{.envelope = std::move(*envelope), .order = {}};
  cbor::Reader in(decoded.envelope.payload);
  if (auto read = schema::schema_of<BackupOrder>().read(in, &decoded.order, {}); !read) return pass(read);
  if (auto end = in.finish(); !end) return pass(end);
  if (!is_id(decoded.envelope.header.issuer))
    return fail(Code::malformed, "issuer", "the issuer (iss) is not an id");
  if (decoded.envelope.header.subject != backup_order_subject || decoded.order.from == 0)
    return fail(Code::malformed, "backup.order", "the order names another subject (sub), or no entry");
  return decoded;
}

Result<void> authorise(const LedgerView& view, const SignedBackupOrder& order, const Digest& network,
                       Millis now) {
  const Asked asked{.network = order.order.network, .event_time = order.order.event_time};
  auto may = may_order(view, order.envelope, asked, network, now);
  if (may) return may;
  Error error = may.error();
  if (error.rule == "order.network") error.rule = "backup.other_network";
  if (error.rule == "order.stale") error.rule = "backup.stale";
  return tl::unexpected<Error>(std::move(error));
}

const Shape* backup_order_shape() {
  static const auto shape = schema::schema_of<BackupOrder>().shape(schema::Strictness::statement);
  return shape.get();
}

}  // namespace anta
