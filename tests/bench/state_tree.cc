// What the state tree costs on the write path, beside the signature check that each statement needs anyway.
//
//     bench_state_tree DIRECTORY [KEYS]
//
// Fills a tree of KEYS (1 000 000) records whose buckets are in a database in DIRECTORY, then updates it in
// blocks of 100 statements that change 4 records each, of which one is new (what a dispatch or a receipt
// does): hashing, reading the buckets, and putting them into the block's batch. One JSON line; times are of
// this thread's CPU, the median of turns that alternate with signature checks. `held`: while a version is
// held, as the finished checkpoint's is.
#include <time.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <vector>

#include "crypto/keys.h"
#include "storage/database.h"
#include "storage/ledger_keys.h"
#include "storage/state_tree.h"

namespace anta::bench {
namespace {

constexpr int turns = 21;
constexpr std::size_t statements_of_block = 100;
constexpr std::size_t records_of_statement = 4;
constexpr int checks_of_turn = 100;
constexpr std::size_t message_bytes = 500;

double cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Digest key_of(std::uint64_t number) { return tree_key({Kind::lot, "L-" + std::to_string(number)}); }

struct Bench {
  explicit Bench(Database& in)
      : database(in), tree([&in](ByteView key) { return in.get(Family::tree, keys::bucket(key)); }) {}

  Database& database;
  StateTree tree;
  std::uint64_t keys_made = 0;
  std::mt19937_64 random{1};

  StateTree::Update update(std::uint64_t number) {
    Digest value;
    for (auto& byte : value.bytes)
      byte = static_cast<std::uint8_t>(random());
    return {key_of(number), value};
  }
  // Puts what changes into a batch, as an apply does; writes it, outside what is measured.
  double block(std::vector<StateTree::Update> updates) {
    Batch batch = database.batch();
    const double begin = cpu_us();
    const auto changes = tree.update(std::move(updates));
    ANTA_INVARIANT(changes.has_value());
    for (const StateTree::BucketChange& change : *changes) {
      const Bytes key = keys::bucket(change.key);
      if (change.after) batch.put(Family::tree, key, *change.after);
      if (!change.after) batch.erase(Family::tree, key);
    }
    const double spent = cpu_us() - begin;
    ANTA_INVARIANT(database.write(batch, Sync::no).has_value());
    return spent;
  }
  void fill(std::uint64_t wanted) {
    while (keys_made < wanted) {
      std::vector<StateTree::Update> updates;
      for (int i = 0; i < 10'000 && keys_made < wanted; ++i)
        updates.push_back(update(keys_made++));
      block(std::move(updates));
    }
  }
  double one_block() {
    std::vector<StateTree::Update> updates;
    std::vector<std::uint64_t> chosen;
    while (chosen.size() < statements_of_block * (records_of_statement - 1)) {
      const std::uint64_t number = random() % keys_made;
      if (std::find(chosen.begin(), chosen.end(), number) == chosen.end()) chosen.push_back(number);
    }
    for (const std::uint64_t number : chosen)
      updates.push_back(update(number));
    for (std::size_t i = 0; i < statements_of_block; ++i)
      updates.push_back(update(keys_made++));
    return block(std::move(updates)) / statements_of_block;
  }
};

// Microseconds of one signature check.
double check_us() {
  const Digest seed = sha256(as_bytes("bench state tree"));
  const SigningKey key(Secret32(std::span<const std::uint8_t, 32>(seed.bytes)));
  const Bytes message(message_bytes, 7);
  const Signature signature = key.sign(message);
  const double begin = cpu_us();
  bool right = true;
  for (int i = 0; i < checks_of_turn; ++i)
    right = verify(key.public_key(), message, signature) && right;
  ANTA_INVARIANT(right);
  return (cpu_us() - begin) / checks_of_turn;
}

int measure(const std::string& directory, std::uint64_t wanted) {
  DatabaseOptions options;
  options.directory = directory;
  options.network = sha256(as_bytes("bench"));
  options.node = NodeId{"bench"};
  auto database = Database::open(options);
  if (!database) {
    std::cerr << "bench_state_tree: " << database.error().message << "\n";
    return 2;
  }
  Bench bench(**database);
  bench.fill(wanted);
  std::vector<double> plain, held, check, ratio, held_ratio;
  for (int turn = 0; turn < turns; ++turn) {
    plain.push_back(bench.one_block());
    check.push_back(check_us());
    const StateTree::Version version = bench.tree.version();
    held.push_back(bench.one_block());
    ratio.push_back(plain.back() / check.back());
    held_ratio.push_back(held.back() / check.back());
  }
  std::cout << "{\"keys\": " << wanted << ", \"buckets\": " << bench.tree.buckets()
            << ", \"tree_bytes\": " << bench.tree.memory_bytes() << ", \"statement_us\": " << median(plain)
            << ", \"statement_held_us\": " << median(held) << ", \"check_us\": " << median(check)
            << ", \"ratio\": " << median(ratio) << ", \"ratio_held\": " << median(held_ratio)
            << ", \"ratio_min\": " << *std::min_element(ratio.begin(), ratio.end())
            << ", \"ratio_max\": " << *std::max_element(ratio.begin(), ratio.end()) << "}\n";
  return 0;
}

}  // namespace
}  // namespace anta::bench

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "bench_state_tree DIRECTORY [KEYS]\n";
    return 2;
  }
  return anta::bench::measure(argv[1], argc == 3 ? std::stoull(argv[2]) : 1'000'000);
}
