#include "consensus/raft/messages.h"

#include <array>

namespace anta::raft {

const char* name(const Body& body) {
  static constexpr std::array<const char*, std::variant_size_v<Body>> names = {
      "vote_request", "vote_reply",         "append",          "append_reply", "heartbeat", "heartbeat_reply",
      "timeout_now",  "read_index_request", "read_index_reply"};
  return names[body.index()];
}

}  // namespace anta::raft
