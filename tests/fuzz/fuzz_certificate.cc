// Fuzz target: the certificate file, which a buyer takes from anybody. No input may crash the reader or the
// verifier, and what decodes has one encoding.
//
// Invariants: an accepted file, encoded again, is the input; its parts keep the bounds of certificate_file.h;
// without a policy the verdict is never a yes. The evidence is replayed too, against a checkpoint of the
// file's own origin, so that genesis, paths and statements are walked although nobody signed the checkpoint.
#include <cstddef>
#include <cstdint>

#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/evidence.h"
#include "storage/ledger/verify.h"

namespace {

using namespace anta;

void replay(const CertificateFile& file) {
  Checkpoint checkpoint{.origin = {}, .size = 1, .root = {}};
  if (const auto genesis = decode_genesis(*file.genesis)) {
    checkpoint.origin = genesis->origin;
    checkpoint.root = leaf_hash(sha256(*file.genesis).view());  // a ledger of the genesis alone
  }
  Evidence evidence;
  const auto failure = evidence.replay(file, checkpoint);
  ANTA_INVARIANT(!failure || !failure->code.empty());
  // No other leaf fits a tree of one.
  ANTA_INVARIANT(failure || evidence.statements().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto file = decode_certificate_file(input);
  const Report report = verify_certificate(input, Trust{}, Millis{1'764'000'000'000});
  ANTA_INVARIANT(report.verdict == CertificateVerdict::cannot_evaluate ||
                 report.verdict == CertificateVerdict::not_valid);
  ANTA_INVARIANT(!report.reasons.empty() && !report.reasons.front().code.empty());
  if (!file) {
    ANTA_INVARIANT(file.error().code == Code::malformed);
    return 0;
  }
  ANTA_INVARIANT(report.reasons.front().code == "no_policy");
  ANTA_INVARIANT(file->evidence.size() <= certificate_statements_max);
  ANTA_INVARIANT(file->authority.size() <= certificate_statements_max);
  ANTA_INVARIANT(file->disclosures.size() <= disclosures_max && is_id(file->subject.value));
  ANTA_INVARIANT(encode_certificate_file(*file) == to_bytes(input));
  replay(*file);
  return 0;
}
