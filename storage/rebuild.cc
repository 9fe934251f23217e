#include "storage/rebuild.h"

#include "storage/ledger_keys.h"

namespace anta {
namespace {

constexpr std::uint64_t read_bytes = std::uint64_t{4} << 20;

Result<std::optional<Applied>> read_record(const Database& database, std::string_view key) {
  auto bytes = database.get(Family::meta, as_bytes(key));
  if (!bytes) return pass(bytes);
  if (!*bytes) return std::optional<Applied>{};
  auto applied = decode_applied(**bytes);
  if (!applied) return pass(applied);
  return std::optional<Applied>(*applied);
}

// From the genesis on, chained, up to the entry that was applied last.
Result<void> check_log(const LogStore& log, const Applied& target) {
  Digest before = {};
  for (LogIndex next{1}; next <= target.index;) {
    auto entries = log.read(next, target.index, read_bytes);
    if (!entries) return pass(entries);
    if (entries->front().header.prev_hash != before) {
      return fail(Code::corrupt, "log.chain",
                  "log entry " + std::to_string(next.value) +
                      " does not continue the hash chain; nothing was dropped. Next step: restore this node "
                      "from a backup, or let it join again under a new incarnation");
    }
    before = entries->back().hash;
    next = entries->back().index.next();
  }
  if (before == target.hash) return {};
  return fail(Code::corrupt, "store.applied",
              "the log's entry " + std::to_string(target.index.value) +
                  " is not the one that was applied; nothing was dropped. Next step: restore this node from "
                  "a backup, or let it join again under a new incarnation");
}

}  // namespace

Result<std::optional<Applied>> rebuild_target(const Database& database) {
  return read_record(database, rebuild_key);
}

Result<Applied> begin_rebuild(Database& database, const LogStore& log) {
  auto target = rebuild_target(database);
  if (!target) return pass(target);
  if (!*target) {
    target = read_record(database, keys::applied);
    if (!target) return pass(target);
    if (!*target)
      return fail(Code::not_found, "store.empty",
                  "nothing is applied here, so there is nothing to rebuild. Next step: start the node");
  }
  if (auto good = check_log(log, **target); !good) return pass(good);
  if (auto gone = database.remove_file(keys::upper_levels_file); !gone) return pass(gone);
  Batch mark = database.batch();
  mark.put(Family::meta, as_bytes(rebuild_key), encode_applied(**target));
  if (auto done = database.write(mark, Sync::yes); !done) return pass(done);
  for (const Family family : {Family::tree, Family::state, Family::index, Family::undo}) {
    if (auto gone = database.clear(family); !gone) return pass(gone);
  }
  Batch forget = database.batch();
  forget.erase(Family::meta, as_bytes(keys::applied));
  if (auto done = database.write(forget, Sync::yes); !done) return pass(done);
  return **target;
}

Result<void> end_rebuild(Database& database, const Applied& made, RebuiltRoots roots) {
  auto target = rebuild_target(database);
  if (!target) return pass(target);
  ANTA_INVARIANT(*target);
  const bool same_block = made.index == (*target)->index && made.hash == (*target)->hash;
  if (roots == RebuiltRoots::as_before ? made != **target : !same_block) {
    return fail(Code::corrupt, "store.rebuilt",
                "rebuilding up to block " + std::to_string(made.index.value) +
                    " has other roots than this node had there. Next step: keep the directory and compare "
                    "with the other organisations; restore this node from a backup, or let it join again "
                    "under a new incarnation");
  }
  Batch batch = database.batch();
  batch.erase(Family::meta, as_bytes(rebuild_key));
  return database.write(batch, Sync::yes);
}

}  // namespace anta
