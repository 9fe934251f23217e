// simulate SEED: one run of the simulator. simulate --seeds A..B: many. See README.md for reading a failure.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include "tests/sim/runner.h"

namespace {

using namespace anta::sim;

constexpr const char* usage =
    R"(simulate SEED [--trace] [--history FILE] [--steps N] [--nodes N] [--without FAULT]...
simulate --seeds A..B [--jobs N] [--assert]
simulate --file SEEDS [--jobs N]

Real Raft cores on a simulated network and disk, with virtual ticks; one seed replays a run bit for bit.
  --trace          print every event: time, node, what, and two numbers (term and index, or peer)
  --steps N        end the chaos after N events (the liveness phase follows)
  --nodes N        3, 5 or 7 instead of what the seed draws
  --without FAULT  leave a fault out; the names are in the report
  --assert         fail unless every fault, leader changes, truncations and every rule's mark happened
  --history FILE   of one seed: what its clients saw, for tests/sim/histories_test.py
  --jobs N         threads for several seeds; 2 by default

To shrink a failure: halve --steps as long as it still fails, then try --nodes 3, then --without for one fault
after the other. The last lines of --trace are the story. Then add the seed to tests/sim/seeds.txt.
)";

struct Arguments {
  std::optional<std::uint64_t> seed = {};
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::string file = {};
  std::string history = {};
  Overrides overrides = {};
  unsigned jobs = 2;
  bool trace = false;
  bool assert_counts = false;
  bool help = false;
  std::string error = {};
};

std::optional<Fault> fault_named(const std::string& text) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (text == name(static_cast<Fault>(i))) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> number(const std::string& text) {
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoull(text);
}

// One option with a value; false when it is not understood.
bool take(Arguments& out, const std::string& option, const std::string& value) {
  if (option == "--file") {
    out.file = value;
    return true;
  }
  if (option == "--history") {
    out.history = value;
    return true;
  }
  if (option == "--without") {
    const auto fault = fault_named(value);
    if (fault) out.overrides.without.push_back(*fault);
    return fault.has_value();
  }
  if (option == "--seeds") {
    const auto dots = value.find("..");
    if (dots == std::string::npos) return false;
    const auto first = number(value.substr(0, dots));
    const auto last = number(value.substr(dots + 2));
    if (!first || !last || *first > *last) return false;
    out.first = *first;
    out.last = *last;
    return true;
  }
  const auto n = number(value);
  if (!n || *n == 0) return false;
  if (option == "--steps") out.overrides.steps = *n;
  if (option == "--jobs") out.jobs = static_cast<unsigned>(std::min<std::uint64_t>(*n, 64));
  if (option == "--nodes") {
    if (*n != 3 && *n != 5 && *n != 7) return false;
    out.overrides.nodes = *n;
  }
  return option == "--steps" || option == "--jobs" || option == "--nodes";
}

Arguments parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help" || word == "-h")
      out.help = true;
    else if (word == "--trace")
      out.trace = true;
    else if (word == "--assert")
      out.assert_counts = true;
    else if (const auto seed = number(word))
      out.seed = *seed;
    else if (i + 1 < argc && take(out, word, argv[i + 1]))
      ++i;
    else
      out.error = "cannot read: " + word;
  }
  if (!out.seed && out.last == 0 && out.file.empty() && !out.help && out.error.empty()) out.error = "no seed";
  return out;
}

int one(const Arguments& arguments) {
  const RunResult result =
      run_seed(*arguments.seed, arguments.overrides, arguments.trace, !arguments.history.empty());
  if (!arguments.history.empty() && !(std::ofstream(arguments.history) << result.history)) {
    std::cerr << "cannot write " << arguments.history << "\n";
    return 2;
  }
  if (arguments.trace) std::cout << result.trace;
  std::cout << report(result.counts) << "trace hash " << std::hex << result.trace_hash << std::dec << "\n";
  if (result.violation.empty()) {
    std::cout << "seed " << *arguments.seed << " passed\n";
    return 0;
  }
  std::cout << "seed " << *arguments.seed << " FAILED: " << result.violation << "\n";
  return 1;
}

int many(const Arguments& arguments) {
  const Campaign campaign =
      run_seeds(arguments.first, arguments.last, arguments.jobs, arguments.overrides, 20);
  std::cout << report(campaign.counts);
  const double rate =
      campaign.seconds > 0 ? static_cast<double>(campaign.counts.steps) / campaign.seconds : 0;
  std::cout << "seconds " << campaign.seconds << ", steps per second " << static_cast<std::uint64_t>(rate)
            << "\n";
  for (const Failure& failure : campaign.failures) {
    std::cout << "seed " << failure.seed << " FAILED: " << failure.violation << "\n";
  }
  const std::string absent = arguments.assert_counts ? missing(campaign.counts) : "";
  std::cout << absent;
  return campaign.failures.empty() && absent.empty() ? 0 : 1;
}

// Seeds that once failed, one a line, with what they showed after a '#'. Some only when cut: "42 steps 1000
// #".
int replay_file(const Arguments& arguments) {
  std::ifstream in(arguments.file);
  if (!in) {
    std::cerr << "cannot open " << arguments.file << "\n";
    return 2;
  }
  int failed = 0;
  int seeds = 0;
  for (std::string line; std::getline(in, line);) {
    const auto end = line.find_first_of(" #");
    const auto seed = number(line.substr(0, end));
    if (!seed) continue;
    ++seeds;
    Overrides overrides = arguments.overrides;
    constexpr std::string_view cut = " steps ";
    const std::string words = line.substr(0, line.find('#'));
    if (const auto at = words.find(cut); at != std::string::npos)
      overrides.steps =
          number(words.substr(at + cut.size(), words.find_last_not_of(' ') + 1 - at - cut.size()))
              .value_or(0);
    const RunResult result = run_seed(*seed, overrides);
    if (result.violation.empty()) continue;
    ++failed;
    std::cout << "seed " << *seed << " FAILED: " << result.violation << "\n";
  }
  std::cout << seeds << " seeds, " << failed << " failed\n";
  return failed == 0 && seeds > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.help || !arguments.error.empty()) {
    (arguments.help ? std::cout : std::cerr)
        << arguments.error << (arguments.error.empty() ? "" : "\n") << usage;
    return arguments.help ? 0 : 2;
  }
  if (arguments.seed) return one(arguments);
  if (!arguments.file.empty()) return replay_file(arguments);
  return many(arguments);
}
