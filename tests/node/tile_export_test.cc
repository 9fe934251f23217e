#include "cli/tile_export.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/audit.h"
#include "tests/node/tile_rig.h"

namespace anta::test {
namespace {

namespace fs = std::filesystem;

// A ledger that grows, and what a node gave out of it at two sizes.
struct Grown {
  explicit Grown(int lots = 30) {
    for (int i = 0; i < lots; ++i)
      world.deliver("L-" + std::to_string(i));
    rig.emplace(world);
    small = rig->rig.finished;
    small_files = all_files(*rig);
    rig->rig.ledger.apply({world.sign("miner", world.lot("N-more"))}, Millis{world.now});
    rig->rig.seal(0);
    middle = rig->rig.finished;
    middle_files = all_files(*rig);
    for (int i = 0; i < 40; ++i)
      rig->rig.ledger.apply({world.sign("miner", world.lot("N-" + std::to_string(i)))}, Millis{world.now});
    rig->rig.seal(0);
    large = rig->rig.finished;
    large_files = all_files(*rig);
  }
  World world = rich_world();
  std::optional<TileRig> rig = {};
  FinishedCheckpoint small = {}, middle = {}, large = {};
  std::shared_ptr<const RigMirror::Files> small_files = {}, middle_files = {}, large_files = {};
};

Grown& grown() {
  static Grown made;
  return made;
}

Result<ExportResult> run(const std::shared_ptr<const RigMirror::Files>& files, const FinishedCheckpoint& at,
                         const std::string& directory, const Tampering& tampering = {}) {
  RigMirror mirror(files, tampering);
  return export_tiles(mirror, at.note, at.checkpoint, directory, nullptr);
}

RigMirror::Files files_in(const std::string& directory) {
  RigMirror::Files files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[fs::relative(entry.path(), directory).string()] = Bytes(std::istreambuf_iterator<char>(in), {});
  }
  return files;
}

TEST(TileExport, WritesWhatTheNodeGivesOut) {
  // Goal: byte by byte what the node answers, with the genesis beside it, and nothing else.
  const TempDirectory directory;
  const auto result = run(grown().large_files, grown().large, directory.path());
  ASSERT_TRUE(result) << result.error().message;
  RigMirror::Files written = files_in(directory.path());
  EXPECT_EQ(written.erase("genesis.cbor"), 1u);
  EXPECT_EQ(written, *grown().large_files);
  EXPECT_EQ(result->files, written.size() + 1);
}

TEST(TileExport, FetchesOnlyWhatIsNew) {
  // Goal: a second run at a larger size writes the new files beside the old ones; a run without news writes
  // the checkpoint alone.
  const TempDirectory directory;
  ASSERT_TRUE(run(grown().small_files, grown().small, directory.path()));
  const auto second = run(grown().large_files, grown().large, directory.path());
  ASSERT_TRUE(second) << second.error().message;
  RigMirror::Files written = files_in(directory.path());
  written.erase("genesis.cbor");
  for (const auto& [path, bytes] : *grown().large_files)
    EXPECT_TRUE(written.contains(path) && written[path] == bytes) << path;
  EXPECT_LT(second->files, grown().large_files->size());
  EXPECT_EQ(run(grown().large_files, grown().large, directory.path())->files, 1u);
  EXPECT_EQ(run(grown().small_files, grown().small, directory.path()).error().rule, "export.older");
}

TEST(TileExport, PartialTilesStayUntilTheFullOneIsThere) {
  // Goal: an audit that began under the directory's checkpoint finds its files after the next export, too;
  // the partial ones went as soon as there were wider ones. Once a tile is full, all that were parts of it
  // go.
  const TempDirectory directory;
  const Grown g(20);
  ASSERT_LT(g.middle.checkpoint.size, tile_width);
  ASSERT_GT(g.large.checkpoint.size, tile_width);
  for (const auto& [files, at] : {std::pair{g.small_files, g.small}, {g.middle_files, g.middle}}) {
    ASSERT_TRUE(run(files, at, directory.path()));
    for (const FinishedCheckpoint& begun : {g.small, at}) {
      const auto mirror = open_directory(directory.path());
      const auto result = audit(*mirror, begun.checkpoint, {.threads = 2});
      ASSERT_TRUE(result);
      EXPECT_FALSE(result->finding) << result->finding->error.message;
    }
  }
  ASSERT_TRUE(run(g.large_files, g.large, directory.path()));
  for (const char* gone : {"/tile/0/000.p", "/tile/entries/000.p", "/bodies/000.p"})
    EXPECT_FALSE(fs::exists(directory.path() + gone)) << gone;
  const RigMirror::Files written = files_in(directory.path());
  EXPECT_EQ(written.size(), g.large_files->size() + 1);  // and genesis.cbor
}

TEST(TileExport, GoesOnAfterAnInterruption) {
  // Goal: what was written before something was missing stays and is right; the checkpoint comes last.
  const TempDirectory directory;
  const Tampering gone{.gone = {bodies_path({1, tile_hashes(grown().large.checkpoint.size, 0, 1)})}};
  EXPECT_FALSE(run(grown().large_files, grown().large, directory.path(), gone));
  EXPECT_FALSE(fs::exists(directory.path() + "/checkpoint"));
  EXPECT_TRUE(fs::exists(directory.path() + "/tile/0/000"));
  const auto second = run(grown().large_files, grown().large, directory.path());
  ASSERT_TRUE(second);
  EXPECT_LT(second->files, grown().large_files->size() / 2);
}

TEST(TileExport, WhatAnUnfinishedRunLeftIsNotBelieved) {
  // Goal: a directory without a checkpoint may hold another ledger's files, or torn ones: each that is not
  // the node's is written anew (they were taken for it by their names, and the checkpoint put over them).
  for (const std::string& path :
       {std::string("tile/0/000"), std::string("tile/entries/000"), std::string("bodies/000"),
        std::string("genesis.cbor"), seal_path(LeafIndex{1})}) {
    const TempDirectory directory;
    const Tampering gone{.gone = {bodies_path({1, tile_hashes(grown().large.checkpoint.size, 0, 1)})}};
    ASSERT_FALSE(run(grown().large_files, grown().large, directory.path(), gone));
    ASSERT_TRUE(fs::exists(directory.path() + "/" + path)) << path;
    std::ofstream(directory.path() + "/" + path) << "another ledger's";
    ASSERT_TRUE(run(grown().large_files, grown().large, directory.path()));
    RigMirror::Files written = files_in(directory.path());
    EXPECT_EQ(written.erase("genesis.cbor"), 1u);
    EXPECT_EQ(written, *grown().large_files) << path;
    EXPECT_FALSE(as_text(written["tile/0/000"]).starts_with("another"));
  }
}

TEST(TileExport, WritesNothingThatTheRootDoesNotCommitTo) {
  // Goal: a changed tile, entry or document is refused with its leaf, and is not in the directory.
  for (const std::string& path :
       {std::string("tile/0/000"), std::string("tile/entries/000"), std::string("bodies/000")}) {
    const TempDirectory directory;
    Bytes changed = grown().large_files->at(path);
    changed[changed.size() / 2] ^= 1;
    const auto result =
        run(grown().large_files, grown().large, directory.path(), {.files = {{path, changed}}});
    ASSERT_FALSE(result) << path;
    EXPECT_NE(result.error().message.find("leaf"), std::string::npos) << result.error().message;
    EXPECT_FALSE(fs::exists(directory.path() + "/" + path));
    EXPECT_FALSE(fs::exists(directory.path() + "/checkpoint"));
  }
}

TEST(TileExport, AnotherPastIsRefused) {
  // Goal: a node whose ledger does not begin with the directory's writes nothing there; nor does another
  // ledger.
  const TempDirectory directory;
  FinishedCheckpoint other = grown().small;
  other.checkpoint.root.bytes[0] ^= 1;
  other.note =
      encode_checkpoint(other.checkpoint) + grown().small.note.substr(grown().small.note.find("\n\n") + 1);
  std::ofstream(directory.path() + "/checkpoint") << other.note;
  EXPECT_EQ(run(grown().large_files, grown().large, directory.path()).error().rule, "export.fork");
  EXPECT_EQ(files_in(directory.path()).size(), 1u);
  other.checkpoint.origin = "other.example/ledger-00000000";
  other.note =
      encode_checkpoint(other.checkpoint) + grown().small.note.substr(grown().small.note.find("\n\n") + 1);
  std::ofstream(directory.path() + "/checkpoint") << other.note;
  EXPECT_EQ(run(grown().large_files, grown().large, directory.path()).error().rule, "export.other_ledger");
}

}  // namespace
}  // namespace anta::test
