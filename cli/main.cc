// anta: everything that is not a node. Finds the command, runs it, says what went wrong and how to go on.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "cli/text_file.h"

namespace anta {

namespace {

// What happened, why, the next step, and the code to quote.
int complain(const Error& error, Language language) {
  const std::string code = error.rule.empty() ? std::string(name(error.code)) : error.rule;
  std::cerr << "anta: " << for_terminal(error.message) << "\n";
  // A code without words of its own is explained by its class.
  const std::string known = find_saying(code) ? code : std::string(name(error.code));
  if (find_saying(known)) {
    const auto next = next_step(known, language);
    std::cerr << "  " << cause(known, language) << "\n";
    if (!next.empty()) std::cerr << "  " << next << "\n";
  }
  std::cerr << "  [" << for_terminal(code) << "]\n";
  return static_cast<int>(exit_for(error));
}

Millis wall_clock() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Millis{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

int run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() && arguments.front() == "--version") {
    std::cout << "anta " << ANTA_VERSION << "\n";
    return 0;
  }
  const std::vector<Command> commands = all_commands();
  const auto settings = read_settings();
  if (!settings) return complain(settings.error(), chosen_language(arguments, {}));
  auto parsed = parse_arguments(commands, arguments, *settings);
  if (!parsed) return complain(parsed.error(), chosen_language(arguments, *settings));
  if (!parsed->command) {
    std::cout << parsed->text;
    return arguments.empty() ? static_cast<int>(Exit::usage) : 0;
  }
  Invocation& invocation = parsed->invocation;
  invocation.now = wall_clock();
  const char* no_colour = std::getenv("NO_COLOR");
  invocation.colour = (!no_colour || !*no_colour) && ::isatty(STDERR_FILENO) == 1;
  const auto exit = parsed->command->run(invocation);
  if (const auto written = written_out(); exit && !written)
    return complain(written.error(), invocation.language);
  return exit ? static_cast<int>(*exit) : complain(exit.error(), invocation.language);
}

}  // namespace
}  // namespace anta

int main(int argc, char** argv) { return anta::run({argv + 1, argv + argc}); }
