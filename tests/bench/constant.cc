// A constant body from the node's own HTTP server: what its answers over HTTP are held against.
//
//     bench_constant        prints {"port": N}, serves /SIZE as SIZE bytes, ends when its stdin ends
//
// The same server code with the same limits as a node's, but for requests per second, and no API behind it:
// the body was made before, carries an ETag, and is sent without a copy, as a tile is.
#include <charconv>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "node/http_server.h"

namespace anta::bench {
namespace {

constexpr std::size_t size_max = std::size_t{1} << 20;
constexpr std::uint32_t requests_per_second = 10'000'000;

HttpResponse plain(unsigned status, std::string body) {
  return {.status = status, .content_type = "text/plain", .body = std::move(body)};
}

// Bodies by size, each made once. The server's thread only.
class Bodies {
 public:
  HttpResponse answer(const HttpRequest& request) {
    std::size_t size = 0;
    const std::string text = request.path.empty() ? std::string() : request.path.front();
    const auto read = std::from_chars(text.data(), text.data() + text.size(), size);
    if (read.ec != std::errc() || size == 0 || size > size_max) return plain(404, "ask for /SIZE\n");
    auto& body = made_[size];
    if (!body) body = std::make_shared<const Bytes>(size, static_cast<std::uint8_t>('a'));
    return {
        .content_type = "application/octet-stream",
        .headers = {{"ETag", "\"" + text + "\""}, {"Cache-Control", "public, max-age=31536000, immutable"}},
        .file = body};
  }

 private:
  std::map<std::size_t, std::shared_ptr<const Bytes>> made_ = {};
};

int serve() {
  Bodies bodies;
  const auto handler = [&bodies](const HttpRequest& request, const HttpReply& reply) {
    reply(bodies.answer(request));
  };
  const auto problem = [](unsigned status, const std::string&, const std::string& message) {
    return plain(status, message);
  };
  auto server = HttpServer::start({.requests_per_second = requests_per_second}, handler, problem);
  if (!server) {
    std::cerr << "bench_constant: " << server.error().message << "\n";
    return 1;
  }
  std::cout << "{\"port\": " << (*server)->port() << "}" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
  (*server)->stop(0);
  return 0;
}

}  // namespace
}  // namespace anta::bench

int main() { return anta::bench::serve(); }
