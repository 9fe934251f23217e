#include "consensus/recovery.h"

#include <algorithm>
#include <string>
#include <utility>

#include "crypto/text.h"
#include "storage/database.h"
#include "storage/log_store.h"

namespace anta {
namespace {

std::string text(LogIndex index) { return std::to_string(index.value); }

tl::unexpected<Error> refuse(std::string rule, const std::string& what) {
  return fail(Code::malformed, "recovery." + std::move(rule), what);
}

tl::unexpected<Error> stands_against(std::string rule, const Recovery& recovery, const std::string& what) {
  return fail(Code::corrupt, "recovery." + std::move(rule),
              "recovery epoch " + std::to_string(recovery.epoch) +
                  " would give up what this node has: " + what +
                  ". Next step: agree on a base that has it (antad --recovery of this node), or set this "
                  "node's data aside and let it join again under a new incarnation");
}

// How the log stands to a base.
enum class Standing : std::uint8_t { short_of_it, ends_there, goes_beyond, went_through };

Result<Standing> standing(const Recovery& recovery, const LogStore& log, LogIndex applied) {
  const LogIndex last = log.last();
  if (last < recovery.base) return Standing::short_of_it;
  const Result<LogEntry> base = log.read_one(recovery.base);
  if (!base) return pass(base);
  if (base->hash != recovery.base_hash) {
    if (applied < recovery.base) return Standing::short_of_it;  // its end is one that others overwrote
    return stands_against("other_history", recovery,
                          "another entry " + text(recovery.base) + ", which is applied");
  }
  if (last == recovery.base) return Standing::ends_there;
  const Result<LogEntry> after = log.read_one(recovery.base.next());
  if (!after) return pass(after);
  if (after->hash == entry_of(recovery).hash) return Standing::went_through;
  if (applied > recovery.base)
    return stands_against("applied_beyond", recovery,
                          "entries after " + text(recovery.base) + " up to " + text(applied) +
                              ", which are applied and so were committed");
  return Standing::goes_beyond;
}

Result<void> begin_epoch(const Recovery& recovery, const raft::Member& self, LogStore& log) {
  const LogStore::Restored found = log.recover();
  const bool votes = std::find(recovery.voters.begin(), recovery.voters.end(), self) != recovery.voters.end();
  const Result<Standing> stands = standing(recovery, log, found.applied);
  if (!stands) return pass(stands);
  LogStore::LogWrite write{.recovery_epoch = recovery.epoch, .must_sync = true};
  if (*stands == Standing::short_of_it) {
    if (votes)
      return refuse("base_missing",
                    "recovery epoch " + std::to_string(recovery.epoch) + " lets " + self.id.value +
                        " vote, but its log has not got the base, entry " + text(recovery.base) +
                        "; leave it out of voters: it is taken in again once the others go on");
    const LogEntry next = entry_of(recovery);
    if (auto noted = log.expect(next.index, next.hash); !noted) return noted;
  } else if (*stands != Standing::went_through) {
    // What it may have promised and lost was promised in an epoch that is over. A crash right after this
    // leaves the document to be taken up at the next start.
    if (auto ended = log.end_amnesia(); !ended) return ended;
    const LogEntry next = entry_of(recovery);
    if (*stands == Standing::goes_beyond) write.truncate_from = next.index;
    write.entries = {next};
    write.hard_state = found.hard_state;
    write.hard_state->commit = std::min(write.hard_state->commit, recovery.base);
    if (write.hard_state->term < next.header.term) {
      write.hard_state->term = next.header.term;
      write.hard_state->vote = {};
    }
  }
  return log.write({&write, 1});
}

}  // namespace

Digest digest_of(const Recovery& recovery) {
  std::string all = "anta recovery " + std::to_string(recovery.epoch) + "\n" + hex(recovery.network) + "\n" +
                    text(recovery.base) + " " + std::to_string(recovery.base_term.value) + " " +
                    hex(recovery.base_hash) + "\n";
  for (const raft::Member& voter : recovery.voters)
    all += voter.id.value + " " + std::to_string(voter.incarnation) + "\n";
  return sha256(as_bytes(all));
}

raft::ConfigurationRecord record_of(const Recovery& recovery) {
  return {.configuration = {.voters = recovery.voters}, .statement = digest_of(recovery)};
}

LogEntry entry_of(const Recovery& recovery) {
  const EntryHeader header{.term = Term{recovery.base_term.value + 1},
                           .kind = EntryKind::configuration,
                           .prev_hash = recovery.base_hash};
  return make_entry(recovery.base.next(), header,
                    std::make_shared<const Bytes>(raft::encode_configuration(record_of(recovery))));
}

Result<void> check_recoveries(std::span<const Recovery> recoveries, const Digest& network) {
  LogIndex before = {};
  std::uint64_t epoch = 0;
  for (const Recovery& recovery : recoveries) {
    const std::string which = "recovery epoch " + std::to_string(recovery.epoch);
    if (recovery.epoch != ++epoch)
      return refuse("order", which + " stands where epoch " + std::to_string(epoch) + " belongs");
    if (recovery.network != network) return refuse("network", which + " is of another network");
    if (recovery.base <= before) return refuse("base", which + " goes back behind the one before it");
    if (recovery.base_term == Term{}) return refuse("base", which + " has a base without a term");
    if (!record_of(recovery).configuration.valid())
      return refuse("voters", which + " needs voters, each once and in order of their ids");
    before = recovery.base;
  }
  return {};
}

Result<std::unique_ptr<LogStore>> enter(std::span<const Recovery> recoveries, const raft::Member& self,
                                        Database& database, std::unique_ptr<LogStore> log) {
  if (log->recovery_epoch() > recoveries.size())
    return refuse("document_missing",
                  "this ledger is in recovery epoch " + std::to_string(log->recovery_epoch()) + ", and " +
                      std::to_string(recoveries.size()) +
                      " documents are named; name all of them under recoveries, in order");
  for (std::uint64_t done = log->recovery_epoch(); done < recoveries.size(); ++done) {
    if (auto begun = begin_epoch(recoveries[done], self, *log); !begun) return pass(begun);
    log.reset();
    Result<std::unique_ptr<LogStore>> again = LogStore::open(database);
    if (!again) return again;
    log = std::move(*again);
  }
  return log;
}

}  // namespace anta
