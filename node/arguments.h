// The command line of antad: eight things it can do, most of them for a witness too. Pure.
#pragma once

#include <string>
#include <vector>

#include "crypto/error.h"

namespace anta {

struct Arguments {
  enum class Command : std::uint8_t { help, version, run, check, init, rebuild, recovery, restore };
  Command command = Command::help;
  std::string path = {};    // of node.yaml or witness.yaml, or of the directory to initialise
  std::string backup = {};  // of restore: the file
  bool witness = false;
};

// `arguments` without the program's name. malformed: what is wrong, and the nearest known option.
Result<Arguments> parse_arguments(const std::vector<std::string>& arguments);

std::string help_text();

}  // namespace anta
