// Answers that are given again: the same bytes, only to whom they may be given, and only while they are
// right.
#include <gtest/gtest.h>

#include <thread>

#include "tests/node/api_rig.h"
#include "tests/node/tile_rig.h"

namespace anta::test {
namespace {

constexpr const char* certificate_type = "application/vnd.anta.certificate+cbor";

// A ledger with a certificate behind the API, and its tree behind its checkpoint.
struct Kept {
  explicit Kept(std::size_t bytes_max = answer_cache_standard_bytes) : rig(world) {
    answers = std::make_shared<AnswerCache>(bytes_max);
    rig.services.answers = answers;
    rig.services.reader_of = [this](TreeSize size) { return rig.rig.ledger.ledger->reader_of(size); };
    rig.services.post = [](const std::function<void()>& work) { work(); };
    rig.services.read_index = [this](auto callback) {
      ++reads;
      callback(LogIndex{1});
    };
    rig.api = std::make_unique<HttpApi>(rig.services, rig.metrics);
  }

  static World made() {
    World world = rich_world();
    for (int i = 0; i < 60; ++i)
      world.deliver("L-" + std::to_string(i));
    concentrate(world, "M-1", "K-1");
    auto certificate = world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
    certificate.valid_until = Millis{1'900'000'000'000};
    world.must("plant", certificate);
    return world;
  }

  HttpResponse get(const std::string& target, HttpFields headers = {}) {
    const auto parsed = parse_target(target);
    HttpResponse response{.status = 0};
    rig.api->handle(
        {.method = "GET", .path = parsed->path, .query = parsed->query, .headers = std::move(headers)},
        [&](HttpResponse r) { response = std::move(r); });
    return response;
  }
  Bytes lot(const std::string& id) { return world.sign("miner", world.lot(id)); }
  void apply(const Bytes& statement) { rig.rig.ledger.apply({statement}, Millis{world.now}); }
  std::string statement() const { return "/v1/statements/" + hex(sha256(world.log.front().bytes)); }

  World world = made();
  TileRig rig;
  std::shared_ptr<AnswerCache> answers = {};
  int reads = 0;
};

Bytes bytes_of(const HttpResponse& response) {
  return response.file ? *response.file : to_bytes(as_bytes(response.body));
}

std::string etag_in(const HttpResponse& response) {
  for (const auto& [key, text] : response.headers) {
    if (key == "ETag") return text;
  }
  return "";
}

void expect_same(const HttpResponse& a, const HttpResponse& b, const std::string& what) {
  EXPECT_EQ(a.status, b.status) << what;
  EXPECT_EQ(a.content_type, b.content_type) << what;
  EXPECT_EQ(a.headers, b.headers) << what;
  EXPECT_EQ(bytes_of(a), bytes_of(b)) << what;
}

struct Asked {
  std::string target = {};
  std::string accept = {};
};

std::vector<Asked> everything(const Kept& kept) {
  std::vector<Asked> all;
  for (const char* path : {"/checkpoint", "/tile/0/000", "/tile/0/000.p/9", "/tile/entries/000",
                           "/bodies/000", "/seals/001", "/rejected/001"})
    all.push_back({path, "*/*"});
  all.push_back({"/v1/certificates/C-1", certificate_type});
  all.push_back({kept.statement(), "application/json"});
  all.push_back({kept.statement(), "application/cose"});
  return all;
}

TEST(KeptAnswers, AreByteEqualToThoseThatWereMade) {
  // Goal: first answer, second answer, and the answer of a node that keeps nothing are the same, fields too;
  // who has it gets 304 and no body.
  Kept kept;
  Kept none(0);
  ASSERT_GT(kept.rig.size(), tile_width);
  for (const auto& [target, accept] : everything(kept)) {
    const HttpFields fields = {{"accept", accept}};
    const std::uint64_t before = kept.answers->figures().hits;
    const HttpResponse made = kept.get(target, fields);
    ASSERT_EQ(made.status, 200u) << target << made.body;
    EXPECT_EQ(kept.answers->figures().hits, before) << target;
    const HttpResponse again = kept.get(target, fields);
    EXPECT_EQ(kept.answers->figures().hits, before + 1) << target;
    expect_same(made, again, target);
    expect_same(made, none.get(target, fields), target);
    const HttpResponse has = kept.get(target, {{"accept", accept}, {"if-none-match", etag_in(made)}});
    EXPECT_EQ(has.status, 304u) << target;
    EXPECT_TRUE(bytes_of(has).empty()) << target;
    EXPECT_EQ(kept.get(target, {{"accept", accept}, {"if-none-match", "\"another\""}}).status, 200u);
  }
  EXPECT_EQ(none.answers->figures().bytes, 0u);
  EXPECT_GT(kept.answers->figures().bytes, 0u);
}

TEST(KeptAnswers, AreNotGivenWhereTheyMayNotBe) {
  // Goal: what the newest checkpoint does not have, or any without one, is refused though it is kept; nobody
  // is told by a kept answer what a route would refuse.
  Kept kept;
  const std::string partial = "/tile/0/000.p/9";
  for (const std::string& path : {std::string("/tile/0/000"), partial, std::string("/bodies/000")})
    ASSERT_EQ(kept.get(path).status, 200u);
  const FinishedCheckpoint whole = kept.rig.rig.finished;
  kept.rig.rig.finished.checkpoint.size = 9;
  EXPECT_EQ(kept.get(partial).status, 200u);
  EXPECT_EQ(kept.get("/tile/0/000").status, 404u);
  EXPECT_EQ(kept.get("/bodies/000").status, 404u);
  kept.rig.rig.finished.checkpoint.size = 8;
  EXPECT_EQ(kept.get(partial).status, 404u);
  kept.rig.rig.finished = whole;
  ASSERT_EQ(kept.get("/checkpoint").status, 200u);
  kept.rig.cosigned = false;
  for (const std::string& path : {std::string("/tile/0/000"), partial, std::string("/checkpoint")})
    EXPECT_NE(kept.get(path).status, 200u) << path;
  EXPECT_EQ(kept.get(kept.statement() + "?unknown=1").status, 400u);
}

TEST(KeptAnswers, ErrorsAreNeverKept) {
  // Goal: what was refused is looked at again: there once the checkpoint has it.
  Kept kept;
  const Bytes lot = kept.lot("N-1");
  const std::string path = "/seals/" + tile_number(kept.rig.size() + 1);
  const std::string unknown = "/v1/statements/" + hex(sha256(lot));
  EXPECT_EQ(kept.get(path).status, 404u);
  EXPECT_EQ(kept.get(unknown, {{"accept", "application/cose"}}).status, 404u);
  EXPECT_EQ(kept.get(unknown).status, 404u);
  EXPECT_EQ(kept.answers->figures().misses, 0u);
  kept.apply(lot);
  kept.rig.rig.seal(0);
  EXPECT_EQ(kept.get(path).status, 200u);
  EXPECT_EQ(kept.get(unknown, {{"accept", "application/cose"}}).status, 200u);
  EXPECT_EQ(kept.get(unknown).status, 200u);
}

TEST(KeptAnswers, ChangeWithWhatTheyAreMadeFrom) {
  // Goal: a new checkpoint is seen at once in what is relative to it, a new block in a statement's proof;
  // what never changes is found as before.
  Kept kept;
  const HttpResponse note = kept.get("/checkpoint");
  const HttpResponse proven = kept.get(kept.statement());
  const HttpResponse bytes = kept.get(kept.statement(), {{"accept", "application/cose"}});
  const HttpResponse tile = kept.get("/tile/0/000");
  const HttpFields file = {{"accept", certificate_type}};
  const std::string certificate = "/v1/certificates/C-1";
  const HttpResponse evidence = kept.get(certificate, file);
  const HttpResponse patch = kept.get(certificate + "/refresh?from=" + std::to_string(kept.rig.size()));
  ASSERT_EQ(evidence.status, 200u) << evidence.body;
  ASSERT_EQ(patch.status, 200u) << patch.body;
  kept.apply(kept.lot("N-1"));
  expect_same(kept.get("/checkpoint"), note, "not cosigned yet");
  expect_same(kept.get(certificate, file), evidence, "not cosigned yet");
  const HttpResponse grown = kept.get(kept.statement());
  EXPECT_NE(grown.body, proven.body);
  EXPECT_NE(etag_in(grown), etag_in(proven));
  EXPECT_EQ(kept.get(kept.statement(), {{"if-none-match", etag_in(proven)}}).status, 200u);
  kept.rig.rig.seal(0);
  const HttpResponse next = kept.get("/checkpoint");
  EXPECT_NE(bytes_of(next), bytes_of(note));
  EXPECT_EQ(bytes_of(next), to_bytes(as_bytes(kept.rig.rig.finished.note)));
  const HttpResponse newer = kept.get(certificate, file);
  EXPECT_EQ(newer.status, 200u);
  EXPECT_NE(bytes_of(newer), bytes_of(evidence));
  EXPECT_EQ(bytes_of(newer), *kept.rig.rig.assemble("C-1"));
  const HttpResponse larger = kept.get(certificate + "?bytes_max=" + std::to_string(17u << 20), file);
  EXPECT_EQ(bytes_of(larger), bytes_of(newer));
  EXPECT_EQ(kept.get(certificate + "/refresh?from=" + std::to_string(kept.rig.size() - 2)).status, 200u);
  const std::uint64_t hits = kept.answers->figures().hits;
  expect_same(kept.get(kept.statement(), {{"accept", "application/cose"}}), bytes, "bytes");
  expect_same(kept.get("/tile/0/000"), tile, "tile");
  EXPECT_EQ(kept.answers->figures().hits, hits + 2);
}

TEST(KeptAnswers, FreshStillAsksTheLeader) {
  // Goal: ?fresh of a proof goes through a read index though the answer is kept; decided bytes need none.
  Kept kept;
  ASSERT_EQ(kept.get(kept.statement()).status, 200u);
  ASSERT_EQ(kept.get(kept.statement(), {{"accept", "application/cose"}}).status, 200u);
  EXPECT_EQ(kept.reads, 0);
  EXPECT_EQ(kept.get(kept.statement() + "?fresh").status, 200u);
  EXPECT_EQ(kept.reads, 1);
  EXPECT_EQ(kept.get(kept.statement() + "?fresh", {{"accept", "application/cose"}}).status, 200u);
  EXPECT_EQ(kept.reads, 1);
}

TEST(KeptAnswers, ManyAskAtOnce) {
  // Goal: threads that ask for the same and for different things at once all get what one alone gets.
  Kept kept(std::size_t{256} << 10);  // little room: things go while others are asked for
  Kept none(0);
  const std::vector<Asked> all = everything(kept);
  std::vector<HttpResponse> wanted;
  for (const auto& [target, accept] : all)
    wanted.push_back(none.get(target, {{"accept", accept}}));
  std::vector<std::thread> threads;
  std::vector<std::size_t> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, &mistakes = wrong[t], t] {
      for (std::size_t i = 0; i < 40 * all.size(); ++i) {
        const std::size_t at = (i * (t + 1)) % all.size();
        const HttpResponse got = kept.get(all[at].target, {{"accept", all[at].accept}});
        const bool same =
            got.status == 200 && got.headers == wanted[at].headers && bytes_of(got) == bytes_of(wanted[at]);
        mistakes += same ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, std::vector<std::size_t>(4, 0));
}

}  // namespace
}  // namespace anta::test
