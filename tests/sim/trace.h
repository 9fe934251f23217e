// What a run of the simulator was, at either level: a hash over every event, and on demand a line for each.
// Two runs are the same when their hashes are.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/network.h"

namespace anta::sim {

class Trace {
 public:
  explicit Trace(bool lines) : lines_(lines) {}

  // `node` is its place, `name` what people call it.
  void note(Time now, std::size_t node, const std::string& name, const char* what, std::uint64_t a,
            std::uint64_t b) {
    mix(now);
    mix(node);
    for (const char* c = what; *c != 0; ++c)
      mix(static_cast<unsigned char>(*c));
    mix(a);
    mix(b);
    if (!lines_) return;
    text_ += std::to_string(now) + " " + name + " " + what + " " + std::to_string(a) + " " +
             std::to_string(b) + "\n";
  }

  const std::string& text() const { return text_; }
  std::uint64_t hash() const { return hash_; }

 private:
  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 1099511628211u; }  // FNV-1a's, by words

  bool lines_;
  std::string text_ = {};
  std::uint64_t hash_ = 14695981039346656037u;
};

}  // namespace anta::sim
