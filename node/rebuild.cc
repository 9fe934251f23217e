#include "node/rebuild.h"

#include "node/identity.h"
#include "node/ledger_machine.h"
#include "storage/ledger/law.h"
#include "storage/rebuild.h"

namespace anta {
namespace {

constexpr std::uint64_t replayed_bytes = std::uint64_t{4} << 20;

// Up to `last`, or to the expected index where another root comes out there.
Result<void> apply_blocks(const LogStore& log, LedgerMachine& machine, const LedgerStore& ledger,
                          LogIndex last, const std::optional<StateAt>& expected, Rebuilt& made) {
  for (LogIndex next{1}; next <= last;) {
    auto entries = log.read(next, last, replayed_bytes);
    if (!entries) return pass(entries);
    for (const LogEntry& entry : *entries) {
      next = entry.index.next();
      if (entry.header.kind != EntryKind::block) continue;
      if (auto applied = machine.apply(entry); !applied) return applied;
      made.applied = *ledger.applied();
      if (!expected || entry.index != expected->index) continue;
      made.root = made.applied.state_root;
      if (*made.root != expected->root) return {};
    }
  }
  return {};
}

}  // namespace

Result<Rebuilt> rebuild_ledger(const Config& config, const std::optional<StateAt>& expected) {
  Result<Identity> identity = load_identity(config);
  if (!identity) return pass(identity);
  const Result<Effects> genesis = genesis_effects(identity->genesis);
  if (!genesis) return pass(genesis);
  DatabaseOptions options = database_options(config, *identity);
  options.merge = true;  // all of it is written anew
  Result<std::unique_ptr<Database>> database = Database::open(options);
  if (!database) return pass(database);
  Result<std::unique_ptr<LogStore>> log = LogStore::open(**database);
  if (!log) return pass(log);
  const Result<Applied> target = begin_rebuild(**database, **log);
  if (!target) return pass(target);
  Result<std::unique_ptr<LedgerStore>> ledger = LedgerStore::open(**database, **log, {.rebuilding = true});
  if (!ledger) return pass(ledger);
  const auto begun =
      (*ledger)->apply_genesis(*identity->genesis_bytes, identity->genesis.created, genesis->changes);
  if (!begun) return pass(begun);
  // Keys are looked up as each statement is judged: nobody waits for an answer.
  Verification verification({.threads = 1}, [](const Digest&) { return std::nullopt; });
  LedgerMachine machine(**ledger, verification, nullptr);
  Rebuilt made{.applied = *(*ledger)->applied()};
  if (auto applied = apply_blocks(**log, machine, **ledger, target->index, expected, made); !applied)
    return pass(applied);
  if (expected && made.root && *made.root != expected->root) return made;
  const RebuiltRoots roots = expected ? RebuiltRoots::whatever_they_are : RebuiltRoots::as_before;
  if (auto done = end_rebuild(**database, made.applied, roots); !done) return pass(done);
  return made;
}

}  // namespace anta
