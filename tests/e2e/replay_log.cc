// Judges a stopped node's log again, in a process and a directory of its own, and prints what comes out as
// JSON.
//
//   replay_log GENESIS NODE#INCARNATION DATA SCRATCH                 as logged: the same blocks with the same
//   times replay_log GENESIS NODE#INCARNATION DATA SCRATCH --time MS       in canonical form
//
// As logged, leaves and roots must be those that the node itself had: they are a function of its log. In
// canonical form each statement is a block of its own, in the order of its first decision, all at one time:
// what is left out is just what a disturbance may change (who shared a block, when it was sealed, bytes that
// were offered twice). Two networks that decided the same statements in the same order have the same
// canonical leaves and roots.
#include <iostream>
#include <map>

#include "cli/text_file.h"
#include "crypto/text.h"
#include "node/ledger_machine.h"
#include "storage/ledger/block.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

[[noreturn]] void stop(const Error& error) {
  std::cerr << "replay_log: " << error.message << " [" << error.rule << "]\n";
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) stop(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct Decided {
  Bytes bytes = {};
  Digest digest = {};
  std::string outcome = {};  // "accepted" or the code
  std::vector<std::string> flags = {};
};

// A ledger in a fresh directory; what is applied to it, and what was decided for the first time.
class Replay {
 public:
  Replay(const Bytes& genesis_bytes, const std::string& node, const std::string& directory)
      : database_(must(Database::open(
            {.directory = directory, .network = sha256(genesis_bytes), .node = NodeId{node}}))),
        log_(must(LogStore::open(*database_))),
        ledger_(must(LedgerStore::open(*database_, *log_))),
        verification_({}, [](const Digest&) { return std::nullopt; }) {
    const Genesis genesis = must(decode_genesis(genesis_bytes));
    must(ledger_->apply_genesis(genesis_bytes, genesis.created, must(genesis_effects(genesis)).changes));
    machine_ = std::make_unique<LedgerMachine>(*ledger_, verification_,
                                               [this](const BlockNotice& n) -> Result<void> {
                                                 notice_ = n;
                                                 return {};
                                               });
  }

  // Written together, with one sync, and applied one by one.
  void add(std::vector<LogEntry> entries) {
    const LogStore::LogWrite write{.entries = std::move(entries)};
    must(log_->write({&write, 1}));
    for (const LogEntry& entry : write.entries)
      apply(entry);
  }

  void apply(const LogEntry& entry) {
    if (entry.header.kind != EntryKind::block) return;
    must(machine_->apply(entry));
    const std::vector<ByteView> items = must(decode_block(*entry.payload));
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Decision& decision = notice_.decisions.at(i);
      if (decision.again) {
        ++again_;
      } else if (!decision.answer) {
        ++unrecorded_;
      } else {
        const Outcome& outcome = *decision.answer;
        decided_.push_back({to_bytes(items[i]), outcome.statement,
                            outcome.accepted ? "accepted" : outcome.rule, outcome.flags});
      }
    }
  }

  void add_alone(const Bytes& statement, Millis time) {
    EntryHeader header{
        .term = Term{1}, .kind = EntryKind::block, .prev_hash = log_->last_hash(), .time = time};
    add({make_entry(
        log_->last().next(), header,
        std::make_shared<const Bytes>(encode_block({std::make_shared<const Bytes>(statement)})))});
  }

  const std::vector<Decided>& decided() const { return decided_; }

  void print() const {
    const Applied& applied = *ledger_->applied();
    std::cout << "{\"leaves\": " << applied.leaves.value << ", \"tree_root\": \"" << hex(applied.tree_root)
              << "\", \"state_root\": \"" << hex(applied.state_root)
              << "\", \"height\": " << applied.height.value
              << ", \"block_time_ms\": " << applied.block_time.value << ", \"again\": " << again_
              << ", \"unrecorded\": " << unrecorded_ << ", \"decided\": [";
    for (std::size_t i = 0; i < decided_.size(); ++i) {
      std::cout << (i ? ", " : "") << "[\"" << hex(decided_[i].digest) << "\", \"" << decided_[i].outcome
                << "\"";
      for (const std::string& flag : decided_[i].flags)
        std::cout << ", \"" << flag << "\"";
      std::cout << "]";
    }
    std::cout << "]}\n";
  }

 private:
  std::unique_ptr<Database> database_;
  std::unique_ptr<LogStore> log_;
  std::unique_ptr<LedgerStore> ledger_;
  Verification verification_;
  std::unique_ptr<LedgerMachine> machine_ = {};
  BlockNotice notice_ = {};
  std::vector<Decided> decided_ = {};
  std::size_t again_ = 0;
  std::size_t unrecorded_ = 0;
};

// Every committed entry of the stopped node, in order.
void replay_as_logged(const Bytes& genesis, const std::string& node, const std::string& data,
                      Replay& replay) {
  const std::size_t mark = node.find('#');
  const auto database = must(Database::open({.directory = data,
                                             .network = sha256(genesis),
                                             .node = NodeId{node.substr(0, mark)},
                                             .incarnation = must(decimal(node.substr(mark + 1))),
                                             .create = false}));
  const auto log = must(LogStore::open(*database));
  const auto ledger = must(LedgerStore::open(*database, *log));
  const LogIndex applied = ledger->applied()->index;
  for (LogIndex next{1}; next <= applied;) {
    std::vector<LogEntry> entries = must(log->read(next, applied, std::uint64_t{4} << 20));
    next = entries.back().index.next();
    replay.add(std::move(entries));
  }
}

int run(const std::vector<std::string>& arguments) {
  const Bytes genesis = must(read_file(arguments[0]));
  Replay logged(genesis, arguments[1], arguments[3] + "/logged");
  replay_as_logged(genesis, arguments[1], arguments[2], logged);
  if (arguments.size() == 4) {
    logged.print();
    return 0;
  }
  const Millis time{static_cast<std::int64_t>(must(decimal(arguments[5])))};
  Replay canonical(genesis, arguments[1], arguments[3] + "/canonical");
  for (const Decided& decided : logged.decided())
    canonical.add_alone(decided.bytes, time);
  canonical.print();
  return 0;
}

}  // namespace
}  // namespace anta

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool canonical = arguments.size() == 6 && arguments[4] == "--time";
  if (arguments.size() != 4 && !canonical) {
    std::cerr << "replay_log GENESIS NODE DATA SCRATCH [--time MS]\n";
    return 2;
  }
  return anta::run(arguments);
}
