// A signed statement, decoded once: the envelope of ledger.md section 2 and its typed payload.
//
// decode_statement (codec.h) makes it from bytes; it has then the right shape but nobody has checked who
// signed it: that is authenticate (law.h). Immutable after decoding, so it may be shared between threads.
#pragma once

#include <memory>
#include <string>

#include "crypto/cose.h"
#include "crypto/digest.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/payload.h"

namespace anta {

struct SignedStatement {
  std::shared_ptr<const Bytes> bytes = {};  // as received; what is hashed, stored, sent and proven
  Digest digest = {};                       // SHA-256(bytes): the statement's identity
  SignedHeader header = {};                 // alg, content type, kid, issuer, subject, iat, cti
  Signature signature = {};
  ByteView protected_bytes = {};  // within *bytes, with signed_payload: what the signature is over
  ByteView signed_payload = {};
  std::string type = {};  // "lot", "dispatch", ... the word of statements.cddl
  payload::Payload payload = {};

  PartyId issuer() const { return PartyId{header.issuer}; }
  Millis event_time() const { return payload::common(payload).event_time; }
};

}  // namespace anta
