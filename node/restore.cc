#include "node/restore.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "consensus/raft/configuration.h"
#include "consensus/recovery.h"
#include "crypto/checkpoint.h"
#include "crypto/first_start.h"
#include "crypto/private_file.h"
#include "crypto/text.h"
#include "node/checkpoint_file.h"
#include "node/cosigning_mark.h"
#include "node/identity.h"
#include "node/ledger_machine.h"
#include "node/network_state.h"
#include "node/node_parts.h"
#include "node/recovery_file.h"
#include "storage/backup_file.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

namespace fs = std::filesystem;

constexpr const char* unfinished = "restoring";
constexpr std::uint64_t term_max = std::uint64_t{1} << 48;
constexpr std::uint64_t write_bytes = std::uint64_t{4} << 20;  // entries in one batch

Result<void> holds_nothing(const fs::path& data) {
  std::error_code error;
  if (!fs::exists(data, error)) return {};
  const bool goes_on = fs::exists(data / unfinished, error);
  for (const auto& entry : fs::directory_iterator(data, error)) {
    const std::string name = entry.path().filename().string();
    // An earlier call's, which ended between the note and the database's own name.
    const bool left_behind = goes_on && name.starts_with("checkpoint.note");
    if (name == unfinished || left_behind) continue;
    return fail(
        Code::malformed, "restore.not_empty",
        data.string() + " is not empty (" + name +
            "): a backup is restored into an empty directory only. Next step: move the directory aside and "
            "keep it until this node is back, or name another one under data:");
  }
  if (error) return fail(Code::io, "io", data.string() + ": " + error.message());
  return {};
}

// The filling of one database.
class Restoring {
 public:
  Restoring(const Config& config, const Identity& identity, const BackupSummary& summary, bool ran_before)
      : config_(config), identity_(identity), summary_(summary), ran_before_(ran_before) {}

  Result<Applied> fill(const fs::path& directory, const BackupSource& source,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress);

 private:
  Result<void> open(const fs::path& directory);
  Result<void> write_and_apply(std::vector<LogEntry> entries);
  Result<void> check_entry(const LogEntry& entry);
  Result<void> check_configuration(const LogEntry& entry);
  Result<void> check_checkpoint() const;
  Result<void> promise();

  const Config& config_;
  const Identity& identity_;
  const BackupSummary& summary_;
  const bool ran_before_;
  std::vector<Recovery> recoveries_ = {};
  raft::Configuration configuration_ = {};  // in force after what was read
  std::unique_ptr<Database> database_ = {};
  std::unique_ptr<LogStore> log_ = {};
  std::unique_ptr<LedgerStore> ledger_ = {};
  std::unique_ptr<Verification> verification_ = {};
  std::unique_ptr<LedgerMachine> machine_ = {};
};

Result<void> Restoring::open(const fs::path& directory) {
  Result<std::vector<Recovery>> recoveries = load_recoveries(config_.recoveries, identity_.network);
  if (!recoveries) return pass(recoveries);
  recoveries_ = std::move(*recoveries);
  DatabaseOptions options = database_options(config_, identity_);
  options.directory = directory.string();
  options.create = true;
  options.merge = true;
  Result<std::unique_ptr<Database>> database = Database::open(options);
  if (!database) return pass(database);
  database_ = std::move(*database);
  Result<std::unique_ptr<LogStore>> log = LogStore::open(*database_);
  if (!log) return pass(log);
  log_ = std::move(*log);
  std::ignore = log_->recover();
  Result<std::unique_ptr<LedgerStore>> ledger = LedgerStore::open(*database_, *log_);
  if (!ledger) return pass(ledger);
  ledger_ = std::move(*ledger);
  for (const GenesisNode& node : identity_.genesis.nodes)
    configuration_.voters.push_back({.id = node.id});
  configuration_.order();
  const Result<Effects> effects = genesis_effects(identity_.genesis);
  if (!effects) return pass(effects);
  const auto begun =
      ledger_->apply_genesis(*identity_.genesis_bytes, identity_.genesis.created, effects->changes);
  if (!begun) return pass(begun);
  // Keys are looked up as each statement is judged: nobody waits for an answer.
  const auto lookup = [this](const Digest& kid) -> std::optional<state::Key> {
    const Result<LedgerReader> reader = ledger_->reader();
    if (!reader) return std::nullopt;
    return state::find<state::Key>(*reader->view(), hex(kid));
  };
  verification_ = std::make_unique<Verification>(
      VerificationOptions{.threads = verifier_threads(config_.limits)}, lookup);
  machine_ = std::make_unique<LedgerMachine>(*ledger_, *verification_, nullptr);
  return {};
}

// No checkpoint covers what is not a block: whoever has the file could have made it up. A term has room for
// all elections there will ever be, and none that would use them up.
Result<void> Restoring::check_entry(const LogEntry& entry) {
  if (entry.header.term.value > term_max) {
    return fail(Code::corrupt, "backup.term",
                "log entry " + std::to_string(entry.index.value) + " is of term " +
                    std::to_string(entry.header.term.value) +
                    ", which no network reaches: the backup was tampered with. Next step: take another one");
  }
  if (entry.header.kind == EntryKind::configuration) return check_configuration(entry);
  return {};
}

// Each configuration follows from the one before it, has a statement or an operators' document behind it, and
// only members that the ledger knows; else who made up the file could make up who votes.
Result<void> Restoring::check_configuration(const LogEntry& entry) {
  const auto record = raft::decode_configuration(*entry.payload);
  if (!record) return pass(record);
  const std::string which = "log entry " + std::to_string(entry.index.value) + " of the backup ";
  for (const Recovery& recovery : recoveries_) {
    if (entry_of(recovery).hash != entry.hash) continue;
    configuration_ = record->configuration;
    return {};
  }
  if (!record->statement.is_zero() && !machine_->knows(record->statement)) {
    return fail(Code::malformed, "recovery.document_missing",
                which +
                    "is a configuration that no statement stands behind: this network went through a "
                    "recovery. Next step: name all its documents under recoveries in the configuration, then "
                    "restore");
  }
  const Result<LedgerReader> reader = ledger_->reader();
  if (!reader) return pass(reader);
  const Result<NetworkState> network = network_state(*reader);
  if (!network) return pass(network);
  const std::vector<raft::Member> members = record->configuration.members();
  const bool known = std::ranges::all_of(members, [&network](const raft::Member& member) {
    const state::Node* node = network->find(member.id);
    return node != nullptr && member.incarnation <= node->incarnation;
  });
  if (!known || !raft::follows(configuration_, *record)) {
    return fail(Code::corrupt, "backup.configuration",
                which +
                    "is a configuration that does not follow from what stands before it: the backup was "
                    "tampered with. Next step: take another one");
  }
  configuration_ = record->configuration;
  return {};
}

Result<void> Restoring::write_and_apply(std::vector<LogEntry> entries) {
  if (entries.empty()) return {};
  const LogEntry& last = entries.back();
  const LogStore::LogWrite write{
      .entries = entries,
      .hard_state = LogStore::HardState{.term = last.header.term, .vote = {}, .commit = last.index}};
  machine_->ahead(entries);
  if (auto written = log_->write({&write, 1}); !written) return written;
  for (const LogEntry& entry : entries) {
    if (auto good = check_entry(entry); !good) return good;
    if (entry.header.kind != EntryKind::block) continue;
    if (auto applied = machine_->apply(entry); !applied) return applied;
  }
  return {};
}

// The newest tree is the checkpoint's, and who cosigns it by this ledger did.
Result<void> Restoring::check_checkpoint() const {
  const auto refused = [](const std::string& what) {
    return fail(Code::corrupt, "restore.checkpoint",
                what + ". Next step: take another backup (anta backup verify says whether one holds)");
  };
  const Result<Note> note = parse_note(summary_.note);
  if (!note) return refused("the backup's note is none: " + note.error().message);
  const Result<Checkpoint> checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return refused("the backup's note is no checkpoint: " + checkpoint.error().message);
  const Applied& applied = *ledger_->applied();
  if (checkpoint->size != applied.leaves.value || checkpoint->root != applied.tree_root) {
    return fail(Code::corrupt, "restore.root",
                "the law makes a tree of " + std::to_string(applied.leaves.value) + " leaves with the root " +
                    hex(applied.tree_root) + " of this backup, its checkpoint is of " +
                    std::to_string(checkpoint->size) + " leaves with the root " + hex(checkpoint->root) +
                    ": it is not the ledger that was cosigned. Next step: take another backup");
  }
  const Result<LedgerReader> reader = ledger_->reader();
  if (!reader) return pass(reader);
  const Result<NetworkState> network = network_state(*reader);
  if (!network) return pass(network);
  const auto set =
      cosigner_set(identity_.genesis.origin, network->from, network->present(), network->witnesses);
  if (!set) return pass(set);
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(wall_clock().value / 1'000, 0));
  const auto verdict = check_note(set->policy, summary_.note, seconds);
  if (!verdict) return refused("the backup's checkpoint is not good: " + verdict.error().message);
  if (!verdict->quorum_met) return refused("the backup's checkpoint is below its quorum");
  return {};
}

Result<void> Restoring::promise() {
  const CheckpointMark unknown{.size = 0, .root = {}, .whole = false};
  const LogStore::LogWrite write{.cosigning_mark = encode_mark(unknown), .must_sync = true};
  if (auto written = log_->write({&write, 1}); !written) return written;
  // Also one that has promised nothing: terms and no-ops of the file are nobody's word until a leader has
  // replaced or confirmed them.
  if (auto noted = log_->begin_amnesia(); !noted) return noted;
  if (!ran_before_) return {};
  return recoveries_.empty() ? Result<void>{} : note_promised(*database_, recoveries_.size());
}

Result<Applied> Restoring::fill(const fs::path& directory, const BackupSource& source,
                                const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (auto opened = open(directory); !opened) return pass(opened);
  BackupReader reader;
  std::vector<LogEntry> waiting;
  std::uint64_t bytes = 0;
  while (!reader.ended()) {
    auto record = reader.next(source);
    if (!record) return pass(record);
    if (!*record) return tl::unexpected<Error>(reader.cut_short());
    if ((*record)->kind == BackupKind::entry) {
      bytes += (*record)->entry.size();
      waiting.push_back(std::move((*record)->entry));
    }
    if (bytes < write_bytes && !reader.ended()) continue;
    if (auto done = write_and_apply(std::exchange(waiting, {})); !done) return pass(done);
    bytes = 0;
    if (progress) progress(reader.last().value, summary_.last.value);
  }
  if (reader.last_digest() != summary_.end)
    return fail(Code::corrupt, "backup.damaged", "the file changed while it was read");
  if (auto good = check_checkpoint(); !good) return pass(good);
  if (auto promised = promise(); !promised) return pass(promised);
  return *ledger_->applied();
}

Result<void> sync_directory(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) return fail(Code::io, "io", "cannot sync the directory " + directory.string());
  return {};
}

// The note, then the database's own name.
Result<void> place(const Config& config, const std::string& note) {
  if (auto kept = write_private_file(checkpoint_note_file(config.data), as_bytes(note), Replace::yes); !kept)
    return kept;
  std::error_code error;
  fs::rename(config.data / unfinished, config.data / "db", error);
  if (error) return fail(Code::io, "io", "cannot give the database its name: " + error.message());
  return sync_directory(config.data);
}

Result<BackupSummary> checked_file(const fs::path& file, const Identity& identity, const Config& config) {
  const auto source = backup_source(file);
  if (!source) return pass(source);
  auto summary = read_through(*source);
  if (!summary) {
    Error error = summary.error();
    error.message = file.string() + ": " + error.message +
                    ". Next step: restore from another copy, or take a new "
                    "backup of a node that runs (anta backup)";
    return tl::unexpected<Error>(std::move(error));
  }
  if (summary->network != identity.network) {
    return fail(Code::malformed, "restore.network",
                file.string() + " is a backup of the network " + hex(summary->network) + ", and " +
                    config.network.string() + " is the genesis of " + hex(identity.network) +
                    ". Next step: name a backup of this network, or the genesis of that one");
  }
  return summary;
}

}  // namespace

Result<void> no_restore_unfinished(const Config& config) {
  std::error_code ignored;
  if (!fs::exists(config.data / unfinished, ignored)) return {};
  return fail(
      Code::corrupt, "store.restoring",
      "restoring a backup into " + config.data.string() +
          " did not end. Next step: run antad --restore FILE again; or, to start without it, remove " +
          (config.data / unfinished).string());
}

Result<RestoredLedger> restore_ledger(const Config& config, const fs::path& file,
                                      const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const Result<Identity> identity = load_identity(config);
  if (!identity) return pass(identity);
  const Result<bool> begins = may_begin(config.seed);
  if (!begins) return pass(begins);
  if (auto empty = holds_nothing(config.data); !empty) return pass(empty);
  const auto summary = checked_file(file, *identity, config);
  if (!summary) return pass(summary);
  if (auto made = prepare_data_directory(config.data, DataDirectory::make); !made) return pass(made);
  const fs::path directory = config.data / unfinished;
  std::error_code error;
  fs::remove_all(directory, error);
  if (error) return fail(Code::io, "io", "cannot remove " + directory.string() + ": " + error.message());
  const auto source = backup_source(file);
  if (!source) return pass(source);
  Result<Applied> applied = fail(Code::io, "io");
  {
    Restoring restoring(config, *identity, *summary, !*begins);
    applied = restoring.fill(directory, *source, progress);
  }
  if (!applied) return pass(applied);
  if (auto placed = place(config, summary->note); !placed) return pass(placed);
  if (auto ended = end_first_start(config.seed, config.data / "db"); !ended) return pass(ended);
  return RestoredLedger{
      .applied = *applied, .last = summary->last, .bytes = summary->bytes, .ran_before = !*begins};
}

}  // namespace anta
