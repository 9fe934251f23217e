// Fuzz target: statements, lead orders, payloads, blocks, seals, the genesis and records of the state. No
// input may crash a decoder, and what one accepts has exactly one encoding.
//
// Invariants: a decoded statement's payload encodes to the bytes inside the envelope, and its digest is that
// of the input; the same for each of the other documents.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "crypto/cose.h"
#include "storage/ledger/backup_order.h"
#include "storage/ledger/block.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/lead_order.h"
#include "storage/ledger/seal.h"
#include "storage/ledger/state.h"

namespace {

using anta::Bytes;
using anta::ByteView;

bool same(const Bytes& ours, ByteView theirs) {
  return ours.size() == theirs.size() && std::equal(ours.begin(), ours.end(), theirs.begin());
}

void statement(const std::shared_ptr<const Bytes>& input) {
  const auto decoded = anta::decode_statement(input);
  if (!decoded) return;
  const auto envelope = anta::decode_cose(*input);
  ANTA_INVARIANT(envelope.has_value());
  ANTA_INVARIANT(same(anta::encode_payload(decoded->payload), envelope->payload));
  ANTA_INVARIANT(decoded->digest == anta::sha256(*input));
  ANTA_INVARIANT(decoded->header.subject == anta::subject_of(decoded->payload));
}

// No bytes are an order and a statement.
void lead_order(const std::shared_ptr<const Bytes>& input) {
  const auto order = anta::decode_lead_order(*input);
  if (!order) return;
  ANTA_INVARIANT(order->envelope.header.subject == order->order.node.value);
  ANTA_INVARIANT(!anta::decode_statement(input));
}

void backup_order(const std::shared_ptr<const Bytes>& input) {
  const auto order = anta::decode_backup_order(*input);
  if (!order) return;
  ANTA_INVARIANT(order->order.from > 0);
  ANTA_INVARIANT(!anta::decode_statement(input) && !anta::decode_lead_order(*input));
}

template <typename Record>
void record(ByteView input) {
  const auto decoded = anta::state::decode_record<Record>(input);
  if (decoded) ANTA_INVARIANT(same(anta::state::encode_record(*decoded), input));
}

void block(const Bytes& input) {
  const auto spans = anta::decode_block(input);
  if (!spans) return;
  std::vector<std::shared_ptr<const Bytes>> statements;
  for (const ByteView span : *spans)
    statements.push_back(std::make_shared<const Bytes>(anta::to_bytes(span)));
  ANTA_INVARIANT(anta::encode_block(statements) == input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::make_shared<const Bytes>(data, data + size);
  statement(input);
  lead_order(input);
  backup_order(input);
  for (const std::string_view type : anta::statement_types()) {
    if (const auto payload = anta::decode_payload(type, *input))
      ANTA_INVARIANT(anta::encode_payload(*payload) == *input);
  }
  if (const auto value = anta::decode_value(*input)) {
    const auto again = anta::encode_value(*value);
    ANTA_INVARIANT(again && *again == *input);
  }
  if (const auto seal = anta::decode_seal(*input)) ANTA_INVARIANT(anta::encode_seal(*seal) == *input);
  if (const auto genesis = anta::decode_genesis(*input))
    ANTA_INVARIANT(anta::encode_genesis(*genesis) == *input);
  block(*input);
  record<anta::state::Lot>(*input);
  record<anta::state::Dispatch>(*input);
  record<anta::state::Certificate>(*input);
  record<anta::state::Parameter>(*input);
  return 0;
}
