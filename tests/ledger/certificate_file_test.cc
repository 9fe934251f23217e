#include "storage/ledger/certificate_file.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "tests/ledger/ledger_builder.h"

namespace anta::test {
namespace {

std::shared_ptr<const Bytes> shared(std::string_view text) {
  return std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
}

CertificateFile sample() {
  CertificateFile file;
  file.subject = CertificateId{"C-1"};
  file.note = "origin\n7\nroot\n\n— a signature\n";
  file.evidence = {{LeafIndex{3}, shared("three"), {sha256(as_bytes("a")), sha256(as_bytes("b"))}},
                   {LeafIndex{5}, shared("five"), {}}};
  file.genesis = shared("genesis");
  file.genesis_path = {sha256(as_bytes("c"))};
  file.authority = {{LeafIndex{2}, shared("two"), {sha256(as_bytes("d"))}}};
  return file;
}

bool same(const std::vector<ProvenStatement>& a, const std::vector<ProvenStatement>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.leaf == y.leaf && *x.statement == *y.statement && x.path == y.path;
  });
}

// A file as CBOR, field by field, of which a test replaces, adds or drops some.
using Fill = std::function<void(cbor::Writer&)>;
class Raw {
 public:
  Raw() {
    set(1, [](auto& out) { out.uint(1); });
    set(2, [](auto& out) { out.text("note"); });
    set(3, [](auto& out) { out.array(0); });
    set(6, [](auto& out) { out.array(3).bytes(as_bytes("genesis")).array(1).uint(0).array(0); });
    set(7, [](auto& out) { out.text("C-1"); });
  }
  Raw& set(std::int64_t key, Fill fill) {
    fields_[key] = std::move(fill);
    return *this;
  }
  Raw& drop(std::int64_t key) {
    fields_.erase(key);
    return *this;
  }
  Bytes bytes() const {
    cbor::MapWriter map;
    for (const auto& [key, fill] : fields_)
      map.add(key, fill);
    const Result<Bytes> bytes = std::move(map).take();
    EXPECT_TRUE(bytes);
    return bytes.value_or(Bytes{});
  }
  std::string refusal() const {
    const auto file = decode_certificate_file(bytes());
    return file ? "accepted" : file.error().rule;
  }

 private:
  std::map<std::int64_t, Fill> fields_ = {};
};

// One proven statement; the parts may be wrong.
Fill evidence_of(std::vector<std::uint64_t> leaves, std::size_t hash_bytes = 32, std::size_t hashes = 1,
                 std::size_t statement_bytes = 4) {
  return [=](cbor::Writer& out) {
    out.array(leaves.size());
    for (std::uint64_t leaf : leaves) {
      out.array(3).uint(leaf).bytes(Bytes(statement_bytes)).array(1 + hashes).uint(0);
      for (std::size_t i = 0; i < hashes; ++i)
        out.bytes(Bytes(hash_bytes, static_cast<std::uint8_t>(leaf)));
    }
  };
}

Fill authority_of(const Fill& statements) {
  return [=](cbor::Writer& out) {
    out.array(3).bytes(as_bytes("genesis")).array(1).uint(0);
    statements(out);
  };
}

// Goal: every field comes back as it went in, with and without disclosures.
TEST(CertificateFile, RoundTrip) {
  CertificateFile file = sample();
  for (const bool disclosing : {false, true}) {
    if (disclosing) file.disclosures = {to_bytes(as_bytes("salt, value")), Bytes{}};
    const Bytes bytes = encode_certificate_file(file);
    EXPECT_TRUE(cbor::check(bytes));
    const Result<CertificateFile> back = decode_certificate_file(bytes);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->subject, file.subject);
    EXPECT_EQ(back->note, file.note);
    EXPECT_TRUE(same(back->evidence, file.evidence));
    EXPECT_EQ(back->disclosures, file.disclosures);
    EXPECT_EQ(*back->genesis, *file.genesis);
    EXPECT_EQ(back->genesis_path, file.genesis_path);
    EXPECT_TRUE(same(back->authority, file.authority));
    EXPECT_EQ(encode_certificate_file(*back), bytes);
  }
}

CertificateFile summary_sample() {
  CertificateFile file = sample();
  file.evidence.pop_back();
  file.authority.clear();
  file.state = ProvenState{};
  file.summary = summarise({{LotId{"L-2"}, "030411", Grams{20}, Grams{2}},
                            {LotId{"L-1"}, "", Grams{10}, Grams{1}},
                            {LotId{"L-3"}, "030411", Grams{5}, Grams{0}}});
  return file;
}

// Goal: a summary comes back as it went in; its sums are those of its districts, whatever the order of
// sources.
TEST(CertificateFile, SummaryRoundTrip) {
  const CertificateFile file = summary_sample();
  const Bytes bytes = encode_certificate_file(file);
  EXPECT_TRUE(cbor::check(bytes));
  const Result<CertificateFile> back = decode_certificate_file(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->summary, file.summary);
  EXPECT_EQ(encode_certificate_file(*back), bytes);
  ASSERT_EQ(back->summary->districts.size(), 2u);
  EXPECT_EQ(back->summary->districts[1], (SourceSummary::District{"030411", 2, Grams{25}, Grams{2}}));
  EXPECT_EQ(back->summary->sources(), 3u);
  EXPECT_EQ(back->summary->dry_g(), Grams{35});
  EXPECT_EQ(back->summary->cu_g(), Grams{3});
}

// Goal: no byte of a summary can be another and be read as the same; what is read has one encoding.
TEST(CertificateFile, SummaryHasOneEncoding) {
  const Bytes bytes = encode_certificate_file(summary_sample());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes other = bytes;
      other[at] = static_cast<std::uint8_t>(other[at] ^ 1u << bit);
      const auto read = decode_certificate_file(other);
      if (read) {
        EXPECT_EQ(encode_certificate_file(*read), other) << at;
      }
    }
  }
}

// Goal: a district's grams, number and order have bounds, with their codes.
TEST(CertificateFile, SummaryForm) {
  const auto refusal = [](const std::function<void(SourceSummary&)>& change) {
    CertificateFile file = summary_sample();
    change(*file.summary);
    const auto read = decode_certificate_file(encode_certificate_file(file));
    return read ? std::string("accepted") : read.error().rule;
  };
  EXPECT_EQ(refusal([](auto& s) { s.districts.clear(); }), "accepted");
  EXPECT_EQ(refusal([](auto& s) { s.districts[0].sources = 0; }), "certificate.form");
  EXPECT_EQ(refusal([](auto& s) { s.districts[0].sources = std::uint64_t{1} << 32; }), "certificate.form");
  EXPECT_EQ(refusal([](auto& s) { s.districts[0].dry_g.value = grams_max; }), "certificate.form");
  EXPECT_EQ(refusal([](auto& s) { s.districts[0].cu_g.value = -1; }), "cbor.kind");
  EXPECT_EQ(refusal([](auto& s) { s.districts[0].district = "030411"; }), "certificate.order");
  EXPECT_EQ(refusal([](auto& s) { s.districts[1].district = std::string(201, 'a'); }),
            "certificate.too_large");
  EXPECT_EQ(refusal([](auto& s) {
              for (std::size_t i = 0; i < summary_districts_max; ++i)
                s.districts.push_back({"1" + std::to_string(100'000 + i), 1, {}, {}});
            }),
            "certificate.too_many");
  EXPECT_EQ(Raw().set(9, [](auto& out) { out.array(2).bytes(Bytes(31)).array(0); }).refusal(),
            "certificate.hash");
  EXPECT_EQ(Raw().set(9, [](auto& out) { out.array(2).bytes(Bytes(32)).array(0); }).refusal(),
            "certificate.summary");
}

// Goal: a file has the fields 1, 2, 3, 6 and 7, may have 4, 5, 8 and 9, and no other.
TEST(CertificateFile, Fields) {
  EXPECT_EQ(Raw().refusal(), "accepted");
  for (const std::int64_t key : {1, 2, 3, 6, 7})
    EXPECT_EQ(Raw().drop(key).refusal(), "certificate.missing") << key;
  for (const std::int64_t key : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{10}, std::int64_t{32},
                                 std::int64_t{33}, std::int64_t{1} << 40}) {
    EXPECT_EQ(Raw().set(key, [](auto& out) { out.uint(1); }).refusal(), "certificate.field") << key;
  }
}

// Goal: format 2 and every other are named as such.
TEST(CertificateFile, Format) {
  for (const std::int64_t format : {std::int64_t{2}, std::int64_t{0}, std::int64_t{-1}})
    EXPECT_EQ(Raw().set(1, [=](auto& out) { out.integer(format); }).refusal(), "certificate.format");
}

// Goal: newer files cannot be evaluated, while malformed ones are not valid.
TEST(CertificateFile, NewerIsNoAnswer) {
  const auto verdict = [](const Raw& raw) {
    const Report report = verify_certificate(raw.bytes(), Trust{}, Millis{t0});
    return std::string(word(report.verdict)) + " " + report.reasons.at(0).code;
  };
  const auto of_kind = [](const char* kind) {
    return Raw().set(5, [kind](auto& out) {
      out.array(2)
          .array(3)
          .uint(1)
          .bytes(Bytes{1})
          .array(1)
          .uint(0)
          .array(1)
          .array(6)
          .text(kind)
          .text("x")
          .null()
          .null();
      out.uint(0).array(0);
    });
  };
  EXPECT_EQ(of_kind("lot").refusal(), "accepted");
  EXPECT_EQ(verdict(of_kind("smelt")), "cannot_evaluate certificate.newer");
  EXPECT_EQ(verdict(Raw().set(1, [](auto& out) { out.uint(2); })), "cannot_evaluate certificate.format");
  EXPECT_EQ(verdict(Raw().set(8, [](auto& out) { out.uint(2); })), "not_valid file_malformed");
  EXPECT_EQ(verdict(Raw()), "cannot_evaluate no_policy");
}

// Goal: statements ascend by leaf, as evidence and as authority.
TEST(CertificateFile, Order) {
  using Leaves = std::vector<std::uint64_t>;
  for (const Leaves& leaves : {Leaves{5, 4}, Leaves{4, 4}, Leaves{1, 3, 2}}) {
    EXPECT_EQ(Raw().set(3, evidence_of(leaves)).refusal(), "certificate.order");
    EXPECT_EQ(Raw().set(6, authority_of(evidence_of(leaves))).refusal(), "certificate.order");
  }
  EXPECT_EQ(Raw().set(3, evidence_of({4, 5})).refusal(), "accepted");
}

// Goal: hashes are 32 bytes, paths at most 64 of them, statements at most 64 KiB: at the limit and beyond.
TEST(CertificateFile, Bounds) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}})
    EXPECT_EQ(Raw().set(3, evidence_of({4}, size)).refusal(), "certificate.hash") << size;
  EXPECT_EQ(Raw().set(3, evidence_of({4}, 32, proof_path_max)).refusal(), "accepted");
  EXPECT_EQ(Raw().set(3, evidence_of({4}, 32, proof_path_max + 1)).refusal(), "certificate.too_many");
  EXPECT_EQ(Raw().set(3, evidence_of({4}, 32, 0, statement_bytes_max)).refusal(), "accepted");
  EXPECT_EQ(Raw().set(3, evidence_of({4}, 32, 0, statement_bytes_max + 1)).refusal(),
            "certificate.too_large");
  const auto note_of = [](std::size_t size) {
    return [=](cbor::Writer& out) { out.text(std::string(size, 'n')); };
  };
  EXPECT_EQ(Raw().set(2, note_of(std::size_t{64} << 10)).refusal(), "accepted");
  EXPECT_EQ(Raw().set(2, note_of((std::size_t{64} << 10) + 1)).refusal(), "certificate.too_large");
  const auto disclosures = [](std::size_t count) {
    return [=](cbor::Writer& out) {
      out.array(count);
      for (std::size_t i = 0; i < count; ++i)
        out.bytes(Bytes{});
    };
  };
  EXPECT_EQ(Raw().set(4, disclosures(disclosures_max)).refusal(), "accepted");
  EXPECT_EQ(Raw().set(4, disclosures(disclosures_max + 1)).refusal(), "certificate.too_many");
  EXPECT_EQ(Raw().set(4, disclosures(0)).refusal(), "certificate.form");
}

// Goal: a genesis has its own limit, which is larger than a statement's.
TEST(CertificateFile, GenesisBounds) {
  const auto genesis_of = [](std::size_t size) {
    return [=](cbor::Writer& out) { out.array(3).bytes(Bytes(size)).array(1).uint(0).array(0); };
  };
  EXPECT_EQ(Raw().set(6, genesis_of(genesis_bytes_max)).refusal(), "accepted");
  EXPECT_EQ(Raw().set(6, genesis_of(genesis_bytes_max + 1)).refusal(), "certificate.too_large");
}

// Goal: a file above 128 MiB is refused before anything of it is read; so are 65 537 statements.
TEST(CertificateFile, TooLarge) {
  const auto file = decode_certificate_file(Bytes(certificate_whole_bytes_max + 1));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().rule, "certificate.too_large");
  std::vector<std::uint64_t> leaves(certificate_statements_max + 1);
  for (std::size_t i = 0; i < leaves.size(); ++i)
    leaves[i] = i;
  EXPECT_EQ(Raw().set(3, evidence_of(leaves, 32, 0, 1)).refusal(), "certificate.too_many");
}

std::vector<Digest> way(std::initializer_list<const char*> names) {
  std::vector<Digest> hashes;
  for (const char* name : names)
    hashes.push_back(sha256(as_bytes(name)));
  return hashes;
}

// Goal: what a path has in common with the one before, from the root down, is written once and comes back.
TEST(CertificateFile, PathsShareTheirUpperEnds) {
  CertificateFile file = sample();
  file.evidence = {{LeafIndex{2}, shared("two"), way({"a", "b", "c", "d"})},
                   {LeafIndex{3}, shared("three"), way({"e", "b", "c", "d"})},
                   {LeafIndex{4}, shared("four"), way({"c", "d"})},
                   {LeafIndex{5}, shared("five"), way({"f", "a", "b", "c", "d"})},
                   {LeafIndex{6}, shared("six"), way({"a", "c"})}};
  file.genesis_path = way({"b", "c", "d"});
  file.authority = {{LeafIndex{1}, shared("one"), way({"a", "c", "d"})}};
  file.state = ProvenState{.leaf = LeafIndex{9}, .seal = Bytes{1}, .path = way({"x", "y", "z"})};
  file.earlier = EarlierTree{8, sha256(as_bytes("root")), way({"w", "z"})};
  const Bytes bytes = encode_certificate_file(file);
  const Result<CertificateFile> back = decode_certificate_file(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(same(back->evidence, file.evidence));
  EXPECT_TRUE(same(back->authority, file.authority));
  EXPECT_EQ(back->genesis_path, file.genesis_path);
  EXPECT_EQ(back->state->path, file.state->path);
  EXPECT_EQ(back->earlier, file.earlier);
  EXPECT_EQ(encode_certificate_file(*back), bytes);
  // Of evidence 4, 1, none, 3 and 2 hashes are written; of the genesis 3 and of the statement after it 1; of
  // the seal 3, and of the earlier tree 1 beside its root.
  const auto unshared = [&](CertificateFile bare) {
    for (auto* list : {&bare.evidence, &bare.authority})
      for (ProvenStatement& proven : *list)
        proven.path.clear();
    bare.genesis_path.clear();
    bare.state->path.clear();
    bare.earlier->path.clear();
    return encode_certificate_file(bare).size();
  };
  EXPECT_EQ(bytes.size() - unshared(file), (4u + 1 + 0 + 3 + 2 + 3 + 1 + 3 + 1) * 34);
}

// A list of two statements, of which the second has this path.
std::string refusal_of_path(std::uint64_t shared_hashes, std::initializer_list<const char*> listed) {
  return Raw()
      .set(3,
           [&](cbor::Writer& out) {
             out.array(2).array(3).uint(1).bytes(Bytes{1}).array(3).uint(0);
             for (const Digest& hash : way({"a", "b"}))
               out.bytes(hash.view());
             out.array(3).uint(2).bytes(Bytes{2}).array(1 + listed.size()).uint(shared_hashes);
             for (const Digest& hash : way(listed))
               out.bytes(hash.view());
           })
      .refusal();
}

// Goal: a path has one encoding; nothing is shared that is not there.
TEST(CertificateFile, APathIsWrittenInOneWay) {
  EXPECT_EQ(refusal_of_path(0, {"c"}), "accepted");
  EXPECT_EQ(refusal_of_path(1, {"c"}), "accepted");
  EXPECT_EQ(refusal_of_path(2, {"c"}), "accepted");
  EXPECT_EQ(refusal_of_path(2, {}), "accepted");
  EXPECT_EQ(refusal_of_path(1, {}), "accepted");  // a shorter way to the root
  EXPECT_EQ(refusal_of_path(3, {}), "certificate.form");
  EXPECT_EQ(refusal_of_path(~std::uint64_t{0}, {}), "certificate.form");
  EXPECT_EQ(refusal_of_path(0, {"c", "b"}), "certificate.form");
  EXPECT_EQ(refusal_of_path(1, {"c", "a"}), "certificate.form");
  EXPECT_EQ(Raw().set(3, [](auto& out) { out.array(1).array(3).uint(1).bytes(Bytes{1}).array(0); }).refusal(),
            "certificate.form");
}

// Statements at leaves 1, 2, ... that share all but the first's `hashes` hashes.
Fill sharing(std::size_t statements, std::size_t hashes, std::size_t statement_bytes, std::size_t more = 0) {
  return [=](cbor::Writer& out) {
    out.array(statements);
    for (std::size_t leaf = 1; leaf <= statements; ++leaf) {
      const std::size_t listed = leaf == 1 ? hashes : more;
      out.array(3).uint(leaf).bytes(Bytes(statement_bytes)).array(1 + listed).uint(leaf == 1 ? 0 : hashes);
      for (std::size_t i = 0; i < listed; ++i)
        out.bytes(Bytes(32, static_cast<std::uint8_t>(i)));
    }
  };
}

// Goal: no small file unfolds to much memory, and no path to more than 64 hashes; statements of real sizes in
// a tree of 2^40 leaves may share all they like.
TEST(CertificateFile, SharingIsBounded) {
  EXPECT_EQ(Raw().set(3, sharing(2, 63, 4, 1)).refusal(), "accepted");
  EXPECT_EQ(Raw().set(3, sharing(2, 63, 4, 2)).refusal(), "certificate.too_many");
  EXPECT_EQ(Raw().set(3, sharing(10'000, 40, 4)).refusal(), "certificate.too_large");
  EXPECT_EQ(Raw().set(6, authority_of(sharing(10'000, 40, 4))).refusal(), "certificate.too_large");
  EXPECT_EQ(Raw().set(3, sharing(10'000, 40, 320)).refusal(), "accepted");
}

// Goal: tuples have three parts, and the subject is an id.
TEST(CertificateFile, Form) {
  EXPECT_EQ(Raw().set(3, [](auto& out) { out.array(1).array(2).uint(4).bytes(Bytes{1}); }).refusal(),
            "certificate.form");
  EXPECT_EQ(Raw().set(6, [](auto& out) { out.array(2).bytes(Bytes{1}).array(0); }).refusal(),
            "certificate.form");
  for (const char* subject : {"", " C-1", "C/1"})
    EXPECT_EQ(Raw().set(7, [=](auto& out) { out.text(subject); }).refusal(), "certificate.subject");
  EXPECT_EQ(Raw().set(7, [](auto& out) { out.text(std::string(65, 'C')); }).refusal(),
            "certificate.too_large");
}

// Goal: no prefix of a file and nothing after it is a file.
TEST(CertificateFile, Truncated) {
  Bytes bytes = encode_certificate_file(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_certificate_file(ByteView(bytes).first(size))) << size;
  bytes.push_back(0);
  EXPECT_FALSE(decode_certificate_file(bytes));
}

// The smallest certificate there is: ore at its mine, which is attested for custody too.
void certify_ore(World& world) {
  world.attest("att-own", AttestationKind::chain_of_custody, "miner", "mine", {CocModel::identity_preserved});
  world.must("miner", world.lot("L-1"));
  world.must("miner", world.certificate("C-1", "L-1", CocModel::identity_preserved));
}

struct SmallFile {
  SmallFile() {
    certify_ore(world);
    ledger.settle();
    const std::set<std::string> needed = {
        "party miner", "party body",          "party owner",        "party ministry",
        "site mine",   "formalisation miner", "accreditation body", "attestation att-mine",
        "lot L-1",     "attestation att-own", "certificate C-1"};
    file = ledger.file("C-1", [&](const LedgerBuilder::Laid& laid) {
      return needed.contains(laid.type + " " + laid.subject);
    });
  }
  World world = World();
  LedgerBuilder ledger{world};
  CertificateFile file = {};
};

// Goal: no byte of a valid file can be changed: a flipped bit in each of them is refused.
TEST(CertificateFile, EveryByteCounts) {
  const SmallFile small;
  EXPECT_EQ(small.file.evidence.size() + small.file.authority.size(), 11u);
  const Trust trust = small.ledger.trust();
  const Millis now{static_cast<std::int64_t>(small.ledger.checkpoint_seconds() + 3) * second};
  Bytes bytes = encode_certificate_file(small.file);
  const Report whole = verify_certificate(bytes, trust, now);
  ASSERT_EQ(whole.verdict, CertificateVerdict::valid) << whole.reasons.at(0).message;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto bit = static_cast<std::uint8_t>(1u << i % 8);
    bytes[i] ^= bit;
    const Report report = verify_certificate(bytes, trust, now);
    const bool refused = report.verdict == CertificateVerdict::not_valid ||
                         report.verdict == CertificateVerdict::cannot_evaluate;
    EXPECT_TRUE(refused) << "byte " << i << " of " << bytes.size() << ", bit " << int{bit};
    EXPECT_FALSE(report.reasons.empty());
    bytes[i] ^= bit;
  }
}

// Goal: an opening counts only if a statement commits to it; one byte of it changed is refused.
TEST(CertificateFile, Disclosures) {
  cbor::Writer out;
  out.array(2).bytes(Bytes(16, 7)).text("Rosa Q.");
  Bytes opening = out.take();
  World world;
  payload::Party person = world.party_payload("rosa");
  person.kind = PartyKind::person;
  person.name.reset();
  person.name_commitment = sha256(opening);
  world.must("registrar", person);
  certify_ore(world);
  LedgerBuilder ledger(world);
  ledger.settle();
  CertificateFile file = ledger.file("C-1");
  file.disclosures = {opening};
  EXPECT_EQ(verify_now(ledger, file).verdict, CertificateVerdict::valid);
  opening.back() ^= 1;
  file.disclosures = {opening};
  const Report report = verify_now(ledger, file);
  EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
  EXPECT_EQ(report.reasons.at(0).code, "disclosure_unmatched");
}

}  // namespace
}  // namespace anta::test
