#include "node/http_api.h"

#include <gtest/gtest.h>

#include "node/http_problem.h"
#include "node/queries.h"
#include "node/views/json_tree.h"
#include "node/views/report_view.h"
#include "node/views/shape_view.h"
#include "tests/ledger/law_network.h"
#include "tests/node/api_rig.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {
namespace {

TEST(HttpApi, AStatementIsSubmittedInTheBytesThatArrived) {
  // Goal: no copy between the request's body and the submission.
  World world = rich_world();
  Api rig(world);
  EXPECT_EQ(rig.post("/v1/statements", world.sign("miner", world.lot("L-9"))).status, 201u);
  ASSERT_EQ(rig.submitted_items.size(), 1u);
  EXPECT_EQ(rig.submitted_items[0].get(), rig.sent_body.get());
}

TEST(HttpApi, ReadsRecordsListsAndHistories) {
  // Goal: a lot by id, filtered lists with a cursor, its history in leaf order, and 404 for what is not
  // there.
  World world = rich_world();
  world.deliver("L-1");
  world.deliver("L-2");
  Api rig(world);
  const Value lot = Api::json(rig.get("/v1/lots/L-1?fresh=1"));
  EXPECT_EQ(Api::text(lot, "holder"), "plant");
  EXPECT_EQ(rig.reads, 1);
  EXPECT_EQ(Api::items(Api::json(rig.get("/v1/lots?holder=plant"))), 2u);
  EXPECT_EQ(Api::items(Api::json(rig.get("/v1/lots?holder=miner"))), 0u);
  const Value page = Api::json(rig.get("/v1/lots?limit=1"));
  EXPECT_EQ(Api::items(page), 1u);
  EXPECT_EQ(Api::items(Api::json(rig.get("/v1/lots?limit=1&cursor=" + Api::text(page, "next")))), 1u);
  const Value history = Api::json(rig.get("/v1/lots/L-1/history"));
  ASSERT_GE(Api::items(history), 3u);
  EXPECT_EQ(Api::text(std::get<ValueList>(history.find("items")->data)[0], "type"), "lot");
  EXPECT_EQ(rig.get("/v1/lots/nothing").status, 404u);
  EXPECT_EQ(rig.get("/v1/lots/L-1?at_leaf=1").status, 404u);
  EXPECT_EQ(rig.get("/v1/parties/miner").status, 200u);
}

TEST(HttpApi, NodesAndProposalsWithTheirVotes) {
  // Goal: every node with what a joining one must know, and of a proposal who has still to vote.
  World world = rich_world();
  add_witness(world, "lab");
  world.must("plant", amendment(world, "P-1", "transit_flag_hours", 48));
  EXPECT_EQ(decide(world, node_change(world, "P-2", NodeAction::remove, "n-owner", "owner")), "accepted");
  Api rig(world);
  const Value nodes = Api::json(rig.get("/v1/nodes"));
  EXPECT_EQ(std::get<std::int64_t>(nodes.find("size")->data),
            static_cast<std::int64_t>(rig.ledger.ledger->applied()->leaves.value));
  const auto& list = std::get<ValueList>(nodes.find("nodes")->data);
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(Api::text(std::get<ValueList>(nodes.find("witnesses")->data).at(0), "id"), "lab");
  EXPECT_EQ(Api::text(list[0], "standing"), "removed");
  EXPECT_EQ(Api::text(list[1], "id"), "n-plant");
  EXPECT_EQ(Api::text(list[1], "organisation"), "plant");
  EXPECT_EQ(Api::text(list[1], "standing"), "voter");
  EXPECT_EQ(Api::text(list[1], "address"), "127.0.0.1:7101");
  EXPECT_EQ(std::get<std::int64_t>(list[1].find("incarnation")->data), 1);
  EXPECT_EQ(Api::text(*list[1].find("keys"), "tls"), to_hex(node_keys("n-plant").tls.view()));
  EXPECT_EQ(list[1].find("by"), nullptr);
  EXPECT_EQ(Api::text(Api::json(rig.get("/v1/nodes/n-owner")), "standing"), "removed");
  EXPECT_EQ(Api::items(Api::json(rig.get("/v1/nodes/n-owner/history"))), 1u);  // the deciding vote
  const Value open = Api::json(rig.get("/v1/proposals?status=open"));
  ASSERT_EQ(Api::items(open), 1u);
  const Value& proposal = std::get<ValueList>(open.find("items")->data)[0];
  EXPECT_EQ(Api::text(proposal, "id"), "P-1");
  EXPECT_EQ(std::get<std::int64_t>(proposal.find("electorate")->data), 2);
  EXPECT_EQ(std::get<std::int64_t>(proposal.find("approvals")->data), 1);
  EXPECT_EQ(std::get<ValueList>(proposal.find("waiting")->data), ValueList{Value{std::string("smelter")}});
  const Value decided = Api::json(rig.get("/v1/proposals/P-2"));
  EXPECT_EQ(Api::text(decided, "status"), "approved");
  EXPECT_TRUE(std::get<ValueList>(decided.find("waiting")->data).empty());
  EXPECT_EQ(rig.get("/v1/proposals/P-9").status, 404u);
  EXPECT_EQ(rig.get("/v1/nodes/n-9").status, 404u);
}

TEST(HttpApi, QuestionsThatItDoesNotKnowAreRefused) {
  // Goal: unknown path, method, parameter (with the nearest known), limit and cursor are told apart.
  World world = rich_world();
  Api rig(world);
  EXPECT_EQ(rig.get("/v2/lots").status, 404u);
  const HttpResponse method = rig.call("DELETE", "/v1/lots");
  EXPECT_EQ(method.status, 405u);
  EXPECT_EQ(method.headers.at(0).second, "GET, HEAD");
  const HttpResponse typo = rig.get("/v1/lots?holdr=plant");
  EXPECT_EQ(typo.status, 400u);
  EXPECT_NE(typo.body.find("holder"), std::string::npos);
  EXPECT_EQ(rig.get("/v1/lots?limit=0").status, 400u);
  EXPECT_EQ(rig.get("/v1/inbox").status, 400u);
  EXPECT_EQ(rig.get("/v1/statements/xyz").status, 400u);
}

TEST(HttpApi, AnETagSparesTheSecondAnswer) {
  // Goal: the same record is 304 to who has it, and a read index that fails is 503 with Retry-After.
  World world = rich_world();
  Api rig(world);
  const HttpResponse first = rig.get("/v1/sites/mine");
  ASSERT_EQ(first.status, 200u);
  EXPECT_EQ(rig.get("/v1/sites/mine", {{"if-none-match", first.headers.at(0).second}}).status, 304u);
  rig.read_answer = fail(Code::not_leader, "nobody leads");
  const HttpResponse stale = rig.get("/v1/sites/mine?fresh");
  EXPECT_EQ(stale.status, 503u);
  EXPECT_EQ(stale.headers.at(0).first, "Retry-After");
}

TEST(HttpApi, SubmissionsHaveTheStatusOfTheirOutcome) {
  // Goal: 201 with leaf and who is missing, 422 with the rule, 400, 504; a sequence is 200 with one item
  // each.
  World world = rich_world();
  Api rig(world);
  const Bytes lot = world.sign("miner", world.lot("L-1"));
  const HttpResponse accepted = rig.post("/v1/statements", lot);
  EXPECT_EQ(accepted.status, 201u);
  EXPECT_EQ(rig.submitted.wait, WaitFor::cosigned);
  EXPECT_NE(accepted.body.find("\"org2\""), std::string::npos);
  rig.outcome = Outcome{.rule = "not_holder", .message = "m"};
  const HttpResponse rejected = rig.post("/v1/statements?wait=committed", lot);
  EXPECT_EQ(rejected.status, 422u);
  EXPECT_EQ(Api::text(Api::json(rejected), "code"), "not_holder");
  EXPECT_EQ(Api::text(Api::json(rejected), "digest"), hex(sha256(lot)));
  EXPECT_EQ(rig.submitted.wait, WaitFor::committed);
  rig.outcome = fail(Code::bad_signature, "bad_signature", "m");
  EXPECT_EQ(rig.post("/v1/statements", lot).status, 400u);
  rig.outcome = fail(Code::uncertain, "deadline", "m");
  EXPECT_EQ(rig.post("/v1/statements", lot).status, 504u);
  Bytes two = lot;
  two.insert(two.end(), lot.begin(), lot.end());
  const HttpResponse sequence = rig.post("/v1/statements", two, "application/cbor-seq");
  EXPECT_EQ(sequence.status, 200u);
  EXPECT_EQ(Api::items(Api::json(sequence)), 2u);
  EXPECT_EQ(rig.post("/v1/statements", lot, "text/plain").status, 415u);
  EXPECT_EQ(rig.post("/v1/statements", {}).status, 400u);
  EXPECT_EQ(rig.post("/v1/statements?wait=forever", lot).status, 400u);
}

TEST(HttpApi, EachPostTakesItsOwnTypesInAnyCase) {
  // Goal: what a route takes is read from its entry for all of them: Application/COSE is application/cose (it
  // was 415), what it does not take is 415 with what it does, and without the field a body is bytes.
  World world = rich_world();
  Api rig(world);
  rig.services.lead = [](const auto&, const LeadRequests::Callback& callback) {
    callback(Led{.leader = NodeId{"n-owner"}, .term = Term{7}});
  };
  rig.api = std::make_unique<HttpApi>(rig.services, rig.metrics);
  const Bytes body = world.sign("miner", world.lot("L-1"));
  const std::vector<std::pair<std::string, std::string>> all = {
      {"/v1/statements", "Application/COSE"},
      {"/v1/statements", "application/CBOR-seq ; charset=none"},
      {"/entries", "application/SCITT-statement+cose; x=y"},
      {"/v1/verify", "Application/Octet-Stream"},
      {"/v1/network/lead", "APPLICATION/cose"},
      {"/v1/backup", "application/COSE;"}};
  for (const auto& [path, type] : all) {
    EXPECT_NE(rig.post(path, body, type).status, 415u) << path;
    for (const char* other : {"", ";", "text/plain", "application/cose, text/plain", "application/cos"}) {
      const HttpResponse refused = rig.post(path, body, other);
      EXPECT_EQ(refused.status, 415u) << path << other;
      EXPECT_NE(refused.body.find(path == "/v1/verify" ? "octet-stream" : "application/cose"),
                std::string::npos)
          << refused.body;
    }
    EXPECT_EQ(rig.call("POST", path, {{"content-type", type}, {"content-type", type}}, body).status, 415u);
    EXPECT_EQ(rig.call("POST", path, {}, body).status == 415, path != "/v1/verify") << path;
  }
}

TEST(HttpApi, PastAKeysLimitTheAnswerIs429WithTheWait) {
  // Goal: 429, problem details with the limit's name, Retry-After in the seconds that the limit says, for one
  // statement and for a sequence; a sequence of which something is known answers item by item.
  World world = rich_world();
  Api rig(world);
  rig.outcome = tl::unexpected(key_limit_error(7));
  const Bytes lot = world.sign("miner", world.lot("L-1"));
  Bytes two = lot;
  two.insert(two.end(), lot.begin(), lot.end());
  for (const HttpResponse& refused :
       {rig.post("/v1/statements", lot), rig.post("/v1/statements", two, "application/cbor-seq")}) {
    EXPECT_EQ(refused.status, 429u);
    EXPECT_EQ(refused.content_type, "application/problem+json");
    EXPECT_EQ(refused.headers, (HttpFields{{"Retry-After", "7"}, {"Cache-Control", "no-store"}}));
    EXPECT_EQ(Api::text(Api::json(refused), "code"), "key_statements_per_second");
    EXPECT_EQ(Api::text(Api::json(refused), "type"), "urn:anta:problem:key_statements_per_second");
  }
  rig.first_known = true;
  const HttpResponse some = rig.post("/v1/statements", two, "application/cbor-seq");
  EXPECT_EQ(some.status, 200u);
  const Value answer = Api::json(some);
  const ValueList& items = std::get<ValueList>(answer.find("items")->data);
  EXPECT_EQ(Api::text(items.at(0), "outcome"), "accepted");
  EXPECT_EQ(Api::text(items.at(1), "outcome"), "undecided");
  EXPECT_EQ(Api::text(items.at(1), "code"), "key_statements_per_second");
}

TEST(HttpApi, AStatementComesWithItsProofOrItsBytes) {
  // Goal: the inclusion proof leads to the tree's root; Accept: application/cose gives what was signed.
  World world = rich_world();
  world.deliver("L-1");
  Api rig(world);
  const Bytes& bytes = world.log.back().bytes;
  const std::string path = "/v1/statements/" + hex(sha256(bytes));
  const HttpResponse raw = rig.get(path, {{"accept", "application/cose"}});
  ASSERT_TRUE(raw.file);
  EXPECT_EQ(*raw.file, bytes);
  const Value value = Api::json(rig.get(path));
  const Value* proof = value.find("proof");
  ASSERT_NE(proof, nullptr);
  std::vector<Digest> siblings;
  for (const Value& sibling : std::get<ValueList>(proof->find("path")->data))
    siblings.push_back(*digest_from_hex(std::get<std::string>(sibling.data)));
  const auto leaf = static_cast<std::uint64_t>(std::get<std::int64_t>(value.find("leaf")->data));
  const Applied& applied = *rig.ledger.ledger->applied();
  EXPECT_TRUE(verify_inclusion(leaf_hash(sha256(bytes).view()), leaf, applied.leaves.value, siblings,
                               applied.tree_root));
}

TEST(HttpApi, TheInboxAndTheImpactAreFound) {
  // Goal: a dispatch waits for its consignee only; a revocation for fraud names the lots it would touch.
  World world = rich_world();
  world.must("miner", world.lot("L-1"));
  world.must("miner", world.dispatch("D-1", {"L-1"}));
  world.now += day;
  Api rig(world);
  const Value inbox = Api::json(rig.get("/v1/inbox?party=plant"));
  ASSERT_EQ(Api::items(inbox), 1u);
  EXPECT_EQ(Api::text(std::get<ValueList>(inbox.find("items")->data)[0], "waits_for"), "receipt");
  EXPECT_EQ(Api::items(Api::json(rig.get("/v1/inbox?party=miner"))), 0u);
  const Value attestations = Api::json(rig.get("/v1/attestations?subject=miner&site=mine"));
  ASSERT_GE(Api::items(attestations), 1u);
  const std::string id = Api::text(std::get<ValueList>(attestations.find("items")->data)[0], "id");
  const HttpResponse impact =
      rig.get("/v1/attestations/" + id +
              "/impact?status=revoked&from=2025-01-03T00:00:00Z&void_from=2025-01-01T00:00:00Z");
  ASSERT_EQ(impact.status, 200u) << impact.body;
  const Value value = Api::json(impact);
  ASSERT_EQ(std::get<ValueList>(value.find("lots")->data).size(), 1u);
  EXPECT_EQ(Api::text(std::get<ValueList>(value.find("lots")->data)[0], "id"), "L-1");
  EXPECT_EQ(rig.get("/v1/attestations/" + id + "/impact?status=gone&from=2025-01-03T00:00:00Z").status, 400u);
}

TEST(HttpApi, LongQuestionsAreAnsweredBesideTheHttpThread) {
  // Goal: verification, certificate files, lineage, impact and dry runs go to the query workers, records do
  // not; when these are full the answer is 503 with Retry-After, and nothing is lost.
  World world = rich_world();
  world.deliver("L-1");
  Api rig(world);
  const Bytes dispatch = world.sign("miner", world.dispatch("D-9", {"L-1"}));
  const auto ask_all = [&] {
    std::vector<HttpResponse> answers = {rig.post("/v1/verify", {1, 2, 3}, "application/octet-stream"),
                                         rig.get("/v1/certificates/C-1"), rig.get("/v1/lots/L-1/graph"),
                                         rig.get("/v1/attestations/att-mine/impact?status=suspended"
                                                 "&from=2025-01-03T00:00:00Z"),
                                         rig.post("/v1/statements?dry_run=1", dispatch)};
    return answers;
  };
  for (const HttpResponse& answer : ask_all())
    EXPECT_EQ(answer.body.find("queries_max"), std::string::npos) << answer.body;
  EXPECT_EQ(rig.long_questions, 5);
  rig.full = true;
  for (const HttpResponse& answer : ask_all()) {
    EXPECT_EQ(answer.status, 503u);
    EXPECT_EQ(Api::text(Api::json(answer), "code"), "queries_max");
    EXPECT_EQ(answer.headers.at(0).first, "Retry-After");
  }
  EXPECT_EQ(rig.get("/v1/lots/L-1").status, 200u);
  EXPECT_EQ(rig.get("/v1/certificates/C-1", {{"accept", "application/json"}}).status, 404u);
  EXPECT_EQ(rig.long_questions, 10);
}

TEST(HttpApi, AVerifiedFileIsReportedAsTheCommandLineDoes) {
  // Goal: POST /v1/verify answers with the one view of a report, for a good file and for a broken one.
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  auto certificate = world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  certificate.valid_until = Millis{1'900'000'000'000};
  world.must("plant", certificate);
  const CertificateRig node(world);
  const auto good = node.assemble("C-1");
  ASSERT_TRUE(good) << good.error().message;
  Bytes broken = *good;
  broken[broken.size() / 2] ^= 1;
  Api rig(world);
  rig.services.genesis_bytes = std::make_shared<const Bytes>(encode_genesis(node.ledger.genesis));
  rig.services.policy = [policy = *network_policy(node.ledger.genesis)] { return policy; };
  rig.services.clock = [] { return Millis{1'800'000'100'000}; };
  rig.api = std::make_unique<HttpApi>(rig.services, rig.metrics);
  Trust trust;
  trust.policy = rig.services.policy();
  trust.assertions.genesis = sha256(*rig.services.genesis_bytes);
  for (const Bytes& file : {*good, broken, Bytes{}, Bytes{1, 2, 3}}) {
    const HttpResponse answer = rig.post("/v1/verify", file, "application/octet-stream");
    EXPECT_EQ(answer.status, file.empty() ? 400u : 200u) << answer.body;
    if (file.empty()) continue;
    const Report report = verify_certificate(file, trust, rig.services.clock());
    EXPECT_EQ(is_yes(report), file == *good) << in_words(report);
    EXPECT_EQ(answer.body, views::to_json(views::report_value(report)));
  }
}

TEST(HttpApi, CertificatesAndStateAreOfTheFinishedCheckpoint) {
  // Goal: a file, a patch and a state proof are served under the finished checkpoint; what it does not cover
  // yet is 503 with who is missing, what is not there 404, a bad question 400.
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  auto certificate = world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  certificate.valid_until = Millis{1'900'000'000'000};
  world.must("plant", certificate);
  CertificateRig node(world);
  Api rig(world);
  FinishedCheckpoint finished = node.finished;
  rig.services.reader = [&] { return node.ledger.ledger->reader(); };
  rig.services.reader_at = [&](LeafIndex leaf) { return node.ledger.ledger->reader_at(leaf); };
  rig.services.reader_of = [&](TreeSize size) { return node.ledger.ledger->reader_of(size); };
  rig.services.finished = [&] { return std::make_shared<const FinishedCheckpoint>(finished); };
  rig.api = std::make_unique<HttpApi>(rig.services, rig.metrics);
  EXPECT_EQ(rig.get("/v1/certificates/C-1").status, 200u);
  EXPECT_EQ(rig.get("/v1/certificates/C-2").status, 404u);
  const std::string whole = std::to_string(finished.checkpoint.size);
  EXPECT_EQ(rig.get("/v1/certificates/C-1/refresh?from=" + whole).status, 200u);
  EXPECT_EQ(rig.get("/v1/certificates/C-1/refresh?from=1").status, 400u);
  EXPECT_EQ(rig.get("/v1/certificates/C-1/refresh").status, 400u);
  // No larger than was asked for: a summary where it helps.
  const Bytes file = *rig.get("/v1/certificates/C-1").file;
  const Bytes summary = *rig.get("/v1/certificates/C-1?bytes_max=" + std::to_string(file.size() - 1)).file;
  EXPECT_LT(summary.size(), file.size());
  EXPECT_TRUE(decode_certificate_file(summary)->summary);
  EXPECT_EQ(*rig.get("/v1/certificates/C-1?bytes_max=" + std::to_string(file.size())).file, file);
  EXPECT_EQ(*rig.get("/v1/certificates/C-1").file, file);
  EXPECT_EQ(rig.get("/v1/certificates/C-1?bytes_max=100").status, 422u);
  for (const char* wrong : {"", "0", "x", "134217729"})
    EXPECT_EQ(rig.get("/v1/certificates/C-1?bytes_max=" + std::string(wrong)).status, 400u) << wrong;
  for (const char* id : {"C-1", "C-2"}) {
    const Value proof = Api::json(rig.get("/v1/proofs/state?kind=certificate&id=" + std::string(id)));
    EXPECT_EQ(Api::text(proof, "root"), hex(finished.checkpoint.root));
    EXPECT_EQ(Api::text(proof, "checkpoint"), finished.note);
    EXPECT_EQ(std::holds_alternative<std::string>(proof.find("record")->data), std::string(id) == "C-1");
  }
  EXPECT_EQ(rig.get("/v1/proofs/state?kind=certificate&id=C-1&at_leaf=1").status, 200u);
  EXPECT_EQ(rig.get("/v1/proofs/state?kind=coin&id=C-1").status, 400u);
  EXPECT_EQ(rig.get("/v1/proofs/state?kind=lot").status, 400u);
  node.seal(finished.checkpoint.size - 2);
  finished = node.finished;
  EXPECT_EQ(rig.get("/v1/certificates/C-1").status, 503u);
  EXPECT_EQ(rig.get("/v1/certificates/C-1/refresh?from=2").status, 503u);
}

TEST(HttpApi, TheDocumentListsWhatItsRoutesAnswer) {
  // Goal: a POST that takes types lists 415 and 413; POST /v1/backup lists what may_order refuses (it listed
  // none of it); 410 stands where ?at_leaf is known, and problems are of the form that their path has.
  const auto status_of = [](const std::string& method, const std::string& path, const char* status) {
    const Value* operation = documented(method, parse_target(path)->path);
    return operation ? operation->find("responses")->find(status) : nullptr;
  };
  int posts = 0;
  for (const auto& [path, operations] : std::get<ValueMap>(openapi_paths().data)) {
    for (const auto& [method, operation] : std::get<ValueMap>(operations.data)) {
      const Value* responses = operation.find("responses");
      for (const char* any : {"400", "408", "429", "503"})
        EXPECT_NE(responses->find(any), nullptr) << path << any;
      const bool past = views::to_json(*operation.find("parameters")).find("at_leaf") != std::string::npos;
      EXPECT_EQ(responses->find("410") != nullptr, past) << path;
      const bool concise = path.starts_with("/entries") || path.starts_with("/.well-known/");
      EXPECT_EQ(Api::text(*responses->find("503"), "$ref").ends_with("/ConciseProblem"), concise) << path;
      if (method != "post") continue;
      ++posts;
      EXPECT_NE(operation.find("requestBody"), nullptr) << path;
      for (const char* status : {"413", "415"})
        EXPECT_NE(responses->find(status), nullptr) << path << status;
    }
  }
  EXPECT_EQ(posts, 5);
  for (const char* status : {"200", "400", "403", "415", "422", "503"}) {
    EXPECT_NE(status_of("POST", "/v1/backup", status), nullptr) << status;
    EXPECT_NE(status_of("POST", "/v1/network/lead", status), nullptr) << status;
  }
  EXPECT_EQ(status_of("POST", "/entries", "200"), nullptr);
  EXPECT_NE(status_of("POST", "/entries", "303"), nullptr);
  EXPECT_NE(status_of("GET", "/entries/x", "302")->find("headers"), nullptr);
  EXPECT_EQ(status_of("GET", "/healthz", "404"), nullptr);
  EXPECT_NE(status_of("GET", "/tile/entries/x001/000", "404"), nullptr);
}

TEST(HttpApi, TheNodeSpeaksOfItself) {
  // Goal: health, readiness with reasons, parameters, network, openapi and a missing checkpoint.
  World world = rich_world();
  Api rig(world);
  EXPECT_EQ(rig.get("/healthz").status, 200u);
  EXPECT_EQ(rig.get("/readyz").status, 200u);
  rig.unready = {"no leader"};
  EXPECT_EQ(rig.get("/readyz").status, 503u);
  EXPECT_EQ(std::get<std::int64_t>(Api::json(rig.get("/v1/parameters")).find("event_age_max_days")->data),
            3650);
  EXPECT_EQ(Api::text(Api::json(rig.get("/v1/network")), "digest"),
            hex(sha256(encode_genesis(world.genesis))));
  const HttpResponse checkpoint = rig.get("/checkpoint");
  EXPECT_EQ(checkpoint.status, 503u);
  EXPECT_NE(checkpoint.body.find("org2"), std::string::npos);
  EXPECT_NE(rig.get("/v1/openapi.json").body.find("\"/v1/lots/{id}/graph\""), std::string::npos);
  const Value openapi = Api::json(rig.get("/v1/openapi.json"));
  const Value* post = openapi.find("paths")->find("/v1/statements")->find("post");
  EXPECT_NE(post->find("responses")->find("429"), nullptr);
  EXPECT_NE(Api::text(*openapi.find("info"), "description").find(key_limit_rule), std::string::npos);
  EXPECT_NE(rig.get("/metrics").body.find("anta_http_requests_total"), std::string::npos);
}

}  // namespace
}  // namespace anta::test
