#include "cli/progress.h"

#include <unistd.h>

#include <iostream>

namespace anta {
namespace {

constexpr auto on_a_terminal = std::chrono::milliseconds(200);
constexpr auto elsewhere = std::chrono::seconds(10);

}  // namespace

Progress::Progress(const Invocation& invocation, std::string english, std::string spanish)
    : invocation_(invocation),
      what_(invocation.in(english, spanish)),
      terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_ && terminal_) std::cerr << "\n";
}

void Progress::at(std::uint64_t done, std::uint64_t of) {
  const auto now = Clock::now();
  if (now - last_ < (terminal_ ? Clock::duration(on_a_terminal) : Clock::duration(elsewhere))) return;
  last_ = now;
  shown_ = true;
  const std::string line = std::to_string(done) + " / " + std::to_string(of) + " " + what_;
  if (terminal_) {
    std::cerr << "\r" << line << std::flush;
  } else {
    invocation_.say(line);
  }
}

}  // namespace anta
