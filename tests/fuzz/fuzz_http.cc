// HTTP requests from hostile bytes: the parser neither crashes nor holds more than its limits, whole or in
// pieces, and what it takes is the same however the bytes were cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "node/http_parser.h"

namespace {

struct Seen {
  std::vector<std::string> requests = {};
  bool refused = false;
  bool operator==(const Seen&) const = default;
};

Seen run(const char* data, std::size_t size, std::size_t piece) {
  anta::HttpParser parser(
      {.header_bytes_max = 2'048, .fields_max = 16, .body_bytes_max = 4'096, .chunk_line_max = 64});
  Seen seen;
  for (std::size_t at = 0; at < size && !seen.refused; at += piece) {
    auto state = parser.feed({data + at, std::min(piece, size - at)});
    while (state == anta::HttpParser::State::request) {
      const auto taken = parser.take();
      const auto& request = taken.request;
      if (request.body->size() > 4'096 || request.headers.size() > 18) std::abort();
      seen.requests.push_back(request.method + " " + request.path_text() + " " +
                              std::string(request.body->begin(), request.body->end()));
      state = parser.state();
    }
    seen.refused = state == anta::HttpParser::State::refused;
    if (seen.refused && parser.refusal().status < 400) std::abort();
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* text = reinterpret_cast<const char*>(data);
  const Seen whole = run(text, size, std::max<std::size_t>(size, 1));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    if (whole != run(text, size, piece)) std::abort();
  }
  return 0;
}
