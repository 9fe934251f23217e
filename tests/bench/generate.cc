// The load generator: makes the mix, signs it, and sends it to running nodes as it is told on stdin.
//
//     bench_generate --network NODES          prints the network's document for `anta network new --scenario`
//     bench_generate --node HOST:PORT... --registrar-key FILE [--seed N] [--lanes N] [--lots N] [--producers
//     N]
//
// Then one JSON object a line: {"do": "found"}, {"do": "stock"} (registers the live lots), {"do": "sign",
// "statements": N} (not timed), {"do": "load", "clients": N, "batch": N, "wait": "committed", "warm": S,
// "seconds": S, "rate": R, "shed": false, "nodes": [0]}. Each is answered by one line; a load first prints
// {"mark": "begin"} and {"mark": "end"} at the edges of its window, so that whoever drives it can look at the
// nodes then.
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "crypto/sealed.h"
#include "tests/bench/lane.h"
#include "tests/bench/load.h"

namespace anta::bench {
namespace {

using Json = nlohmann::json;

constexpr std::size_t founding_clients = 1;
constexpr std::size_t stock_clients = 8;
constexpr std::size_t founding_batch = 64;
constexpr unsigned signers = 2;

struct Arguments {
  std::vector<Endpoint> nodes = {};
  std::string registrar_key = {};
  std::uint64_t seed = 1;
  std::size_t lanes = 512;
  std::size_t lots = 10'240;
  std::size_t producers = TradeSize{}.producers;
  std::size_t network = 0;
};

bool take(Arguments& out, const std::string& name, const std::string& value) {
  if (name == "--node") {
    const std::size_t colon = value.rfind(':');
    if (colon == std::string::npos) return false;
    out.nodes.push_back({value.substr(0, colon), value.substr(colon + 1)});
  } else if (name == "--registrar-key") {
    out.registrar_key = value;
  } else if (name == "--seed") {
    out.seed = std::stoull(value);
  } else if (name == "--lanes") {
    out.lanes = std::stoull(value);
  } else if (name == "--lots") {
    out.lots = std::stoull(value);
  } else if (name == "--producers") {
    out.producers = std::stoull(value);
  } else if (name == "--network") {
    out.network = std::stoull(value);
  } else {
    return false;
  }
  return true;
}

double quantile(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

Json json_of(const LoadResult& r) {
  return {{"seconds", r.seconds},
          {"accepted", r.accepted},
          {"refused", r.refused},
          {"all_accepted", r.all_accepted},
          {"all_refused", r.all_refused},
          {"all_bytes", r.all_bytes},
          {"again", r.again},
          {"offered", r.offered},
          {"shed", r.shed},
          {"shed_silently", r.shed_silently},
          {"ran_dry", r.ran_dry},
          {"cpu_seconds", r.cpu_seconds},
          {"requests", r.latencies_ms.size()},
          {"p50_ms", quantile(r.latencies_ms, 0.5)},
          {"p99_ms", quantile(r.latencies_ms, 0.99)},
          {"max_ms", quantile(r.latencies_ms, 1.0)},
          {"failure", r.failure},
          {"first_refusal", r.first_refusal}};
}

class Generator {
 public:
  Generator(Arguments arguments, SigningKey registrar, Millis now)
      : arguments_(std::move(arguments)),
        registrar_(std::move(registrar)),
        trade_(TradeSize{.producers = arguments_.producers}, arguments_.seed, now),
        queues_(arguments_.lanes) {
    for (std::size_t i = 0; i < arguments_.lanes; ++i)
      lanes_.emplace_back(trade_, arguments_.seed, i);
  }

  Json obey(const Json& order) {
    const std::string what = order.at("do");
    if (what == "found") return found();
    if (what == "stock") return stock();
    if (what == "sign") return sign(order.at("statements"));
    if (what == "load") return load(order);
    return {{"failure", "unknown order: " + what}};
  }

 private:
  Json found() {
    std::vector<Queue> one(1);
    one[0].statements = trade_.founding(registrar_);
    return json_of(run(
        one, {.nodes = {arguments_.nodes.front()}, .clients = founding_clients, .batch = founding_batch}));
  }

  Json stock() {
    const std::size_t each = (arguments_.lots + lanes_.size() - 1) / lanes_.size();
    std::vector<Queue> lots(lanes_.size());
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      for (std::size_t n = 0; n < each; ++n)
        lots[i].statements.push_back(lanes_[i].sign(lanes_[i].stock()));
    }
    Json result = json_of(
        run(lots, {.nodes = {arguments_.nodes.front()}, .clients = stock_clients, .batch = founding_batch}));
    result["keys"] = trade_.keys();
    return result;
  }

  // Fills every queue up to its share, on all cores: nothing is measured meanwhile.
  Json sign(std::size_t statements) {
    const std::size_t each = (statements + lanes_.size() - 1) / lanes_.size();
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < signers; ++t) {
      threads.emplace_back([this, t, each] {
        for (std::size_t i = t; i < lanes_.size(); i += signers) {
          Queue& queue = queues_[i];
          queue.statements.erase(queue.statements.begin(),
                                 queue.statements.begin() + static_cast<std::ptrdiff_t>(queue.next));
          queue.next = 0;
          while (queue.statements.size() < each)
            queue.statements.push_back(lanes_[i].sign(lanes_[i].next()));
        }
      });
    }
    threads.clear();
    return {{"signed", each * lanes_.size()},
            {"seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()}};
  }

  Json load(const Json& order) {
    LoadOptions options{.clients = order.at("clients"),
                        .batch = order.value("batch", std::size_t{1}),
                        .cosigned = order.value("wait", "committed") == "cosigned",
                        .warm_seconds = order.value("warm", 0.0),
                        .seconds = order.at("seconds"),
                        .rate = order.value("rate", 0.0),
                        .shed = order.value("shed", false)};
    for (const std::size_t node : order.at("nodes"))
      options.nodes.push_back(arguments_.nodes.at(node));
    return json_of(run(queues_, options));
  }

  static LoadResult run(std::vector<Queue>& queues, const LoadOptions& options) {
    return run_load(queues, options,
                    [](const char* edge) { std::cout << Json{{"mark", edge}}.dump() << std::endl; });
  }

  Arguments arguments_ = {};
  SigningKey registrar_;
  Trade trade_;
  std::vector<Lane> lanes_ = {};
  std::vector<Queue> queues_ = {};
};

int generate(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc || !take(arguments, argv[i], argv[i + 1])) {
      std::cerr << "bench_generate: cannot read " << argv[i] << " (see generate.cc)\n";
      return 2;
    }
  }
  if (arguments.network > 0) {
    std::cout << network_document(arguments.network);
    return 0;
  }
  auto seed = read_seed_file(arguments.registrar_key);
  if (!seed || arguments.nodes.empty() || arguments.lanes == 0 || arguments.producers == 0) {
    std::cerr << "bench_generate: needs --node and --registrar-key: " << (seed ? "" : seed.error().message)
              << "\n";
    return 2;
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  Generator generator(std::move(arguments), SigningKey(*seed), Millis{now.count()});
  for (std::string line; std::getline(std::cin, line);)
    std::cout << generator.obey(Json::parse(line)).dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace anta::bench

int main(int argc, char** argv) {
  try {
    return anta::bench::generate(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "bench_generate: " << error.what() << "\n";
    return 1;
  }
}
