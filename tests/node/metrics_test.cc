// What an operator watches of a whole node: the names and types of its metrics, and the alarm of a fork.
#include "node/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "crypto/note.h"
#include "crypto/sealed.h"
#include "node/checkpointer.h"
#include "node/metric_help.h"
#include "tests/node/trio.h"

namespace anta::test {
namespace {

struct Metric {
  std::string type = {};
  std::set<std::string> labels = {};  // without a histogram's `le`
  std::string words = {};

  bool operator==(const Metric&) const = default;
};

std::set<std::string> parts_of(std::string_view text, char separator) {
  std::set<std::string> parts;
  std::istringstream all{std::string(text)};
  for (std::string part; std::getline(all, part, separator);)
    parts.insert(part.substr(std::min(part.find_first_not_of(' '), part.size())));
  return parts;
}

// The program's own table.
std::map<std::string, Metric> table_of_metrics() {
  const std::map<MetricType, std::string> types = {
      {MetricType::counter, "counter"}, {MetricType::gauge, "gauge"}, {MetricType::histogram, "histogram"}};
  std::map<std::string, Metric> table;
  for (const MetricHelp& one : all_metrics())
    table[std::string(one.name)] = {types.at(one.type), parts_of(one.labels, ','), std::string(one.words)};
  return table;
}

// That of node/README.md, for operators: | `name{label}`, `name` | type, or one for each name | what |
std::map<std::string, Metric> metrics_of_the_readme() {
  std::map<std::string, Metric> table;
  std::ifstream file(ANTA_SOURCE_DIR "/node/README.md");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `anta_")) continue;
    std::vector<std::string> types;
    const std::size_t cell = line.find('|', 1);
    std::istringstream words(line.substr(cell + 1, line.find('|', cell + 1) - cell - 1));
    for (std::string type; std::getline(words, type, ',');)
      types.push_back(type.substr(1, type.find(' ', 1) - 1));
    std::size_t number = 0;
    for (std::size_t at = line.find('`'); at < cell; at = line.find('`', line.find('`', at + 1) + 1)) {
      const std::string name = line.substr(at + 1, line.find('`', at + 1) - at - 1);
      const std::size_t brace = std::min(name.find('{'), name.size());
      const std::string labels = brace < name.size() ? name.substr(brace + 1, name.size() - brace - 2) : "";
      EXPECT_TRUE(types.size() == 1 || number < types.size()) << line;
      const std::string type = types.at(types.size() == 1 ? 0 : std::min(number, types.size() - 1));
      EXPECT_TRUE(table.emplace(name.substr(0, brace), Metric{type, parts_of(labels, ','), {}}).second)
          << name;
      ++number;
    }
  }
  return table;
}

// Prometheus's text format, as far as names, types and labels go; each is said to be something.
std::map<std::string, Metric> metrics_of(const std::string& text) {
  std::map<std::string, Metric> found;
  std::string name, helped, words;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      helped = line.substr(7, line.find(' ', 7) - 7);
      words = line.substr(7 + helped.size() + 1);
    }
    if (line.starts_with("# TYPE ")) {
      const std::size_t space = line.find(' ', 7);
      name = line.substr(7, space - 7);
      found[name].type = line.substr(space + 1);
      found[name].words = words;
      EXPECT_EQ(helped, name);
    }
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(line.starts_with(name)) << line;
    for (std::size_t at = line.find('{'); at != std::string::npos && line[at] != '}';) {
      const std::size_t equals = line.find("=\"", at);
      const std::string label = line.substr(at + 1, equals - at - 1);
      if (label != "le") found[name].labels.insert(label);
      at = line.find('"', equals + 2) + 1;
    }
  }
  return found;
}

TEST(Metrics, AStartedNodeGivesExactlyTheTablesMetrics) {
  // Goal: names, types, labels and words are what operators were promised (metric_help.cc): none missing, none
  // changed, none unlisted. Only a node with HTTPS says when its certificate ends (node_status_test.cc,
  // tests/e2e/https_test.py).
  std::map<std::string, Metric> wanted = table_of_metrics();
  EXPECT_EQ(wanted.erase("anta_http_certificate_expires_seconds"), 1u);
  const World world = certified();
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  trio.play(world, {0, 1, 2});
  for (std::size_t i = 0; i < 3; ++i) {
    const std::map<std::string, Metric> found = metrics_of(trio.get(i, "/metrics", "*/*").body);
    for (const auto& [name, metric] : wanted) {
      const auto it = found.find(name);
      ASSERT_NE(it, found.end()) << name;
      EXPECT_EQ(it->second.type, metric.type) << name;
      EXPECT_EQ(it->second.labels, metric.labels) << name;
      EXPECT_EQ(it->second.words, metric.words) << name;
    }
    for (const auto& [name, metric] : found)
      EXPECT_TRUE(wanted.contains(name)) << "an unlisted metric: " << name;
  }
}

TEST(Metrics, TheReadmesTableIsTheProgramsTable) {
  // Goal: operators read of every metric, under its name, type and labels, and of none that is not there.
  const std::map<std::string, Metric> told = metrics_of_the_readme();
  const std::map<std::string, Metric> wanted = table_of_metrics();
  for (const auto& [name, metric] : wanted) {
    const auto it = told.find(name);
    ASSERT_NE(it, told.end()) << name << " is not in the table of node/README.md";
    EXPECT_EQ(it->second.type, metric.type) << name;
    EXPECT_EQ(it->second.labels, metric.labels) << name;
  }
  for (const auto& [name, metric] : told)
    EXPECT_TRUE(wanted.contains(name)) << name << " of node/README.md is no metric";
}

// The same size and origin as the note, another root, signed by everybody.
std::string other_tree(const Trio& trio, const std::string& note) {
  Checkpoint checkpoint = *parse_checkpoint(parse_note(note)->text);
  checkpoint.root.bytes[0] ^= 1;
  Note forged{.text = encode_checkpoint(checkpoint)};
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  for (std::size_t i = 0; i < 3; ++i) {
    const NodeKeys keys = derive_node_keys(*read_seed_file(trio.members[i].config.seed));
    if (i == 0) forged.signatures.push_back(sign_note_line(forged.text, trio.genesis.origin, keys.log));
    forged.signatures.push_back(sign_cosignature(forged.text,
                                                 cosigner_name(trio.genesis.nodes[i].organisation),
                                                 keys.cosigner, static_cast<std::uint64_t>(now.count())));
  }
  return encode_note(forged);
}

TEST(Metrics, AForkIsCountedShownAndMakesTheNodeUnready) {
  // Goal: two roots of one size under a quorum: anta_forks_total, /v1/status and /readyz say so, also after a
  // restart, until an operator has taken the evidence away.
  namespace fs = std::filesystem;
  const World world = certified();
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  trio.play(world, {0, 1, 2});
  const std::string metric = "anta_forks_total ";
  EXPECT_NE(trio.get(0, "/metrics", "*/*").body.find(metric + "0\n"), std::string::npos);
  EXPECT_NE(trio.get(0, "/v1/status").body.find("\"forks\": 0"), std::string::npos);
  Reply note;
  ASSERT_TRUE(trio.until([&] { return (note = trio.get(0, "/checkpoint", "*/*")).status == 200; }));
  trio.stop(0);
  const fs::path data = trio.members[0].config.data;
  write_whole((data / "checkpoint.note").string(), as_bytes(other_tree(trio, note.body)));
  for (int run = 0; run < 2; ++run) {  // the second finds the evidence that the first kept
    trio.start(0);
    Reply ready;
    ASSERT_TRUE(trio.until([&] {
      return (ready = trio.get(0, "/readyz")).body.find("fork-*.note") != std::string::npos;
    })) << ready.body;
    EXPECT_EQ(ready.status, 503u);
    EXPECT_NE(trio.get(0, "/metrics", "*/*").body.find(metric + "1\n"), std::string::npos);
    EXPECT_NE(trio.get(0, "/v1/status").body.find("\"forks\": 1"), std::string::npos);
    const std::string told = trio.get(0, "/v1/forks").body;
    EXPECT_NE(told.find("\"note\": \"" + trio.genesis.origin), std::string::npos) << told;
    EXPECT_NE(told.find("\"size\": "), std::string::npos) << told;
    trio.stop(0);
  }
  std::size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(data)) {
    if (!entry.path().filename().string().starts_with("fork-")) continue;
    fs::rename(entry.path(), trio.home.path() + "/explained.note");
    ++kept;
  }
  EXPECT_EQ(kept, 1u);
  trio.start(0);
  EXPECT_TRUE(trio.ready(0));
}

}  // namespace
}  // namespace anta::test
