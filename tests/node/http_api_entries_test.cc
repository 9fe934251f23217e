// SCRAPI over a real ledger: registering, receipts, keys, and problems as CBOR.
#include <gtest/gtest.h>

#include "crypto/cbor.h"
#include "crypto/cose_receipt.h"
#include "node/http_problem.h"
#include "tests/node/api_rig.h"

namespace anta::test {
namespace {

constexpr const char* concise_type = "application/concise-problem-details+cbor";

std::string field(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

Bytes body_of(const HttpResponse& response) {
  return response.file ? *response.file : to_bytes(as_bytes(response.body));
}

// "title | detail" of a concise problem, held to RFC 9290's shape.
std::string concise(const HttpResponse& response) {
  EXPECT_EQ(response.content_type, concise_type);
  const Bytes bytes = body_of(response);
  cbor::Reader in(bytes);
  EXPECT_EQ(in.map().value_or(0), 2u);
  EXPECT_EQ(in.integer().value_or(0), -1);
  std::string text(in.text().value_or("?"));
  EXPECT_EQ(in.integer().value_or(0), -2);
  text += " | " + std::string(in.text().value_or("?"));
  EXPECT_TRUE(in.finish());
  return text;
}

// A ledger of a few statements whose newest tree this node has signed.
struct Entries {
  Entries() : world(rich_world()), key(derive_node_keys(Secret32(std::array<std::uint8_t, 32>{7}))) {
    world.genesis.nodes.at(0).keys.cosigner = key.cosigner.public_key();
    rig = std::make_unique<Api>(world);
    rig->services.receipt_key = key.cosigner.public_key();
    rig->services.signed_root = [this] { return signed_root; };
    rig->api = std::make_unique<HttpApi>(rig->services, rig->metrics);
    statement = world.log.front().bytes;
    const auto reader = rig->ledger.ledger->reader();
    leaf = (*reader->outcome(sha256(statement)))->leaf;
  }
  void sign() { sign(rig->ledger.ledger->reader()->applied().leaves.value); }
  void sign(std::uint64_t size) {
    const Digest root = *root_at(size, rig->ledger.ledger->reader()->nodes());
    signed_root = std::make_shared<const SignedRoot>(
        SignedRoot{.checkpoint = {.origin = "anta.example/test", .size = size, .root = root},
                   .signature = sign_root("owner/anta", "anta.example/test", root, key.cosigner)});
  }
  std::string path() const { return "/entries/" + hex(sha256(statement)); }
  void expect_receipt(const HttpResponse& response) const {
    const auto receipt = decode_receipt(body_of(response));
    ASSERT_TRUE(receipt) << receipt.error().message;
    EXPECT_EQ(receipt->index, leaf.value);
    EXPECT_TRUE(verify_receipt(*receipt, sha256(statement).view(), key.cosigner.public_key()));
    EXPECT_EQ(field(response, "Location"), path());
  }

  World world;
  NodeKeys key;
  std::unique_ptr<Api> rig = {};
  Bytes statement = {};
  LeafIndex leaf = {};
  std::shared_ptr<const SignedRoot> signed_root = {};
};

TEST(HttpEntries, ARegisteredStatementHasAReceipt) {
  // Goal: 200 in both types, an ETag, a receipt of the signed tree and not of a later one; HEAD too.
  Entries entries;
  entries.sign();
  const HttpResponse plain = entries.rig->get(entries.path());
  EXPECT_EQ(plain.status, 200u);
  EXPECT_EQ(plain.content_type, "application/cose");
  entries.expect_receipt(plain);
  const HttpResponse typed =
      entries.rig->get(entries.path() + "?fresh=1", {{"accept", "application/scitt-receipt+cose"}});
  EXPECT_EQ(typed.content_type, "application/scitt-receipt+cose");
  EXPECT_EQ(entries.rig->reads, 1);
  EXPECT_EQ(entries.rig->get(entries.path(), {{"if-none-match", field(plain, "ETag")}}).status, 304u);
  EXPECT_EQ(entries.rig->call("HEAD", entries.path()).status, 200u);
  entries.sign(entries.leaf.value + 1);
  EXPECT_EQ(decode_receipt(body_of(entries.rig->get(entries.path())))->size, entries.leaf.value + 1);
}

TEST(HttpEntries, WhatIsNotCosignedYetIsToBeAskedForAgain) {
  // Goal: 302 to itself with Retry-After before the first signature and while it covers less; a node that
  // does not cosign says so instead.
  Entries entries;
  for (const bool some : {false, true}) {
    if (some) entries.sign(entries.leaf.value);
    const HttpResponse pending = entries.rig->get(entries.path());
    EXPECT_EQ(pending.status, 302u);
    EXPECT_EQ(field(pending, "Location"), entries.path());
    EXPECT_EQ(field(pending, "Retry-After"), "1");
    EXPECT_EQ(pending.content_type, "application/cose");
    EXPECT_TRUE(body_of(pending).empty());
  }
  entries.rig->services.receipt_key = entries.key.log.public_key();
  HttpApi learner(entries.rig->services, entries.rig->metrics);
  HttpResponse response;
  learner.handle({.method = "GET", .path = {"entries", hex(sha256(entries.statement))}},
                 [&](HttpResponse r) { response = std::move(r); });
  EXPECT_EQ(response.status, 404u);
  EXPECT_NE(concise(response).find("does not cosign"), std::string::npos);
}

TEST(HttpEntries, APostIsASubmissionThatAnswersWithTheReceipt) {
  // Goal: the very bytes, waiting for the checkpoint; 201 and 303.
  Entries entries;
  entries.rig->outcome = Outcome{.accepted = true, .leaf = entries.leaf};
  const HttpResponse open = entries.rig->post("/entries", entries.statement);
  EXPECT_EQ(open.status, 303u);
  EXPECT_EQ(field(open, "Location"), entries.path());
  EXPECT_EQ(field(open, "Retry-After"), "1");
  EXPECT_EQ(entries.rig->submitted.wait, WaitFor::cosigned);
  EXPECT_EQ(entries.rig->submitted_items.at(0).get(), entries.rig->sent_body.get());
  entries.sign();
  const HttpResponse done = entries.rig->call(
      "POST", "/entries", {{"content-type", "application/scitt-statement+cose; x=y"}}, entries.statement);
  EXPECT_EQ(done.status, 201u);
  EXPECT_EQ(done.content_type, "application/cose");
  entries.expect_receipt(done);
  const HttpResponse known = entries.rig->call(
      "POST", "/entries", {{"content-type", "application/cose"}, {"if-none-match", field(done, "ETag")}},
      entries.statement);
  EXPECT_EQ(known.status, 201u);
}

TEST(HttpEntries, RefusalsAreConciseProblemDetails) {
  // Goal: SCRAPI's titles and statuses for what it names, our stable code in each detail.
  Entries entries;
  const auto post = [&](Result<Outcome> outcome) {
    entries.rig->outcome = std::move(outcome);
    return entries.rig->post("/entries", entries.statement);
  };
  const HttpResponse rejected = post(Outcome{.rule = "not_holder", .message = "lot L-1 is another's"});
  EXPECT_EQ(rejected.status, 400u);
  EXPECT_EQ(concise(rejected), "Rejected | not_holder: lot L-1 is another's");
  EXPECT_EQ(concise(post(fail(Code::malformed, "cose.alg", "m"))), "Bad Signature Algorithm | malformed: m");
  EXPECT_EQ(concise(post(fail(Code::malformed, "cose.payload", "m"))), "Payload Missing | malformed: m");
  EXPECT_EQ(concise(post(fail(Code::malformed, "cose.transparent", "m"))),
            "Malformed request | malformed: m");
  EXPECT_EQ(concise(post(fail(Code::bad_signature, "m"))), "Rejected | bad_signature: m");
  EXPECT_EQ(concise(post(fail(Code::rule_violated, "unknown_key", "m"))), "Rejected | unknown_key: m");
  const HttpResponse limited = post(fail(Code::busy, std::string(key_limit_rule), "m"));
  EXPECT_EQ(limited.status, 429u);
  EXPECT_EQ(field(limited, "Retry-After"), "7");
  EXPECT_TRUE(concise(limited).starts_with("Too Many Requests | "));
  const HttpResponse busy = post(fail(Code::busy, "disk_reserve", "m"));
  EXPECT_EQ(busy.status, 503u);
  EXPECT_EQ(field(busy, "Retry-After"), "1");
  EXPECT_EQ(post(fail(Code::uncertain, "m")).status, 504u);
  EXPECT_EQ(post(fail(Code::malformed, "cose.too_large", "m")).status, 413u);
}

TEST(HttpEntries, QuestionsThatItDoesNotKnowAreConciseProblemsToo) {
  // Goal: type, body, id, parameter, method, path: each found before or in the handler, all CBOR.
  Entries entries;
  Api& rig = *entries.rig;
  const HttpResponse type = rig.post("/entries", entries.statement, "application/json");
  EXPECT_EQ(type.status, 415u);
  EXPECT_TRUE(concise(type).starts_with("Unsupported Media Type | content_type: "));
  EXPECT_TRUE(concise(rig.post("/entries", {})).starts_with("Malformed request | "));
  EXPECT_TRUE(concise(rig.get("/entries/67ED")).starts_with("Invalid locator | "));
  EXPECT_EQ(rig.get("/entries/67ED").status, 400u);
  const HttpResponse unknown = rig.get("/entries/" + std::string(64, '0'));
  EXPECT_EQ(unknown.status, 404u);
  EXPECT_TRUE(concise(unknown).starts_with("Not Found | entry: "));
  EXPECT_TRUE(concise(rig.get(entries.path() + "?frsh=1")).find("fresh") != std::string::npos);
  EXPECT_EQ(rig.get("/entries").status, 405u);
  EXPECT_TRUE(concise(rig.get("/entries")).starts_with("Method Not Allowed | "));
  EXPECT_TRUE(concise(rig.get("/entries/a/b")).starts_with("Not Found | no_route: "));
  const std::string long_path = "/entries/" + std::string(9'000, 'x') + "/%22%5C%C3%B1";
  EXPECT_TRUE(concise(rig.get(long_path)).ends_with("/\"\\ñ; see /v1/openapi.json"));
  EXPECT_EQ(rig.get("/v1/lots/nothing").content_type, "application/problem+json");
}

TEST(HttpEntries, ARejectionOnRecordIsToldAgain) {
  // Goal: the outcome of a statement that the law refused, asked for by its id.
  World world = rich_world();
  EXPECT_EQ(world.submit("miner", world.dispatch("D-x", {"L-none"})), "unknown_reference");
  Api rig(world);
  const HttpResponse rejected = rig.get("/entries/" + hex(sha256(world.log.back().bytes)));
  EXPECT_EQ(rejected.status, 400u);
  EXPECT_TRUE(concise(rejected).starts_with("Rejected | unknown_reference: "));
}

TEST(HttpEntries, KeysAreACoseKeySet) {
  // Goal: RFC 9052's set of one key, that key by the base64url of its kid, and no other.
  Entries entries;
  const PublicKey key = entries.key.cosigner.public_key();
  const HttpResponse set = entries.rig->get("/.well-known/scitt-keys");
  EXPECT_EQ(set.content_type, "application/cbor");
  Bytes expected = encode_cose_key(key);
  expected.insert(expected.begin(), 0x81);
  EXPECT_EQ(body_of(set), expected);
  std::string kid = to_base64(kid_of(key).view()).substr(0, 43);
  for (char& c : kid)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  EXPECT_EQ(body_of(entries.rig->get("/.well-known/scitt-keys/" + kid)), encode_cose_key(key));
  kid[5] = kid[5] == 'A' ? 'B' : 'A';
  const HttpResponse none = entries.rig->get("/.well-known/scitt-keys/" + kid);
  EXPECT_EQ(none.status, 404u);
  EXPECT_TRUE(concise(none).starts_with("No such key | scitt_key: "));
}

}  // namespace
}  // namespace anta::test
