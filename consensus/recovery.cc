#include "consensus/recovery.h"

#include <algorithm>
#include <string>
#include <utility>

#include "crypto/text.h"
#include "storage/big_endian.h"
#include "storage/database.h"
#include "storage/log_store.h"
#include "storage/rebuild.h"

namespace anta {
namespace {

constexpr const char* epoch_file = "epoch";  // be64: the newest epoch that this node may have promised in
constexpr std::size_t epoch_file_bytes = 8;

std::string text(LogIndex index) { return std::to_string(index.value); }
std::string called(const Recovery& recovery) { return "recovery epoch " + std::to_string(recovery.epoch); }

tl::unexpected<Error> refused(std::string rule, const std::string& what) {
  return fail(Code::malformed, "recovery." + std::move(rule), what);
}

tl::unexpected<Error> stands_against(std::string rule, const Recovery& recovery, const std::string& what) {
  return fail(Code::corrupt, "recovery." + std::move(rule),
              called(recovery) + " would give up what this node has: " + what +
                  ". Next step: agree on a base that has it (antad --recovery of this node), or set this "
                  "node's data aside and let it join again under a new incarnation");
}

// How the log stands to a base.
enum class Standing : std::uint8_t { short_of_it, ends_there, goes_beyond, went_through };

// `committed`: what this node knows to be, at least.
Result<Standing> standing(const Recovery& recovery, const LogStore& log, LogIndex committed) {
  const LogIndex last = log.last();
  if (last < recovery.base) return Standing::short_of_it;
  const Result<LogEntry> base = log.read_one(recovery.base);
  if (!base) return pass(base);
  if (base->hash != recovery.base_hash) {
    if (committed < recovery.base) return Standing::short_of_it;  // its end is one that others overwrote
    return stands_against("other_history", recovery,
                          "another entry " + text(recovery.base) + ", which is committed");
  }
  if (base->header.term != recovery.base_term)
    return refused("base_term", called(recovery) + ": entry " + text(recovery.base) + " is of term " +
                                    std::to_string(base->header.term.value) +
                                    "; copy the document as antad --recovery printed it");
  if (last == recovery.base) return Standing::ends_there;
  const Result<LogEntry> after = log.read_one(recovery.base.next());
  if (!after) return pass(after);
  if (after->hash == entry_of(recovery).hash) return Standing::went_through;
  if (committed > recovery.base)
    return stands_against(
        "committed_beyond", recovery,
        "entries after " + text(recovery.base) + " up to " + text(committed) + ", which were committed");
  return Standing::goes_beyond;
}

Result<std::uint64_t> epoch_promised_in(const Database& database) {
  const Result<std::optional<Bytes>> file = database.read_file(epoch_file, epoch_file_bytes);
  if (!file) return pass(file);
  if (!*file) return 0;
  if ((*file)->size() != epoch_file_bytes)
    return fail(Code::corrupt, "recovery.file",
                "the file epoch in the database's directory has an impossible size. Next step: let this node "
                "join again under a new incarnation");
  return get_u64(**file);
}

// Into the new epoch. `again`: this node has been in it, and its log does not know.
struct Entering {
  const Recovery& recovery;
  const raft::Member& self;
  Digest decided = {};
  bool again = false;

  // What becomes of the log; nothing but notes of an amnesia is written yet.
  Result<LogStore::LogWrite> prepare(LogStore& log) const {
    const LogStore::Restored found = log.recover();
    const LogIndex committed = std::max(found.applied, found.hard_state.commit);
    const Result<Standing> stands = standing(recovery, log, committed);
    if (!stands) return pass(stands);
    LogStore::LogWrite write{.recovery_epoch = LogStore::RecoveryEpoch{recovery.epoch, decided},
                             .must_sync = true};
    const bool lacks = *stands == Standing::short_of_it;
    if (lacks && std::find(recovery.voters.begin(), recovery.voters.end(), self) != recovery.voters.end() &&
        !again)
      return refused("base_missing",
                     called(recovery) + " lets " + self.id.value +
                         " vote, but its log has not got the base, entry " + text(recovery.base) +
                         "; leave it out of voters: it is taken in again once the others go on");
    if (lacks || again) {
      if (auto noted = log.begin_amnesia(); !noted) return pass(noted);
    }
    const LogEntry next = entry_of(recovery);
    if (lacks && (!again || found.watermark < next.index)) {
      if (auto noted = log.expect(next.index, next.hash); !noted) return pass(noted);
    }
    if (lacks && log.last() > committed) write.truncate_from = committed.next();
    if (lacks || *stands == Standing::went_through) return write;
    if (*stands == Standing::goes_beyond) write.truncate_from = next.index;
    write.entries = {next};
    write.hard_state = found.hard_state;
    if (write.hard_state->term < next.header.term) {
      write.hard_state->term = next.header.term;
      write.hard_state->vote = {};
    }
    return write;
  }
};

// The last two effects; `log` has been through all of these.
Result<void> settle(std::span<const Recovery> recoveries, Database& database, LogStore& log) {
  const Recovery& newest = recoveries.back();
  if (log.last() > newest.base) {
    if (auto ended = log.end_amnesia(); !ended) return ended;
  }
  return note_promised(database, newest.epoch);
}

// A ledger that something else is being done to.
Result<void> whole(const Database& database, const LogStore& log) {
  const auto rebuilding = rebuild_target(database);
  if (!rebuilding) return pass(rebuilding);
  if (!*rebuilding && !log.repairing()) return {};
  return fail(Code::busy, "recovery.unwhole",
              "this ledger is being " + std::string(*rebuilding ? "rebuilt" : "repaired") +
                  ". Next step: let that end without the newest document under recoveries, then name it");
}

}  // namespace

Result<void> note_promised(Database& database, std::uint64_t epochs) {
  Bytes content;
  put_u64(content, epochs);
  return database.replace_file(epoch_file, content, Sync::yes);
}

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

Digest cluster_of(const Digest& network, std::span<const Recovery> recoveries) {
  Digest name = network;
  for (const Recovery& recovery : recoveries)
    name = sha256({as_bytes("anta recovered cluster\n"), name.view(), digest_of(recovery).view()});
  return name;
}

Result<void> check_recoveries(std::span<const Recovery> recoveries, const Digest& network) {
  LogIndex before = {};
  std::uint64_t epoch = 0;
  for (const Recovery& recovery : recoveries) {
    if (recovery.epoch != ++epoch)
      return refused("order", called(recovery) + " stands where epoch " + std::to_string(epoch) + " belongs");
    if (recovery.network != network) return refused("network", called(recovery) + " is of another network");
    if (recovery.base <= before)
      return refused("base", called(recovery) + " goes back behind the one before it");
    if (recovery.base_term == Term{}) return refused("base", called(recovery) + " has a base without a term");
    if (!record_of(recovery).configuration.valid())
      return refused("voters", called(recovery) + " needs voters, each once and in order of their ids");
    before = recovery.base;
  }
  return {};
}

Result<std::unique_ptr<LogStore>> enter(std::span<const Recovery> recoveries, const raft::Member& self,
                                        Database& database, std::unique_ptr<LogStore> log) {
  const LogStore::RecoveryEpoch been = log->recovery_epoch();
  if (been.number > recoveries.size())
    return refused("document_missing",
                   "this ledger is in recovery epoch " + std::to_string(been.number) + ", and " +
                       std::to_string(recoveries.size()) +
                       " documents are named; name all of them under recoveries, in order");
  const Digest network = recoveries.empty() ? Digest{} : recoveries.front().network;
  if (been.number > 0 && cluster_of(network, recoveries.first(been.number)) != been.decided)
    return stands_against("other_document", recoveries[been.number - 1],
                          "it went through its epochs by other documents than these");
  const Result<std::uint64_t> promised = epoch_promised_in(database);
  if (!promised) return pass(promised);
  if (*promised > recoveries.size())
    return refused("document_missing",
                   "this node has been in recovery epoch " + std::to_string(*promised) + ", and " +
                       std::to_string(recoveries.size()) +
                       " documents are named; name all of them under recoveries, in order");
  if (been.number == recoveries.size() && *promised == been.number) return log;
  if (auto good = whole(database, *log); !good) return pass(good);
  if (been.number > *promised) {
    if (auto settled = settle(recoveries.first(been.number), database, *log); !settled) return pass(settled);
  }
  for (std::size_t done = been.number; done < recoveries.size(); ++done) {
    const Entering entering{recoveries[done], self, cluster_of(network, recoveries.first(done + 1)),
                            *promised >= recoveries[done].epoch};
    const Result<LogStore::LogWrite> write = entering.prepare(*log);
    if (!write) return pass(write);
    if (auto written = log->write({&*write, 1}); !written) return pass(written);
    if (!entering.again) {
      if (auto settled = settle(recoveries.first(done + 1), database, *log); !settled) return pass(settled);
    }
    log.reset();
    Result<std::unique_ptr<LogStore>> again = LogStore::open(database);
    if (!again) return again;
    log = std::move(*again);
  }
  return log;
}

}  // namespace anta
