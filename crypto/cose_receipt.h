// COSE Receipts (RFC 9942) in Anta's one profile, and the statements that carry them (label 394).
//
// A receipt is one organisation's word that an entry is in the ledger:
//
//     18([ protected bstr, { 396: { -1: [ bstr .cbor proof ] } }, nil, signature bstr64 ])
//     protected = { 1: -8, 4: kid, 15: { 1: iss, 2: sub }, 395: 1 }
//     proof     = [ size, index, [ bstr32... ] ]
//
// as RFC 9942 sections 2, 4.3, 5.2 and 5.2.1 have it.
// 395: 1 is RFC9162_SHA256, -1 an inclusion proof, 394 the receipts of a statement. The signature is over
// RFC 9052's Sig_structure with the Merkle root as payload; the payload is detached, so that a verifier has
// to compute the root from the entry and the path (RFC 9942 section 4.4). iss (who: the name under which
// the organisation cosigns) and sub (of what: the ledger's origin) are RFC 9943's demands; kid is RFC 9679's
// thumbprint of the organisation's cosigner key. We emit -8 and also read -19, as for statements.
//
// Two traps. Size and index are NOT signed, only the root is: another size and index that the path leads to
// the same root from are as good, so they show where the proof begins and never say what came first. And RFC
// 9942 leaves open what the entry's bytes are: ours are the 32 bytes of the SHA-256 of the whole statement,
// so the leaf is H(00 || H(statement)).
//
// Nothing per entry is signed, so one signature serves all receipts of one tree (RootSignature).
//
// A transparent statement (RFC 9943 section 7) is a statement whose unprotected header is {394: [bstr
// receipt...]}. That header is outside the statement's signature and outside its digest: the ledger holds the
// statement with the empty header, and takes it only so (cose.h refuses label 394 by name).
//
// Decoding is strict: exactly these labels, deterministic CBOR, one inclusion proof. RFC 9942's CDDL wants at
// least one hash in a path; a tree of one leaf has none, and its path is read and written empty. Errors are
// malformed with rule receipt.* or transparent.* or cbor.*, path lengths proof.*; a signature that does not
// verify is bad_signature, receipt.signature. Pure, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/keys.h"
#include "crypto/policy.h"
#include "crypto/signature.h"

namespace anta {

inline constexpr std::size_t receipts_max = 16;         // of one statement; a note has as many signatures
inline constexpr std::size_t receipt_bytes_max = 4096;  // one with 64 hashes and the longest names: 2 900
inline constexpr std::size_t transparent_bytes_max = 132 << 10;  // the largest statement and as many receipts

// One organisation's signature of one root: what its receipts of that tree share.
struct RootSignature {
  Bytes protected_bytes = {};
  Signature signature = {};

  bool operator==(const RootSignature&) const = default;
};

struct CoseReceipt {
  std::string issuer = {};  // iss: "<organisation>/anta"
  std::string origin = {};  // sub: the ledger's origin
  Digest kid = {};
  std::uint64_t size = 0;   // not signed
  std::uint64_t index = 0;  // not signed; below size
  std::vector<Digest> path = {};
  RootSignature root = {};
};

struct TransparentStatement {
  Bytes statement = {};  // as the ledger has it
  std::vector<CoseReceipt> receipts = {};
};

// issuer and origin are key names (note.h).
RootSignature sign_root(std::string_view issuer, std::string_view origin, const Digest& root,
                        const SigningKey& key);

// The receipt of the leaf at `index` of the signed tree of `size` leaves; index < size.
Bytes encode_receipt(const RootSignature& root, std::uint64_t size, std::uint64_t index,
                     std::span<const Digest> path);

Result<CoseReceipt> decode_receipt(ByteView receipt);

// First the path, then the signature over the root that it leads to (RFC 9942 section 5.2.1). The root, for
// who compares several.
Result<Digest> verify_receipt(const CoseReceipt& receipt, ByteView entry, const PublicKey& key);

// The statement with these receipts, in this order. malformed: the statement or a receipt would not decode,
// none, or more than receipts_max.
Result<Bytes> attach_receipts(ByteView statement, std::span<const Bytes> receipts);

// The other way round: the statement as it was signed and recorded, and its receipts; nothing is verified.
Result<TransparentStatement> decode_transparent(ByteView bytes);

// Whose receipts a statement carries, by a policy's cosigners.
struct ReceiptVerdict {
  struct Line {
    std::string name = {};  // as the policy calls it
    std::uint64_t size = 0;
    std::uint64_t index = 0;
    Digest root = {};
  };
  std::string origin = {};               // of all of them; empty without any
  std::vector<Line> organisations = {};  // whose receipt verifies; each once, in the order of the receipts
  std::vector<std::string> missing = {};
  std::size_t unknown = 0;   // receipts under keys that the policy does not list: ignored
  std::size_t repeated = 0;  // further receipts of an organisation: verified, counted once
  bool quorum_met = false;
};

// Each receipt stands for its own organisation and its own tree: quorum_met says that as many organisations
// as the policy demands each signed a root that the statement is under, not that they signed the same root. A
// receipt under a listed key that does not verify, whose iss is not that key's name or whose sub is no origin
// of the policy (or another than its neighbour's), makes the whole bad.
Result<ReceiptVerdict> check_receipts(const Policy& policy, const TransparentStatement& transparent);

// COSE_Key {1: 1 (OKP), 2: kid, -1: 6 (Ed25519), -2: x} and COSE_KeySet (RFC 9052 section 7).
Bytes encode_cose_key(const PublicKey& key);
Bytes encode_cose_key_set(std::span<const PublicKey> keys);

}  // namespace anta
