#include "cli/answer.h"

#include <gtest/gtest.h>

#include <tuple>

#include "crypto/digest.h"
#include "crypto/exit.h"
#include "crypto/text.h"

namespace anta::test {
namespace {

HttpAnswer answer(int status, const std::string& body = "") {
  return {.status = status,
          .content_type = "application/problem+json",
          .node = "http://n1",
          .body = to_bytes(as_bytes(body))};
}

const Digest asked = sha256(as_bytes("a statement"));

// A node's JSON about that statement.
std::string about(const std::string& members) {
  return R"({"digest": ")" + hex(asked) + "\", " + members + "}";
}

struct Row {
  int status = 0;
  Code code = {};
  Answer::Kind kind = {};
  Exit exit = {};
};

// Each status that a node answers (node/http_problem.cc), some that only a proxy would, and what comes of
// them.
constexpr Row rows[] = {
    {400, Code::malformed, Answer::Kind::refused, Exit::usage},
    {401, Code::not_authorised, Answer::Kind::refused, Exit::not_allowed},
    {403, Code::not_authorised, Answer::Kind::refused, Exit::not_allowed},
    {404, Code::not_found, Answer::Kind::undecided, Exit::not_found},
    {405, Code::io, Answer::Kind::undecided, Exit::storage},
    {410, Code::not_found, Answer::Kind::undecided, Exit::not_found},
    {413, Code::malformed, Answer::Kind::refused, Exit::usage},
    {422, Code::rule_violated, Answer::Kind::rejected, Exit::rejected},
    {429, Code::busy, Answer::Kind::undecided, Exit::undecided},
    {500, Code::io, Answer::Kind::undecided, Exit::storage},
    {502, Code::io, Answer::Kind::undecided, Exit::storage},
    {503, Code::busy, Answer::Kind::undecided, Exit::undecided},
    {504, Code::uncertain, Answer::Kind::undecided, Exit::undecided},
};

TEST(Answer, EveryStatusHasItsCodeAndExit) {
  // Goal: what a node says by status becomes one code and one exit, with the problem's own words when it has
  // any.
  for (const Row& row : rows) {
    const Error bare = error_of(answer(row.status));
    EXPECT_EQ(bare.code, row.code) << row.status;
    EXPECT_EQ(exit_for(bare), row.exit) << row.status;
    EXPECT_EQ(bare.message, "http://n1 answered " + std::to_string(row.status));
    const Error told = error_of(answer(row.status, R"({"code": "some_rule", "detail": "why"})"));
    EXPECT_EQ(told, (Error{row.code, "some_rule", "why"})) << row.status;
    const Answer read =
        read_answer(answer(row.status, about(R"("code": "some_rule", "detail": "why")")), asked);
    EXPECT_EQ(read.kind, row.kind) << row.status;
    EXPECT_EQ(read.code, "some_rule") << row.status;
  }
}

TEST(Answer, AKeyPastItsLimitStaysInTheOutbox) {
  // Goal: what a node refuses for a key's limit is not final, and says which limit in the node's words.
  const Answer read = read_answer(
      answer(429, R"({"status": 429, "code": "key_statements_per_second", "detail": "in 7 s"})"), asked);
  EXPECT_FALSE(read.is_final());
  EXPECT_EQ(read.code, "key_statements_per_second");
  EXPECT_EQ(read.message, "in 7 s");
}

TEST(Answer, AnUnintelligibleAnswerDecidesNothing) {
  // Goal: what is no JSON, or not the JSON of a node, leaves a question undecided (exit 6, not usage's 2) and
  // a statement in the outbox, whatever its status: it was taken for an acceptance when it said nothing.
  for (const char* body : {"", "hello", "<html>", "{", "{\"a\":"}) {
    const auto read = json_body(answer(200, body));
    ASSERT_FALSE(read.has_value()) << body;
    EXPECT_EQ(read.error().code, Code::uncertain) << body;
    EXPECT_EQ(read.error().rule, "answer") << body;
    EXPECT_EQ(exit_for(read.error()), Exit::undecided) << body;
    EXPECT_NE(read.error().message.find("http://n1 answered 200"), std::string::npos) << read.error().message;
  }
  for (const int status : {200, 201, 400, 403, 422, 500}) {
    for (const char* body :
         {"", "hello", "{}", "[]", "7", R"({"status": "ok"})", R"({"outcome": "maybe"})"}) {
      const Answer read = read_answer(answer(status, body), asked);
      EXPECT_FALSE(read.is_final()) << status << body;
      EXPECT_EQ(read.code, "uncertain") << status << body;
    }
  }
  const auto told = [](int status, const std::string& members) {
    return read_answer(answer(status, about(members)), asked);
  };
  EXPECT_EQ(told(200, R"("code": "x")").kind, Answer::Kind::undecided);
  EXPECT_EQ(told(201, R"("outcome": "accepted", "leaf": 7)").leaf, 7);
  EXPECT_EQ(told(200, R"("outcome": "rejected", "code": "x")").kind, Answer::Kind::rejected);
}

TEST(Answer, WordsAboutAnotherStatementDecideNothing) {
  // Goal: only what names the statement that was sent is its answer. A proxy's 403 in JSON, and an answer to
  // somebody else's request, were final.
  for (const auto& [status, body] : std::vector<std::pair<int, std::string>>{
           {403, R"({"code": "AccessDenied", "detail": "x"})"},
           {400, R"({"code": "malformed", "detail": "x"})"},
           {201, R"({"outcome": "accepted", "leaf": 7})"},
           {422, R"({"digest": "00", "outcome": "rejected", "code": "x"})"}}) {
    const Answer read = read_answer(answer(status, body), asked);
    EXPECT_FALSE(read.is_final()) << body;
    EXPECT_EQ(read.code, "uncertain") << body;
  }
}

TEST(Answer, WhatLeftNoRecordMayBeSentAgain) {
  // Goal: a key that is registered tomorrow and a clock that was ahead are told apart from what stays wrong.
  for (const auto& [status, code, again] :
       std::vector<std::tuple<int, std::string, bool>>{{400, "unknown_key", true},
                                                       {400, "event_in_future", true},
                                                       {400, "bad_signature", false},
                                                       {422, "unknown_key", false},
                                                       {422, "unknown_reference", false}}) {
    const Answer read =
        read_answer(answer(status, about(R"("code": ")" + code + R"(", "detail": "x")")), asked);
    EXPECT_EQ(read.may_be_sent_again(), again) << status << code;
    EXPECT_TRUE(read.is_final()) << status << code;
  }
}

TEST(Answer, ATriedSequenceHasAnAnswerForEach) {
  // Goal: each item in order, a law's refusal told from what leaves no record; others' answers decide
  // nothing.
  const std::vector<Digest> two = {asked, sha256(as_bytes("another"))};
  const auto item = [](const Digest& digest, const std::string& members) {
    return R"({"digest": ")" + hex(digest) + "\", " + members + "}";
  };
  const auto items = [&](const std::string& first, const std::string& second) {
    return answer(200, R"({"items": [)" + item(two[0], first) + ", " + item(two[1], second) + "]}");
  };
  const std::string good = R"("outcome": "accepted", "leaf": 7, "flags": ["speed"])";
  const auto rejected = [](const std::string& code) {
    return R"("outcome": "rejected", "code": ")" + code + R"(", "detail": "why")";
  };
  const auto read = read_tried(items(good, rejected("not_holder")), two);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->at(0).kind, Answer::Kind::accepted);
  EXPECT_EQ(read->at(0).leaf, 7);
  EXPECT_EQ(read->at(0).flags, std::vector<std::string>{"speed"});
  EXPECT_EQ(read->at(1).kind, Answer::Kind::rejected);
  EXPECT_EQ(read->at(1).code, "not_holder");
  EXPECT_EQ(read->at(1).message, "why");
  for (const char* code : {"malformed", "too_large", "bad_signature", "unknown_key", "event_in_future"})
    EXPECT_EQ(read_tried(items(good, rejected(code)), two)->at(1).kind, Answer::Kind::refused) << code;
  const std::vector<Digest> swapped = {two[1], two[0]};
  for (const auto& other :
       {read_tried(items(good, good), swapped), read_tried(items(good, good), std::span(two).first(1)),
        read_tried(items(good, R"("outcome": "undecided")"), two),
        read_tried(items(good, R"("outcome": "rejected")"), two), read_tried(answer(200, about(good)), two),
        read_tried(answer(200, "[]"), two)}) {
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().rule, "answer");
  }
  EXPECT_EQ(read_tried(answer(503, R"({"code": "no_leader", "detail": "d"})"), two).error(),
            (Error{Code::busy, "no_leader", "d"}));
  EXPECT_EQ(read_tried(fail(Code::uncertain, "unreachable", "m"), two).error().rule, "unreachable");
}

TEST(Answer, NoAnswerAtAllIsUndecided) {
  // Goal: an unreachable node leaves the statement in the outbox, and says its rule or else its code.
  const Answer silent = read_answer(fail(Code::uncertain, "unreachable", "no node answered"), asked);
  EXPECT_FALSE(silent.is_final());
  EXPECT_EQ(silent.code, "unreachable");
  EXPECT_EQ(read_answer(fail(Code::io, "curl"), asked).code, "io");
}

}  // namespace
}  // namespace anta::test
