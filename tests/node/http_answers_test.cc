// What every answer of the API has in common: the type that was asked for, and how long it may be kept.
#include <gtest/gtest.h>

#include "storage/ledger/backup_order.h"
#include "tests/node/api_rig.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {
namespace {

constexpr const char* file_type = "application/vnd.anta.certificate+cbor";

// The API over a ledger with a certificate and a finished checkpoint over all of it.
struct Answering {
  Answering() : node(world), rig(world) {
    rig.services.reader = [this] { return node.ledger.ledger->reader(); };
    rig.services.reader_of = [this](TreeSize size) { return node.ledger.ledger->reader_of(size); };
    rig.services.finished = [this] { return std::make_shared<const FinishedCheckpoint>(node.finished); };
    rig.services.block = [this](LogIndex index) -> Result<std::shared_ptr<const Bytes>> {
      auto entry = node.ledger.log->read_one(index);
      if (!entry) return pass(entry);
      return entry->payload;
    };
    rig.services.forks = [] { return std::vector<std::string>{}; };
    rig.api = std::make_unique<HttpApi>(rig.services, rig.metrics);
  }

  static World made() {
    World made_world = rich_world();
    for (int i = 0; i < 60; ++i)
      made_world.deliver("L-" + std::to_string(i));
    concentrate(made_world, "M-1", "K-1");
    auto certificate = made_world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
    certificate.valid_until = Millis{1'900'000'000'000};
    made_world.must("plant", certificate);
    return made_world;
  }

  std::string kind(const std::string& target, const std::string& accept) {
    const HttpResponse response = rig.get(target, {{"accept", accept}});
    EXPECT_EQ(response.status, 200u) << target << response.body;
    return response.content_type;
  }
  static std::vector<std::string> cache_control(const HttpResponse& response) {
    std::vector<std::string> all;
    for (const auto& [name, text] : response.headers) {
      if (name == "Cache-Control") all.push_back(text);
    }
    return all;
  }

  World world = made();
  CertificateRig node;
  Api rig;
};

TEST(HttpAnswers, AcceptIsReadAsAListOfWeightedTypes) {
  // Goal: whoever takes a record only in case of need gets the file, and application/cbor-seq asks for no
  // application/cbor (both were found as parts of the field's text).
  Answering a;
  const std::string certificate = "/v1/certificates/C-1";
  EXPECT_EQ(a.kind(certificate, std::string(file_type) + ", application/json;q=0.1"), file_type);
  EXPECT_EQ(a.kind(certificate, "application/json"), "application/json");
  EXPECT_EQ(a.kind(certificate, std::string(file_type) + ";q=0.1, application/json"), "application/json");
  EXPECT_EQ(a.kind(certificate, "application/*"), file_type);
  EXPECT_EQ(a.kind(certificate, "*/*"), file_type);
  EXPECT_EQ(a.kind("/v1/network", "application/cbor-seq"), "application/json");
  EXPECT_EQ(a.kind("/v1/network", "application/json;q=0.5, application/cbor"), "application/cbor");
  const std::string statement = "/v1/statements/" + hex(sha256(a.world.log.front().bytes));
  EXPECT_EQ(a.kind(statement, "application/cose-key"), "application/json");
  EXPECT_EQ(a.kind(statement, "application/cose;q=0, */*"), "application/json");
  EXPECT_EQ(a.kind(statement, "application/cose"), "application/cose");
}

TEST(HttpAnswers, WhatMayChangeIsKeptByNobody) {
  // Goal: every answer says whether a cache may keep it: without a word one may guess, and keep that a tile
  // is not there yet, or that there are no forks.
  Answering a;
  const std::vector<std::string> no_store = {"no-store"};
  const std::string unknown = "/v1/statements/" + std::string(64, '0');
  for (const std::string& target :
       {std::string("/v1/forks"), std::string("/readyz"), std::string("/v1/policy"), std::string("/healthz"),
        std::string("/metrics"), std::string("/v1/status"), std::string("/tile/0/999"), unknown,
        std::string("/entries/") + std::string(64, '0'), std::string("/no/such/path"),
        std::string("/v1/lots?limit=0"), std::string("/v1/lots?no=such")})
    EXPECT_EQ(Answering::cache_control(a.rig.get(target)), no_store) << target;
  a.rig.unready = {"no leader"};
  EXPECT_EQ(Answering::cache_control(a.rig.get("/readyz")), no_store);
  const HttpResponse method = a.rig.call("DELETE", "/v1/lots");
  EXPECT_EQ(method.status, 405u);
  EXPECT_EQ(Answering::cache_control(method), no_store);
  const Bytes lot = a.world.sign("miner", a.world.lot("L-new"));
  EXPECT_EQ(Answering::cache_control(a.rig.post("/v1/statements", lot)), no_store);
  // What says it itself says it once.
  using All = std::vector<std::string>;
  EXPECT_EQ(Answering::cache_control(a.rig.get("/tile/0/000")), All{"public, max-age=31536000, immutable"});
  EXPECT_EQ(Answering::cache_control(a.rig.get("/tile/0/000.p/7")), All{"public, max-age=60"});
  EXPECT_EQ(Answering::cache_control(a.rig.get("/checkpoint")), All{"public, max-age=1"});
  EXPECT_EQ(Answering::cache_control(a.rig.get("/v1/lots/L-1")), All{"no-cache"});
}

TEST(HttpAnswers, WhatABackupIsRefusedWithIsListed) {
  // Goal: 403 without a vote, 422 of an old order, 400 of a stranger's or another network's, 413 of one too
  // large, 503 before a checkpoint is finished: each is received, and so held against the route's list, which
  // had none of the first three.
  World world = rich_world();
  Api rig(world);
  const Digest network = sha256(encode_genesis(world.genesis));
  const auto ask = [&](const std::string& party, const BackupOrder& order) {
    const auto bytes =
        sign_backup_order(order, PartyId{party}, world.key(party), world.now / 1000, {1, 2, 3});
    EXPECT_TRUE(bytes);
    const HttpResponse response = rig.post("/v1/backup", *bytes);
    return std::to_string(response.status) + " " + Api::text(Api::json(response), "code");
  };
  const BackupOrder good{.network = network, .from = 1, .event_time = Millis{world.now}};
  BackupOrder old = good;
  old.event_time = Millis{world.now - order_age_max_ms - 1};
  BackupOrder elsewhere = good;
  elsewhere.network = sha256(as_bytes("another"));
  EXPECT_EQ(ask("miner", good), "403 no_vote");
  EXPECT_EQ(ask("plant", old), "422 backup.stale");
  EXPECT_EQ(ask("stranger", good), "400 unknown_key");
  EXPECT_EQ(ask("plant", elsewhere), "400 malformed");
  EXPECT_EQ(ask("plant", good), "503 not_cosigned");
  EXPECT_EQ(rig.post("/v1/backup", Bytes(1 << 20)).status, 413u);
  EXPECT_EQ(rig.post("/v1/backup", {}).status, 400u);
  EXPECT_EQ(rig.post("/v1/backup", {}, "application/json").status, 415u);
}

}  // namespace
}  // namespace anta::test
