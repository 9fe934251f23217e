// A command of `anta` as data, and what a command is given when it runs.
//
// Each command file (command_*.cc) describes its commands with these structs and hands them to the table
// (commands.h); arguments.h turns argv into an Invocation. A command writes data with Invocation::out and
// words with Invocation::say; it never prompts, and returns an Error or its exit code. Single-threaded.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/catalogue.h"
#include "crypto/error.h"
#include "crypto/exit.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/value.h"

namespace anta {

enum class OutputFormat { table, json, yaml };

struct Option {
  std::string name = {};   // "--node"
  std::string value = {};  // what it takes, in capitals; empty: a flag
  std::string help = {};
  bool required = false;
  bool repeated = false;
  std::string environment = {};  // a variable that stands in for it ("ANTA_NODE"), before the settings file
};

struct Positional {
  std::string name = {};  // in capitals
  std::string help = {};
  bool required = true;
  bool repeated = false;
};

class Invocation {
 public:
  std::map<std::string, std::vector<std::string>> options = {};  // by name; a flag has an empty list
  std::map<std::string, std::vector<std::string>> positionals = {};
  OutputFormat format = OutputFormat::table;
  Language language = Language::en;
  bool colour = false;
  Millis now = {};  // the wall clock, read once at start

  bool has(const std::string& name) const { return options.contains(name); }
  std::optional<std::string> option(const std::string& name) const;
  std::vector<std::string> all(const std::string& name) const;
  std::string argument(const std::string& name) const;  // required: empty never
  std::vector<std::string> arguments(const std::string& name) const;

  // Data, on stdout, in the chosen format.
  void out(const Value& value) const;
  // Words, on stderr.
  void say(const std::string& line) const;
  // In the reader's language.
  std::string in(const std::string& english, const std::string& spanish) const {
    return language == Language::es ? spanish : english;
  }
  tl::unexpected<Error> usage(const std::string& english, const std::string& spanish) const {
    return usage_error(language, english, spanish);
  }
};

// A list of records with the named members only (separated by spaces), in that order: for tables.
Value narrowed(const Value& items, const std::string& columns);

struct Command {
  std::vector<std::string> words = {};  // {"certificate", "verify"}
  std::string summary = {};
  // Each runs as it stands, in a directory with the files it reads, against nodes that have played the year;
  // only their address is another (tests/e2e/examples_test.py).
  std::vector<std::string> examples = {};
  std::vector<Option> options = {};
  std::vector<Positional> positionals = {};
  std::function<Result<Exit>(Invocation&)> run = {};
};

}  // namespace anta
