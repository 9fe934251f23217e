#include "node/http_parser.h"

#include <gtest/gtest.h>

namespace anta {
namespace {

HttpParser fed(std::string_view text, HttpParserLimits limits = {}) {
  HttpParser parser(limits);
  parser.feed(text);
  return parser;
}

TEST(HttpParser, TakesARequestApart) {
  // Goal: method, decoded path and query, lower-case header names and the body arrive as they were meant.
  HttpParser parser =
      fed("POST /v1/lots/L%2D1?fresh&a=b%20c HTTP/1.1\r\nHost: x\r\nContent-TYPE: "
          "application/cose\r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_EQ(parser.state(), HttpParser::State::request);
  const HttpParser::Taken taken = parser.take();
  EXPECT_EQ(taken.request.method, "POST");
  EXPECT_EQ(taken.request.path, (std::vector<std::string>{"v1", "lots", "L-1"}));
  EXPECT_EQ(taken.request.value("fresh"), "");
  EXPECT_EQ(taken.request.value("a"), "b c");
  EXPECT_EQ(taken.request.value("b"), std::nullopt);
  EXPECT_EQ(taken.request.header("content-type"), "application/cose");
  EXPECT_EQ(*taken.request.body, (Bytes{'a', 'b', 'c'}));
  EXPECT_TRUE(taken.keep_alive);
  EXPECT_EQ(parser.state(), HttpParser::State::idle);
}

TEST(HttpParser, KeepsWhatFollowsForTheNextRequest) {
  // Goal: pipelined requests come one after the other, each with its own body.
  HttpParser parser =
      fed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
          "GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  ASSERT_EQ(parser.state(), HttpParser::State::request);
  EXPECT_EQ(*parser.take().request.body, (Bytes{'a', 'b', 'c'}));
  ASSERT_EQ(parser.state(), HttpParser::State::request);
  const HttpParser::Taken second = parser.take();
  EXPECT_EQ(second.request.path, (std::vector<std::string>{"next"}));
  EXPECT_FALSE(second.keep_alive);
}

TEST(HttpParser, ReadsTheSameByteByByte) {
  // Goal: how the network cuts the bytes changes nothing.
  const std::string text =
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  HttpParser parser;
  for (std::size_t i = 0; i < text.size(); ++i) {
    ASSERT_NE(parser.state(), HttpParser::State::request) << i;
    parser.feed({&text[i], 1});
  }
  ASSERT_EQ(parser.state(), HttpParser::State::request);
  EXPECT_EQ(*parser.take().request.body, (Bytes{'a', 'b', 'c'}));
}

TEST(HttpParser, ChunksAreReadByTheLetter) {
  // Goal: sizes in hex of either case with leading zeros, extensions skipped; whatever else is refused.
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string_view good : {"3\r\nabc\r\n0\r\n\r\n", "003 ;a=\"b\"\r\nabc\r\n00;x\r\n\r\n",
                                      "1\r\na\r\n2;\tz\r\nbc\r\n0\r\n\r\n"}) {
    HttpParser parser = fed(head + std::string(good));
    ASSERT_EQ(parser.state(), HttpParser::State::request) << good;
    EXPECT_EQ(*parser.take().request.body, (Bytes{'a', 'b', 'c'})) << good;
  }
  HttpParser ten = fed(head + "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n");
  ASSERT_EQ(ten.state(), HttpParser::State::request);
  EXPECT_EQ(ten.take().request.body->size(), 20u);
  for (const std::string_view bad :
       {"\r\n", ";x\r\n", "g\r\n", "-1\r\n", "0x1\r\n", "1\na", "1\r\nab", "1\r\na\r\r", "1 2\r\n", "1 \r\na",
        "1;\r\na", "1; \r\na", "1;;x\r\na", "1;=\r\na", "1;\1\r\n", "1\rx", "0\r\nA: b\r\n\r\n", "0\r\n\rx",
        "ffffffffffffffff1\r\n"}) {
    EXPECT_EQ(fed(head + std::string(bad)).state(), HttpParser::State::refused) << bad;
  }
}

// How many requests the parser takes from `text` before it wants more or refuses, fed in pieces of `piece`.
std::pair<std::size_t, bool> taken_in_pieces(std::string_view text, std::size_t piece,
                                             const HttpParserLimits& limits) {
  HttpParser parser(limits);
  std::size_t requests = 0;
  for (std::size_t at = 0; at < text.size() && parser.state() != HttpParser::State::refused; at += piece) {
    parser.feed(text.substr(at, piece));
    for (; parser.state() == HttpParser::State::request; ++requests)
      parser.take();
  }
  return {requests, parser.state() == HttpParser::State::refused};
}

TEST(HttpParser, AnEmptyLineBeforeARequestIsForgivenHoweverItIsCut) {
  // Goal: one empty line before a request is skipped and a second one is not, whatever piece it arrives in.
  // A fuzzer found an empty line that ended a piece kept as the beginning of the next request.
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t piece = 1; piece <= 2 * get.size() + 4; ++piece) {
    EXPECT_EQ(taken_in_pieces(get + "\r\n" + get, piece, {}), std::pair(std::size_t{2}, false)) << piece;
    EXPECT_EQ(taken_in_pieces(get + "\r\n\r\n" + get, piece, {}), std::pair(std::size_t{1}, true)) << piece;
    EXPECT_EQ(taken_in_pieces(get + "\r\r\n" + get, piece, {}), std::pair(std::size_t{1}, true)) << piece;
  }
}

TEST(HttpParser, AChunkLineIsMeasuredTheSameHoweverItIsCut) {
  // Goal: chunk_line_max counts the framing before a chunk's bytes; a line that arrives whole is not exempt.
  const HttpParserLimits limits{.chunk_line_max = 16};
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::size_t extension : {std::size_t{12}, std::size_t{13}}) {
    const std::string line = "1;" + std::string(extension, 'x') + "\r\n";
    const bool fits = line.size() <= 16;
    const std::string text = head + line + "a\r\n0\r\n\r\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      EXPECT_EQ(taken_in_pieces(text, piece, limits), std::pair(std::size_t{fits}, !fits))
          << extension << ' ' << piece;
    }
  }
}

struct Refused {
  std::string_view what = {};
  std::string_view text = {};
  unsigned status = 400;
  std::string_view rule = {};
};

TEST(HttpParser, RefusesWhatTwoReadersMayReadDifferently) {
  // Goal: every smuggling case of libraries.md is refused with its own rule.
  const Refused cases[] = {
      {"length twice", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400,
       ""},
      {"length list", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc", 400, ""},
      {"signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400, ""},
      {"both framings",
       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       ""},
      {"other coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
       "http.transfer_encoding"},
      {"chunked twice",
       "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       400, ""},
      {"spaced name", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400,
       "http.syntax"},
      {"folded line", "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400, "http.obs_fold"},
      {"bare line feed", "GET / HTTP/1.1\nHost: x\n\n", 400, "http.bare_lf"},
      {"bare carriage return", "GET / HTTP/1.1\r\nHost: x\rY: z\r\n\r\n", 400, "http.bare_cr"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400, "http.host"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "http.host"},
      {"body on get", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", 400, "http.body"},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "http.transfer_encoding"},
      {"trailer", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: y\r\n\r\n", 400,
       "http.trailer"},
      {"bad chunk size", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, ""},
      {"version", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "http.version"},
      {"dotted path", "GET /v1/../x HTTP/1.1\r\nHost: x\r\n\r\n", 400, "http.target"},
      {"control in path", "GET /a%0ab HTTP/1.1\r\nHost: x\r\n\r\n", 400, "http.target"},
      {"expectation", "POST / HTTP/1.1\r\nHost: x\r\nExpect: more\r\nContent-Length: 1\r\n\r\na", 417,
       "http.expect"},
  };
  for (const Refused& c : cases) {
    const HttpParser parser = fed(c.text);
    ASSERT_EQ(parser.state(), HttpParser::State::refused) << c.what;
    EXPECT_EQ(parser.refusal().status, c.status) << c.what << ": " << parser.refusal().rule;
    if (!c.rule.empty()) {
      EXPECT_EQ(parser.refusal().rule, c.rule) << c.what;
    }
  }
}

TEST(HttpParser, HoldsItsLimits) {
  // Goal: header bytes, field count, body length and chunk framing are each refused just past their limit.
  const HttpParserLimits limits{
      .header_bytes_max = 200, .fields_max = 3, .body_bytes_max = 8, .chunk_line_max = 16};
  EXPECT_EQ(fed("GET /" + std::string(200, 'a'), limits).refusal().status, 431u);
  EXPECT_EQ(fed("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n\r\n", limits).state(),
            HttpParser::State::request);
  EXPECT_EQ(fed("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits).refusal().rule,
            "http.fields_max");
  EXPECT_EQ(fed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n12345678", limits).state(),
            HttpParser::State::request);
  EXPECT_EQ(fed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", limits).refusal().status, 413u);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(fed(chunked + "4\r\n1234\r\n5\r\n12345\r\n0\r\n\r\n", limits).refusal().status, 413u);
  EXPECT_EQ(fed(chunked + "1;" + std::string(40, 'x'), limits).refusal().rule, "http.chunk_line_max");
}

TEST(HttpParser, OnePathTakesLargerBodies) {
  // Goal: a POST to exactly that path, with or without a query, may have the larger body; nothing else may.
  const HttpParserLimits limits{.body_bytes_max = 8, .large_path = "/v1/verify", .large_body_bytes_max = 12};
  const auto post = [&](const std::string& target, const std::string& length) {
    return fed(
        "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n123456789012",
        limits);
  };
  EXPECT_EQ(post("/v1/verify", "12").state(), HttpParser::State::request);
  EXPECT_EQ(post("/v1/verify?a=b", "12").state(), HttpParser::State::request);
  EXPECT_EQ(post("/v1/verify", "13").refusal().status, 413u);
  EXPECT_EQ(post("/v1/verifying", "12").refusal().status, 413u);
  EXPECT_EQ(post("/v1/statements", "12").refusal().status, 413u);
  const std::string chunked = "POST /v1/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(fed(chunked + "c\r\n123456789012\r\n0\r\n\r\n", limits).state(), HttpParser::State::request);
  EXPECT_EQ(fed(chunked + "d\r\n1234567890123\r\n0\r\n\r\n", limits).refusal().status, 413u);
}

TEST(HttpParser, AsksForTheBodyOnlyWhenTheClientWaits) {
  // Goal: expects_continue is told once the header is whole and until the body is there.
  HttpParser parser = fed("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(parser.state(), HttpParser::State::body);
  EXPECT_TRUE(parser.expects_continue());
  parser.feed(std::string_view("ab"));
  EXPECT_EQ(parser.state(), HttpParser::State::request);
  EXPECT_FALSE(parser.expects_continue());
}

}  // namespace
}  // namespace anta
