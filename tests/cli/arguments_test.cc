#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "cli/commands.h"

namespace anta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Settings = std::map<std::string, std::string>;

// A variable of the environment for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_ = nullptr;
};

std::vector<Command> table() {
  Command show{{"lot", "show"}, "one lot", {"anta lot show L-1 --node http://127.0.0.1:8001"}};
  show.options = {{.name = "--node",
                   .value = "URL",
                   .help = "a node",
                   .required = true,
                   .repeated = true,
                   .environment = "ANTA_TEST_NODE"},
                  {.name = "--at-leaf", .value = "N", .help = "as of then"},
                  {.name = "--fresh", .help = "linearizable"}};
  show.positionals = {{.name = "ID", .help = "the lot"}};
  Command history{{"lot", "history"}, "its history", {}};
  Command sign{{"sign"}, "signs", {"anta sign lot.yaml"}};
  sign.positionals = {{.name = "FILE", .help = "what to sign", .required = true, .repeated = true}};
  return {show, history, sign};
}

Result<Parsed> parse(const std::vector<std::string>& arguments, const Settings& settings = {}) {
  static const std::vector<Command> commands = table();  // what Parsed::command points into
  return parse_arguments(commands, arguments, settings);
}

std::string complaint(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code, Code::malformed);
  EXPECT_EQ(parsed.error().rule, "usage");
  return parsed.error().message;
}

std::string complaint_in(const std::string& language, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--language", language});
  return complaint(arguments);
}

TEST(Arguments, AnUnknownCommandNamesTheNearest) {
  // Goal: a typo in a noun or a verb is answered with the right word.
  EXPECT_THAT(complaint({"sing", "lot.yaml"}), HasSubstr("\"sign\""));
  EXPECT_THAT(complaint({"lot", "shwo", "L-1"}), HasSubstr("\"show\""));
  EXPECT_THAT(complaint({"lot"}), HasSubstr("needs a verb"));
  EXPECT_THAT(complaint({"zzzzzzzz"}), HasSubstr("there is no command 'zzzzzzzz'"));
}

TEST(Arguments, AnUnknownOptionNamesTheNearest) {
  // Goal: the same for options, also in the form --name=value.
  EXPECT_THAT(complaint({"lot", "show", "L-1", "--nod", "x"}), HasSubstr("\"--node\""));
  EXPECT_THAT(complaint({"lot", "show", "L-1", "--at-leef=3"}), HasSubstr("\"--at-leaf\""));
  EXPECT_THAT(complaint({"lot", "show", "L-1", "--ouptut", "json"}), HasSubstr("\"--output\""));
}

TEST(Arguments, WhatIsMissingIsNamed) {
  // Goal: a required option and a required positional are errors that name them.
  EXPECT_THAT(complaint({"lot", "show", "L-1"}), HasSubstr("--node URL (or ANTA_TEST_NODE)"));
  EXPECT_THAT(complaint({"lot", "show", "--node", "x"}), HasSubstr("ID"));
  EXPECT_THAT(complaint({"sign"}), HasSubstr("FILE"));
  EXPECT_THAT(complaint({"lot", "show", "L-1", "L-2", "--node", "x"}), HasSubstr("ID"));
}

TEST(Arguments, EveryMistakeIsToldInTheReadersLanguage) {
  // Goal: what is wrong is one sentence in the language chosen, English or Spanish, with the same names in
  // it.
  struct Row {
    std::vector<std::string> arguments = {};
    std::string en = {};
    std::string es = {};
  };
  const Row rows[] = {
      {{"sing", "a"},
       "there is no command 'sing'; did you mean \"sign\"?",
       "no hay una orden 'sing'; ¿quiso decir \"sign\"?"},
      {{"zzzzzzzz"}, "there is no command 'zzzzzzzz'", "no hay una orden 'zzzzzzzz'"},
      {{"lot"},
       "'anta lot' needs a verb: anta lot --help lists them",
       "'anta lot' necesita un verbo: anta lot --help los muestra"},
      {{"sign", "a", "--languge", "x"},
       "'anta sign' has no option --languge; did you mean \"--language\"?",
       "'anta sign' no tiene la opción --languge; ¿quiso decir \"--language\"?"},
      {{"lot", "show", "L-1"},
       "'anta lot show' needs --node URL (or ANTA_TEST_NODE)",
       "'anta lot show' necesita --node URL (o ANTA_TEST_NODE)"},
      {{"sign"}, "FILE is missing (anta sign --help)", "falta FILE (anta sign --help)"},
      {{"lot", "show", "--node", "x"},
       "ID is missing (anta lot show --help)",
       "falta ID (anta lot show --help)"},
      {{"lot", "show", "L-1", "L-2", "--node", "x"},
       "only one ID is taken (anta lot show --help)",
       "se admite un solo ID (anta lot show --help)"},
      {{"lot", "history", "L-1"},
       "'L-1' is not expected here (anta lot history --help)",
       "'L-1' sobra aquí (anta lot history --help)"},
      {{"sign", "a", "-x"},
       "'-x' is not expected here (anta sign --help)",
       "'-x' sobra aquí (anta sign --help)"},
      {{"sign", "a", "--output", "xml"},
       "--output takes table, json or yaml, not 'xml'",
       "--output admite table, json o yaml, no 'xml'"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(complaint_in("en", row.arguments), row.en);
    EXPECT_EQ(complaint_in("es", row.arguments), row.es);
  }
  EXPECT_EQ(complaint({"lot", "show", "L-1", "--language=es", "--node"}),
            "--node necesita un valor (anta lot show --help)");
  EXPECT_EQ(complaint({"lot", "show", "L-1", "--language=en", "--node"}),
            "--node needs a value (anta lot show --help)");
}

TEST(Arguments, FlagsComeBeforeTheEnvironmentAndTheEnvironmentBeforeSettings) {
  // Goal: the three ranks, each alone and against the next.
  const Settings settings = {{"node", "from-settings"}};
  auto parsed = parse({"lot", "show", "L-1"}, settings);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_THAT(parsed->invocation.all("--node"), ElementsAre("from-settings"));
  const Variable variable("ANTA_TEST_NODE", "from-environment");
  parsed = parse({"lot", "show", "L-1"}, settings);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_THAT(parsed->invocation.all("--node"), ElementsAre("from-environment"));
  parsed = parse({"lot", "show", "L-1", "--node", "from-flag"}, settings);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_THAT(parsed->invocation.all("--node"), ElementsAre("from-flag"));
}

TEST(Arguments, RepeatedOptionsKeepTheirOrderAndOthersTheLast) {
  // Goal: --node A --node B is a list of two, --at-leaf 1 --at-leaf 2 is 2, and neither eats the positional.
  const auto parsed =
      parse({"lot", "show", "--node", "a", "L-1", "--node=b", "--at-leaf", "1", "--at-leaf", "2"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  const Invocation& invocation = parsed->invocation;
  EXPECT_EQ(parsed->command->words, (std::vector<std::string>{"lot", "show"}));
  EXPECT_THAT(invocation.all("--node"), ElementsAre("a", "b"));
  EXPECT_EQ(invocation.option("--at-leaf"), "2");
  EXPECT_EQ(invocation.argument("ID"), "L-1");
  EXPECT_FALSE(invocation.has("--fresh"));
}

TEST(Arguments, SeveralFilesAndStandardInput) {
  // Goal: positionals in order; a lone dash is a file.
  const auto parsed = parse({"sign", "b.yaml", "-", "a.yaml"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_THAT(parsed->invocation.arguments("FILE"), ElementsAre("b.yaml", "-", "a.yaml"));
}

TEST(Arguments, TwoPositionalsTakeOneEach) {
  // Goal: a command with a name and a value gives each its own; a third is a mistake.
  const std::vector<Command> all = all_commands();
  const std::map<std::string, std::string> settings = {
      {"node", "http://127.0.0.1:1"}, {"as", "p"}, {"key", "k"}};
  const auto parsed = parse_arguments(all, {"network", "parameter", "a_name", "96"}, settings);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->invocation.argument("NAME"), "a_name");
  EXPECT_EQ(parsed->invocation.argument("VALUE"), "96");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"network", "parameter", "a_name"},
                                                {"network", "parameter", "a", "1", "2"}}) {
    EXPECT_FALSE(parse_arguments(all, wrong, settings).has_value());
  }
}

TEST(Arguments, OutputAndLanguageBelongToEveryCommand) {
  // Goal: formats are checked; the flag for the language wins over the environment.
  const Variable variable("ANTA_LANG", "es_PE.UTF-8");
  auto parsed = parse({"sign", "a.yaml", "--output", "yaml"});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->invocation.format, OutputFormat::yaml);
  EXPECT_EQ(parsed->invocation.language, Language::es);
  parsed = parse({"sign", "a.yaml", "--language", "en", "--output=json"});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->invocation.format, OutputFormat::json);
  EXPECT_EQ(parsed->invocation.language, Language::en);
  EXPECT_THAT(complaint({"sign", "a.yaml", "--output", "xml"}), HasSubstr("table, json o yaml"));
}

TEST(Arguments, WhoeverAsksANodeMaySayWhomToTrust) {
  // Goal: --ca stands beside every --node, and beside nothing else but audit's URL.
  int asking = 0;
  for (const Command& command : all_commands()) {
    const auto has = [&command](const char* name) {
      return std::any_of(command.options.begin(), command.options.end(),
                         [name](const Option& option) { return option.name == name; });
    };
    if (command.words.front() == "audit") continue;
    EXPECT_EQ(has("--node"), has("--ca")) << command.words.front() << " " << command.words.back();
    asking += has("--node") ? 1 : 0;
  }
  EXPECT_GE(asking, 25);
}

TEST(Arguments, TheLanguageIsKnownBeforeTheArgumentsAre) {
  // Goal: flag over ANTA_LANG over settings over the locale, whatever else is wrong with the arguments.
  const Variable locale("LC_ALL", "en_GB.UTF-8");
  const std::vector<std::string> wrong = {"lot", "shw"};
  EXPECT_EQ(chosen_language(wrong, {}), Language::en);
  EXPECT_EQ(chosen_language(wrong, {{"language", "es"}}), Language::es);
  {
    const Variable own("ANTA_LANG", "en");
    EXPECT_EQ(chosen_language(wrong, {{"language", "es"}}), Language::en);
    EXPECT_EQ(chosen_language({"lot", "shw", "--language", "es"}, {}), Language::es);
    EXPECT_EQ(chosen_language({"--language=es_PE", "lot"}, {}), Language::es);
    EXPECT_EQ(chosen_language({"sign", "--", "--language", "es"}, {}), Language::en) << "a file's name";
    EXPECT_EQ(chosen_language({"lot", "--language"}, {}), Language::en);
  }
  const auto parsed = parse({"sign", "a.yaml"}, {{"language", "es"}});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->invocation.language, Language::es);
}

TEST(Arguments, ALanguageThatAntaDoesNotSpeakIsAMistake) {
  // Goal: --language fr, ANTA_LANG=fr and `language: fr` name the languages that there are, in the language
  // that the next place asks for; the system's locale may be anything.
  const Variable locale("LC_ALL", "fr_FR.UTF-8");
  EXPECT_EQ(complaint({"sign", "a", "--language", "fr"}), "--language takes en or es, not 'fr'");
  EXPECT_EQ(complaint({"sign", "--help", "--language=francais"}),
            "--language takes en or es, not 'francais'");
  EXPECT_EQ(complaint({"sign", "a", "--language="}), "--language takes en or es, not ''");
  EXPECT_EQ(complaint({"sign", "a", "--language", "est"}), "--language takes en or es, not 'est'");
  const auto setting = parse({"sign", "a"}, {{"language", "fr"}});
  ASSERT_FALSE(setting);
  EXPECT_EQ(setting.error().message, "language (config.yaml) takes en or es, not 'fr'");
  EXPECT_EQ(parse({"sign", "a"})->invocation.language, Language::en);
  {
    const Variable own("ANTA_LANG", "es");
    EXPECT_EQ(complaint({"sign", "a", "--language", "fr"}), "--language admite en o es, no 'fr'");
    EXPECT_EQ(complaint({"sign", "a", "--language", "en"}), "accepted");
  }
  const Variable own("ANTA_LANG", "fr");
  EXPECT_EQ(complaint({"sign", "a"}), "ANTA_LANG takes en or es, not 'fr'");
  EXPECT_EQ(complaint({"sign", "a", "--language", "es"}), "accepted");  // which the flag stands above
}

TEST(Arguments, HelpShowsExamplesBeforeOptions) {
  // Goal: a person copies an example before reading what each option means.
  const auto parsed = parse({"lot", "show", "--help"});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->command, nullptr);
  const std::size_t example = parsed->text.find("anta lot show L-1 --node");
  const std::size_t option = parsed->text.find("--node URL  (required)");
  ASSERT_NE(example, std::string::npos);
  ASSERT_NE(option, std::string::npos);
  EXPECT_LT(example, option);
  EXPECT_THAT(parsed->text, HasSubstr("[ANTA_TEST_NODE]"));
}

TEST(Arguments, HelpOfANounListsItsVerbsOnly) {
  // Goal: `anta lot --help` is about lots.
  const auto parsed = parse({"lot", "--help"});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_THAT(parsed->text, HasSubstr("anta lot show"));
  EXPECT_THAT(parsed->text, HasSubstr("anta lot history"));
  EXPECT_THAT(parsed->text, ::testing::Not(HasSubstr("anta sign")));
}

TEST(Arguments, HelpOfACommandIsItsOwnWhereOthersBeginLikeIt) {
  // Goal: `anta backup --help` shows how to take one, and `anta backup verify --help` the other.
  const std::string text = help_text(all_commands(), {"backup"});
  EXPECT_THAT(text, HasSubstr("anta backup --out ledger.backup"));
  EXPECT_THAT(text, HasSubstr("--out FILE  (required)"));
  EXPECT_THAT(help_text(all_commands(), {"backup", "verify"}), ::testing::Not(HasSubstr("--out FILE")));
}

TEST(Arguments, EveryCommandOfTheProgramHasASummaryAndAnExampleThatParses) {
  // Goal: no example in help names an option or a form that the command does not take.
  const std::vector<Command> all = all_commands();
  EXPECT_GE(all.size(), 20u);
  for (const Command& command : all) {
    EXPECT_FALSE(command.summary.empty()) << command.words.front();
    EXPECT_FALSE(command.examples.empty()) << command.words.front();
    EXPECT_TRUE(command.run) << command.words.front();
    for (const std::string& example : command.examples) {
      std::istringstream words(example.substr(0, example.find_first_of("#<>|")));
      std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
      ASSERT_GE(arguments.size(), 2u) << example;
      EXPECT_EQ(arguments.front(), "anta") << example;
      arguments.erase(arguments.begin());
      const auto parsed =
          parse_arguments(all, arguments, {{"node", "http://127.0.0.1:1"}, {"as", "p"}, {"key", "k"}});
      ASSERT_TRUE(parsed.has_value()) << example << ": " << parsed.error().message;
      ASSERT_NE(parsed->command, nullptr) << example;
      EXPECT_EQ(parsed->command->words, command.words) << example;
    }
  }
}

}  // namespace
}  // namespace anta
