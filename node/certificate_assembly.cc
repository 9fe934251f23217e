#include "node/certificate_assembly.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "crypto/merkle.h"
#include "node/certificate_summary.h"
#include "node/state_evidence.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/certificate_patch.h"
#include "storage/ledger/evidence.h"
#include "storage/ledger/present_state.h"

namespace anta {
namespace {

// Each round proves what the verdict rests on, given what was proven before; in practice the second finds
// nothing new.
constexpr int state_rounds_max = 4;

struct Job {
  const LedgerReader& reader;
  const FinishedCheckpoint& checkpoint;
  const CertificateId& certificate;
  TreeSize evidence = {};  // the tree that the evidence's paths lead to
  const MayGoOn& may_go_on;
  NodeSource nodes = {};
  std::size_t bytes_max = certificate_whole_bytes_max;

  std::uint64_t size() const { return checkpoint.checkpoint.size; }
};

bool holds(const CollectedEvidence& evidence, const CertificateId& certificate) {
  return std::any_of(evidence.statements.begin(), evidence.statements.end(), [&](const auto& entry) {
    const auto* p = std::get_if<payload::Certificate>(&entry.second.payload);
    return p != nullptr && p->id == certificate;
  });
}

Result<void> add_evidence(const Job& job, CertificateFile& file) {
  Result<CollectedEvidence> evidence =
      collect_evidence(job.reader, job.certificate, job.evidence, job.may_go_on, job.bytes_max);
  if (!evidence) return pass(evidence);
  if (!holds(*evidence, job.certificate)) {
    return fail(
        Code::uncertain, "not_cosigned",
        "certificate " + job.certificate.value + " is recorded, but no finished checkpoint covers it yet");
  }
  const std::uint64_t size = job.evidence.value;
  for (auto& [leaf, statement] : evidence->statements) {
    if (!job.may_go_on()) return too_late();
    Result<std::vector<Digest>> path = inclusion_proof(leaf.value, size, job.nodes);
    if (!path) return pass(path);
    ProvenStatement proven{.leaf = leaf, .statement = statement.bytes, .path = std::move(*path)};
    (is_authority(statement.type) ? file.authority : file.evidence).push_back(std::move(proven));
  }
  const Result<SharedBytes> genesis = job.reader.genesis();
  if (!genesis) return pass(genesis);
  Result<std::vector<Digest>> genesis_path = inclusion_proof(0, size, job.nodes);
  if (!genesis_path) return pass(genesis_path);
  file.genesis = *genesis;
  file.genesis_path = std::move(*genesis_path);
  return {};
}

Result<void> add_earlier(const Job& job, CertificateFile& file) {
  if (job.evidence.value == job.size()) return {};
  const Result<Digest> root = root_at(job.evidence.value, job.nodes);
  if (!root) return pass(root);
  Result<std::vector<Digest>> path = consistency_proof(job.evidence.value, job.size(), job.nodes);
  if (!path) return pass(path);
  file.earlier = EarlierTree{job.evidence.value, *root, std::move(*path)};
  return {};
}

// The ledger has checked every signature that it hands out.
Result<void> add_state(const Job& job, CertificateFile& file) {
  Evidence evidence([](const SignedStatement&, const PublicKey&) { return true; });
  const Result<Checkpoint> tree = [&]() -> Result<Checkpoint> {
    if (!file.earlier) return job.checkpoint.checkpoint;
    return Checkpoint{job.checkpoint.checkpoint.origin, file.earlier->size, file.earlier->root};
  }();
  // From when each amendment of the law held, which the replay needs to know.
  Result<ProvenState> law =
      prove_state(job.reader, {{Kind::parameter, std::string(state::amendments_record_id)}}, job.may_go_on);
  if (!law) return pass(law);
  file.state = std::move(*law);
  constexpr Millis whenever{std::numeric_limits<std::int64_t>::max()};
  if (const auto failure = evidence.replay(file, *tree, whenever)) {
    return fail(Code::corrupt, "evidence",
                "the evidence of " + job.certificate.value + " does not replay: " + failure->message);
  }
  const Millis now = job.reader.applied().block_time;
  std::set<StateKey> relied;
  for (int round = 0; round < state_rounds_max; ++round) {
    if (!job.may_go_on()) return too_late();
    const std::size_t before = relied.size();
    for (StateKey& key : relied_keys(evidence, job.certificate, now))
      relied.insert(std::move(key));
    if (relied.size() == before) break;
    Result<ProvenState> state = prove_state(job.reader, {relied.begin(), relied.end()}, job.may_go_on);
    if (!state) return pass(state);
    file.state = std::move(*state);
    if (const auto failure = check_present_state(*file.state, job.checkpoint.checkpoint))
      return fail(Code::corrupt, "evidence", failure->message);
    if (const auto failure = evidence.lay_over(*file.state))
      return fail(Code::corrupt, "evidence", failure->message);
  }
  return {};
}

Result<CertificateFile> build(const Job& job) {
  if (job.reader.applied().leaves.value != job.size()) {
    return fail(Code::corrupt, "evidence", "the reader is not that of the checkpoint");
  }
  CertificateFile file;
  file.subject = job.certificate;
  file.note = job.checkpoint.note;
  if (auto added = add_evidence(job, file); !added) return pass(added);
  if (auto added = add_earlier(job, file); !added) return pass(added);
  if (auto added = add_state(job, file); !added) return pass(added);
  return file;
}

tl::unexpected<Error> too_large() {
  return fail(Code::rule_violated, "certificate_too_large",
              "what this certificate rests on is more than one file may hold, and so is a summary of it");
}

}  // namespace

Result<Bytes> assemble_certificate(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                                   const CertificateId& certificate, const MayGoOn& may_go_on,
                                   std::size_t bytes_max) {
  const Job job{reader,    checkpoint,     certificate, TreeSize{checkpoint.checkpoint.size},
                may_go_on, reader.nodes(), bytes_max};
  const Result<CertificateFile> file = build(job);
  if (!file && file.error().rule != "certificate_too_large") return pass(file);
  Bytes bytes = file ? encode_certificate_file(*file) : Bytes();
  if (file && bytes.size() <= bytes_max) return bytes;
  const Result<CertificateFile> summary = summary_of(reader, checkpoint, certificate, may_go_on);
  if (!summary) return pass(summary);
  bytes = encode_certificate_file(*summary);
  if (bytes.size() > bytes_max) return too_large();
  return bytes;
}

Result<Bytes> assemble_patch(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                             const CertificateId& certificate, TreeSize evidence, const MayGoOn& may_go_on) {
  if (evidence.value == 0 || evidence.value > checkpoint.checkpoint.size) {
    return fail(Code::malformed, "from",
                "the file's tree has " + std::to_string(evidence.value) +
                    " leaves, the newest finished checkpoint " + std::to_string(checkpoint.checkpoint.size));
  }
  Result<CertificateFile> file =
      build({reader, checkpoint, certificate, evidence, may_go_on, reader.nodes()});
  if (!file && file.error().rule == "not_cosigned") {
    return fail(Code::malformed, "from",
                "the tree of " + std::to_string(evidence.value) + " leaves does not hold certificate " +
                    certificate.value);
  }
  if (!file) return pass(file);
  return encode_certificate_patch({.subject = certificate,
                                   .note = checkpoint.note,
                                   .state = std::move(*file->state),
                                   .earlier = std::move(file->earlier)});
}

}  // namespace anta
