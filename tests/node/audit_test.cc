#include "cli/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/audit_state.h"
#include "crypto/tile.h"
#include "storage/ledger/bundle.h"
#include "storage/ledger/memory_tree.h"
#include "storage/ledger/seal.h"
#include "tests/node/tile_rig.h"

namespace anta::test {
namespace {

// A year in small: lots delivered, things refused, blocks of several statements; more than 256 leaves.
struct Ledger {
  // `refused_after` so many lots, on record: "L-1" is taken.
  explicit Ledger(const std::string& name = "L-", int refused_after = lots) {
    for (int i = 0; i < lots; ++i) {
      if (i == refused_after) world.submit("miner", world.lot(name + "1"));
      world.deliver(name + std::to_string(i));
    }
    if (refused_after == lots) world.submit("miner", world.lot(name + "1"));
    rig.emplace(world);
    const Bytes fresh = world.sign("miner", world.lot("L-fresh"));
    const Bytes taken = world.sign("miner", world.lot(name + "2"));
    rig->rig.ledger.apply({taken, fresh, world.sign("miner", world.lot("L-fresh"))}, Millis{world.now});
    rig->rig.seal(0);
    files = all_files(*rig);
  }

  AuditResult audit_it(const Tampering& tampering = {}, std::optional<std::string> state = {}) {
    RigMirror mirror(files, tampering);
    AuditOptions options;
    options.threads = 3;
    options.state = std::move(state);
    const auto result = audit(mirror, rig->rig.finished.checkpoint, options);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result ? *result : AuditResult{};
  }
  std::uint64_t size() const { return rig->size(); }
  std::string last_bodies() const {
    return bodies_path({size() / tile_width, tile_hashes(size(), 0, size() / tile_width)});
  }

  static constexpr int lots = 50;
  World world = rich_world();
  std::optional<TileRig> rig = {};
  std::shared_ptr<const RigMirror::Files> files = {};
};

Ledger& ledger() {
  static Ledger made;
  return made;
}

void expect_finding(const AuditResult& result, std::uint64_t leaf, const std::string& rule) {
  ASSERT_TRUE(result.finding);
  EXPECT_EQ(result.finding->leaf.value, leaf) << result.finding->error.message;
  EXPECT_EQ(result.finding->error.rule, rule) << result.finding->error.message;
}

// The bundle of leaves 0 to 255 with one body changed.
Bytes with_body(const Bytes& bundle, std::uint64_t leaf, const Bytes& body) {
  auto bodies = *decode_bundle(bundle, tile_width);
  bodies[leaf].bytes = body;
  return encode_bundle(bodies);
}

TEST(Audit, AnHonestLedgerHolds) {
  // Goal: every leaf of an honest ledger is replayed, refusals and blocks of several statements included.
  const AuditResult result = ledger().audit_it();
  ASSERT_FALSE(result.finding) << result.finding->leaf.value << ": " << result.finding->error.message;
  EXPECT_GT(ledger().size(), tile_width);
  EXPECT_EQ(result.leaves, ledger().size());
  EXPECT_EQ(result.statements + result.blocks + 1, ledger().size());
  EXPECT_EQ(result.refused, 3u);
}

TEST(Audit, AFlippedByteOfAStatementIsFoundAtItsLeaf) {
  // Goal: one bit of one document among hundreds: the leaf is named, and what came before is said to hold.
  Ledger& l = ledger();
  const Bytes& bundle = l.files->at("bodies/000");
  const auto bodies = *decode_bundle(bundle, tile_width);
  std::uint64_t leaf = 100;
  while (bodies[leaf].kind != BodyKind::statement)
    ++leaf;
  Bytes changed = to_bytes(bodies[leaf].bytes);
  changed[changed.size() / 2] ^= 1;
  const AuditResult result = l.audit_it({.files = {{"bodies/000", with_body(bundle, leaf, changed)}}});
  expect_finding(result, leaf, "audit.leaf");
  EXPECT_GE(result.leaves, leaf - 1);
  EXPECT_FALSE(is_open(*result.finding));
}

TEST(Audit, AChangedTileOrEntryIsFoundAtItsLeaf) {
  // Goal: a tile or entry bundle that differs from the documents is told, at the leaf where it differs.
  Ledger& l = ledger();
  Bytes tile = l.files->at("tile/0/000");
  tile[77 * Digest::size] ^= 1;
  expect_finding(l.audit_it({.files = {{"tile/0/000", tile}}}), 77, "audit.leaf");
  Bytes entries = l.files->at("tile/entries/000");
  entries[78 * 34 + 5] ^= 1;
  expect_finding(l.audit_it({.files = {{"tile/entries/000", entries}}}), 78, "audit.leaf");
}

// All of a mirror rewritten so that leaf, entry and tile agree on another document: only the law, or the
// root, can tell.
Tampering rewritten(Ledger& l, std::uint64_t leaf, const Bytes& document) {
  Tampering t;
  t.files["bodies/000"] = with_body(l.files->at("bodies/000"), leaf, document);
  auto entries = *decode_entries(l.files->at("tile/entries/000"), tile_width);
  auto hashes = *decode_tile(l.files->at("tile/0/000"), tile_width);
  entries[leaf] = sha256(document);
  hashes[leaf] = leaf_hash(entries[leaf].view());
  t.files["tile/entries/000"] = encode_entries(entries);
  t.files["tile/0/000"] = encode_tile(hashes);
  return t;
}

TEST(Audit, AWrongSealIsFoundAtItsLeaf) {
  // Goal: a seal with another state root, rightly hashed into entry and tile, is found by replaying.
  Ledger& l = ledger();
  const auto bodies = *decode_bundle(l.files->at("bodies/000"), tile_width);
  std::uint64_t leaf = 60;
  while (bodies[leaf].kind != BodyKind::seal)
    ++leaf;
  Seal seal = *decode_seal(bodies[leaf].bytes);
  seal.state_root.bytes[3] ^= 1;
  expect_finding(l.audit_it(rewritten(l, leaf, encode_seal(seal))), leaf, "audit.state_root");
  Seal late = *decode_seal(bodies[leaf].bytes);
  late.height = late.height.next();
  expect_finding(l.audit_it(rewritten(l, leaf, encode_seal(late))), leaf, "audit.seal");
}

TEST(Audit, AStatementThatTheLawRefusesIsFoundAtItsLeaf) {
  // Goal: a ledger that took what its law forbids, or what nobody signed, is told by the rule.
  Ledger& l = ledger();
  const auto bodies = *decode_bundle(l.files->at("bodies/000"), tile_width);
  std::uint64_t leaf = 120;
  while (bodies[leaf].kind != BodyKind::statement)
    ++leaf;
  l.world.now = decode_seal(bodies[leaf - 1].bytes)->block_time.value;  // an event before the block's time
  const Bytes twice = l.world.sign("miner", l.world.lot("L-0"));
  expect_finding(l.audit_it(rewritten(l, leaf, twice)), leaf, "duplicate_id");
  Bytes forged = l.world.sign("miner", l.world.lot("L-forged"));
  forged.back() ^= 1;
  expect_finding(l.audit_it(rewritten(l, leaf, forged)), leaf, "bad_signature");
  const Bytes again = to_bytes(bodies[leaf - 2].kind == BodyKind::statement ? bodies[leaf - 2].bytes
                                                                            : bodies[leaf - 4].bytes);
  expect_finding(l.audit_it(rewritten(l, leaf, again)), leaf, "audit.twice");
}

TEST(Audit, AWrongRootIsFound) {
  // Goal: honest files under a checkpoint of another root do not hold, though every leaf does.
  Ledger& l = ledger();
  const Tampering none;
  RigMirror mirror(l.files, none);
  Checkpoint checkpoint = l.rig->rig.finished.checkpoint;
  checkpoint.root.bytes[0] ^= 1;
  const auto result = audit(mirror, checkpoint, {.threads = 2});
  ASSERT_TRUE(result);
  expect_finding(*result, l.size() - 1, "audit.root");
}

TEST(Audit, AMissingFileIsAnOpenQuestionAtItsLeaf) {
  // Goal: what is not there proves nothing; the first leaf that it concerns is named.
  Ledger& l = ledger();
  const AuditResult tile = l.audit_it({.gone = {"tile/0/000"}});
  expect_finding(tile, 0, "audit.missing");
  EXPECT_TRUE(is_open(*tile.finding));
  const AuditResult bodies = l.audit_it({.gone = {l.last_bodies()}});
  expect_finding(bodies, l.size() / tile_width * tile_width, "audit.missing");
  const unsigned edge = tile_hashes(l.size(), 1, 0);
  expect_finding(l.audit_it({.gone = {tile_path(1, {0, edge})}}), 0, "audit.missing");
}

TEST(Audit, RefusalsBelongToTheState) {
  // Goal: a refusal that is hidden, or is none by the law, does not hold: it is part of the state root.
  Ledger& l = ledger();
  const std::string path = rejected_path(LeafIndex{l.size() - 1});
  ASSERT_TRUE(l.files->contains(path));
  expect_finding(l.audit_it({.gone = {path}}), l.size() - 1, "audit.missing");
  const Bytes lawful = l.world.sign("miner", l.world.lot("L-lawful"));
  const auto real = *decode_rejections(l.files->at(path));
  ASSERT_EQ(real.size(), 2u);
  const Bytes other = encode_rejections({{0, lawful}, real[1]});
  expect_finding(l.audit_it({.files = {{path, other}}}), l.size() - 1, "audit.refused");
  expect_finding(l.audit_it({.files = {{path, encode_rejections({real[0]})}}}), l.size() - 1,
                 "audit.rejected");
}

TEST(Audit, GoesOnWhereItEnded) {
  // Goal: a second run replays nothing that the first did, finds what is new, and notices a changed past.
  Ledger& l = ledger();
  const TempDirectory directory;
  const std::string state = directory.path() + "/audit.state";
  EXPECT_EQ(l.audit_it({.gone = {l.last_bodies()}}, state).from, 0u);  // stopped short of the end
  const AuditResult second = l.audit_it({}, state);
  EXPECT_FALSE(second.finding);
  EXPECT_GE(second.from, tile_width - 8);
  EXPECT_LE(second.statements, l.size() - second.from);
  EXPECT_EQ(second.leaves, l.size());
  const AuditResult third = l.audit_it({}, state);
  EXPECT_FALSE(third.finding);
  EXPECT_EQ(third.from, l.size());
  EXPECT_EQ(third.statements, 0u);
  // Another ledger of the same size: its first other leaf.
  Checkpoint checkpoint = l.rig->rig.finished.checkpoint;
  checkpoint.size = l.size() - 1;
  const Tampering none;
  RigMirror mirror(l.files, none);
  const auto older = audit(mirror, checkpoint, {.threads = 1, .state = state});
  ASSERT_TRUE(older && older->finding);
  EXPECT_TRUE(is_open(*older->finding));
}

// Another lawful history of the same genesis and length, with a refusal among its first leaves.
Ledger& other_history() {
  static Ledger made("M-", 5);
  return made;
}

std::uint64_t first_refusal(const RigMirror::Files& files) {
  const auto bodies = *decode_bundle(files.at("bodies/000"), tile_width);
  return static_cast<std::uint64_t>(std::ranges::find_if(bodies, &LeafBody::rejected) - bodies.begin());
}

TEST(Audit, AHostileMirrorsHistoryIsNotSaved) {
  // Goal: under a genuine checkpoint a mirror gives out another lawful history, and stops before its end. It
  // was saved over the auditor's state, by which the honest ledger was accused from then on.
  Ledger& l = ledger();
  ASSERT_EQ(other_history().size(), l.size());
  const TempDirectory directory;
  const std::string state = directory.path() + "/audit.state";
  Tampering hostile{.gone = {l.last_bodies()}};
  for (const auto& [path, bytes] : *other_history().files) {
    if (path != "checkpoint" && path != l.last_bodies()) hostile.files[path] = bytes;
  }
  const AuditResult told = l.audit_it(hostile, state);
  ASSERT_TRUE(told.finding);
  EXPECT_TRUE(is_open(*told.finding)) << told.finding->error.message;
  EXPECT_FALSE(std::filesystem::exists(state));
  const AuditResult honest = l.audit_it({}, state);
  EXPECT_FALSE(honest.finding) << honest.finding->error.message;
}

TEST(Audit, ATileThatTheRootDoesNotCommitToIsNotSaved) {
  // Goal: the edge is the honest one, the first tile another history's, with a refusal that cannot be had:
  // its leaves were replayed, and saved before the tile was held against the root.
  Ledger& l = ledger();
  const TempDirectory directory;
  const std::string state = directory.path() + "/audit.state";
  const RigMirror::Files& others = *other_history().files;
  const LeafIndex refusal{first_refusal(others)};
  ASSERT_LT(refusal.value, tile_width);
  Tampering hostile{.gone = {rejected_path(refusal)}};
  for (const char* path : {"tile/0/000", "tile/entries/000", "bodies/000"})
    hostile.files[path] = others.at(path);
  expect_finding(l.audit_it(hostile, state), refusal.value, "audit.missing");
  EXPECT_FALSE(std::filesystem::exists(state));
}

TEST(Audit, ADamagedStateFileIsRefused) {
  // Goal: a state that was changed on the disk is an error of this side, and no verdict on the ledger.
  Ledger& l = ledger();
  const TempDirectory directory;
  const std::string state = directory.path() + "/audit.state";
  EXPECT_FALSE(l.audit_it({}, state).finding);
  std::fstream file(state, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-3, std::ios::end);
  file.put('\x7f');
  file.close();
  const Tampering none;
  RigMirror mirror(l.files, none);
  const auto result = audit(mirror, l.rig->rig.finished.checkpoint, {.threads = 1, .state = state});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().rule, "audit.saved");
  // Whole in itself, and no state that any seal commits to: with it the audit said that all holds, or accused
  // the ledger of what it found next.
  EXPECT_FALSE(l.audit_it({}, directory.path() + "/whole.state").finding);
  auto saved = read_audit_state(directory.path() + "/whole.state");
  ASSERT_TRUE(saved && *saved);
  Replay::Saved forged = **saved;
  forged.records.pop_back();
  MemoryTree tree;
  for (const auto& [key, value] : forged.records)
    tree.put(tree_key(key), sha256(*value));
  forged.state_root = tree.root();
  ASSERT_TRUE(write_audit_state(state, forged));
  const auto believed = audit(mirror, l.rig->rig.finished.checkpoint, {.threads = 1, .state = state});
  ASSERT_FALSE(believed);
  EXPECT_EQ(believed.error().rule, "audit.saved");
  std::filesystem::resize_file(state, 100);
  EXPECT_FALSE(audit(mirror, l.rig->rig.finished.checkpoint, {.threads = 1, .state = state}));
}

}  // namespace
}  // namespace anta::test
