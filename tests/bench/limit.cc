// What the machine can do at this moment, for a figure to be held against: one JSON line.
//
//     bench_limit verify THREADS SECONDS BYTES     Ed25519 checks of messages of that size, per second
//                                                  and by the CPU time of one, which neighbours do not
//                                                  lengthen
//     bench_limit write DIRECTORY COUNT BYTES      synced one-record writes of the node's database, in ms
//     bench_limit families DIRECTORY GENESIS NODE  a stopped node's tables, bytes by column family
//     bench_limit settled DIRECTORY GENESIS NODE   the same after all of them were merged
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>
#include <vector>

#include "crypto/keys.h"
#include "storage/database.h"

namespace anta::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Message {
  PublicKey key = {};
  Bytes bytes = {};
  Signature signature = {};
};

// Different keys and messages, as a node sees them: one alone would stay in the caches.
std::vector<Message> messages(std::size_t count, std::size_t bytes) {
  std::vector<Message> made;
  for (std::size_t i = 0; i < count; ++i) {
    const Digest seed = sha256(as_bytes("bench limit " + std::to_string(i)));
    const SigningKey key(Secret32(std::span<const std::uint8_t, 32>(seed.bytes)));
    Bytes text(bytes, static_cast<std::uint8_t>(i));
    const Signature signature = key.sign(text);
    made.push_back({key.public_key(), std::move(text), signature});
  }
  return made;
}

int verify_rate(unsigned threads, double seconds, std::size_t bytes) {
  const std::vector<Message> all = messages(256, bytes);
  std::atomic<std::uint64_t> checked = 0;
  std::atomic<bool> wrong = false;
  const double cpu = cpu_seconds();
  const auto begin = Clock::now();
  {
    std::vector<std::jthread> workers;
    for (unsigned t = 0; t < threads; ++t) {
      workers.emplace_back([&, t] {
        std::uint64_t count = 0;
        for (std::size_t i = t; seconds_since(begin) < seconds; ++i, ++count) {
          const Message& m = all[i % all.size()];
          if (!verify(m.key, m.bytes, m.signature)) wrong = true;
        }
        checked += count;
      });
    }
  }
  const double elapsed = seconds_since(begin);
  if (wrong) {
    std::cerr << "bench_limit: a signature does not verify\n";
    return 1;
  }
  const auto count = static_cast<double>(checked);
  std::cout << "{\"per_second\": " << count / elapsed
            << ", \"cpu_us\": " << 1e6 * (cpu_seconds() - cpu) / count << ", \"threads\": " << threads
            << "}\n";
  return 0;
}

int synced_writes(const std::string& directory, std::size_t count, std::size_t bytes) {
  const auto database = Database::open({.directory = directory, .node = NodeId{"bench"}});
  if (!database) {
    std::cerr << "bench_limit: " << database.error().message << "\n";
    return 1;
  }
  std::vector<double> times;
  const Bytes value(bytes, 7);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = std::to_string(1'000'000'000 + i);
    const auto begin = Clock::now();
    Batch batch = (*database)->batch();
    batch.put(Family::log, as_bytes(key), value);
    if (auto written = (*database)->write(batch, Sync::yes); !written) {
      std::cerr << "bench_limit: " << written.error().message << "\n";
      return 1;
    }
    times.push_back(1e3 * seconds_since(begin));
  }
  std::sort(times.begin(), times.end());
  std::cout << "{\"p50_ms\": " << times[count / 2] << ", \"p99_ms\": " << times[count * 99 / 100]
            << ", \"writes\": " << count << "}\n";
  return 0;
}

// Opening writes what the log had in memory only, so the tables hold everything.
int families(const std::string& directory, const std::string& genesis, const std::string& node, bool settle) {
  std::ifstream file(genesis, std::ios::binary);
  const Bytes bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto database = Database::open(
      {.directory = directory, .network = sha256(bytes), .node = NodeId{node}, .create = false});
  if (!database) {
    std::cerr << "bench_limit: " << database.error().message << "\n";
    return 1;
  }
  for (std::size_t i = 0; settle && i < family_count; ++i) {
    if (auto settled = (*database)->settle(static_cast<Family>(i)); !settled) {
      std::cerr << "bench_limit: " << settled.error().message << "\n";
      return 1;
    }
  }
  std::array<std::uint64_t, family_count> sizes = {};
  for (const Table& table : (*database)->tables())
    sizes.at(static_cast<std::size_t>(table.family)) += table.bytes;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    std::cout << (i == 0 ? "{" : ", ") << "\"" << family_name(static_cast<Family>(i))
              << "\": " << sizes.at(i);
  std::cout << "}\n";
  return 0;
}

}  // namespace
}  // namespace anta::bench

int main(int argc, char** argv) {
  const std::string what = argc == 5 ? argv[1] : "";
  if (what == "verify") {
    return anta::bench::verify_rate(static_cast<unsigned>(std::stoul(argv[2])), std::stod(argv[3]),
                                    std::stoul(argv[4]));
  }
  if (what == "write") return anta::bench::synced_writes(argv[2], std::stoul(argv[3]), std::stoul(argv[4]));
  if (what == "families" || what == "settled")
    return anta::bench::families(argv[2], argv[3], argv[4], what == "settled");
  std::cerr << "bench_limit verify THREADS SECONDS BYTES | write DIRECTORY COUNT BYTES | families DIRECTORY "
               "GENESIS NODE | settled DIRECTORY GENESIS NODE\n";
  return 2;
}
