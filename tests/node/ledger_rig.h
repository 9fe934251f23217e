// A node's applied side for tests: a real database in a directory of its own, the machine on it, and blocks
// put into the log and applied one after the other.
#pragma once

#include <gtest/gtest.h>

#include "crypto/text.h"
#include "node/ledger_machine.h"
#include "storage/ledger/block.h"
#include "storage/ledger/law.h"
#include "tests/ledger/law_chain.h"
#include "tests/storage/disk.h"

namespace anta::test {

inline World rich_world() { return World({{"event_age_max_days", std::int64_t{3650}}}); }

struct LedgerRig {
  explicit LedgerRig(const Genesis& g) : genesis(g) { open(); }

  void open() {
    notices.clear();
    machine.reset();
    verification.reset();
    ledger.reset();
    log.reset();
    database.reset();
    DatabaseOptions options;
    options.directory = directory.path() + "/db";
    options.network = sha256(encode_genesis(genesis));
    options.node = NodeId{"n1"};
    database = take(Database::open(options));
    log = take(LogStore::open(*database));
    static_cast<void>(log->recover());
    ledger = take(LedgerStore::open(*database, *log));
    if (!ledger->applied()) {
      auto effects = genesis_effects(genesis);
      EXPECT_TRUE(effects);
      EXPECT_TRUE(ledger->apply_genesis(encode_genesis(genesis), genesis.created, effects->changes));
    }
    verification = std::make_unique<Verification>(VerificationOptions{.threads = 2},
                                                  [this](const Digest& kid) { return key(kid); });
    machine =
        std::make_unique<LedgerMachine>(*ledger, *verification, [this](const BlockNotice& n) -> Result<void> {
          notices.push_back(n);
          return {};
        });
  }

  std::optional<state::Key> key(const Digest& kid) const {
    const auto reader = ledger->reader();
    if (!reader) return std::nullopt;
    const auto bytes = reader->record(Kind::key, to_hex_of(kid));
    if (!bytes || !*bytes) return std::nullopt;
    return *state::decode_record<state::Key>(**bytes);
  }

  // Puts the statements into the log as one block at that time, and applies it.
  const BlockNotice& apply(const std::vector<Bytes>& statements, Millis time) {
    return apply_payload(block_of(statements), time);
  }
  const BlockNotice& apply_payload(Bytes payload, Millis time) {
    const auto applied = commit(std::move(payload), time);
    EXPECT_TRUE(applied) << applied.error().message;
    return notices.back();
  }
  // For a block that the machine may refuse to apply; it is in the log all the same.
  Result<void> try_apply(const std::vector<Bytes>& statements, Millis time) {
    return commit(block_of(statements), time);
  }
  static Bytes block_of(const std::vector<Bytes>& statements) {
    std::vector<std::shared_ptr<const Bytes>> shared;
    for (const Bytes& bytes : statements)
      shared.push_back(std::make_shared<const Bytes>(bytes));
    return encode_block(shared);
  }
  Result<void> commit(Bytes payload, Millis time) {
    EntryHeader header{
        .term = Term{1}, .kind = EntryKind::block, .prev_hash = log->last_hash(), .time = time};
    const LogEntry entry = make_entry(LogIndex{log->last().value + 1}, header,
                                      std::make_shared<const Bytes>(std::move(payload)));
    LogStore::LogWrite write;
    write.entries = {entry};
    write.hard_state = LogStore::HardState{.term = Term{1}, .vote = {}, .commit = entry.index};
    write.must_sync = false;  // nothing here loses power
    EXPECT_TRUE(log->write({&write, 1}));
    return machine->apply(entry);
  }
  // Everything a world has seen, one block per statement.
  void replay(const World& world) {
    for (const World::Recorded& recorded : world.log)
      apply({recorded.bytes}, recorded.moment.block_time);
  }

  // The same, one block per time of recording.
  void replay_gathered(const World& world) {
    for (std::size_t at = 0; at < world.log.size();) {
      const Millis time = world.log[at].moment.block_time;
      std::vector<Bytes> block;
      for (; at < world.log.size() && world.log[at].moment.block_time == time; ++at)
        block.push_back(world.log[at].bytes);
      apply(block, time);
    }
  }

  template <typename T>
  static T take(Result<T> result) {
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return std::move(*result);
  }
  static std::string to_hex_of(const Digest& digest) { return hex(digest); }

  TempDirectory directory = {};
  Genesis genesis = {};
  std::vector<BlockNotice> notices = {};
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log = {};
  std::unique_ptr<LedgerStore> ledger = {};
  std::unique_ptr<Verification> verification = {};
  std::unique_ptr<LedgerMachine> machine = {};
};

}  // namespace anta::test
