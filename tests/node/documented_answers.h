// What tests receive of the API is held against what the API's own OpenAPI document lists: so a status that a
// handler learns to answer is in its route's list (http_route.h), or a test fails that received it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "node/http_api.h"
#include "node/views/json_tree.h"
#include "node/views/tree.h"

namespace anta::test {

// Of every HttpApi, whatever its services.
inline const Value& openapi_paths() {
  static const Value paths = [] {
    Metrics metrics;
    HttpApi api({}, metrics);
    std::string document;
    api.handle({.method = "GET", .path = {"v1", "openapi.json"}},
               [&](const HttpResponse& response) { document = response.body; });
    return *views::value_from_tree(*views::parse_json(document))->find("paths");
  }();
  return paths;
}

// How many segments of a template are the path's own words; -1: it does not fit. "{number}" takes the rest.
inline int words_in_common(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  const bool open = !pattern.empty() && pattern.back() == "{number}";
  if (open ? path.size() < pattern.size() : path.size() != pattern.size()) return -1;
  int words = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].starts_with('{')) continue;
    if (pattern[i] != path[i]) return -1;
    ++words;
  }
  return words;
}

// The document's operation for a request; null: it names no route.
inline const Value* documented(const std::string& method, const std::vector<std::string>& path) {
  const Value* found = nullptr;
  int most = -1;
  for (const auto& [pattern, operations] : std::get<ValueMap>(openapi_paths().data)) {
    const Value* operation = operations.find(method == "POST" ? "post" : "get");
    const int words = words_in_common(parse_target(pattern)->path, path);
    if (!operation || words <= most) continue;
    found = operation;
    most = words;
  }
  return method == "GET" || method == "HEAD" || method == "POST" ? found : nullptr;
}

inline void expect_documented(const std::string& method, const std::vector<std::string>& path,
                              unsigned status) {
  const Value* operation = documented(method, path);
  if (!operation || status == 0) return;
  EXPECT_NE(operation->find("responses")->find(std::to_string(status)), nullptr)
      << method << " /" << (path.empty() ? "" : path.front()) << " ... answered " << status
      << ", which its route does not list (Route::answers)";
}

}  // namespace anta::test
