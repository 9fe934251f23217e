// The certificate file (.anta, application/vnd.anta.certificate+cbor): what a buyer holds and verifies
// offline.
//
// Deterministic CBOR map (proofs.md section 5):
//
//     1: 1                                                       format
//     2: tstr                                                    the checkpoint note, verbatim
//     3: [[leaf, bstr statement, [bstr path...]]...]             evidence, ascending by leaf
//     4: [bstr disclosure...]                                    salted openings; absent when there are none
//     6: [bstr genesis, [bstr path...], [[leaf, bstr statement, [bstr path...]]...]]
//                                                                genesis (leaf 0) and the statements about
//                                                                keys, roles, parties
//
//     7: tstr                                                    the certificate that the file is about
//
// Field 5 (state proofs) is not part of what this release writes; a file with it is refused as newer. The
// genesis carries its own path, because the origin binds only 32 bits of its hash. Decoding checks form and
// bounds and verifies nothing (verify.h does). Errors are `malformed` with a rule: certificate.newer (field
// 5), .format, .field (unknown), .missing, .form, .order, .hash, .subject, .too_many, .too_large, or one of
// crypto/cbor.h's. Pure, any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/ids.h"

namespace anta {

inline constexpr std::size_t certificate_file_bytes_max = std::size_t{16} << 20;
inline constexpr std::size_t certificate_statements_max = 65536;
inline constexpr std::size_t proof_path_max = 64;
inline constexpr std::size_t disclosures_max = 1024;

// A statement and the proof that it is a leaf of the ledger.
struct ProvenStatement {
  LeafIndex leaf = {};
  std::shared_ptr<const Bytes> statement = {};
  std::vector<Digest> path = {};  // siblings from the leaf up (RFC 9162 section 2.1.3)
};

struct CertificateFile {
  CertificateId subject = {};  // which certificate the file is about: field 7
  std::string note = {};
  std::vector<ProvenStatement> evidence = {};
  std::vector<Bytes> disclosures = {};
  std::shared_ptr<const Bytes> genesis = {};
  std::vector<Digest> genesis_path = {};
  std::vector<ProvenStatement> authority = {};  // parties, keys, roles, accreditations, relations
};

Bytes encode_certificate_file(const CertificateFile& file);
Result<CertificateFile> decode_certificate_file(ByteView bytes);

}  // namespace anta
