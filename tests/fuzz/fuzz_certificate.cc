// Fuzz target: the certificate file, which a buyer takes from anybody. No input may crash the reader or the
// verifier, and what decodes has one encoding.
//
// Invariants: an accepted file, encoded again, is the input; its parts keep the bounds of certificate_file.h;
// without a policy the verdict is never a yes. The evidence is replayed too, as a ledger of its own, so that
// no statement fails at a path: once with the law's signatures, and once with any, so that mutated statements
// reach the law and the report.
#include <cstddef>
#include <cstdint>
#include <set>

#include "crypto/checkpoint.h"
#include "crypto/merkle.h"
#include "storage/ledger/bundle.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/certificate_patch.h"
#include "storage/ledger/evidence.h"
#include "storage/ledger/policy_proof.h"
#include "storage/ledger/present_state.h"
#include "storage/ledger/report_facts.h"
#include "storage/ledger/summary_check.h"
#include "storage/ledger/verify.h"
#include "tests/fuzz/relaid.h"

namespace {

using namespace anta;

constexpr Millis cosigned{1'764'000'000'000};

// As verify_certificate does it: a state is checked before it is replayed with.
void replay(const test::Relaid& laid, Evidence evidence) {
  CertificateFile file = laid.file;
  if (file.state) {
    const auto [state, checkpoint] = test::relaid_state(*file.state, laid.checkpoint.origin);
    const auto bad = check_present_state(state, checkpoint);
    ANTA_INVARIANT(!bad || bad->code == "state_record");
    file.state = bad ? std::nullopt : std::optional(state);
  }
  const auto failure = evidence.replay(file, laid.checkpoint, cosigned);
  ANTA_INVARIANT(!failure || (!failure->code.empty() && failure->code != "inclusion"));
  const std::size_t all = laid.file.evidence.size() + laid.file.authority.size();
  ANTA_INVARIANT(failure ? evidence.statements().size() <= all : evidence.statements().size() == all);
  if (file.state) static_cast<void>(evidence.lay_over(*file.state));
  Report report;
  Rested rested;
  const bool described = describe(evidence, laid.file.subject, cosigned, report, rested);
  ANTA_INVARIANT(described == report.claim.has_value());
  ANTA_INVARIANT(described == !rested.records.empty());
}

// A summary as a ledger of its own: its proofs hold, so what is wrong with it is something else.
void check(const CertificateFile& file, const std::string& origin) {
  const test::Relaid laid = test::relaid_summary(file, origin);
  Report report;
  const auto failure = check_summary(laid.file, laid.checkpoint, report);
  ANTA_INVARIANT(!failure || (!failure->code.empty() && failure->code != "inclusion"));
  ANTA_INVARIANT(failure || (report.claim && report.sources == file.summary && report.chain.size() > 0));
}

// What else is taken from anybody in the same parts.
void read_others(ByteView input) {
  const auto patch = decode_certificate_patch(input);
  if (patch) ANTA_INVARIANT(encode_certificate_patch(*patch) == to_bytes(input));
  if (const auto proof = decode_policy_proof(input)) {
    ANTA_INVARIANT(encode_policy_proof(*proof) == to_bytes(input));
    const auto [state, checkpoint] = test::relaid_state(proof->state, "anta.example/fuzz");
    static_cast<void>(proven_policy({proof->note, state}, checkpoint));
  }
  const auto width = static_cast<unsigned>(input.size() % 4) + 1;
  if (const auto bundle = decode_bundle(input, width)) {
    ANTA_INVARIANT(bundle->size() == width && encode_bundle(*bundle) == to_bytes(input));
  }
  if (const auto list = decode_rejections(input)) ANTA_INVARIANT(encode_rejections(*list) == to_bytes(input));
}

// The file's own paths against a ledger of its genesis alone: nothing but the genesis fits.
void replay_as_it_is(CertificateFile file, const Genesis& genesis) {
  const Checkpoint checkpoint{genesis.origin, 1, leaf_hash(sha256(*file.genesis).view())};
  if (file.state && check_present_state(*file.state, checkpoint)) file.state.reset();
  Evidence evidence;
  const auto failure = evidence.replay(file, checkpoint, cosigned);
  ANTA_INVARIANT(!failure || !failure->code.empty());
  ANTA_INVARIANT(failure || evidence.statements().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  read_others(input);
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
  if (const auto genesis = decode_genesis(*file->genesis)) {
    replay_as_it_is(*file, *genesis);
    if (file->summary) return check(*file, genesis->origin), 0;
    const test::Relaid laid = test::relaid(*file, genesis->origin);
    replay(laid, Evidence());
    replay(laid, Evidence([](const SignedStatement&, const PublicKey&) { return true; }));
  }
  return 0;
}
