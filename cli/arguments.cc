#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

namespace anta {
namespace {

using Values = std::map<std::string, std::vector<std::string>>;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& w : words)
    text += (text.empty() ? "" : " ") + w;
  return text;
}

bool begins_with(const std::vector<std::string>& words, const std::vector<std::string>& start) {
  return start.size() <= words.size() && std::equal(start.begin(), start.end(), words.begin());
}

std::string nearest(const std::string& word, const std::vector<std::string>& known, Language language) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return did_you_mean(word, views, language);
}

// The words of argv before the first that begins with a dash, matched against the table: longest first.
const Command* find_command(const std::vector<Command>& commands, const std::vector<std::string>& arguments) {
  const Command* best = nullptr;
  for (const Command& command : commands) {
    if (begins_with(arguments, command.words) && (!best || command.words.size() > best->words.size()))
      best = &command;
  }
  return best;
}

tl::unexpected<Error> unknown_command(const std::vector<Command>& commands,
                                      const std::vector<std::string>& arguments, Language language) {
  std::vector<std::string> known;
  const bool noun_known = std::any_of(commands.begin(), commands.end(),
                                      [&](const Command& c) { return c.words.front() == arguments.front(); });
  const std::size_t place = noun_known ? 1 : 0;
  for (const Command& command : commands) {
    if (place == 0 || (command.words.front() == arguments.front() && command.words.size() > 1)) {
      known.push_back(command.words[place]);
    }
  }
  if (noun_known && (arguments.size() <= place || arguments[place].starts_with('-'))) {
    const std::string noun = "anta " + arguments.front();
    return usage_error(language, "'" + noun + "' needs a verb: " + noun + " --help lists them",
                       "'" + noun + "' necesita un verbo: " + noun + " --help los muestra");
  }
  const std::string near = nearest(arguments[place], known, language);
  return usage_error(language, "there is no command '" + arguments[place] + "'" + near,
                     "no hay una orden '" + arguments[place] + "'" + near);
}

Result<void> check_option_names(const Command& command, const std::vector<std::string>& rest,
                                Language language) {
  std::vector<std::string> known = {"--output", "--language", "--help"};
  for (const Option& option : command.options)
    known.push_back(option.name);
  for (const std::string& argument : rest) {
    if (argument.substr(0, 2) != "--" || argument.size() == 2) continue;
    const std::string name = argument.substr(0, argument.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string called = "'anta " + joined(command.words) + "'", near = nearest(name, known, language);
    return usage_error(language, called + " has no option " + name + near,
                       called + " no tiene la opción " + name + near);
  }
  return {};
}

// What CLI11 could not take, in words of our own: its own are English only.
tl::unexpected<Error> mistake(const CLI::App& app, const Command& command, const CLI::ParseError& error,
                              Language language) {
  const auto told = [&](const std::string& english, const std::string& spanish) {
    const std::string help = " (anta " + joined(command.words) + " --help)";
    return usage_error(language, english + help, spanish + help);
  };
  for (const Positional& positional : command.positionals) {
    const std::size_t count = app.count(positional.name);
    if (positional.required && count == 0)
      return told(positional.name + " is missing", "falta " + positional.name);
    if (!positional.repeated && count > 1)
      return told("only one " + positional.name + " is taken", "se admite un solo " + positional.name);
  }
  const std::string what = error.what();
  if (const std::vector<std::string> more = app.remaining(); !more.empty())
    return told("'" + more.front() + "' is not expected here", "'" + more.front() + "' sobra aquí");
  const std::string name = what.substr(0, what.find_first_of(": "));
  if (error.get_name() == "ArgumentMismatch" && name.starts_with("--"))
    return told(name + " needs a value", name + " necesita un valor");
  return told("the arguments can not be read: " + what, "no se entienden los argumentos: " + what);
}

void add_options(CLI::App& app, const Command& command, Values& options, std::map<std::string, bool>& flags,
                 Values& positionals) {
  for (const Option& option : command.options) {
    if (option.value.empty()) {
      app.add_flag(option.name, flags[option.name]);
    } else {
      auto* added = app.add_option(option.name, options[option.name]);
      added->expected(1)->multi_option_policy(option.repeated ? CLI::MultiOptionPolicy::TakeAll
                                                              : CLI::MultiOptionPolicy::TakeLast);
      if (option.repeated) added->expected(1, -1)->allow_extra_args(false);
    }
  }
  for (const Positional& positional : command.positionals) {
    auto* added = app.add_option(positional.name, positionals[positional.name]);
    added->required(positional.required);
    if (positional.repeated) {
      added->expected(positional.required ? 1 : 0, 1 << 16);
    } else {
      added->expected(1);
      // What is too much is counted at the last one, so that it is told as such.
      if (&positional != &command.positionals.back()) added->allow_extra_args(false);
    }
  }
}

// Flag, else environment, else settings.
Result<void> fill_in(const Command& command, Invocation& invocation,
                     const std::map<std::string, std::string>& settings) {
  for (const Option& option : command.options) {
    if (option.value.empty() || invocation.has(option.name)) continue;
    const char* variable = option.environment.empty() ? nullptr : std::getenv(option.environment.c_str());
    const auto setting = settings.find(option.name.substr(2));
    if (variable && *variable) {
      invocation.options[option.name] = {variable};
    } else if (setting != settings.end()) {
      invocation.options[option.name] = {setting->second};
    } else if (option.required) {
      const std::string called = "'anta " + joined(command.words) + "'";
      const std::string wanted = option.name + " " + option.value, standing_in = option.environment;
      return invocation.usage(
          called + " needs " + wanted + (standing_in.empty() ? "" : " (or " + standing_in + ")"),
          called + " necesita " + wanted + (standing_in.empty() ? "" : " (o " + standing_in + ")"));
    }
  }
  return {};
}

Result<void> take_common(const std::string& format, Invocation& invocation) {
  if (format == "json") {
    invocation.format = OutputFormat::json;
  } else if (format == "yaml") {
    invocation.format = OutputFormat::yaml;
  } else if (format != "table") {
    return invocation.usage("--output takes table, json or yaml, not '" + format + "'",
                            "--output admite table, json o yaml, no '" + format + "'");
  }
  return {};
}

std::string one_help(const Command& command) {
  std::string text = "anta " + joined(command.words) + ": " + command.summary + "\n\n";
  for (const std::string& example : command.examples)
    text += "  " + example + "\n";
  if (!command.examples.empty()) text += "\n";
  for (const Positional& p : command.positionals)
    text += "  " + p.name + (p.repeated ? "..." : "") + "\n      " + p.help + "\n";
  for (const Option& o : command.options) {
    text += "  " + o.name + (o.value.empty() ? "" : " " + o.value) + (o.required ? "  (required)" : "") +
            "\n      " + o.help;
    text += (o.environment.empty() ? "" : " [" + o.environment + "]") + std::string("\n");
  }
  text += "  --output table|json|yaml\n      how data is printed on stdout (words go to stderr)\n";
  text += "  --language en|es\n      the language of words [ANTA_LANG, settings, LC_ALL, LANG]\n";
  return text;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// One of the places that say a language, and what it says there.
struct Said {
  std::string place = {};
  std::optional<std::string> language = {};
};

// anta's own places, the first first.
std::vector<Said> said_to_anta(const std::vector<std::string>& arguments,
                               const std::map<std::string, std::string>& settings) {
  static const std::string option = "--language";
  Said flag{option}, own{"ANTA_LANG"}, file{"language (config.yaml)"};
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (arguments[i] == option && i + 1 < arguments.size()) flag.language = arguments[i + 1];
    if (arguments[i].starts_with(option + "=")) flag.language = arguments[i].substr(option.size() + 1);
  }
  if (const std::string value = variable("ANTA_LANG"); !value.empty()) own.language = value;
  if (const auto setting = settings.find("language"); setting != settings.end())
    file.language = setting->second;
  return {flag, own, file};
}

// The place that is heard says a language that anta speaks.
Result<void> check_language(const std::vector<std::string>& arguments,
                            const std::map<std::string, std::string>& settings, Language language) {
  for (const Said& said : said_to_anta(arguments, settings)) {
    if (!said.language) continue;
    if (known_language(*said.language)) return {};
    return usage_error(language, said.place + " takes en or es, not '" + *said.language + "'",
                       said.place + " admite en o es, no '" + *said.language + "'");
  }
  return {};
}

}  // namespace

Language chosen_language(const std::vector<std::string>& arguments,
                         const std::map<std::string, std::string>& settings) {
  for (const Said& said : said_to_anta(arguments, settings)) {
    if (!said.language) continue;
    if (const auto known = known_language(*said.language)) return *known;
  }
  for (const char* name : {"LC_ALL", "LANG"}) {
    if (const std::string locale = variable(name); !locale.empty()) return language_of(locale);
  }
  return Language::en;
}

std::string help_text(const std::vector<Command>& commands, const std::vector<std::string>& words) {
  std::vector<const Command*> chosen;
  for (const Command& command : commands) {
    if (begins_with(command.words, words)) chosen.push_back(&command);
  }
  if (chosen.size() == 1 && !words.empty()) return one_help(*chosen.front());
  for (const Command* command : chosen) {
    if (command->words == words) return one_help(*command);  // others begin with its words
  }
  std::string text = "anta: responsible-copper certificates on a shared ledger\n\n";
  std::size_t width = 0;
  for (const Command* c : chosen)
    width = std::max(width, joined(c->words).size());
  for (const Command* c : chosen) {
    const std::string name = joined(c->words);
    text += "  anta " + name + std::string(width - name.size() + 2, ' ') + c->summary + "\n";
  }
  text +=
      "\nanta COMMAND --help shows examples and options. Exit codes: 0 ok, 2 usage, 3 verification says no, "
      "4 not found,\n"
      "5 not allowed, 6 could not decide (try again), 7 rejected by a rule, 8 storage, 1 internal.\n";
  return text;
}

Result<Parsed> parse_arguments(const std::vector<Command>& commands,
                               const std::vector<std::string>& arguments,
                               const std::map<std::string, std::string>& settings) {
  Parsed parsed;
  const Language language = chosen_language(arguments, settings);
  if (auto spoken = check_language(arguments, settings, language); !spoken) return pass(spoken);
  const bool wants_help = std::find(arguments.begin(), arguments.end(), "--help") != arguments.end() ||
                          std::find(arguments.begin(), arguments.end(), "-h") != arguments.end();
  if (arguments.empty() || wants_help || arguments.front() == "help") {
    std::vector<std::string> words;
    for (const std::string& a : arguments) {
      if (a != "help" && a.substr(0, 1) != "-") words.push_back(a);
    }
    const Command* command = find_command(commands, words);
    parsed.text = help_text(commands, command ? command->words : words);
    return parsed;
  }
  const Command* command = find_command(commands, arguments);
  if (!command) return unknown_command(commands, arguments, language);

  CLI::App app;
  app.set_help_flag();
  app.allow_extras(false);
  Values options, positionals;
  std::map<std::string, bool> flags;
  std::string format = "table", read_before;
  app.add_option("--output", format);
  app.add_option("--language", read_before);
  add_options(app, *command, options, flags, positionals);
  std::vector<std::string> rest(arguments.begin() + static_cast<std::ptrdiff_t>(command->words.size()),
                                arguments.end());
  if (auto known = check_option_names(*command, rest, language); !known) return pass(known);
  std::reverse(rest.begin(), rest.end());  // CLI11 takes a vector from its end
  try {
    app.parse(rest);
  } catch (const CLI::ParseError& error) {
    return mistake(app, *command, error, language);
  }
  parsed.command = command;
  for (auto& [name, values] : options) {
    if (!values.empty()) parsed.invocation.options[name] = std::move(values);
  }
  for (const auto& [name, set] : flags) {
    if (set) parsed.invocation.options[name] = {};
  }
  parsed.invocation.positionals = std::move(positionals);
  parsed.invocation.language = language;
  if (auto common = take_common(format, parsed.invocation); !common) return pass(common);
  if (auto filled = fill_in(*command, parsed.invocation, settings); !filled) return pass(filled);
  return parsed;
}

}  // namespace anta
