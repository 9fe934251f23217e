// One keep-alive HTTP/1.1 connection of the load generator: a POST goes out, its answer comes back.
//
// As little work as a client can do, because it shares the cores with the nodes that it measures: no parser
// beyond status and Content-Length, no copy of what is sent. One thread, one request at a time.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"

namespace anta::bench {

class HttpLine {
 public:
  struct Answer {
    unsigned status = 0;         // 0: the connection failed
    std::string_view body = {};  // of the callback's duration
    bool retry_after = false;    // the field is there
  };
  using Done = std::function<void(const Answer&)>;

  // Connects, blocking; throws what Asio throws. `path` with its query; `type` is the Content-Type.
  HttpLine(asio::io_context& loop, const std::string& host, const std::string& port, std::string path,
           std::string type);

  // The body is the parts in a row; they stay alive until the answer.
  void post(std::span<const ByteView> parts, Done done);

 private:
  void read();
  bool whole(Answer& answer) const;

  asio::ip::tcp::socket socket_;
  std::string prefix_ = {};
  std::string head_ = {};
  std::vector<char> in_ = {};
  std::size_t filled_ = 0;
  Done done_ = {};
};

}  // namespace anta::bench
