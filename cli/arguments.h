// argv -> an invocation of one command. The one place that knows CLI11.
//
// Flags come before the environment, the environment before the settings file (~/.config/anta/config.yaml,
// keys are option names without dashes). Unknown commands and options are usage errors that name the nearest
// known one. --help prints the command's help, examples first.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace anta {

struct Parsed {
  const Command* command = nullptr;  // null: help or version was asked for; `text` is it
  Invocation invocation = {};
  std::string text = {};
};

// `settings` are the values of the settings file by option name ("node": ...).
Result<Parsed> parse_arguments(const std::vector<Command>& commands,
                               const std::vector<std::string>& arguments,
                               const std::map<std::string, std::string>& settings);

// In whose language words are, known before the arguments are: --language, else ANTA_LANG, else the settings
// file's `language`, else LC_ALL and LANG. So a mistake in the arguments is told in it too. Of these the
// first three are anta's own, where a language that it does not speak is a usage error (of parse_arguments),
// told in the language of the next; the last two are everybody's, where it means English.
Language chosen_language(const std::vector<std::string>& arguments,
                         const std::map<std::string, std::string>& settings);

// The whole table, or the help of the commands that begin with `words`.
std::string help_text(const std::vector<Command>& commands, const std::vector<std::string>& words);

}  // namespace anta
