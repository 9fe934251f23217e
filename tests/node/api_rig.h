// The API over a real ledger; submissions are the test's.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "node/http_api.h"
#include "node/views/json_tree.h"
#include "node/views/tree.h"
#include "tests/ledger/law_network.h"
#include "tests/node/documented_answers.h"
#include "tests/node/ledger_rig.h"

namespace anta::test {

struct Api {
  explicit Api(World& w) : world(w), ledger(w.genesis) {
    ledger.replay(world);
    services.reader = [this] { return ledger.ledger->reader(); };
    services.reader_at = [this](LeafIndex leaf) { return ledger.ledger->reader_at(leaf); };
    services.reader_of = [this](TreeSize size) { return ledger.ledger->reader_of(size); };
    services.read_index = [this](auto callback) {
      ++reads;
      callback(read_answer);
    };
    services.post = [](const std::function<void()>& work) { work(); };
    services.work = [this](const QueryWorkers::Work& work) {
      ++long_questions;
      if (full) return false;
      work([] { return true; });
      return true;
    };
    services.submit = [this](auto items, SubmitOptions options, const Submission::Callback& callback) {
      submitted = options;
      submitted_items = items;
      std::vector<Submitted> answers;
      for (const auto& bytes : items) {
        answers.push_back({.statement = sha256(*bytes), .outcome = outcome});
        if (!outcome && outcome.error().rule == key_limit_rule) answers.back().retry_after_s = 7;
      }
      if (first_known) answers.front() = {.again = true, .outcome = Outcome{.accepted = true}};
      callback(answers);
    };
    services.finished = [] { return nullptr; };
    services.signed_root = [] { return nullptr; };
    services.missing = [] { return std::vector<std::string>{"org2"}; };
    services.status = [] { return Value{ValueMap{{"role", Value{std::string("leader")}}}}; };
    services.unready = [this] { return unready; };
    services.clock = [this] { return Millis{world.now}; };
    services.policy = [this] { return *network_policy(world.genesis); };
    services.genesis = world.genesis;
    services.genesis_bytes = std::make_shared<const Bytes>(encode_genesis(world.genesis));
    api = std::make_unique<HttpApi>(services, metrics);
  }

  HttpResponse call(const std::string& method, const std::string& target, HttpFields headers = {},
                    Bytes body = {}) {
    const auto parsed = parse_target(target);
    EXPECT_TRUE(parsed) << target;
    HttpResponse response{.status = 0};
    api->handle({.method = method,
                 .path = parsed->path,
                 .query = parsed->query,
                 .headers = std::move(headers),
                 .body = sent_body = std::make_shared<const Bytes>(std::move(body))},
                [&](HttpResponse r) { response = std::move(r); });
    expect_documented(method, parsed->path, response.status);
    return response;
  }
  HttpResponse get(const std::string& target, HttpFields headers = {}) {
    return call("GET", target, std::move(headers));
  }
  HttpResponse post(const std::string& target, const Bytes& body,
                    const std::string& type = "application/cose") {
    return call("POST", target, {{"content-type", type}}, body);
  }
  static Value json(const HttpResponse& response) {
    const auto tree = views::parse_json(response.body);
    EXPECT_TRUE(tree) << response.body;
    return tree ? *views::value_from_tree(*tree) : Value{};
  }
  static std::string text(const Value& value, std::string_view key) {
    const Value* found = value.find(key);
    const auto* word = found ? std::get_if<std::string>(&found->data) : nullptr;
    return word ? *word : "";
  }
  static std::size_t items(const Value& value) {
    const Value* found = value.find("items");
    return found ? std::get<ValueList>(found->data).size() : 0;
  }

  World& world;
  LedgerRig ledger;
  Metrics metrics = {};
  ApiServices services = {};
  Result<Outcome> outcome = Outcome{.accepted = true, .leaf = LeafIndex{7}};
  Result<LogIndex> read_answer = LogIndex{1};
  int reads = 0;
  int long_questions = 0;
  bool full = false;         // the query workers have enough to do
  bool first_known = false;  // the first of what is submitted was decided before
  SubmitOptions submitted = {};
  std::vector<std::shared_ptr<const Bytes>> submitted_items = {};
  std::shared_ptr<const Bytes> sent_body = {};
  std::vector<std::string> unready = {};
  std::unique_ptr<HttpApi> api = {};
};

}  // namespace anta::test
