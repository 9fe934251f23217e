#include "node/http_accept.h"

#include <gtest/gtest.h>

#include <array>

namespace anta {
namespace {

constexpr std::array<std::string_view, 3> offered = {"application/json", "application/cbor", "text/plain"};

std::string_view wanted(std::initializer_list<const char*> lines) {
  HttpRequest request;
  for (const char* line : lines)
    request.headers.emplace_back("accept", line);
  return wanted_type(request, offered);
}

TEST(HttpAccept, WholeTypesAreCompared) {
  // Goal: a type is named by all of its letters, in any case, and by nothing that only begins or ends like
  // it; what is not offered leaves the first.
  EXPECT_EQ(wanted({"application/cbor"}), "application/cbor");
  EXPECT_EQ(wanted({"Application/CBOR"}), "application/cbor");
  EXPECT_EQ(wanted({" text/html ,\tapplication/cbor "}), "application/cbor");
  EXPECT_EQ(wanted({"application/cbor; charset=x"}), "application/cbor");
  for (const char* other : {"application/cbor-seq", "xapplication/cbor", "application/cbo", "cbor", ""})
    EXPECT_EQ(wanted({other}), "application/json") << other;
  EXPECT_EQ(wanted({}), "application/json");
}

TEST(HttpAccept, WeightsDecideAndTheFirstOfferedWinsTies) {
  // Goal: the order in which a client names types says nothing, its weights do; q=0 excludes.
  EXPECT_EQ(wanted({"application/cbor, application/json"}), "application/json");
  EXPECT_EQ(wanted({"application/json;q=0.1, application/cbor"}), "application/cbor");
  EXPECT_EQ(wanted({"application/cbor, application/json;q=0.1"}), "application/cbor");
  EXPECT_EQ(wanted({"application/json; q=0.123, application/cbor ;Q=0.124"}), "application/cbor");
  EXPECT_EQ(wanted({"application/json;q=0, application/cbor;q=0.001"}), "application/cbor");
  EXPECT_EQ(wanted({"application/json;q=0"}), "application/json");  // there is nothing else to give
  for (const char* unreadable : {"q=", "q=x", "q=2", "q=0.1234", "q=01", "q=0.x", "r=0"})
    EXPECT_EQ(wanted({("application/cbor;" + std::string(unreadable)).c_str(), "text/plain;q=0.9"}),
              "application/cbor")
        << unreadable;
}

TEST(HttpAccept, TheMostExactRangeSaysTheWeight) {
  // Goal: */* and type/* stand for what is not named itself.
  EXPECT_EQ(wanted({"*/*"}), "application/json");
  EXPECT_EQ(wanted({"text/*"}), "text/plain");
  EXPECT_EQ(wanted({"TEXT/*;q=0.5, application/*;q=0.4"}), "text/plain");
  EXPECT_EQ(wanted({"*/*, application/json;q=0.5"}), "application/cbor");
  EXPECT_EQ(wanted({"application/*;q=0, */*;q=0.1"}), "text/plain");
  EXPECT_EQ(wanted({"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"}),
            "application/json");
}

TEST(HttpAccept, SeveralLinesAreOneListAndQuotesHideNothing) {
  // Goal: a second field counts like the first; a separator in a quoted parameter separates nothing.
  EXPECT_EQ(wanted({"application/json;q=0.2", "text/plain;q=0.3", "application/cbor;q=0.1"}), "text/plain");
  EXPECT_EQ(wanted({R"(text/html;a="x, application/cbor;q=1", text/plain;q=0.5)"}), "text/plain");
  EXPECT_EQ(wanted({R"(text/html;a="\", application/cbor", text/plain;q=0.5)"}), "text/plain");
  EXPECT_EQ(wanted({R"(application/cbor;a="never ended)"}), "application/cbor");
  EXPECT_EQ(wanted({R"(text/plain;a="\)"}), "text/plain");
  EXPECT_EQ(wanted({",;,,=;q", "application/cbor"}), "application/cbor");
}

std::string said(std::initializer_list<const char*> lines) {
  HttpRequest request;
  for (const char* line : lines)
    request.headers.emplace_back("content-type", line);
  return media_type(request);
}

TEST(HttpAccept, ABodysTypeIsReadWithoutCaseAndParameters) {
  // Goal: Application/COSE is application/cose (RFC 9110 section 8.3.1; it was 415), with whatever follows a
  // semicolon, and nothing else is. Without the field it is bytes; said twice it is nothing.
  for (const char* text : {"application/cose", "Application/COSE", "APPLICATION/COSE;x=y",
                           " application/cose\t; x=\"a;b\"", "application/cose;", "application/cose ;;"})
    EXPECT_EQ(said({text}), "application/cose") << text;
  EXPECT_EQ(said({}), "application/octet-stream");
  for (const char* text : {"", " ", ";", "; application/cose", "=;"})
    EXPECT_EQ(said({text}).find("application"), std::string::npos) << text;
  for (const char* text :
       {"application/cose, text/plain", "application/cose x", "application /cose", "application/cose/",
        "application/cose-key", "\"application/cose\"", "cose", "application/cose,", "*/*", "application/*"})
    EXPECT_NE(said({text}), "application/cose") << text;
  EXPECT_EQ(said({"application/cose", "application/cose"}), "");
  EXPECT_EQ(said({"application/cose", "text/plain"}), "");
}

}  // namespace
}  // namespace anta
