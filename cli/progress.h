// How far long work is: one line that is written over on a terminal, a plain line now and then elsewhere.
//
// Writes to stderr. Reads a monotonic clock only to say less.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/command.h"

namespace anta {

class Progress {
 public:
  // `english` and `spanish` are what is counted ("leaves", "hojas").
  Progress(const Invocation& invocation, std::string english, std::string spanish);
  ~Progress();  // ends the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void at(std::uint64_t done, std::uint64_t of);

 private:
  using Clock = std::chrono::steady_clock;

  const Invocation& invocation_;
  std::string what_;
  bool terminal_ = false;
  bool shown_ = false;
  Clock::time_point last_ = Clock::now();
};

}  // namespace anta
