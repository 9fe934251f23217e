#include "cli/comparison.h"

#include <gtest/gtest.h>

#include "tests/node/tile_rig.h"

namespace anta::test {
namespace {

struct Shown {
  Shown() {
    for (int i = 0; i < 40; ++i)
      world.deliver("L-" + std::to_string(i));
    rig.emplace(world);
    files = all_files(*rig);
    policy = *network_policy(rig->rig.ledger.genesis);
  }
  // What the network's own keys sign about any tree.
  std::string note(std::uint64_t size, const Digest& root, const std::string& origin = {}) const {
    const CertificateRig& keys = rig->rig;
    const std::string& name = origin.empty() ? keys.ledger.genesis.origin : origin;
    const std::string text = encode_checkpoint({name, size, root});
    Note made{.text = text, .signatures = {sign_note_line(text, name, keys.keys[0].log)}};
    for (std::size_t i = 0; i < keys.keys.size(); ++i) {
      made.signatures.push_back(sign_cosignature(text,
                                                 cosigner_name(keys.ledger.genesis.nodes[i].organisation),
                                                 keys.keys[i].cosigner, 1'800'000'000));
    }
    return encode_note(made);
  }
  Digest root(std::uint64_t size) { return *root_at(size, rig->rig.ledger.ledger->reader()->nodes()); }
  Holding holding(const std::string& file, const std::string& note, bool with_policy = true) const {
    const auto read =
        read_holding(file, as_bytes(note), with_policy ? &policy : nullptr, Millis{1'800'000'100'000});
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
    return read ? *read : Holding{};
  }
  std::uint64_t size() const { return rig->size(); }

  World world = rich_world();
  std::optional<TileRig> rig = {};
  std::shared_ptr<const RigMirror::Files> files = {};
  Policy policy = {};
};

Shown& shown() {
  static Shown made;
  return made;
}

Digest another(Digest root) {
  root.bytes[5] ^= 1;
  return root;
}

TEST(Comparison, TwoRootsOfOneSizeAreASplitView) {
  // Goal: the contradiction is told as proven, and the evidence has both notes and words for a stranger, in
  // both languages.
  Shown& s = shown();
  const std::vector<Holding> holdings = {s.holding("a.note", s.note(s.size(), s.root(s.size()))),
                                         s.holding("b.note", s.note(s.size(), another(s.root(s.size()))))};
  const Comparison comparison = compare(holdings, nullptr);
  EXPECT_EQ(comparison.verdict, ComparisonVerdict::split_view);
  EXPECT_EQ(comparison.code, "compare.same_size");
  for (const Language language : {Language::en, Language::es}) {
    const std::string text = evidence_text(holdings, comparison, language);
    EXPECT_NE(text.find(holdings[0].note), std::string::npos);
    EXPECT_NE(text.find(holdings[1].note), std::string::npos);
    EXPECT_NE(text.find(language == Language::en ? "different histories" : "historias distintas"),
              std::string::npos);
  }
}

TEST(Comparison, WhatNobodySignedProvesNothing) {
  // Goal: without a policy, or with a signature that fails, a contradiction is anybody's file.
  Shown& s = shown();
  const std::string good = s.note(s.size(), s.root(s.size()));
  const std::string other = s.note(s.size(), another(s.root(s.size())));
  const Comparison unsigned_pair =
      compare({s.holding("a", good, false), s.holding("b", other, false)}, nullptr);
  EXPECT_EQ(unsigned_pair.verdict, ComparisonVerdict::cannot_tell);
  EXPECT_EQ(unsigned_pair.code, "compare.unsigned");
  std::string forged = other;  // the text of one, the signatures of the other
  forged.replace(forged.find("\n\n"), std::string::npos, good.substr(good.find("\n\n")));
  const Holding refused = s.holding("b", forged);
  EXPECT_TRUE(refused.refused);
  EXPECT_EQ(compare({s.holding("a", good), refused}, nullptr).code, "compare.unsigned");
}

TEST(Comparison, AForgedFileHidesNoSplitView) {
  // Goal: two checkpoints that the network signed contradict each other. A third file that proves nothing (a
  // forged note of that size, one of a size between them, another ledger's) made the answer compare.unsigned,
  // exit 6, when it came first, and the evidence was not written.
  Shown& s = shown();
  const std::string good = s.note(s.size(), s.root(s.size()));
  const Holding a = s.holding("a", good);
  const Holding b = s.holding("b", s.note(s.size(), another(s.root(s.size()))));
  const auto forged = [&](std::uint64_t size) {
    std::string note = s.note(size, s.root(77));
    note.replace(note.find("\n\n"), std::string::npos, good.substr(good.find("\n\n")));
    return s.holding("forged", note);
  };
  const Holding stranger = s.holding("other", s.note(7, s.root(7), "other.example/ledger-00000000"));
  for (const Holding& bad : {forged(s.size()), stranger}) {
    const Comparison comparison = compare({bad, a, b}, nullptr);
    EXPECT_EQ(comparison.verdict, ComparisonVerdict::split_view);
    EXPECT_EQ((std::pair{comparison.first, comparison.second}), (std::pair<std::size_t, std::size_t>{1, 2}));
  }
  const Tampering none;
  RigMirror mirror(s.files, none);
  const Holding small = s.holding("small", s.note(100, another(s.root(100))));
  for (const std::uint64_t size : {std::uint64_t{100}, std::uint64_t{150}}) {
    const Comparison comparison = compare({small, forged(size), a}, &mirror);
    EXPECT_EQ(comparison.verdict, ComparisonVerdict::split_view) << size;
    EXPECT_EQ(comparison.code, "compare.not_a_beginning") << size;
  }
  EXPECT_EQ(compare({forged(s.size()), a, a}, nullptr).code, "compare.unsigned");
}

TEST(Comparison, WhatOneLogSignedAloneIsNoSecondHistoryOfTheOthers) {
  // Goal: a note below any quorum, by a log key that is not on the other, frames nobody; where one key is on
  // both, the evidence names that key and no other as who signed both.
  Shown& s = shown();
  const std::string full = s.note(s.size(), s.root(s.size()));
  const CertificateRig& keys = s.rig->rig;
  const std::string& name = keys.ledger.genesis.origin;
  const auto alone = [&](std::size_t node) {
    const std::string text = encode_checkpoint({name, s.size(), another(s.root(s.size()))});
    return encode_note({.text = text, .signatures = {sign_note_line(text, name, keys.keys[node].log)}});
  };
  const Comparison framed = compare({s.holding("a", full), s.holding("b", alone(1))}, nullptr);
  EXPECT_EQ(framed.verdict, ComparisonVerdict::cannot_tell);
  EXPECT_EQ(framed.code, "compare.no_common_signer");
  const std::vector<Holding> told = {s.holding("a", full), s.holding("b", alone(0))};
  const Comparison split = compare(told, nullptr);
  ASSERT_EQ(split.verdict, ComparisonVerdict::split_view);
  const std::string text = evidence_text(told, split, Language::en);
  const VerifierKey log{.name = name, .key = keys.keys[0].log.public_key()};
  EXPECT_NE(text.find("(name and id of the key): " + name + "+" + to_hex(log.id()) + "\n"), std::string::npos)
      << text;
}

TEST(Comparison, DifferentSizesNeedWhatConnectsThem) {
  // Goal: without a mirror nothing is concluded; with one the larger tree begins with the smaller, or not,
  // and then the proof that it does not is one that others can check.
  Shown& s = shown();
  const Tampering none;
  RigMirror mirror(s.files, none);
  const Holding large = s.holding("large", s.note(s.size(), s.root(s.size())));
  const Holding small = s.holding("small", s.note(100, s.root(100)));
  EXPECT_EQ(compare({large, small}, nullptr).code, "compare.sizes");
  EXPECT_EQ(compare({large, small, large}, &mirror).verdict, ComparisonVerdict::consistent);
  const Holding false_small = s.holding("small", s.note(100, another(s.root(100))));
  const Comparison split = compare({large, false_small}, &mirror);
  EXPECT_EQ(split.verdict, ComparisonVerdict::split_view);
  EXPECT_EQ(split.code, "compare.not_a_beginning");
  EXPECT_EQ(split.first, 1u);
  EXPECT_EQ(split.other_root, s.root(100));
  EXPECT_TRUE(verify_consistency(100, s.size(), split.proof, split.other_root, large.checkpoint.root));
  const Holding false_large = s.holding("large", s.note(s.size(), another(s.root(s.size()))));
  EXPECT_EQ(compare({false_large, small}, &mirror).code, "compare.node_differs");
  const Tampering gone{.gone = {"tile/0/000"}};
  RigMirror broken(s.files, gone);
  EXPECT_EQ(compare({large, small}, &broken).code, "compare.no_proof");
}

TEST(Comparison, ADirectoryConnectsSizesThatAreNotItsOwn) {
  // Goal: static files have the partial tiles of their own checkpoint alone. Checkpoints of any other size
  // were compare.no_proof for ever; its own tree connects them, as far as it makes the larger one's root.
  Shown& s = shown();
  const Tampering none;
  RigMirror mirror(s.files, none);
  const std::uint64_t size = tile_width + 44;
  ASSERT_GT(s.size(), size);
  ASSERT_FALSE(s.files->contains(tile_path(0, {1, 44})));
  const Holding large = s.holding("large", s.note(size, s.root(size)));
  const Holding small = s.holding("small", s.note(100, s.root(100)));
  EXPECT_EQ(compare({large, small}, &mirror).verdict, ComparisonVerdict::consistent);
  const Holding false_small = s.holding("small", s.note(100, another(s.root(100))));
  const Comparison split = compare({large, false_small}, &mirror);
  EXPECT_EQ(split.verdict, ComparisonVerdict::split_view);
  EXPECT_EQ(split.other_root, s.root(100));
  EXPECT_TRUE(verify_consistency(100, size, split.proof, split.other_root, large.checkpoint.root));
  const Holding false_large = s.holding("large", s.note(size, another(s.root(size))));
  EXPECT_EQ(compare({false_large, small}, &mirror).code, "compare.node_differs");
  // A directory that is older than the larger one cannot tell.
  const Holding newer = s.holding("newer", s.note(s.size() + 9, s.root(100)));
  EXPECT_EQ(compare({newer, small}, &mirror).code, "compare.no_proof");
}

TEST(Comparison, FilesOfOneHistoryAreOne) {
  // Goal: the same checkpoint twice, and a certificate with a note of its own; another ledger's is no match.
  Shown& s = shown();
  const std::string note = s.note(s.size(), s.root(s.size()));
  EXPECT_EQ(compare({s.holding("a", note), s.holding("b", note)}, nullptr).verdict, ComparisonVerdict::same);
  const Holding other = s.holding("b", s.note(7, s.root(7), "other.example/ledger-00000000"));
  EXPECT_EQ(compare({s.holding("a", note), other}, nullptr).code, "compare.other_ledger");
  for (const char* text : {"", "no note", "\xa1\x01\x02"})
    EXPECT_FALSE(read_holding("x", as_bytes(text), nullptr, Millis{0})) << text;
}

}  // namespace
}  // namespace anta::test
