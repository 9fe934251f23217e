// How a node speaks to witnesses: one POST at a time on a connection of its own, https or http.
//
// A thread of its own runs an event loop for all requests; nothing blocks the caller. Each request has one
// deadline for everything from the name's resolution to the answer's last byte, and an answer is at most
// answer_bytes_max, which is more than any of C2SP tlog-witness. https asks for a certificate of that host
// from an authority that the system trusts. No request is sent again here: that is witness_feed.h's to say.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/error.h"

namespace anta {

// "https://witness.example:8443/path": what a witness's paths are appended to.
struct WitnessUrl {
  std::string text = {};
  bool tls = false;
  std::string host = {};
  std::uint16_t port = 0;
  std::string prefix = {};  // "" or "/path", without a last slash

  bool operator==(const WitnessUrl&) const = default;
};
Result<WitnessUrl> parse_witness_url(std::string_view text);

struct WitnessReply {
  unsigned status = 0;
  std::string content_type = {};
  std::string body = {};
};

// An answer as far as it came; nothing while more is due. `ended`: nothing follows. malformed: no HTTP
// answer.
Result<std::optional<WitnessReply>> parse_witness_reply(std::string_view text, bool ended);

class WitnessClient {
 public:
  static constexpr std::size_t answer_bytes_max = std::size_t{16} << 10;
  using Callback = std::function<void(Result<WitnessReply>)>;

  WitnessClient();
  ~WitnessClient();
  WitnessClient(const WitnessClient&) = delete;
  WitnessClient& operator=(const WitnessClient&) = delete;

  // Calls back once on its own thread, unless it is stopped before: an answer of any status, or `uncertain`
  // when none came. Any thread.
  void post(const WitnessUrl& url, std::string_view path, std::string body, std::uint32_t deadline_ms,
            Callback callback);

  // Ends the thread; callbacks that are due are dropped. Not from that thread.
  void stop();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace anta
