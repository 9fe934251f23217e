// What brings a certificate file up to date: a newer checkpoint, how its tree extends the evidence's, and
// what is so there. The statements stay as they are.
//
// Deterministic CBOR map; the numbers are those of the file (certificate_file.h):
//
//     1: 1                  format
//     2: tstr               the newer checkpoint note
//     5: proven state       under the newer note's newest seal
//     7: tstr               the certificate
//     8: earlier tree       the tree of the file's evidence; absent when the note's tree is that one
//
// What the certificate's own evidence said until then is not told again: what has changed since is seen in
// the state. Neither function verifies anything; verify_certificate does, on the patched file. Errors are
// `malformed`: certificate.* as of a file, patch.other_certificate, patch.other_tree (it extends another
// tree than the file's evidence), patch.older (than the file's own checkpoint), patch.summary (a summary is
// fetched anew: it has no evidence to keep). Pure, any thread.
#pragma once

#include <string>

#include "crypto/error.h"
#include "storage/ledger/certificate_file.h"

namespace anta {

struct CertificatePatch {
  CertificateId subject = {};
  std::string note = {};
  ProvenState state = {};
  std::optional<EarlierTree> earlier = {};
};

Bytes encode_certificate_patch(const CertificatePatch& patch);
Result<CertificatePatch> decode_certificate_patch(ByteView bytes);

Result<void> apply_patch(const CertificatePatch& patch, CertificateFile& file);

}  // namespace anta
