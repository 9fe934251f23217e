#include "node/certificate_assembly.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "storage/ledger/certificate_file.h"

namespace anta {

Result<Bytes> assemble_certificate(const LedgerReader& reader, const FinishedCheckpoint& checkpoint,
                                   const CertificateId& certificate, const MayGoOn& may_go_on) {
  const std::uint64_t size = checkpoint.checkpoint.size;
  Result<CollectedEvidence> evidence = collect_evidence(reader, certificate, TreeSize{size}, may_go_on);
  if (!evidence) return pass(evidence);
  const bool covered =
      std::any_of(evidence->statements.begin(), evidence->statements.end(), [&](const auto& entry) {
        const auto* p = std::get_if<payload::Certificate>(&entry.second.payload);
        return p != nullptr && p->id == certificate;
      });
  if (!covered) {
    return fail(
        Code::uncertain, "not_cosigned",
        "certificate " + certificate.value + " is recorded, but no finished checkpoint covers it yet");
  }
  const NodeSource nodes = reader.nodes();
  CertificateFile file;
  file.subject = certificate;
  file.note = checkpoint.note;
  for (auto& [leaf, statement] : evidence->statements) {
    if (!may_go_on()) {
      return fail(Code::busy, "deadline", "the certificate took too long to put together; ask again");
    }
    Result<std::vector<Digest>> path = inclusion_proof(leaf.value, size, nodes);
    if (!path) return pass(path);
    ProvenStatement proven{.leaf = leaf, .statement = statement.bytes, .path = std::move(*path)};
    (is_authority(statement.type) ? file.authority : file.evidence).push_back(std::move(proven));
  }
  const Result<SharedBytes> genesis = reader.genesis();
  if (!genesis) return pass(genesis);
  Result<std::vector<Digest>> genesis_path = inclusion_proof(0, size, nodes);
  if (!genesis_path) return pass(genesis_path);
  file.genesis = *genesis;
  file.genesis_path = std::move(*genesis_path);
  Bytes bytes = encode_certificate_file(file);
  if (bytes.size() > certificate_file_bytes_max) {
    return fail(Code::rule_violated, "certificate_too_large",
                "what this certificate rests on is more than one file may hold");
  }
  return bytes;
}

}  // namespace anta
