// Fuzz target: COSE Receipts and transparent statements. No input may crash it, and what decodes is the one
// encoding of its parts.
//
// Invariants: an accepted receipt, encoded again from its parts, is the input; its index is below its size; a
// transparent statement, put together again from its statement and receipts, is the input; a stranger's key
// never verifies, and a policy of strangers counts nobody. Each input is read as both.
#include <cstddef>
#include <cstdint>

#include "crypto/cose.h"
#include "crypto/cose_receipt.h"

namespace {
using namespace anta;

Bytes again(const CoseReceipt& receipt) {
  return encode_receipt(receipt.root, receipt.size, receipt.index, receipt.path);
}

void as_receipt(ByteView input, const SigningKey& stranger) {
  const auto receipt = decode_receipt(input);
  if (!receipt) {
    ANTA_INVARIANT(receipt.error().code == Code::malformed && !receipt.error().rule.empty());
    return;
  }
  ANTA_INVARIANT(input.size() <= receipt_bytes_max && receipt->index < receipt->size);
  ANTA_INVARIANT(again(*receipt) == to_bytes(input));
  CoseReceipt under = *receipt;
  under.kid = stranger.kid();  // whatever the header says: no signature of the stranger's is in any input
  const auto root = verify_receipt(under, receipt->kid.view(), stranger.public_key());
  ANTA_INVARIANT(!root && !root.error().rule.empty());
}

void as_transparent(ByteView input, const Policy& strangers) {
  const auto transparent = decode_transparent(input);
  if (!transparent) {
    ANTA_INVARIANT(transparent.error().code == Code::malformed && !transparent.error().rule.empty());
    return;
  }
  ANTA_INVARIANT(!transparent->receipts.empty() && transparent->receipts.size() <= receipts_max);
  ANTA_INVARIANT(decode_cose(transparent->statement) && !decode_cose(input));
  std::vector<Bytes> receipts;
  for (const CoseReceipt& receipt : transparent->receipts)
    receipts.push_back(again(receipt));
  const auto whole = attach_receipts(transparent->statement, receipts);
  ANTA_INVARIANT(whole && *whole == to_bytes(input));
  const auto verdict = check_receipts(strangers, *transparent);
  if (!verdict) {  // who writes the stranger's kid has not its signature
    ANTA_INVARIANT(!verdict.error().rule.empty());
    return;
  }
  ANTA_INVARIANT(!verdict->quorum_met && verdict->organisations.empty());
  ANTA_INVARIANT(verdict->unknown == transparent->receipts.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SigningKey stranger{Secret32(std::array<std::uint8_t, 32>{0x5A})};
  static const Policy strangers =
      *quorum_policy({{"log.example", KeyType::ed25519, stranger.public_key()}},
                     {{"stranger/anta", KeyType::cosignature, stranger.public_key()}}, 1);
  as_receipt(ByteView(data, size), stranger);
  as_transparent(ByteView(data, size), strangers);
  return 0;
}
