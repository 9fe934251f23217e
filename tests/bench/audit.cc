// How fast an audit is, against how fast this machine checks the same signatures.
//
//     bench_audit STATEMENTS [THREADS]       JSON on stdout
//
// Plays the mix (lane.h) into a ledger in memory, as a node would lay it: leaves, seals, state roots; then
// audits it with `anta audit`'s own code from memory, then verifies every signature of it on THREADS threads
// (default: all cores) and does nothing else.
#include <chrono>
#include <ctime>
#include <iostream>
#include <map>
#include <thread>

#include "cli/audit.h"
#include "crypto/merkle.h"
#include "crypto/tile.h"
#include "storage/ledger/bundle.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/law.h"
#include "storage/ledger/memory_tree.h"
#include "storage/ledger/seal.h"
#include "tests/bench/lane.h"

namespace anta::bench {
namespace {

constexpr Millis now = {1'767'225'600'000};  // 2026-01-01
constexpr std::size_t lanes = 64;
constexpr std::size_t block_statements = 100;

using Clock = std::chrono::steady_clock;
using Files = std::map<std::string, Bytes>;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

class Ledger {
 public:
  explicit Ledger(const SigningKey& registrar) {
    const Genesis genesis = lone_genesis(registrar.public_key(), now);
    checkpoint.origin = genesis.origin;
    write(genesis_effects(genesis)->changes);
    lay(BodyKind::genesis, encode_genesis(genesis));
    seal();
  }

  // The mix is lawful; what is refused all the same is left out.
  void submit(const Bytes& bytes) {
    const auto shared = std::make_shared<const Bytes>(bytes);
    auto statement = decode_statement(shared);
    ANTA_INVARIANT(statement.has_value());
    const auto any = [](const SignedStatement&, const PublicKey&) { return true; };
    const auto key = authenticate(view_, *statement, any);
    if (!key) return;
    const auto effects =
        judge(view_, *statement, Moment{.block_time = now, .leaf = LeafIndex{documents_.size()}});
    if (!effects) return;
    write(effects->changes);
    view_.remember(statement->digest, shared);
    lay(BodyKind::statement, bytes);
    signatures.emplace_back(std::move(*statement), *key);
    if (++in_block_ == block_statements) seal();
  }

  Files files() {
    if (in_block_ > 0) seal();
    Files all;
    std::map<std::pair<unsigned, std::uint64_t>, std::vector<Digest>> rows;
    CompactRange range;
    std::vector<Digest> entries;
    for (const auto& [kind, bytes] : documents_) {
      entries.push_back(sha256(bytes));
      range.append(leaf_hash(entries.back().view()),
                   [&](unsigned level, std::uint64_t index, const Digest& hash) {
                     if (level % tile_height == 0)
                       rows[{level / tile_height, index / tile_width}].push_back(hash);
                   });
    }
    checkpoint.size = range.size();
    checkpoint.root = range.root();
    for (const auto& [at, hashes] : rows) {
      const TilePlace place{at.second, static_cast<unsigned>(hashes.size())};
      all[tile_path(at.first, place)] = encode_tile(hashes);
      if (at.first > 0) continue;
      const std::size_t first = place.index * tile_width;
      all[entries_path(place)] = encode_entries(std::span(entries).subspan(first, place.width));
      std::vector<LeafBody> bodies;
      for (std::size_t i = first; i < first + place.width; ++i)
        bodies.push_back({documents_[i].first, documents_[i].second, 0});
      all[bodies_path(place)] = encode_bundle(bodies);
    }
    return all;
  }

  Checkpoint checkpoint = {};
  std::vector<std::pair<SignedStatement, PublicKey>> signatures = {};

 private:
  void lay(BodyKind kind, Bytes bytes) { documents_.emplace_back(kind, std::move(bytes)); }
  void seal() {
    const LeafIndex first{documents_.size() - in_block_};
    lay(BodyKind::seal, encode_seal({Height{height_++}, now, state_.root(), first, in_block_}));
    in_block_ = 0;
  }
  void write(const std::vector<StateChange>& changes) {
    for (const StateChange& change : changes) {
      view_.write(change.key, change.value);
      if (change.value) {
        state_.put(tree_key(change.key), sha256(*change.value));
      } else {
        state_.erase(tree_key(change.key));
      }
    }
  }

  MemoryView view_ = {};
  MemoryTree state_ = {};
  std::vector<std::pair<BodyKind, Bytes>> documents_ = {};
  std::uint64_t in_block_ = 0;
  std::uint64_t height_ = 0;
};

class InMemory final : public Mirror {
 public:
  explicit InMemory(const Files& files) : files_(files) {}
  Result<Bytes> read(const std::string& path, std::size_t) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return fail(Code::not_found, "audit.missing", path);
    return found->second;
  }
  std::unique_ptr<Mirror> another() const override { return std::make_unique<InMemory>(files_); }

 private:
  const Files& files_;
};

double cpu_since(std::clock_t begin) {
  return static_cast<double>(std::clock() - begin) / static_cast<double>(CLOCKS_PER_SEC);
}

double verify_seconds(const Ledger& ledger, unsigned threads) {
  const auto begin = Clock::now();
  std::vector<std::jthread> running;
  for (unsigned t = 0; t < threads; ++t) {
    running.emplace_back([&ledger, t, threads] {
      for (std::size_t i = t; i < ledger.signatures.size(); i += threads)
        ANTA_INVARIANT(verify_signature(ledger.signatures[i].first, ledger.signatures[i].second));
    });
  }
  running.clear();  // joins
  return seconds_since(begin);
}

int run(std::size_t statements, unsigned threads) {
  const SigningKey registrar = key_by_name("registrar");
  const Trade trade({}, 1, now);
  Ledger ledger(registrar);
  for (const Bytes& bytes : trade.founding(registrar))
    ledger.submit(bytes);
  std::vector<Lane> strands;
  for (std::size_t i = 0; i < lanes; ++i)
    strands.emplace_back(trade, 1, i);
  for (std::size_t i = 0; ledger.signatures.size() < statements; ++i) {
    Lane& lane = strands[i % lanes];
    ledger.submit(lane.sign(i < lanes * 8 ? lane.stock() : lane.next()));
  }
  const Files files = ledger.files();
  InMemory mirror(files);
  const auto begin = Clock::now();
  const std::clock_t audit_begin = std::clock();
  const auto result = audit(mirror, ledger.checkpoint, {.threads = threads + 1});
  const double audited = seconds_since(begin);
  const double audit_cpu = cpu_since(audit_begin);
  if (!result || result->finding) {
    std::cerr << "bench_audit: " << (result ? result->finding->error.message : result.error().message)
              << "\n";
    return 1;
  }
  const std::clock_t verify_begin = std::clock();
  const double verified = verify_seconds(ledger, threads);
  const double verify_cpu = cpu_since(verify_begin);
  const auto count = static_cast<double>(ledger.signatures.size());
  std::cout << "{\"statements\": " << ledger.signatures.size() << ", \"threads\": " << threads
            << ", \"audit_per_second\": " << count / audited
            << ", \"verify_per_second\": " << count / verified << ", \"ratio\": " << verified / audited
            << ", \"cpu_ratio\": " << verify_cpu / audit_cpu << "}\n";
  return 0;
}

}  // namespace
}  // namespace anta::bench

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "bench_audit STATEMENTS [THREADS]\n";
    return 2;
  }
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return anta::bench::run(std::stoul(argv[1]),
                          argc == 3 ? static_cast<unsigned>(std::stoul(argv[2])) : cores);
}
