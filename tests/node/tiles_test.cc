// The tree over HTTP (C2SP tlog-tiles).
#include <gtest/gtest.h>

#include "node/views/json_tree.h"
#include "node/views/shape_view.h"
#include "tests/node/tile_rig.h"

namespace anta::test {
namespace {

struct Served {
  Served() {
    for (int i = 0; i < 50; ++i)
      world.deliver("L-" + std::to_string(i));
    world.submit("miner", world.lot("L-1"));
    rig.emplace(world);
  }
  World world = rich_world();
  std::optional<TileRig> rig = {};
};

TileRig& served() {
  static Served made;
  return *made.rig;
}

std::string header(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

Value json(const HttpResponse& response) {
  const auto tree = views::parse_json(response.body);
  EXPECT_TRUE(tree) << response.body;
  return tree ? *views::value_from_tree(*tree) : Value{};
}

Digest digest_of(const Value& value, std::string_view key) {
  return *digest_from_hex(std::get<std::string>(value.find(key)->data));
}

std::vector<Digest> digests_of(const Value& value, std::string_view key) {
  std::vector<Digest> all;
  for (const Value& one : std::get<ValueList>(value.find(key)->data))
    all.push_back(*digest_from_hex(std::get<std::string>(one.data)));
  return all;
}

TEST(Tiles, MakeTheCheckpointsRoot) {
  // Goal: the full and partial tiles that a node gives out make the root that its checkpoint names.
  TileRig& rig = served();
  ASSERT_GT(rig.size(), tile_width);
  const auto files = all_files(rig);
  CompactRange range;
  for (std::uint64_t i = 0; const unsigned width = tile_hashes(rig.size(), 0, i); ++i) {
    const auto hashes = *decode_tile(files->at(tile_path(0, {i, width})), width);
    const auto entries = *decode_entries(files->at(entries_path({i, width})), width);
    const auto bodies = *decode_bundle(files->at(bodies_path({i, width})), width);
    for (unsigned at = 0; at < width; ++at) {
      EXPECT_EQ(sha256(bodies[at].bytes), entries[at]);
      EXPECT_EQ(leaf_hash(entries[at].view()), hashes[at]);
      range.append(hashes[at]);
    }
    if (width == tile_width) {
      const auto above = *decode_tile(files->at(tile_path(1, {0, tile_hashes(rig.size(), 1, 0)})), 1);
      EXPECT_EQ(tile_root(hashes), above[i]);
    }
  }
  EXPECT_EQ(range.root(), rig.rig.finished.checkpoint.root);
}

TEST(Tiles, SayHowLongTheyMayBeKept) {
  // Goal: full tiles may be kept for ever, partial ones and the checkpoint not.
  TileRig& rig = served();
  EXPECT_EQ(header(rig.get("/tile/0/000"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(rig.get("/tile/0/000.p/7"), "Cache-Control"), "public, max-age=60");
  EXPECT_EQ(header(rig.get("/checkpoint"), "Cache-Control"), "public, max-age=1");
  EXPECT_EQ(header(rig.get("/seals/001"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(rig.get("/checkpoint").content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(rig.get("/tile/entries/000").content_type, "application/octet-stream");
}

TEST(Tiles, OfNoSuchPathAreRefused) {
  // Goal: what is written otherwise is 400, what is beyond the checkpoint 404, each as a problem.
  TileRig& rig = served();
  for (const char* path :
       {"/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/000.p/05", "/tile/0/0", "/tile/0/0000",
        "/tile/0/x000/000", "/tile/0/x001", "/tile/00/000", "/tile/x/000", "/tile/-1/000", "/tile/entries/1",
        "/bodies/000.p/0", "/seals/1", "/rejected/x000/001", "/tile/0/x018/x446/x744/x073/x709/x551/616"}) {
    const HttpResponse response = rig.get(path);
    EXPECT_EQ(response.status, 400u) << path;
    EXPECT_EQ(response.content_type, "application/problem+json") << path;
  }
  const std::string edge = std::to_string(tile_hashes(rig.size(), 0, 1) + 1);
  for (const std::string& path :
       {"/tile/0/001.p/" + edge, std::string("/tile/0/001"), std::string("/tile/2/000"),
        std::string("/tile/8/000"), std::string("/tile/63/000.p/1"),
        std::string("/tile/0/x018/x446/x744/x073/x709/x551/615"), std::string("/tile/entries/002"),
        std::string("/bodies/001"), std::string("/seals/000"), std::string("/seals/x100/000")}) {
    EXPECT_EQ(rig.get(path).status, 404u) << path;
  }
}

TEST(Tiles, EndAtTheFinishedCheckpoint) {
  // Goal: leaves that no quorum has cosigned are not given out; without a checkpoint nothing is.
  World world = rich_world();
  world.deliver("L-1");
  TileRig rig(world);
  const std::uint64_t size = rig.size();
  rig.rig.ledger.apply({world.sign("miner", world.lot("L-2"))}, Millis{world.now});
  EXPECT_EQ(rig.get("/tile/0/000.p/" + std::to_string(size)).status, 200u);
  EXPECT_EQ(rig.get("/tile/0/000.p/" + std::to_string(size + 1)).status, 404u);
  EXPECT_EQ(rig.get("/seals/" + tile_number(size + 1)).status, 404u);
  EXPECT_EQ(rig.get("/v1/proofs/inclusion?leaf=" + std::to_string(size)).status, 404u);
  rig.cosigned = false;
  EXPECT_EQ(rig.get("/tile/0/000.p/1").status, 503u);
  rig.cosigned = true;
  rig.rig.finished.checkpoint.size = size + 100;  // told by peers before it is applied here
  EXPECT_EQ(rig.get("/tile/0/000.p/1").status, 503u);
}

TEST(Tiles, ProofsAreJsonAndHold) {
  // Goal: an inclusion and a consistency proof, of the checkpoint's size unless another is asked for.
  TileRig& rig = served();
  const Digest root = rig.rig.finished.checkpoint.root;
  const Value inclusion = json(rig.get("/v1/proofs/inclusion?leaf=17"));
  EXPECT_TRUE(verify_inclusion(leaf_hash(digest_of(inclusion, "entry").view()), 17, rig.size(),
                               digests_of(inclusion, "path"), root));
  const Value consistency = json(rig.get("/v1/proofs/consistency?from=200"));
  EXPECT_TRUE(verify_consistency(200, rig.size(), digests_of(consistency, "proof"),
                                 digest_of(consistency, "from_root"), root));
  EXPECT_EQ(rig.get("/v1/proofs/consistency?from=0").status, 400u);
  EXPECT_EQ(rig.get("/v1/proofs/consistency?from=9&to=8").status, 400u);
  EXPECT_EQ(rig.get("/v1/proofs/consistency").status, 400u);
  EXPECT_EQ(rig.get("/v1/proofs/inclusion?leaf=x").status, 400u);
  EXPECT_EQ(rig.get("/v1/proofs/inclusion?leaf=9&size=9").status, 404u);
  EXPECT_EQ(rig.get("/v1/proofs/inclusion?leaf=9&size=100000").status, 404u);
}

TEST(Tiles, StandInTheDocument) {
  // Goal: OpenAPI names the routes, with a number where the path goes on.
  const std::string document = served().get("/v1/openapi.json").body;
  for (const char* path : {"\"/tile/{level}/{number}\"", "\"/tile/entries/{number}\"", "\"/bodies/{number}\"",
                           "\"/seals/{number}\"", "\"/rejected/{number}\"", "\"/v1/proofs/inclusion\""}) {
    EXPECT_NE(document.find(path), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace anta::test
