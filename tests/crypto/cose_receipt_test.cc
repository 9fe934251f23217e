#include "crypto/cose_receipt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "crypto/merkle.h"
#include "tests/crypto/outcome.h"

namespace anta {
namespace {

using test::bytes;
using test::outcome;

constexpr std::string_view ledger_origin = "anta.example/receipts-01234567";

Digest receipt_entry(std::uint64_t leaf) { return sha256(as_bytes("leaf " + std::to_string(leaf))); }

// A tree of `size` entries, each the SHA-256 of "leaf <i>", but for those that the test sets.
struct ReceiptTree {
  explicit ReceiptTree(std::uint64_t n) : size(n) {
    for (std::uint64_t i = 0; i < n; ++i)
      add(receipt_entry(i));
  }
  void add(const Digest& entry) {
    range.append(leaf_hash(entry.view()), [this](unsigned level, std::uint64_t, const Digest& hash) {
      if (levels.size() <= level) levels.resize(level + 1);
      levels[level].push_back(hash);
    });
  }
  Result<Digest> node(unsigned level, std::uint64_t index) const { return levels.at(level).at(index); }
  std::vector<Digest> path(std::uint64_t leaf) const {
    return *inclusion_proof(leaf, size, [this](unsigned level, std::uint64_t i) { return node(level, i); });
  }

  std::uint64_t size = 0;
  CompactRange range = {};
  std::vector<std::vector<Digest>> levels = {};
};

std::string issuer_of(unsigned organisation) { return "org-" + std::to_string(organisation) + "/anta"; }
SigningKey key_for(unsigned organisation) {
  return SigningKey(test::seed(static_cast<std::uint8_t>(40 + organisation)));
}

Bytes receipt_of(const ReceiptTree& tree, std::uint64_t leaf, unsigned organisation = 1) {
  const RootSignature root =
      sign_root(issuer_of(organisation), ledger_origin, tree.range.root(), key_for(organisation));
  return encode_receipt(root, tree.size, leaf, tree.path(leaf));
}

std::string verified(const Bytes& receipt, std::uint64_t leaf, unsigned organisation = 1) {
  const auto decoded = decode_receipt(receipt);
  if (!decoded) return decoded.error().rule;
  return outcome(verify_receipt(*decoded, receipt_entry(leaf).view(), key_for(organisation).public_key()));
}

// The parts of a receipt as hex, so that a test can spoil one of them. Its signature is of zeros.
struct ReceiptParts {
  std::string count = "a4";
  std::string alg = "0127";
  std::string kid = "045820" + std::string(64, '1');
  std::string claims = "0fa2 016161 026162";
  std::string vds = "19018b01";
  std::string unprotected = "a1 19018c a1 20 81";
  std::string proof = "83 02 01 81 5820" + std::string(64, '2');
  std::string payload = "f6";
  std::string signature = "5840" + std::string(128, '0');
  std::string tag = "d284";

  std::string rule() const {
    const Bytes header = bytes(count + alg + kid + claims + vds);
    const Bytes inner = bytes(proof);
    cbor::Writer head;
    head.bytes(header);
    cbor::Writer body;
    body.bytes(inner);
    Bytes all = bytes(tag);
    for (const Bytes& part : {head.take(), bytes(unprotected), body.take(), bytes(payload), bytes(signature)})
      all.insert(all.end(), part.begin(), part.end());
    return outcome(decode_receipt(all));
  }
};

template <typename Spoil>
std::string spoilt(Spoil spoil) {
  ReceiptParts parts;
  spoil(parts);
  return parts.rule();
}

Bytes a_statement(std::uint8_t fill = 3) {
  const SigningKey key(test::seed(fill));
  SignedHeader header;
  header.content_type = content_type_of("lot");
  header.issuer = "nasca-sur";
  header.subject = "lot-1";
  header.iat_seconds = 1754000000;
  return *sign_cose(header, bytes("a1616101"), key);
}

// A ledger whose leaf 2 is the statement, and the policy of k of three organisations.
struct Vouched {
  explicit Vouched(std::size_t k = 3) : tree(2) {
    tree.add(sha256(statement));
    tree.add(receipt_entry(3));
    tree.size = 4;
    std::vector<VerifierKey> cosigners;
    for (unsigned i = 1; i <= 3; ++i)
      cosigners.push_back({issuer_of(i), KeyType::cosignature, key_for(i).public_key()});
    policy = *quorum_policy({{std::string(ledger_origin), KeyType::ed25519, key_for(9).public_key()}},
                            cosigners, k);
  }
  Bytes by(unsigned organisation) const { return receipt_of(tree, 2, organisation); }
  Result<ReceiptVerdict> check(const std::vector<Bytes>& receipts) const {
    const auto transparent = attach_receipts(statement, receipts);
    if (!transparent) return pass(transparent);
    return check_receipts(policy, *decode_transparent(*transparent));
  }

  Bytes statement = a_statement();
  ReceiptTree tree;
  Policy policy = {};
};

TEST(CoseReceipt, EverySizeThatATileBeginsFillsOrPasses) {
  // Goal: sizes 1, 2, 255, 256 and 257: the first, a middle and the last leaf verify, and no other entry
  // does.
  for (const std::uint64_t size : {1, 2, 255, 256, 257}) {
    const ReceiptTree tree(size);
    for (const std::uint64_t leaf : {std::uint64_t{0}, size / 2, size - 1}) {
      const Bytes receipt = receipt_of(tree, leaf);
      EXPECT_EQ(verified(receipt, leaf), "ok") << size << ' ' << leaf;
      EXPECT_EQ(verified(receipt, leaf + 1), "receipt.signature");
      EXPECT_LE(receipt.size(), 600u);
    }
  }
}

TEST(CoseReceipt, GoldenBytesAreAnotherProgramsBytes) {
  // Goal: what receipt_golden.py made with cbor2 and PyNaCl is what is made here, byte for byte, and
  // verifies.
  std::istringstream lines(test::vector_file("cose-receipts.txt"));
  std::size_t seen = 0;
  for (std::string word, hex; lines >> word;) {
    if (word == "receipt") {
      std::uint64_t size = 0;
      std::uint64_t leaf = 0;
      lines >> size >> leaf >> hex;
      EXPECT_EQ(to_hex(receipt_of(ReceiptTree(size), leaf)), hex) << size << ' ' << leaf;
      EXPECT_EQ(verified(bytes(hex), leaf), "ok");
      ++seen;
    } else if (word == "key") {
      lines >> hex;
      EXPECT_EQ(to_hex(encode_cose_key(key_for(1).public_key())), hex);
    } else {
      ASSERT_EQ(word, "transparent");
      lines >> hex;
      const auto transparent = decode_transparent(bytes(hex));
      ASSERT_TRUE(transparent) << transparent.error().message;
      EXPECT_EQ(transparent->statement, a_statement());
      const Vouched ledger;
      EXPECT_EQ(to_hex(*attach_receipts(a_statement(), {{ledger.by(1), ledger.by(2)}})), hex);
    }
  }
  EXPECT_EQ(seen, 12u);
}

TEST(CoseReceipt, ItsBytesAreRfc9942s) {
  // Goal: the labels, in deterministic order, around a detached payload, spelled out.
  const Bytes receipt = receipt_of(ReceiptTree(2), 1);
  const std::string hex = to_hex(receipt);
  EXPECT_TRUE(hex.starts_with("d28458")) << hex;
  EXPECT_NE(hex.find("a40127045820" + to_hex(key_for(1).kid().view()) + "0fa2016a"), std::string::npos);
  EXPECT_NE(hex.find("19018b01a119018ca1208158"), std::string::npos) << "395: 1, then {396: {-1: [";
  EXPECT_NE(hex.find("83020181"
                     "5820"),
            std::string::npos)
      << "[2, 1, [h'...']]";
  EXPECT_EQ(hex.substr(hex.size() - 134, 6), "f65840") << "nil, then 64 bytes";
}

TEST(CoseReceipt, SizeAndIndexAreNotSigned) {
  // Goal: the trap of RFC 9942: leaf 2 of 3 has the same one-hash path and root as leaf 1 of 2 over the same
  // nodes, so a receipt whose size and index are changed still verifies. Nobody may order by them.
  const Bytes receipt = receipt_of(ReceiptTree(3), 2);
  CoseReceipt moved = *decode_receipt(receipt);
  ASSERT_EQ(moved.path.size(), 1u);
  moved.size = 2;
  moved.index = 1;
  EXPECT_EQ(outcome(verify_receipt(moved, receipt_entry(2).view(), key_for(1).public_key())), "ok");
}

TEST(CoseReceipt, APathIsAllOfItsSiblingsInOrder) {
  // Goal: missing, extra and swapped siblings, another index and another size each have their refusal.
  const ReceiptTree tree(257);
  const CoseReceipt good = *decode_receipt(receipt_of(tree, 5));
  const auto check = [&](auto spoil) {
    CoseReceipt receipt = good;
    spoil(receipt);
    return outcome(verify_receipt(receipt, receipt_entry(5).view(), key_for(1).public_key()));
  };
  EXPECT_EQ(check([](CoseReceipt&) {}), "ok");
  EXPECT_EQ(check([](CoseReceipt& r) { r.path.pop_back(); }), "proof.too_short");
  EXPECT_EQ(check([](CoseReceipt& r) { r.path.push_back(r.path[0]); }), "proof.too_long");
  EXPECT_EQ(check([](CoseReceipt& r) { std::swap(r.path[0], r.path[1]); }), "receipt.signature");
  EXPECT_EQ(check([](CoseReceipt& r) { r.path[3].bytes[7] ^= 1; }), "receipt.signature");
  EXPECT_EQ(check([](CoseReceipt& r) { r.index = 4; }), "receipt.signature");
  EXPECT_EQ(check([](CoseReceipt& r) { r.size = 600; }), "proof.too_short");
  EXPECT_EQ(check([](CoseReceipt& r) { r.root.signature[0] ^= 1; }), "receipt.signature");
}

TEST(CoseReceipt, AnotherKeyIsNamed) {
  // Goal: a receipt under one organisation's kid is not checked by another's key.
  EXPECT_EQ(verified(receipt_of(ReceiptTree(2), 1), 1, 2), "receipt.key");
}

TEST(CoseReceipt, ACosignatureIsNoReceiptAndAReceiptNoCosignature) {
  // Goal: one key, two messages that cannot be each other: the signed bytes begin with 0x84 or with a letter.
  const RootSignature root = sign_root("org-1/anta", ledger_origin, ReceiptTree(2).range.root(), key_for(1));
  const Bytes message = cose_signature_input(root.protected_bytes, ReceiptTree(2).range.root().view());
  EXPECT_EQ(message.front(), 0x84);
  EXPECT_EQ(as_text(ByteView(message).subspan(2, 10)), "Signature1");
  const Checkpoint checkpoint{std::string(ledger_origin), 2, ReceiptTree(2).range.root()};
  const NoteSignature line =
      sign_cosignature(encode_checkpoint(checkpoint), "org-1/anta", key_for(1), 1800000000);
  CoseReceipt forged = *decode_receipt(receipt_of(ReceiptTree(2), 1));
  std::copy(line.blob.end() - 64, line.blob.end(), forged.root.signature.begin());
  EXPECT_EQ(outcome(verify_receipt(forged, receipt_entry(1).view(), key_for(1).public_key())),
            "receipt.signature");
}

TEST(CoseReceipt, HeadersAreTheListedOnes) {
  // Goal: each label's own refusal: algorithm, kid, names, structure, critical, more, fewer.
  EXPECT_EQ(spoilt([](ReceiptParts&) {}), "ok");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.alg = "0132"; }), "ok") << "-19";
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.alg = "0126"; }), "receipt.alg");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.kid = "04581f" + std::string(62, '1'); }), "receipt.kid");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.claims = "0fa2 0160 026162"; }), "receipt.issuer");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.claims = "0fa2 016161 02613c"; }), "ok");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.claims = "0fa2 016161 026120"; }), "receipt.origin") << "a space";
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.claims = "0fa1 016161"; }), "receipt.label");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.vds = "19018b02"; }), "receipt.vds");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.vds = "19018c01"; }), "receipt.label");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.count = "a3", p.vds = ""; }), "receipt.label");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.count = "a5", p.vds += "19020001"; }), "receipt.label");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.count = "a5", p.alg += "02811901ff"; }), "receipt.critical");
}

TEST(CoseReceipt, ProofsAreOneInclusionProof) {
  // Goal: consistency proofs, none, two, sizes and indexes out of range, hashes of another length, too many.
  const std::string hash = "5820" + std::string(64, '2');
  const auto proof = [](const std::string& hex) { return spoilt([&](ReceiptParts& p) { p.proof = hex; }); };
  EXPECT_EQ(proof("83 00 00 80"), "receipt.size");
  EXPECT_EQ(proof("83 02 02 81" + hash), "receipt.index");
  EXPECT_EQ(proof("83 02 03 81" + hash), "receipt.index");
  EXPECT_EQ(proof("83 01 00 80"), "ok") << "a tree of one leaf has no siblings";
  EXPECT_EQ(proof("83 02 01 81 581f" + std::string(62, '2')), "receipt.path");
  EXPECT_EQ(proof("84 02 01 81" + hash + "00"), "receipt.proof");
  EXPECT_EQ(proof("83 02 01 81" + hash + "00"), "cbor.trailing");
  std::string long_path = "83 02 01 9841";
  for (int i = 0; i < 65; ++i)
    long_path += hash;
  EXPECT_EQ(proof(long_path), "receipt.path");
  const auto unprotected = [](const std::string& hex) {
    return spoilt([&](ReceiptParts& p) { p.unprotected = hex; });
  };
  EXPECT_EQ(unprotected("a1 19018c a1 21 81"), "receipt.proof") << "-2, consistency";
  EXPECT_EQ(unprotected("a1 19018b a1 20 81"), "receipt.unprotected");
  EXPECT_EQ(unprotected("a2 04 40 19018c a1 20 81"), "receipt.unprotected");
  EXPECT_EQ(unprotected("a1 19018c a1 20 82 40"), "receipt.proof");
}

TEST(CoseReceipt, TheEnvelopeIsASignatureOverADetachedPayload) {
  // Goal: an attached payload, another tag, fewer parts, a short signature, trailing bytes, too much.
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.payload = "5820" + std::string(64, '2'); }), "receipt.payload");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.payload = "40"; }), "receipt.payload");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.tag = "d184"; }), "receipt.tag");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.tag = "d283"; }), "receipt.parts");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.signature = "583f" + std::string(126, '0'); }),
            "receipt.signature_size");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.signature += "00"; }), "cbor.trailing");
  EXPECT_EQ(outcome(decode_receipt(Bytes(5000))), "receipt.too_large");
}

TEST(CoseReceipt, ItsCborHasOneSpelling) {
  // Goal: a longer head, keys out of order and twice, an indefinite length, a float are refused by cbor's
  // name.
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.vds = "19018b1801"; }), "cbor.not_shortest");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { std::swap(p.alg, p.kid); }), "cbor.key_order");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.kid = "0127"; }), "cbor.duplicate_key");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.proof = "83 02 01 9f 5820" + std::string(64, '2') + "ff"; }),
            "cbor.indefinite");
  EXPECT_EQ(spoilt([](ReceiptParts& p) { p.proof = "83 f94000 01 80"; }), "cbor.float");
}

TEST(TransparentStatement, IsTheStatementWithItsReceiptsOutsideTheSignature) {
  // Goal: what was attached comes apart again into the very bytes that were signed.
  const Vouched ledger;
  const Bytes transparent = *attach_receipts(ledger.statement, {{ledger.by(1), ledger.by(2)}});
  const auto apart = decode_transparent(transparent);
  ASSERT_TRUE(apart) << apart.error().message;
  EXPECT_EQ(apart->statement, ledger.statement);
  ASSERT_EQ(apart->receipts.size(), 2u);
  EXPECT_EQ(apart->receipts[1].issuer, "org-2/anta");
  EXPECT_EQ(outcome(decode_cose(transparent)), "cose.transparent");
  EXPECT_EQ(outcome(decode_transparent(ledger.statement)), "transparent.none");
}

TEST(TransparentStatement, BadInputHasNames) {
  // Goal: no receipts, too many, one that is none, other labels beside them, another envelope, a bad
  // statement.
  const Vouched ledger;
  const std::vector<Bytes> many(receipts_max + 1, ledger.by(1));
  EXPECT_EQ(outcome(attach_receipts(ledger.statement, many)), "transparent.too_many");
  EXPECT_EQ(outcome(attach_receipts(ledger.statement, {})), "transparent.none");
  EXPECT_EQ(outcome(attach_receipts(ledger.statement, {{Bytes{0x80}}})), "cbor.kind");
  EXPECT_EQ(outcome(decode_transparent(bytes("d284 40 a1 04 40 40 40"))), "transparent.unprotected");
  EXPECT_EQ(outcome(decode_transparent(bytes("d284 40 a2 04 40 19018a 80 40 40"))),
            "transparent.unprotected");
  EXPECT_EQ(outcome(decode_transparent(bytes("d283 40 a0 40"))), "transparent.envelope");
  EXPECT_EQ(outcome(decode_transparent(Bytes(transparent_bytes_max + 1))), "transparent.too_large");
  Bytes detached = *attach_receipts(ledger.statement, {{ledger.by(1)}});
  const Bytes payload = bytes("44 a1616101 5840");  // attached payload, then the signature's head
  const auto at = std::search(detached.begin(), detached.end(), payload.begin(), payload.end());
  ASSERT_NE(at, detached.end());
  detached.erase(at, at + 5);
  detached.insert(at, 0xF6);
  EXPECT_EQ(outcome(decode_transparent(detached)), "cose.payload");
}

TEST(TransparentStatement, OrganisationsAreCountedAgainstThePolicy) {
  // Goal: k distinct organisations; another one's receipt is ignored, a second of the same counts once.
  const Vouched ledger;
  const auto all = ledger.check({ledger.by(1), ledger.by(2), ledger.by(3)});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_TRUE(all->quorum_met);
  EXPECT_EQ(all->origin, ledger_origin);
  EXPECT_EQ(all->organisations.at(2).name, "org-3/anta");
  EXPECT_EQ(all->organisations.at(2).root, ledger.tree.range.root());
  EXPECT_TRUE(all->missing.empty());
  const auto twice = ledger.check({ledger.by(1), ledger.by(1), ledger.by(2), ledger.by(7)});
  ASSERT_TRUE(twice) << twice.error().message;
  EXPECT_FALSE(twice->quorum_met);
  EXPECT_EQ(twice->organisations.size(), 2u);
  EXPECT_EQ(twice->repeated, 1u);
  EXPECT_EQ(twice->unknown, 1u);
  EXPECT_EQ(twice->missing, std::vector<std::string>{"org-3/anta"});
  EXPECT_TRUE(Vouched(2).check({ledger.by(1), ledger.by(2)})->quorum_met);
}

TEST(TransparentStatement, AListedKeysBadReceiptMakesTheWholeBad) {
  // Goal: of another statement, under another's name, of another ledger.
  const Vouched ledger;
  const Bytes of_another = receipt_of(ledger.tree, 3, 2);
  EXPECT_EQ(outcome(ledger.check({ledger.by(1), of_another})), "receipt.signature");
  const RootSignature named = sign_root("org-1/anta", ledger_origin, ledger.tree.range.root(), key_for(2));
  EXPECT_EQ(outcome(ledger.check({encode_receipt(named, 4, 2, ledger.tree.path(2))})), "receipt.issuer");
  const RootSignature foreign =
      sign_root("org-1/anta", "other.example", ledger.tree.range.root(), key_for(1));
  EXPECT_EQ(outcome(ledger.check({encode_receipt(foreign, 4, 2, ledger.tree.path(2))})), "receipt.origin");
}

TEST(TransparentStatement, ReceiptsOfTwoLedgersAreNotAddedUp) {
  // Goal: a policy that trusts two ledgers counts the organisations of one.
  Vouched ledger(2);
  ledger.policy.logs.push_back({.key = {"other.example", KeyType::ed25519, key_for(8).public_key()}});
  const RootSignature other = sign_root("org-2/anta", "other.example", ledger.tree.range.root(), key_for(2));
  const Bytes elsewhere = encode_receipt(other, 4, 2, ledger.tree.path(2));
  EXPECT_EQ(outcome(ledger.check({elsewhere})), "ok");
  EXPECT_EQ(outcome(ledger.check({ledger.by(1), elsewhere})), "receipt.origin");
}

TEST(TransparentStatement, SizesMayDiffer) {
  // Goal: each receipt stands for its own organisation and tree.
  const Vouched ledger(2);
  ReceiptTree later = ledger.tree;
  later.add(receipt_entry(9));
  later.size = 5;
  const auto verdict = ledger.check({ledger.by(1), receipt_of(later, 2, 2)});
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_TRUE(verdict->quorum_met);
  EXPECT_NE(verdict->organisations[0].root, verdict->organisations[1].root);
}

}  // namespace
}  // namespace anta
