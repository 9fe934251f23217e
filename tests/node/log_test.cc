#include "node/log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "node/http_problem.h"
#include "node/metrics.h"
#include "tests/storage/disk.h"

namespace anta {
namespace {

TEST(Log, LinesCannotBeForged) {
  // Goal: line feeds, quotes and bytes that are not UTF-8 in a value stay inside it, in both formats.
  const std::string line = format_log_line(LogFormat::logfmt, 1'700'000'000'123, LogLevel::info, "request",
                                           {{"path", "/a\nlevel=error \"x\""}, {"plain", "a-b"}});
  EXPECT_EQ(
      line,
      "ts=2023-11-14T22:13:20.123Z level=info event=request path=\"/a\\nlevel=error \\\"x\\\"\" plain=a-b");
  const std::string json =
      format_log_line(LogFormat::json, 0, LogLevel::error, "e", {{"m", "\xff\x01"}, {"n", "\x01"}});
  EXPECT_EQ(json,
            "{\"ts\":\"1970-01-01T00:00:00.000Z\",\"level\":\"error\",\"event\":\"e\",\"m\":\"\\ufffd\","
            "\"n\":\"\\u0001\"}");
}

TEST(Metrics, AreExposedUnderTheirNames) {
  // Goal: what is counted is printed with its labels, and sources are read at the moment of asking.
  Metrics metrics;
  metrics.statement_decided(false, "not_holder");
  metrics.http_request("/v1/lots", 200, 0.01);
  double value = 1;
  metrics.set_source([&] { return std::vector<Metrics::Sample>{{"anta_leaves", value}}; });
  value = 42;
  const std::string text = metrics.text();
  EXPECT_NE(text.find("anta_statements_decided_total{outcome=\"rejected\",rule=\"not_holder\"} 1"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("anta_http_requests_total{route=\"/v1/lots\",status=\"200\"} 1"), std::string::npos);
  EXPECT_NE(text.find("anta_leaves 42"), std::string::npos);
}

TEST(HttpProblem, EveryCodeHasOneStatus) {
  // Goal: the table of interfaces.md section 3: final refusals, rejections, and what may be tried again.
  EXPECT_EQ(http_status_of({Code::malformed, "cbor.depth", ""}), 400u);
  EXPECT_EQ(http_status_of({Code::bad_signature, "bad_signature", ""}), 400u);
  EXPECT_EQ(http_status_of({Code::rule_violated, "unknown_key", ""}), 400u);
  EXPECT_EQ(http_status_of({Code::rule_violated, "event_in_future", ""}), 400u);
  EXPECT_EQ(http_status_of({Code::rule_violated, "not_holder", ""}), 422u);
  EXPECT_EQ(http_status_of({Code::not_found, "", ""}), 404u);
  EXPECT_EQ(http_status_of({Code::not_found, "outside_window", ""}), 410u);
  EXPECT_EQ(http_status_of({Code::busy, "no_leader", ""}), 503u);
  EXPECT_EQ(http_status_of({Code::busy, "key_statements_per_second", ""}), 429u);
  EXPECT_EQ(http_status_of({Code::uncertain, "deadline", ""}), 504u);
  EXPECT_EQ(http_status_of({Code::uncertain, "not_cosigned", ""}), 503u);
  EXPECT_EQ(http_status_of({Code::corrupt, "", ""}), 500u);
  const HttpResponse busy = problem({Code::busy, "no_leader", "why"});
  EXPECT_EQ(busy.content_type, "application/problem+json");
  EXPECT_EQ(busy.headers.at(0), (std::pair<std::string, std::string>{"Retry-After", "1"}));
  EXPECT_NE(busy.body.find("\"code\": \"no_leader\""), std::string::npos) << busy.body;
  EXPECT_NE(problem({Code::malformed, "cbor.depth", "x"}).body.find("\"code\": \"malformed\""),
            std::string::npos);
}

TEST(Log, LevelAndFormatChangeWhileItIsWritten) {
  // Goal: each line is whole and in one format, whatever changes beside it.
  const test::TempDirectory directory;
  const std::string path = directory.path() + "/log";
  {
    auto log = *Log::open(LogLevel::info, LogFormat::logfmt, path);
    std::thread writer([&] {
      for (int i = 0; i < 200; ++i)
        log->write(LogLevel::info, "line", {{"number", std::to_string(i)}});
    });
    for (int i = 0; i < 200; ++i)
      log->set_format(i % 2 == 0 ? LogFormat::json : LogFormat::logfmt);
    writer.join();
    log->set_level(LogLevel::error);
    log->write(LogLevel::info, "unheard");
    log->set_level(LogLevel::info);
    log->set_format(LogFormat::json);
    log->write(LogLevel::info, "last");
  }
  std::ifstream in(path);
  std::string line;
  int lines = 0;
  while (std::getline(in, line)) {
    ++lines;
    EXPECT_TRUE((line.starts_with("ts=") && line.find("{") == std::string::npos) ||
                (line.starts_with("{\"ts\":") && line.ends_with("}")))
        << line;
  }
  EXPECT_EQ(lines, 201);
}

}  // namespace
}  // namespace anta
