#include "crypto/cose_receipt.h"

#include <algorithm>

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "crypto/merkle.h"
#include "crypto/note.h"

namespace anta {

namespace {

// The numbers are RFC 9052's, 9597's and 9942's: never renumber.
constexpr std::uint64_t receipt_tag = 18;  // COSE_Sign1
constexpr std::int64_t of_alg = 1;
constexpr std::int64_t of_critical = 2;
constexpr std::int64_t of_kid = 4;
constexpr std::int64_t of_claims = 15;
constexpr std::int64_t of_receipts = 394;
constexpr std::int64_t of_vds = 395;
constexpr std::int64_t of_vdp = 396;
constexpr std::int64_t of_issuer = 1;
constexpr std::int64_t of_subject = 2;
constexpr std::int64_t inclusion_proofs = -1;
constexpr std::uint64_t rfc9162_sha256 = 1;
constexpr std::size_t receipt_path_max = 64;

// A map of as many pairs as it must have; its keys are then asked for one by one.
Result<void> enter(cbor::Reader& in, std::size_t pairs, const char* rule, std::string_view where) {
  const auto found = in.map();
  if (!found) return pass(found);
  if (*found == pairs) return {};
  return in.refuse(
      rule, std::string(where) + " has " + std::to_string(*found) + " labels, not " + std::to_string(pairs));
}

Result<void> label(cbor::Reader& in, std::int64_t wanted, const char* rule, std::string_view where) {
  const auto kind = in.peek();
  if (!kind) return pass(kind);
  if (*kind != cbor::Kind::uint && *kind != cbor::Kind::negative)
    return in.refuse(rule, std::string(where) + " has a label that is not listed");
  const auto found = in.integer();
  if (!found) return pass(found);
  if (*found == wanted) return {};
  return in.refuse(rule, std::string(where) + " has label " + std::to_string(*found) + " where " +
                             std::to_string(wanted) + " is due");
}

Result<std::string> key_name(cbor::Reader& in, const char* rule, std::string_view what) {
  const auto text = in.text();
  if (!text) return pass(text);
  if (text->size() > key_name_bytes_max || !is_key_name(*text))
    return in.refuse(rule, std::string(what) + " is not a name that a key can have");
  return std::string(*text);
}

template <std::size_t N>
Result<void> exactly(cbor::Reader& in, std::array<std::uint8_t, N>& out, const char* rule,
                     std::string_view what) {
  const auto bytes = in.bytes();
  if (!bytes) return pass(bytes);
  if (bytes->size() != N)
    return in.refuse(rule, std::string(what) + " is not " + std::to_string(N) + " bytes");
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return {};
}

constexpr std::string_view in_header = "a receipt's protected header";

// How many labels there are is said by what is missing, except where one is critical: that has its own name.
Result<void> refuse_critical(cbor::Reader& in) {
  const auto pairs = in.map();
  if (!pairs) return pass(pairs);
  for (std::size_t i = 0; i < *pairs; ++i) {
    const auto kind = in.peek();
    if (!kind) return pass(kind);
    if (*kind == cbor::Kind::uint) {
      const auto found = in.uint();
      if (!found) return pass(found);
      if (*found == of_critical) return in.refuse("receipt.critical", "critical headers are not understood");
    } else if (const auto skipped = in.item(); !skipped) {
      return pass(skipped);
    }
    if (const auto value = in.item(); !value) return pass(value);
  }
  return in.finish();
}

Result<void> read_claims(cbor::Reader& in, CoseReceipt& receipt) {
  constexpr std::string_view where = "a receipt's claims map";
  if (auto map = enter(in, 2, "receipt.label", where); !map) return map;
  if (auto key = label(in, of_issuer, "receipt.label", where); !key) return key;
  auto issuer = key_name(in, "receipt.issuer", "iss");
  if (!issuer) return pass(issuer);
  if (auto key = label(in, of_subject, "receipt.label", where); !key) return key;
  auto origin = key_name(in, "receipt.origin", "sub");
  if (!origin) return pass(origin);
  receipt.issuer = std::move(*issuer);
  receipt.origin = std::move(*origin);
  return {};
}

Result<void> read_header(ByteView bytes, CoseReceipt& receipt) {
  cbor::Reader critical(bytes);
  if (auto none = refuse_critical(critical); !none) return none;
  cbor::Reader in(bytes);
  if (auto map = enter(in, 4, "receipt.label", in_header); !map) return map;
  if (auto key = label(in, of_alg, "receipt.label", in_header); !key) return key;
  const auto alg = in.integer();
  if (!alg) return pass(alg);
  if (*alg != alg_eddsa && *alg != alg_ed25519)
    return in.refuse("receipt.alg", "algorithm " + std::to_string(*alg) + " is neither -8 nor -19");
  if (auto key = label(in, of_kid, "receipt.label", in_header); !key) return key;
  if (auto kid = exactly(in, receipt.kid.bytes, "receipt.kid", "a receipt's kid"); !kid) return kid;
  if (auto key = label(in, of_claims, "receipt.label", in_header); !key) return key;
  if (auto claims = read_claims(in, receipt); !claims) return claims;
  if (auto key = label(in, of_vds, "receipt.label", in_header); !key) return key;
  const auto vds = in.integer();
  if (!vds) return pass(vds);
  if (*vds != static_cast<std::int64_t>(rfc9162_sha256)) {
    return in.refuse("receipt.vds",
                     "verifiable data structure " + std::to_string(*vds) + " is not RFC9162_SHA256 (1)");
  }
  return in.finish();
}

Result<void> read_proof(ByteView bytes, CoseReceipt& receipt) {
  cbor::Reader in(bytes);
  const auto parts = in.array();
  if (!parts) return pass(parts);
  if (*parts != 3) return in.refuse("receipt.proof", "an inclusion proof is [size, index, path]");
  const auto size = in.uint();
  if (!size) return pass(size);
  if (*size == 0) return in.refuse("receipt.size", "an empty tree proves nothing");
  if (*size > INT64_MAX) return in.refuse("receipt.size", "no tree has that many leaves");
  const auto index = in.uint();
  if (!index) return pass(index);
  if (*index >= *size) {
    return in.refuse("receipt.index", "leaf " + std::to_string(*index) + " is not in a tree of " +
                                          std::to_string(*size) + " leaves");
  }
  const auto hashes = in.array();
  if (!hashes) return pass(hashes);
  if (*hashes > receipt_path_max) return in.refuse("receipt.path", "a path has at most 64 hashes");
  receipt.path.resize(*hashes);
  for (Digest& hash : receipt.path) {
    if (auto read = exactly(in, hash.bytes, "receipt.path", "a hash of the path"); !read) return read;
  }
  receipt.size = *size;
  receipt.index = *index;
  return in.finish();
}

// {396: {-1: [bstr]}}, and nothing beside it: what stands there is not signed.
Result<void> read_proofs(cbor::Reader& in, CoseReceipt& receipt) {
  constexpr std::string_view outer = "a receipt's unprotected header";
  constexpr std::string_view inner = "a receipt's proofs";
  if (auto map = enter(in, 1, "receipt.unprotected", outer); !map) return map;
  if (auto key = label(in, of_vdp, "receipt.unprotected", outer); !key) return key;
  if (auto map = enter(in, 1, "receipt.proof", inner); !map) return map;
  if (auto key = label(in, inclusion_proofs, "receipt.proof", inner); !key) return key;
  const auto proofs = in.array();
  if (!proofs) return pass(proofs);
  if (*proofs != 1) return in.refuse("receipt.proof", "a receipt has one inclusion proof");
  const auto proof = in.bytes();
  if (!proof) return pass(proof);
  return read_proof(*proof, receipt);
}

}  // namespace

RootSignature sign_root(std::string_view issuer, std::string_view origin, const Digest& root,
                        const SigningKey& key) {
  ANTA_INVARIANT(is_key_name(issuer) && is_key_name(origin));
  cbor::Writer out(128 + issuer.size() + origin.size());
  out.map(4).integer(of_alg).integer(alg_eddsa).integer(of_kid).bytes(key.kid().view());
  out.integer(of_claims).map(2).integer(of_issuer).text(issuer).integer(of_subject).text(origin);
  out.integer(of_vds).uint(rfc9162_sha256);
  RootSignature signature{.protected_bytes = out.take(), .signature = {}};
  signature.signature = key.sign(cose_signature_input(signature.protected_bytes, root.view()));
  return signature;
}

Bytes encode_receipt(const RootSignature& root, std::uint64_t size, std::uint64_t index,
                     std::span<const Digest> path) {
  ANTA_INVARIANT(index < size && path.size() <= receipt_path_max);
  cbor::Writer proof(32 + path.size() * 34);
  proof.array(3).uint(size).uint(index).array(path.size());
  for (const Digest& hash : path)
    proof.bytes(hash.view());
  const Bytes encoded = proof.take();
  cbor::Writer out(root.protected_bytes.size() + encoded.size() + 96);
  out.tag(receipt_tag).array(4).bytes(root.protected_bytes);
  out.map(1).integer(of_vdp).map(1).integer(inclusion_proofs).array(1).bytes(encoded);
  out.null().bytes(root.signature);
  return out.take();
}

Result<CoseReceipt> decode_receipt(ByteView bytes) {
  if (bytes.size() > receipt_bytes_max) {
    return fail(Code::malformed, "receipt.too_large",
                "a receipt is at most " + std::to_string(receipt_bytes_max) + " bytes");
  }
  CoseReceipt receipt;
  cbor::Reader in(bytes);
  const auto tag = in.tag();
  if (!tag) return pass(tag);
  if (*tag != receipt_tag) return in.refuse("receipt.tag", "a receipt is a COSE_Sign1, tag 18");
  const auto parts = in.array();
  if (!parts) return pass(parts);
  if (*parts != 4) return in.refuse("receipt.parts", "a COSE_Sign1 has four parts");
  const auto header = in.bytes();
  if (!header) return pass(header);
  if (auto read = read_header(*header, receipt); !read) return pass(read);
  receipt.root.protected_bytes = to_bytes(*header);
  if (auto read = read_proofs(in, receipt); !read) return pass(read);
  const auto payload = in.peek();
  if (!payload) return pass(payload);
  if (*payload != cbor::Kind::null)
    return in.refuse("receipt.payload", "a receipt's payload is detached: the root is computed, not read");
  if (auto null = in.null(); !null) return pass(null);
  if (auto read = exactly(in, receipt.root.signature, "receipt.signature_size", "a receipt's signature");
      !read)
    return pass(read);
  if (auto end = in.finish(); !end) return pass(end);
  return receipt;
}

Result<Digest> verify_receipt(const CoseReceipt& receipt, ByteView entry, const PublicKey& key) {
  if (receipt.kid != kid_of(key))
    return fail(Code::malformed, "receipt.key", "the receipt of " + receipt.issuer + " names another key");
  const auto root = root_from_inclusion(leaf_hash(entry), receipt.index, receipt.size, receipt.path);
  if (!root) return root;
  if (!verify(key, cose_signature_input(receipt.root.protected_bytes, root->view()),
              receipt.root.signature)) {
    return fail(
        Code::bad_signature, "receipt.signature",
        "the receipt of " + receipt.issuer + " is not its signature of the root that the path leads to");
  }
  return root;
}

Result<Bytes> attach_receipts(ByteView statement, std::span<const Bytes> receipts) {
  const auto decoded = decode_cose(statement);
  if (!decoded) return pass(decoded);
  cbor::Writer out(statement.size() + receipts.size() * 1024);
  out.tag(receipt_tag).array(4).bytes(decoded->protected_bytes);
  out.map(1).integer(of_receipts).array(receipts.size());
  for (const Bytes& receipt : receipts)
    out.bytes(receipt);
  out.bytes(decoded->payload).bytes(decoded->signature);
  Bytes transparent = out.take();
  // What we emit is what we accept: one set of rules, the decoder's.
  if (auto again = decode_transparent(transparent); !again) return pass(again);
  return transparent;
}

namespace {

Result<std::vector<CoseReceipt>> read_receipts(cbor::Reader& in) {
  constexpr std::string_view where = "a transparent statement's unprotected header";
  const auto pairs = in.map();
  if (!pairs) return pass(pairs);
  if (*pairs == 0)
    return in.refuse("transparent.none", "the statement carries no receipts: it has no label 394");
  if (*pairs != 1)
    return in.refuse("transparent.unprotected", std::string(where) + " has more than label 394");
  if (auto key = label(in, of_receipts, "transparent.unprotected", where); !key) return pass(key);
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count == 0) return in.refuse("transparent.none", "the list of receipts is empty");
  if (*count > receipts_max) {
    return in.refuse("transparent.too_many",
                     "a statement carries at most " + std::to_string(receipts_max) + " receipts");
  }
  std::vector<CoseReceipt> receipts;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto bytes = in.bytes();
    if (!bytes) return pass(bytes);
    auto receipt = decode_receipt(*bytes);
    if (!receipt) {
      Error error = receipt.error();
      error.message = "receipt " + std::to_string(i + 1) + ": " + error.message;
      return tl::unexpected<Error>(std::move(error));
    }
    receipts.push_back(std::move(*receipt));
  }
  return receipts;
}

}  // namespace

Result<TransparentStatement> decode_transparent(ByteView bytes) {
  if (bytes.size() > transparent_bytes_max) {
    return fail(Code::malformed, "transparent.too_large",
                "a transparent statement is at most " + std::to_string(transparent_bytes_max) + " bytes");
  }
  cbor::Reader in(bytes);
  const auto tag = in.tag();
  if (!tag) return pass(tag);
  const auto parts = in.array();
  if (!parts) return pass(parts);
  if (*tag != receipt_tag || *parts != 4)
    return in.refuse("transparent.envelope",
                     "a transparent statement is a COSE_Sign1, tag 18, of four parts");
  const auto header = in.bytes();
  if (!header) return pass(header);
  auto receipts = read_receipts(in);
  if (!receipts) return pass(receipts);
  const auto payload = in.item();
  if (!payload) return pass(payload);
  const auto signature = in.item();
  if (!signature) return pass(signature);
  if (auto end = in.finish(); !end) return pass(end);
  cbor::Writer out(header->size() + payload->size() + signature->size() + 16);
  out.tag(receipt_tag).array(4).bytes(*header).map(0).raw(*payload).raw(*signature);
  TransparentStatement transparent{.statement = out.take(), .receipts = std::move(*receipts)};
  if (auto statement = decode_cose(transparent.statement); !statement) return pass(statement);
  return transparent;
}

namespace {

// Whether a listed key's receipt says what the policy knows of that key.
Result<void> fits(const Policy& policy, const VerifierKey& key, const CoseReceipt& receipt,
                  const std::string& origin) {
  if (receipt.issuer != key.name) {
    return fail(Code::malformed, "receipt.issuer",
                "a receipt under the key of " + key.name + " says that it is of " + receipt.issuer);
  }
  const bool listed = std::ranges::any_of(
      policy.logs, [&](const Policy::Log& log) { return log.key.name == receipt.origin; });
  if (!listed || (!origin.empty() && origin != receipt.origin)) {
    return fail(Code::malformed, "receipt.origin",
                "the receipt of " + receipt.issuer + " is of another ledger: " + receipt.origin);
  }
  return {};
}

}  // namespace

Result<ReceiptVerdict> check_receipts(const Policy& policy, const TransparentStatement& transparent) {
  const Digest entry = sha256(transparent.statement);
  ReceiptVerdict verdict;
  std::vector<bool> vouched(policy.elements.size(), false);
  for (const CoseReceipt& receipt : transparent.receipts) {
    const auto found = std::ranges::find_if(policy.elements, [&](const Policy::Element& element) {
      return element.witness && kid_of(element.witness->key) == receipt.kid;
    });
    if (found == policy.elements.end()) {
      ++verdict.unknown;
      continue;
    }
    if (auto same = fits(policy, *found->witness, receipt, verdict.origin); !same) return pass(same);
    const auto root = verify_receipt(receipt, entry.view(), found->witness->key);
    if (!root) return pass(root);
    verdict.origin = receipt.origin;
    const auto at = static_cast<std::size_t>(found - policy.elements.begin());
    if (vouched[at]) {
      ++verdict.repeated;
      continue;
    }
    vouched[at] = true;
    verdict.organisations.push_back(
        {.name = found->name, .size = receipt.size, .index = receipt.index, .root = *root});
  }
  for (std::size_t i = 0; i < policy.elements.size(); ++i) {
    if (policy.elements[i].witness && !vouched[i]) verdict.missing.push_back(policy.elements[i].name);
  }
  verdict.quorum_met = quorum_met(policy, vouched);
  return verdict;
}

namespace {

void write_cose_key(cbor::Writer& out, const PublicKey& key) {
  const Digest kid = kid_of(key);
  out.map(4).integer(1).integer(1).integer(2).bytes(kid.view());
  out.integer(-1).integer(6).integer(-2).bytes(key.view());
}

}  // namespace

Bytes encode_cose_key(const PublicKey& key) {
  cbor::Writer out(80);
  write_cose_key(out, key);
  return out.take();
}

Bytes encode_cose_key_set(std::span<const PublicKey> keys) {
  cbor::Writer out(8 + keys.size() * 80);
  out.array(keys.size());
  for (const PublicKey& key : keys)
    write_cose_key(out, key);
  return out.take();
}

}  // namespace anta
