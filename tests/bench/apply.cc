// What a committed block costs a node's disk thread: judging, hashing and writing, without signatures.
//
//     bench_apply DIRECTORY [STATEMENTS] [BLOCK]       one JSON line
//
// Lays the mix (lane.h) into a new database in DIRECTORY with LedgerMachine, in blocks of BLOCK (64), as a
// node does once a block is committed. Not counted: writing the log beforehand, signature checks (verifier
// threads have done them by then). Times are of this thread's CPU; `ratio` is what a statement costs over one
// signature check of a 500-byte message. `background_us` is what RocksDB's own threads spend on flushing and
// merging, log included, and `written_bytes` what all of it writes, each per statement.
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <vector>

#include "crypto/text.h"
#include "node/ledger_machine.h"
#include "storage/database.h"
#include "storage/ledger/block.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/law.h"
#include "storage/ledger/state.h"
#include "tests/bench/lane.h"

namespace anta::bench {
namespace {

constexpr Millis now = {1'767'225'600'000};  // 2026-01-01
constexpr std::size_t lanes = 512;
constexpr std::size_t shelf = 20;  // lots of a lane before the mix begins
constexpr int checks = 2'000;

double cpu_us() {
  timespec at{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return 1e6 * static_cast<double>(at.tv_sec) + 1e-3 * static_cast<double>(at.tv_nsec);
}

template <typename T>
T must(Result<T> result) {
  if (!result) {
    std::cerr << "bench_apply: " << result.error().message << "\n";
    std::exit(2);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// CPU of the threads that RocksDB named after itself, from /proc (proc(5): fields 14 and 15 of stat, in
// ticks).
double background_us() {
  double ticks = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "stat");
    std::string line;
    if (!std::getline(file, line) || line.find("(rocksdb:") == std::string::npos) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field)
      fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    ticks += user + system;
  }
  return 1e6 * ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// What this process handed to files, in bytes.
double written_bytes() {
  std::ifstream file("/proc/self/io");
  std::string name;
  for (double value = 0; file >> name >> value;)
    if (name == "wchar:") return value;
  return 0;
}

// A node's applied side, and its log.
class Ledger {
 public:
  Ledger(const std::string& directory, const Genesis& genesis) {
    DatabaseOptions options;
    options.directory = directory;
    options.network = sha256(encode_genesis(genesis));
    options.node = NodeId{"n1"};
    database_ = must(Database::open(options));
    log_ = must(LogStore::open(*database_));
    std::ignore = log_->recover();
    ledger_ = must(LedgerStore::open(*database_, *log_));
    const Effects effects = must(genesis_effects(genesis));
    must(ledger_->apply_genesis(encode_genesis(genesis), genesis.created, effects.changes));
    const auto key = [this](const Digest& kid) { return key_of(kid); };
    verification_ = std::make_unique<Verification>(VerificationOptions{.threads = 2}, key);
    const auto count = [this](const BlockNotice& notice) -> Result<void> {
      for (const Decision& decision : notice.decisions)
        accepted += decision.answer && decision.answer->accepted ? 1 : 0;
      return {};
    };
    machine_ = std::make_unique<LedgerMachine>(*ledger_, *verification_, count);
  }

  // CPU of judging and applying.
  double apply(const std::vector<Bytes>& statements) {
    std::vector<std::shared_ptr<const Bytes>> shared;
    std::vector<Verification::Arrived> arrived;
    for (const Bytes& bytes : statements) {
      shared.push_back(std::make_shared<const Bytes>(bytes));
      arrived.push_back({shared.back(), sha256(bytes)});
    }
    std::promise<void> verified;
    must(verification_->admit(std::move(arrived), [&](const auto&) { verified.set_value(); }));
    verified.get_future().wait();
    const EntryHeader header{
        .term = Term{1}, .kind = EntryKind::block, .prev_hash = log_->last_hash(), .time = now};
    const LogEntry entry =
        make_entry(log_->last().next(), header, std::make_shared<const Bytes>(encode_block(shared)));
    LogStore::LogWrite write;
    write.entries = {entry};
    write.hard_state = LogStore::HardState{.term = Term{1}, .vote = {}, .commit = entry.index};
    write.must_sync = false;
    must(log_->write({&write, 1}));
    const double begin = cpu_us();
    must(machine_->apply(entry));
    return cpu_us() - begin;
  }

  std::uint64_t accepted = 0;

 private:
  std::optional<state::Key> key_of(const Digest& kid) const {
    const auto reader = ledger_->reader();
    if (!reader) return std::nullopt;
    const auto bytes = reader->record(Kind::key, hex(kid));
    if (!bytes || !*bytes) return std::nullopt;
    return *state::decode_record<state::Key>(**bytes);
  }

  std::unique_ptr<Database> database_ = {};
  std::unique_ptr<LogStore> log_ = {};
  std::unique_ptr<LedgerStore> ledger_ = {};
  std::unique_ptr<Verification> verification_ = {};
  std::unique_ptr<LedgerMachine> machine_ = {};
};

double check_us(const SigningKey& key) {
  const Bytes message(500, 7);
  const Signature signature = key.sign(message);
  const double begin = cpu_us();
  for (int i = 0; i < checks; ++i)
    ANTA_INVARIANT(verify(key.public_key(), message, signature));
  return (cpu_us() - begin) / checks;
}

int run(const std::string& directory, std::size_t statements, std::size_t block) {
  const SigningKey registrar = key_by_name("registrar");
  const Trade trade({}, 1, now);
  Ledger ledger(directory, lone_genesis(registrar.public_key(), now));
  for (const Bytes& bytes : trade.founding(registrar))
    ledger.apply({bytes});
  std::vector<Lane> strands;
  for (std::size_t i = 0; i < lanes; ++i)
    strands.emplace_back(trade, 1, i);
  std::vector<Bytes> waiting;
  double cpu = 0;
  const auto fill = [&](std::size_t count, auto&& next) {
    for (std::size_t i = 0; i < count; ++i) {
      Lane& lane = strands[i % lanes];
      waiting.push_back(lane.sign(next(lane)));
      if (waiting.size() < block) continue;
      cpu += ledger.apply(waiting);
      waiting.clear();
    }
  };
  fill(lanes * shelf, [](Lane& lane) { return lane.stock(); });
  const double before = check_us(registrar);
  const std::uint64_t accepted = ledger.accepted;
  cpu = 0;
  const double background = background_us();
  const double written = written_bytes();
  fill(statements, [](Lane& lane) { return lane.next(); });
  const double check = (before + check_us(registrar)) / 2;
  const auto count = static_cast<double>(statements);
  const double each = cpu / count;
  std::cout << "{\"statements\": " << statements << ", \"accepted\": " << ledger.accepted - accepted
            << ", \"block\": " << block << ", \"statement_us\": " << each << ", \"check_us\": " << check
            << ", \"ratio\": " << each / check
            << ", \"background_us\": " << (background_us() - background) / count
            << ", \"written_bytes\": " << (written_bytes() - written) / count << "}\n";
  return 0;
}

}  // namespace
}  // namespace anta::bench

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::cerr << "bench_apply DIRECTORY [STATEMENTS] [BLOCK]\n";
    return 2;
  }
  return anta::bench::run(argv[1], argc > 2 ? std::stoul(argv[2]) : 50'000,
                          argc > 3 ? std::stoul(argv[3]) : 64);
}
