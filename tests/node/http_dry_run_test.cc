// Trying statements out (`?dry_run`): judged on top of each other, recorded nowhere, charged to their keys.
#include "node/http_api.h"

#include <gtest/gtest.h>

#include "node/http_problem.h"
#include "node/views/json_tree.h"
#include "tests/node/api_rig.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {
namespace {

TEST(HttpApi, ADryRunJudgesAndRecordsNothing) {
  // Goal: each item is judged on top of those before it, and the ledger stays as it is.
  World world = rich_world();
  Api rig(world);
  const Applied before = *rig.ledger.ledger->applied();
  Bytes both = world.sign("miner", world.lot("L-1"));
  const Bytes dispatch = world.sign("miner", world.dispatch("D-1", {"L-1"}));
  EXPECT_EQ(rig.post("/v1/statements?dry_run=1", dispatch).status, 422u);
  both.insert(both.end(), dispatch.begin(), dispatch.end());
  const HttpResponse tried = rig.post("/v1/statements?dry_run=1", both, "application/cbor-seq");
  EXPECT_EQ(tried.body.find("rejected"), std::string::npos) << tried.body;
  EXPECT_EQ(*rig.ledger.ledger->applied(), before);
  EXPECT_EQ(rig.get("/v1/lots/L-1").status, 404u);
}

TEST(HttpApi, TheSameBytesTwiceInADryRunHaveOneOutcome) {
  // Goal: as where they are applied, the second is the first again: also a rejection, which stands although
  // what it lacked comes between; what leaves no record is judged anew.
  World world = rich_world();
  Api rig(world);
  const Bytes lot = world.sign("miner", world.lot("L-1"));
  const Bytes dispatch = world.sign("miner", world.dispatch("D-1", {"L-1"}));
  Bytes bent = lot;
  bent.back() ^= 1;
  Bytes all;
  for (const Bytes& one : {dispatch, lot, lot, dispatch, bent, bent})
    all.insert(all.end(), one.begin(), one.end());
  const Value answer = Api::json(rig.post("/v1/statements?dry_run=1", all, "application/cbor-seq"));
  const ValueList& items = std::get<ValueList>(answer.find("items")->data);
  ASSERT_EQ(items.size(), 6u);
  const auto again = [&](std::size_t n) { return std::get<bool>(items[n].find("again")->data); };
  const auto leaf = [&](std::size_t n) { return std::get<std::int64_t>(items[n].find("leaf")->data); };
  EXPECT_EQ(Api::text(items[0], "code"), "unknown_reference");
  EXPECT_EQ(Api::text(items[1], "outcome"), "accepted");
  EXPECT_EQ(Api::text(items[2], "outcome"), "accepted");
  EXPECT_EQ(leaf(2), leaf(1));
  EXPECT_EQ(Api::text(items[3], "code"), "unknown_reference");
  EXPECT_EQ(Api::text(items[5], "code"), "bad_signature");
  for (std::size_t n = 0; n < 6; ++n)
    EXPECT_EQ(again(n), n == 2 || n == 3) << n;
}

TEST(HttpApi, ADryRunIsChargedToItsKey) {
  // Goal: each verified item costs a token, what does not verify none; past the limit 429 before anything is
  // judged, until time has passed.
  World world = rich_world();
  Api rig(world);
  KeyLimiter keys({.per_second = 2, .burst = 2});
  std::int64_t now_ms = 1'000;
  rig.services.keys = &keys;
  rig.services.steady_ms = [&] { return now_ms; };
  rig.api = std::make_unique<HttpApi>(rig.services, rig.metrics);
  const Bytes lot = world.sign("miner", world.lot("L-1"));
  Bytes bent = lot;
  bent.back() ^= 1;
  const Bytes stranger = world.sign("stranger", world.lot("L-1"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Api::text(Api::json(rig.post("/v1/statements?dry_run=1", bent)), "code"), "bad_signature");
    EXPECT_EQ(Api::text(Api::json(rig.post("/v1/statements?dry_run=1", stranger)), "code"), "unknown_key");
  }
  EXPECT_EQ(keys.figures().buckets, 0u);
  Bytes three;
  for (const char* id : {"L-1", "L-2", "L-3"}) {
    const Bytes one = world.sign("miner", world.lot(id));
    three.insert(three.end(), one.begin(), one.end());
  }
  EXPECT_EQ(rig.post("/v1/statements?dry_run=1", three, "application/cbor-seq").status, 200u);
  const int judged = rig.long_questions;
  for (const HttpResponse& refused : {rig.post("/v1/statements?dry_run=1", lot),
                                      rig.post("/v1/statements?dry_run=1", three, "application/cbor-seq")}) {
    EXPECT_EQ(refused.status, 429u);
    EXPECT_EQ(refused.headers, (HttpFields{{"Retry-After", "1"}, {"Cache-Control", "no-store"}}));
    EXPECT_EQ(Api::text(Api::json(refused), "code"), "key_statements_per_second");
  }
  EXPECT_EQ(rig.long_questions, judged);
  now_ms += 1'000;
  EXPECT_EQ(rig.post("/v1/statements?dry_run=1", lot).status, 200u);
}

TEST(HttpApi, TryingOutWhatIsRecordedCostsItsSignerNothing) {
  // Goal: recorded statements are public; a stranger who sends one again and again as a dry run gets its
  // outcome and locks nobody out.
  World world = rich_world();
  world.deliver("L-1");
  Api rig(world);
  KeyLimiter keys({.per_second = 2, .burst = 2});
  rig.services.keys = &keys;
  rig.services.steady_ms = [] { return std::int64_t{1'000}; };
  rig.api = std::make_unique<HttpApi>(rig.services, rig.metrics);
  const Bytes& recorded = world.log.back().bytes;
  Bytes many;
  for (int i = 0; i < 20; ++i)
    many.insert(many.end(), recorded.begin(), recorded.end());
  EXPECT_EQ(rig.post("/v1/statements?dry_run=1", many, "application/cbor-seq").status, 200u);
  EXPECT_EQ(rig.post("/v1/statements?dry_run=1", recorded).status, 200u);
  EXPECT_EQ(keys.figures().buckets, 0u);
}

}  // namespace
}  // namespace anta::test
