// Opening: RocksDB's options, the identity of the directory, and what to do about damage (database.h).
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <functional>
#include <tuple>

#include "crypto/text.h"
#include "storage/big_endian.h"
#include "storage/rocks.h"
#include "storage/wal_damage.h"
#include "storage/write_mutant.h"

namespace anta {
namespace {

// In the order of Family; RocksDB wants a family called "default", which stays empty.
constexpr std::array<const char*, family_count> family_names = {"log",   "meta",  "tree",
                                                                "state", "index", "undo"};
constexpr std::uint64_t stored_format = 2;

// A background flush or compaction that failed leaves a database that refuses writes later: say it at once.
class FailureListener final : public rocksdb::EventListener {
 public:
  FailureListener(std::shared_ptr<FailureMark> mark, std::function<void(const std::string&)> suspect)
      : mark_(std::move(mark)), suspect_(std::move(suspect)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    const bool damage = status->IsCorruption();
    if (damage) suspect_(status->ToString());
    mark_->set({damage ? Code::corrupt : Code::io, damage ? "store.damaged" : "store.background",
                "the database failed in the background: " + status->ToString() +
                    (damage ? ". Next step: this node stops; start it again: it leaves its files as they "
                              "are until its scrub has read them all, and repairs or names what is damaged"
                            : ". Next step: this node stops; check the disk and its free space, then start "
                              "it again")});
  }

 private:
  std::shared_ptr<FailureMark> mark_;
  std::function<void(const std::string&)> suspect_;
};

bool can_compress(rocksdb::CompressionType type) {
  const auto known = rocksdb::GetSupportedCompressions();
  return std::find(known.begin(), known.end(), type) != known.end();
}

rocksdb::DBOptions database_options(const DatabaseOptions& options, rocksdb::Env* env, bool point_in_time) {
  rocksdb::DBOptions db;
  db.env = env;
  db.create_if_missing = options.create;
  db.create_missing_column_families = true;
  db.wal_recovery_mode = point_in_time ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                       : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.track_and_verify_wals_in_manifest = true;
  db.paranoid_checks = true;
  db.max_bgerror_resume_count = 0;
  db.recycle_log_file_num = 0;
  db.avoid_flush_during_recovery = false;
  db.unordered_write = false;
  db.two_write_queues = false;
  db.manual_wal_flush = false;
  db.max_total_wal_size = options.wal_bytes_max;
  db.max_background_jobs = 3;  // one writes tables, one merges beside a long merge
  db.max_open_files = 512;
  db.max_file_opening_threads = options.opening_threads;
  db.max_log_file_size = 1 << 20;
  db.keep_log_file_num = 4;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

// The rest of a budget is what RocksDB holds beside: tables' filters and readers, copies under way.
std::uint64_t cache_share(std::uint64_t budget) { return budget / 2; }
std::uint64_t write_buffer_share(std::uint64_t budget) { return budget / 4; }

// How the oldest tables are compressed. Hashes (tree, meta) give nothing, undo records are soon gone; what is
// merged and read for each statement (state) had better be quick.
rocksdb::CompressionType oldest_compression(Family family) {
  const bool zstd = family == Family::log || family == Family::index;
  if (zstd && can_compress(rocksdb::kZSTD)) return rocksdb::kZSTD;
  if (family == Family::state && can_compress(rocksdb::kLZ4Compression)) return rocksdb::kLZ4Compression;
  return rocksdb::kNoCompression;
}

rocksdb::ColumnFamilyOptions family_options(Family family, const DatabaseOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  table.block_size = family == Family::log ? 64 << 10 : 8 << 10;
  const bool point_lookups = family == Family::state || family == Family::index || family == Family::tree;
  if (point_lookups) {
    // In parts of some kilobytes: a filter in one piece is a megabyte for a large table, and is read and
    // checked as such for one key whenever it is not cached.
    table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10));
    table.partition_filters = true;
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  }
  rocksdb::ColumnFamilyOptions how;
  how.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  how.level_compaction_dynamic_level_bytes = true;
  const bool large = family == Family::log || family == Family::index;
  how.write_buffer_size = std::max<std::uint64_t>(options.memory_budget_bytes / (large ? 12 : 24), 1 << 20);
  // Keys of these come in no order, so that a merge into a level rewrites nearly all that lies there. Runs
  // that are merged with their like, and with the oldest once together they are as large, rewrite less
  // however large the family is. (Levels also go over their last one again once no snapshot needs its
  // sequence numbers, and there always is a snapshot.)
  if (point_lookups) {
    how.compaction_style = rocksdb::kCompactionStyleUniversal;
    how.compaction_options_universal.max_size_amplification_percent = 100;
    how.level0_file_num_compaction_trigger = 8;
    how.ttl = 0;  // RocksDB would merge all of a family that is a month old, whatever there is to gain
    how.periodic_compaction_seconds = 0;
  }
  // Merging that does not keep up must not stop a write: a leader whose disk stands still loses its office,
  // in an overload one after the other. What waits to be merged makes reading dearer, and that is told by
  // 503.
  how.level0_slowdown_writes_trigger = 128;
  how.level0_stop_writes_trigger = 512;
  how.max_write_buffer_number = 6;  // what is full of them is soon written: the manager's bound is for all
  how.compression = rocksdb::kNoCompression;
  how.bottommost_compression = oldest_compression(family);
  how.bottommost_compression_opts.enabled = how.bottommost_compression != rocksdb::kNoCompression;
  how.bottommost_compression_opts.level = 1;
  if (family == Family::log) {
    // Samples as they are: training on them took as much CPU as compressing, for files 1 % smaller. Without a
    // bound a whole table waits in memory for its dictionary.
    how.bottommost_compression_opts.max_dict_bytes = 16 << 10;
    how.bottommost_compression_opts.zstd_max_train_bytes = 256 << 10;
    how.bottommost_compression_opts.use_zstd_dict_trainer = false;
    how.bottommost_compression_opts.max_dict_buffer_bytes = 1 << 20;
  }
  return how;
}

// The numbers of the write-ahead logs in the directory, newest last: "000012.log".
std::vector<std::string> wal_names(const std::vector<std::string>& children) {
  std::vector<std::string> names;
  for (const std::string& child : children) {
    const std::size_t dot = child.find(".log");
    if (dot == std::string::npos || dot == 0 || dot + 4 != child.size()) continue;
    if (child.find_first_not_of("0123456789") == dot) names.push_back(child);
  }
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return names;
}

Error damaged_elsewhere(const std::string& directory, const std::string& what) {
  return {
      Code::corrupt, "store.damaged",
      "the database in " + directory + " is damaged: " + what +
          ". Next step: do not delete anything; restore the directory from a backup, or let this node join "
          "again with an empty directory under a new incarnation"};
}

Error missing(const std::string& directory) {
  return {
      Code::not_found, "store.missing",
      "there is no ledger in " + directory +
          ", and this node may not make one. Next step: bring its directory back, or let it join again under "
          "a new incarnation"};
}

struct Identity {
  const char* key = "";
  Bytes value = {};
  const char* rule = "";
  std::string complaint = {};
};

std::vector<Identity> identity_of(const DatabaseOptions& options) {
  const std::string& directory = options.directory;
  Bytes format;
  put_u64(format, stored_format);
  Bytes incarnation;
  put_u64(incarnation, options.incarnation);
  std::vector<Identity> identity;
  identity.push_back(
      {"format", std::move(format), "store.format",
       "the database in " + directory +
           " has another format than this release (1). Next step: start the release that wrote it"});
  identity.push_back({"network", to_bytes(options.network.view()), "store.other_network",
                      "the database in " + directory + " belongs to another network than genesis " +
                          to_hex(options.network.view()) +
                          ". Next step: name the directory of this network in the configuration"});
  identity.push_back(
      {"node", to_bytes(as_bytes(options.node.value)), "store.other_node",
       "the database in " + directory + " belongs to another node than " + options.node.value +
           ". Next step: name this node's own directory; never start from a copy of another's"});
  identity.push_back(
      {"incarnation", std::move(incarnation), "store.other_incarnation",
       "the database in " + directory + " was written under another incarnation than " +
           std::to_string(options.incarnation) +
           ". Next step: a wiped or restored node needs an empty directory and a new incarnation"});
  return identity;
}

// Writes the identity into a new database, or holds an old one's against the options.
Result<void> check_identity(Database& database) {
  const std::vector<Identity> identity = identity_of(database.options());
  Cursor meta = database.cursor(Family::meta);
  meta.seek({});
  const bool is_new = !meta.valid();
  if (auto read = meta.status(); !read) return read;
  if (is_new && !database.options().create) {
    return tl::unexpected(missing(database.options().directory));
  }
  Batch batch = database.batch();
  for (const Identity& part : identity) {
    if (is_new) {
      batch.put(Family::meta, as_bytes(part.key), part.value);
      continue;
    }
    auto stored = database.get(Family::meta, as_bytes(part.key));
    if (!stored) return pass(stored);
    if (!*stored || **stored != part.value) return fail(Code::corrupt, part.rule, part.complaint);
  }
  return is_new ? database.write(batch, Sync::yes) : Result<void>{};
}

}  // namespace

Result<void> Database::State::check_directory() const {
  const std::string& directory = options.directory;
  if (!options.create && env->FileExists(directory).IsNotFound()) return tl::unexpected(missing(directory));
  const rocksdb::Status made = env->CreateDirIfMissing(directory);
  std::vector<std::string> children;
  const rocksdb::Status listed = made.ok() ? env->GetChildren(directory, &children) : made;
  if (!listed.ok()) {
    return fail(Code::io, "store.directory",
                "the data directory " + directory + " cannot be used: " + listed.ToString() +
                    ". Next step: create it, writable for antad");
  }
  if (std::find(children.begin(), children.end(), "CURRENT") != children.end()) return {};
  const bool remains = std::any_of(children.begin(), children.end(), [](const std::string& child) {
    return child == "watermark" || child.ends_with(".sst") || child.ends_with(".log");
  });
  if (remains) return tl::unexpected(damaged_elsewhere(directory, "its file CURRENT is missing"));
  if (!options.create) {
    return tl::unexpected(missing(directory));
  }
  return {};
}

Result<void> Database::State::open_files(bool point_in_time) {
  failure = std::make_shared<FailureMark>();  // a first try that failed is not this one's failure
  rocksdb::DBOptions how = database_options(options, env, point_in_time);
  how.listeners.push_back(std::make_shared<FailureListener>(failure, [this](const std::string& why) {
    // Best effort: without it the next start meets the same damage in the same way.
    std::ignore = write_file(path(suspect_file), as_bytes(why + "\n"));
  }));
  const bool merges = options.merge && !suspect();
  cache = rocksdb::NewLRUCache(cache_share(options.memory_budget_bytes));
  write_buffers =
      std::make_shared<rocksdb::WriteBufferManager>(write_buffer_share(options.memory_budget_bytes));
  how.write_buffer_manager = write_buffers;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t i = 0; i < family_count; ++i) {
    descriptors.emplace_back(family_names[i], family_options(static_cast<Family>(i), options, cache));
    descriptors.back().options.disable_auto_compactions = !merges;
  }
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status = rocksdb::DB::Open(how, options.directory, descriptors, &handles, &db);
  if (!status.ok()) {
    const std::string text = status.ToString();
    if (status.IsIOError() && text.find("lock") != std::string::npos) {
      return fail(Code::busy, "store.in_use",
                  "another antad uses " + options.directory +
                      ". Next step: stop it, or name another directory (" + text + ")");
    }
    return tl::unexpected(store_error(status, "opening the database in " + options.directory));
  }
  std::copy_n(handles.begin(), family_count, families.begin());
  db->DestroyColumnFamilyHandle(handles.back());
  return {};
}

std::string_view family_name(Family family) { return family_names[static_cast<std::size_t>(family)]; }

// Dropping a family forgets its tables without reading them. A crash in between: the next start makes the
// family that is missing.
Result<void> Database::State::make_again(Family family) {
  rocksdb::ColumnFamilyHandle*& handle = families[static_cast<std::size_t>(family)];
  const std::string name(family_name(family));
  rocksdb::Status status = db->DropColumnFamily(handle);
  if (status.ok()) {
    db->DestroyColumnFamilyHandle(handle);
    handle = nullptr;
    status = db->CreateColumnFamily(family_options(family, options, cache), name, &handle);
  }
  if (!status.ok()) return tl::unexpected(store_error(status, "clearing the family " + name));
  return {};
}

Database::Memory Database::memory() const {
  return {.cache_bytes_max = state_->cache->GetCapacity(),
          .write_buffer_bytes_max = state_->write_buffers->buffer_size()};
}

// Which tables do not verify, as ": 000012.sst, 000031.sst": RocksDB's own text names no file, or (properties
// out of order) another one. Reads every table, which is what an operator who must restore from a backup
// waits for anyway.
std::string Database::State::damaged_tables(std::vector<std::string> children) const {
  std::sort(children.begin(), children.end());
  rocksdb::Options how;
  how.env = env;
  std::string names;
  for (const std::string& child : children) {
    if (!child.ends_with(".sst")) continue;
    rocksdb::SstFileReader table(how);
    if (table.Open(path(child)).ok() && table.VerifyChecksum().ok()) continue;
    names += (names.empty() ? ": " : ", ") + child;
  }
  return names;
}

// RocksDB found damage. A torn end of the newest write-ahead log is what a crash can leave behind; anything
// else is not for us to guess about.
Result<void> Database::State::open_after_damage(const Error& damage) {
  std::vector<std::string> children;
  if (const auto listed = env->GetChildren(options.directory, &children); !listed.ok()) {
    return tl::unexpected(store_error(listed, "listing " + options.directory));
  }
  const std::vector<std::string> wals = wal_names(children);
  const std::uint64_t bytes_max = options.wal_bytes_max * 4;  // a file that is larger is not one of ours
  std::optional<Bytes> newest;
  for (const std::string& name : wals) {
    auto content = read_file(path(name), bytes_max);
    if (!content) return pass(content);
    const auto found = *content ? find_wal_damage(**content) : std::nullopt;
    if (!found) continue;
    const std::string where = name + " at byte " + std::to_string(found->offset);
    if (name != wals.back() || found->intact_after) {
      return tl::unexpected(damaged_elsewhere(
          options.directory,
          where + " (intact records follow, so that promises made may be lost); " + damage.message));
    }
    newest = std::move(*content);
  }
  if (!newest) {
    return tl::unexpected(
        damaged_elsewhere(options.directory, damage.message + damaged_tables(std::move(children))));
  }
  const rocksdb::Status made = env->CreateDirIfMissing(path("set-aside"));
  if (!made.ok()) return tl::unexpected(store_error(made, "making " + path("set-aside")));
  auto step = write_file(path("set-aside/" + wals.back()), *newest);
  if (step && !ANTA_WRITE_MUTANT(torn_end_dropped_silently))
    step = write_file(path(amnesia_file), as_bytes("torn end of " + wals.back() + "\n"));
  if (step) step = sync_directory(path("set-aside"));
  if (step) step = sync_directory(options.directory);
  if (step) step = open_files(true);
  if (!step && step.error().code == Code::corrupt) {
    return tl::unexpected(damaged_elsewhere(options.directory, step.error().message));
  }
  return step;
}

Result<void> Database::State::open() {
  if (auto usable = check_directory(); !usable) return usable;
  auto opened = open_files(false);
  if (opened || opened.error().code != Code::corrupt) return opened;
  return open_after_damage(opened.error());
}

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  state->env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  if (auto opened = state->open(); !opened) return pass(opened);
  std::unique_ptr<Database> database(new Database(std::move(state)));
  if (auto same = check_identity(*database); !same) return pass(same);
  return database;
}

}  // namespace anta
