// The certificate file (.anta, application/vnd.anta.certificate+cbor): what a buyer holds and verifies
// offline.
//
// Deterministic CBOR map (proofs.md section 5):
//
//     1: 1                                                       format
//     2: tstr                                                    the checkpoint note, verbatim
//     3: [[leaf, bstr statement, path]...]                       evidence, ascending by leaf
//     4: [bstr disclosure...]                                    salted openings; absent when there are none
//     5: [[leaf, bstr seal, path],                               the newest seal, and records under its root
//         [[kind, id, bstr record or null, terminal, shared, [bstr siblings...]]...]]
//     6: [bstr genesis, path, [[leaf, bstr statement, path]...]]
//                                                                genesis (leaf 0) and the statements about
//                                                                keys, roles, parties
//     7: tstr                                                    the certificate that the file is about
//     8: [size, bstr root, path]                                 only in a refreshed file: the earlier tree
//     9: [bstr root, [[district, sources, dry, cu]...]]          only in a summary: its sources by district
//
// path = [shared, bstr...]: the hashes from the leaf up, without the last `shared` of them, which are those
// of the path before, as many as are alike. Before a statement's is that of the statement before it in its
// list; before the first of field 6 the genesis's; before field 8's the seal's. Before the others is none.
// The paths of a list unfold to at most 1 MiB and four times the list's bytes.
//
// Field 5 proves what is so at the checkpoint: the seal is the tree's last leaf, and each record stands, or
// is absent, under the seal's state root. Records ascend by tree key; `kind` is its word. A record that is
// there has terminal null (it is its own leaf); of one that is not, terminal is null where nothing stands, or
// [bstr key, bstr value hash], the other leaf on its way. Siblings go from the root down: the first `shared`
// are those of the record before, as many as are alike; the rest are listed.
//
// Field 8: the paths of fields 3 and 6 lead to this earlier tree, which the checkpoint's extends (a
// consistency path, RFC 9162 section 2.1.4). So a file is brought up to date without its statements
// (certificate_patch.h). The genesis carries its own path, because the origin binds only 32 bits of its hash.
//
// A summary stands for a file that would be too large: with field 9 (source_summary.h) field 3 holds the
// certificate's own statement alone, field 6 no statement, and field 5 the records that the state keeps of
// the certificate, the key that signed it, and the lots of its chain that were made from others. There are no
// fields 4 and 8. What it proves and does not is in summary_check.h.
//
// Decoding checks form and bounds and verifies nothing (verify.h does). Errors are `malformed` with a rule:
// certificate.format, .newer (a kind of record), .field (unknown), .missing, .form, .order, .hash, .subject,
// .summary (field 9 beside what no summary has), .too_many, .too_large, or one of crypto/cbor.h's. Pure, any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crypto/cbor.h"
#include "crypto/checkpoint.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/source_summary.h"
#include "storage/ledger/state_proof.h"
#include "storage/ledger/view.h"

namespace anta {

inline constexpr std::int64_t certificate_format = 1;
inline constexpr std::size_t certificate_note_bytes_max = std::size_t{64} << 10;
// What a node hands out unless it is asked for more, and checks for others; and what there can be at all.
inline constexpr std::size_t certificate_file_bytes_max = std::size_t{16} << 20;
inline constexpr std::size_t certificate_whole_bytes_max = std::size_t{128} << 20;
inline constexpr std::size_t certificate_statements_max = 65536;
inline constexpr std::size_t proof_path_max = 64;
inline constexpr std::size_t disclosures_max = 1024;
inline constexpr std::size_t state_records_max = 65536;
inline constexpr std::size_t state_record_bytes_max = std::size_t{1} << 20;

// A statement and the proof that it is a leaf of the ledger.
struct ProvenStatement {
  LeafIndex leaf = {};
  std::shared_ptr<const Bytes> statement = {};
  std::vector<Digest> path = {};  // siblings from the leaf up (RFC 9162 section 2.1.3)
};

// A record of the state, or its absence, with the proof of it.
struct ProvenRecord {
  StateKey key = {};
  SharedBytes record = {};  // null: there is none
  StateProof proof = {};
};

// Field 5.
struct ProvenState {
  LeafIndex leaf = {};  // of the seal
  Bytes seal = {};
  std::vector<Digest> path = {};
  std::vector<ProvenRecord> records = {};  // ascending by tree_key
};

// Field 8.
struct EarlierTree {
  std::uint64_t size = 0;
  Digest root = {};
  std::vector<Digest> path = {};
  bool operator==(const EarlierTree&) const = default;
};

struct CertificateFile {
  CertificateId subject = {};  // which certificate the file is about: field 7
  std::string note = {};
  std::vector<ProvenStatement> evidence = {};
  std::vector<Bytes> disclosures = {};
  std::optional<ProvenState> state = {};
  std::optional<EarlierTree> earlier = {};
  std::shared_ptr<const Bytes> genesis = {};
  std::vector<Digest> genesis_path = {};
  std::vector<ProvenStatement> authority = {};  // parties, keys, roles, accreditations, relations
  std::optional<SourceSummary> summary = {};
};

Bytes encode_certificate_file(const CertificateFile& file);
Result<CertificateFile> decode_certificate_file(ByteView bytes);

// The tree that the evidence's paths lead to: the note's own, or the earlier one. malformed when the note has
// no checkpoint.
Result<Checkpoint> evidence_tree(const CertificateFile& file);

// Fields 5 and 8 by themselves, for the patch that replaces them. Encoding sorts the records. `before`: the
// seal's path of field 5.
void write_proven_state(cbor::Writer& out, const ProvenState& state);
Result<ProvenState> read_proven_state(cbor::Reader& in);
void write_earlier_tree(cbor::Writer& out, const EarlierTree& earlier, std::span<const Digest> before);
Result<EarlierTree> read_earlier_tree(cbor::Reader& in, std::span<const Digest> before);

}  // namespace anta
