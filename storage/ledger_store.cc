#include "storage/ledger_store.h"

#include <algorithm>
#include <utility>

#include "storage/applied_moments.h"
#include "storage/current_view.h"
#include "storage/ledger/generation_cache.h"
#include "storage/ledger_keys.h"
#include "storage/rebuild.h"
#include "storage/state_tree.h"
#include "storage/tree_store.h"
#include "storage/undo.h"

namespace anta {
namespace {

constexpr std::size_t levels_bytes_max = std::size_t{1} << 30;  // of upper_levels_file

constexpr std::uint64_t prune_steps_max = 64;  // log entries whose undo records one apply may remove

tl::unexpected<Error> applied_side_damaged(const std::string& what) {
  return fail(Code::corrupt, "store.applied",
              "the applied side of the ledger is damaged: " + what + rebuild_next_step);
}

Result<std::optional<Applied>> read_applied(const Database& database, const ReadSnapshot* at = nullptr) {
  auto bytes = database.get(Family::meta, as_bytes(keys::applied), at);
  if (!bytes) return pass(bytes);
  if (!*bytes) return std::optional<Applied>{};
  auto applied = decode_applied(**bytes);
  if (!applied) return pass(applied);
  return std::optional<Applied>(*applied);
}

// Bucket records of the state tree by their key (state_tree.h).
struct BytesHash {
  using is_transparent = void;
  std::size_t operator()(ByteView bytes) const { return std::hash<std::string_view>{}(as_text(bytes)); }
};
struct BytesEqual {
  using is_transparent = void;
  bool operator()(ByteView a, ByteView b) const { return std::ranges::equal(a, b); }
};
using BucketCache = GenerationCache<Bytes, Bytes, BytesHash, BytesEqual>;

}  // namespace

struct LedgerStore::State {
  Database& database;
  LogStore& log;
  LedgerStoreOptions options = {};
  CurrentView current;
  BucketCache kept_buckets;  // as they are stored, and as the block under way will store them
  StateTree state_tree;
  AppliedMoments moments = {};
  TreeStore tree = {};
  std::shared_ptr<ReaderCaches> caches;
  std::optional<Applied> applied = {};
  LogIndex undo_first = {};  // nothing older is stored
  UndoReach undo_reach;

  State(Database& in, LogStore& with, LedgerStoreOptions how)
      : database(in),
        log(with),
        options(how),
        current(in, with, how.cache_bytes / 2),
        kept_buckets(how.cache_bytes / 2),
        state_tree([this](ByteView key) { return bucket(key); }),
        caches(std::make_shared<ReaderCaches>(how.tree_cache_bytes, how.block_cache_bytes)),
        undo_reach(how.past_blocks_max, how.past_bytes_max) {}

  Result<std::optional<Bytes>> bucket(ByteView key);
  Result<void> load();
  Result<void> load_state_tree();
  bool load_upper_levels();
  Result<void> load_undo();
  Result<void> check() const;

  // Everything of one block goes into `batch`; `leaves` begins with what stands before its seal.
  struct Closing {
    LogIndex index = {};
    Term term = {};
    Digest entry_hash = {};
    Height height = {};
    Millis block_time = {};
    LeafIndex first_leaf = {};
    std::uint64_t accepted = 0;
  };
  Result<void> change_state(LogIndex block, const std::vector<StateChange>& changes, Batch& batch);
  using Records = std::vector<std::pair<Bytes, Bytes>>;
  void add_statement(const AppliedStatement& statement, Height height, Records& index, Batch& batch);
  Result<Applied> close(const Closing& closing, Batch& batch);
  void prune_undo(Batch& batch);
  Result<Applied> finish(const Applied& next, const std::vector<StateChange>& changes, const Batch& batch);
  void keep_moment();
  Result<void> read_undo(const LedgerReader& reader, Height height, std::vector<Bytes>& records) const;
  Result<void> load_past(LedgerReader& reader, Height height) const;
};

// ---- start ----

// Nothing depends on the file: of another moment, damaged or missing, all records are read instead.
bool LedgerStore::State::load_upper_levels() {
  if (!applied) return false;
  const auto file = database.read_file(keys::upper_levels_file, levels_bytes_max);
  if (!file || !*file || (*file)->size() < 2 * Digest::size) return false;
  const ByteView content = ByteView(**file).subspan(Digest::size);
  const Digest& root = applied->state_root;
  if (!std::ranges::equal(content.first(Digest::size), root.view())) return false;
  // How many leaves a bucket has is under no root.
  if (!std::ranges::equal(ByteView(**file).first(Digest::size), sha256(content).view())) return false;
  if (!state_tree.restore_upper_levels(content.subspan(Digest::size))) return false;
  if (state_tree.root() == root) return true;
  state_tree = StateTree([this](ByteView key) { return bucket(key); });
  return false;
}

Result<void> LedgerStore::State::load_state_tree() {
  if (load_upper_levels()) return {};
  Cursor buckets = database.cursor(Family::tree);
  const Bytes prefix = keys::bucket({});
  for (buckets.seek(prefix); buckets.valid() && buckets.key()[0] == keys::bucket_tag; buckets.next()) {
    auto restored = state_tree.restore_bucket(buckets.key().subspan(1), buckets.value());
    if (!restored) return restored;
  }
  if (auto read = buckets.status(); !read) return read;
  return state_tree.finish_restore();
}

// Which undo records there are, and which of them a question may go through.
Result<void> LedgerStore::State::load_undo() {
  Cursor undo = database.cursor(Family::undo);
  undo.seek(undo_key(LogIndex{0}));
  undo_first = applied ? applied->index.next() : LogIndex{};
  if (undo.valid()) undo_first = undo_block(undo.key());
  if (auto read = undo.status(); !read || !applied) return read;
  undo.seek_for_prev(undo_key(applied->index));
  while (undo.valid() && is_undo_key(undo.key()) &&
         undo_reach.add_older(undo_block(undo.key()), undo_cost(undo.value())))
    undo.prev();
  return undo.status();
}

Result<void> LedgerStore::State::check() const {
  if (!applied) {
    return state_tree.buckets() == 0 ? Result<void>{}
                                     : applied_side_damaged("there is a state, but no block is applied");
  }
  const std::string block = "block " + std::to_string(applied->index.value);
  if (state_tree.root() != applied->state_root)
    return applied_side_damaged("the state tree has not the root of " + block);
  if (tree.root() != applied->tree_root)
    return applied_side_damaged("the Merkle tree has not the root of " + block);
  if (applied->index.value == 0) return {};
  auto entry = log.read_one(applied->index);
  if (!entry && entry.error().code != Code::not_found) return pass(entry);
  if (!entry) return applied_side_damaged(block + " is applied but not in the log");
  if (entry->hash != applied->hash)
    return applied_side_damaged(block + " is applied with another hash than the log's");
  return {};
}

Result<void> LedgerStore::State::load() {
  auto target = rebuild_target(database);
  if (!target) return pass(target);
  if (*target && !options.rebuilding) {
    return fail(Code::corrupt, "store.rebuilding",
                "rebuilding the applied side of this ledger was begun and did not end. Next step: run antad "
                "--config FILE --rebuild again");
  }
  auto record = read_applied(database);
  if (!record) return pass(record);
  applied = *record;
  if (auto step = load_state_tree(); !step) return step;
  auto opened = TreeStore::open(database, applied ? applied->leaves : TreeSize{});
  if (!opened) return pass(opened);
  tree = std::move(*opened);
  if (auto step = load_undo(); !step) return step;
  if (auto sound = check(); !sound) return sound;
  if (applied) keep_moment();
  return {};
}

Result<std::unique_ptr<LedgerStore>> LedgerStore::open(Database& database, LogStore& log,
                                                       LedgerStoreOptions options) {
  auto state = std::make_unique<State>(database, log, options);
  if (auto loaded = state->load(); !loaded) return pass(loaded);
  return std::unique_ptr<LedgerStore>(new LedgerStore(std::move(state)));
}

LedgerStore::LedgerStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
LedgerStore::~LedgerStore() = default;

Result<void> LedgerStore::write_upper_levels() {
  const State& s = *state_;
  if (!s.applied || s.state_tree.root() != s.applied->state_root) return {};  // after a failure
  if (s.state_tree.buckets() * (Digest::size + 4) > levels_bytes_max) {
    return fail(Code::rule_violated, "store.levels",
                "the state tree's upper levels are too large for a file; the next start reads every bucket");
  }
  Bytes content(Digest::size);
  put_bytes(content, s.applied->state_root.view());
  s.state_tree.write_upper_levels(content);
  const Digest digest = sha256(ByteView(content).subspan(Digest::size));
  std::ranges::copy(digest.bytes, content.begin());
  return s.database.replace_file(keys::upper_levels_file, content, Sync::no);
}

// ---- apply ----

Result<std::optional<Bytes>> LedgerStore::State::bucket(ByteView key) {
  if (const Bytes* known = kept_buckets.find(key)) return std::optional<Bytes>(*known);
  auto stored = database.get(Family::tree, keys::bucket(key));
  if (stored && *stored) kept_buckets.put(to_bytes(key), **stored, key.size() + (*stored)->size());
  return stored;
}

Result<void> LedgerStore::State::change_state(LogIndex block, const std::vector<StateChange>& changes,
                                              Batch& batch) {
  std::vector<OldValue> old_values;
  std::vector<StateTree::Update> updates;
  for (const StateChange& change : changes) {
    Bytes key = keys::state(change.key.kind, change.key.id);
    const SharedBytes before = current.read(change.key.kind, change.key.id);
    if (current.failure()) return tl::unexpected(*current.failure());
    StateTree::Update update{tree_key(change.key), std::nullopt};
    if (change.value) {
      update.value_hash = sha256(*change.value);
      batch.put(Family::state, key, *change.value);
    } else {
      batch.erase(Family::state, key);
    }
    updates.push_back(update);
    old_values.push_back({std::move(key), before ? std::optional<Bytes>(*before) : std::nullopt});
  }
  auto changed = state_tree.update(std::move(updates));
  if (!changed) return pass(changed);
  for (StateTree::BucketChange& change : *changed) {
    const Bytes key = keys::bucket(change.key);
    if (change.after) {
      batch.put(Family::tree, key, *change.after);
      const std::size_t bytes = key.size() + change.after->size();
      kept_buckets.put(std::move(change.key), std::move(*change.after), bytes);
    } else {
      batch.erase(Family::tree, key);
      kept_buckets.erase(change.key);
    }
  }
  if (block.value == 0) return {};  // nothing is before the genesis
  const Bytes undo = encode_undo(old_values);
  undo_reach.add(block, undo_cost(undo));
  batch.put(Family::undo, undo_key(block), undo);
  return {};
}

void LedgerStore::State::add_statement(const AppliedStatement& statement, Height height, Records& index,
                                       Batch& batch) {
  const Outcome& outcome = statement.outcome;
  index.emplace_back(keys::outcome(outcome.statement), encode_outcome(outcome));
  if (!outcome.accepted) return;
  ANTA_INVARIANT(outcome.leaf.value == tree.size().value && !statement.type.empty());
  const Bytes type = to_bytes(as_bytes(statement.type));
  const LeafRecord leaf{LeafKind::statement, outcome.statement, height, outcome.block, outcome.position};
  index.emplace_back(keys::leaf(outcome.leaf), encode_leaf_record(leaf));
  for (const StateKey& subject : statement.subjects)
    index.emplace_back(keys::with_leaf(keys::history(subject), outcome.leaf), type);
  if (!statement.issuer.empty())
    index.emplace_back(keys::with_leaf(keys::issuer(statement.issuer), outcome.leaf), type);
  tree.append(outcome.statement, batch);
}

// The seal, its leaf, and the applied record.
Result<Applied> LedgerStore::State::close(const Closing& closing, Batch& batch) {
  SealRecord record;
  record.leaf = LeafIndex{tree.size().value};
  record.block = closing.index;
  record.seal = {closing.height, closing.block_time, state_tree.root(), closing.first_leaf, closing.accepted};
  record.bytes = encode_seal(record.seal);
  const Digest entry = sha256(record.bytes);
  batch.put(Family::index, keys::seal(closing.height), encode_seal_record(record));
  const LeafRecord leaf{LeafKind::seal, entry, closing.height, closing.index, 0};
  batch.put(Family::index, keys::leaf(record.leaf), encode_leaf_record(leaf));
  tree.append(entry, batch);
  Applied next;
  next.index = closing.index;
  next.term = closing.term;
  next.hash = closing.entry_hash;
  next.height = closing.height;
  next.block_time = closing.block_time;
  next.state_root = state_tree.root();
  next.leaves = tree.size();
  next.tree_root = tree.root();
  batch.put(Family::meta, as_bytes(keys::applied), encode_applied(next));
  return next;
}

void LedgerStore::State::prune_undo(Batch& batch) {
  const LogIndex keep_from = *undo_reach.oldest();
  for (std::uint64_t step = 0; step < prune_steps_max && undo_first < keep_from; ++step) {
    batch.erase(Family::undo, undo_key(undo_first));
    undo_first = undo_first.next();
  }
}

Result<Applied> LedgerStore::State::finish(const Applied& next, const std::vector<StateChange>& changes,
                                           const Batch& batch) {
  if (auto written = database.write(batch, Sync::no); !written) return pass(written);
  current.applied(changes);
  applied = next;
  keep_moment();
  return next;
}

// On `disk`, between two applies: database and tree are those of `applied`.
void LedgerStore::State::keep_moment() {
  moments.add(std::make_shared<const AppliedMoment>(
      AppliedMoment{*applied,
                    database.snapshot(),
                    state_tree.version(),
                    {state_tree.buckets(), state_tree.memory_bytes(), state_tree.retired()},
                    state_tree.replaced_bytes(),
                    undo_reach.oldest().value_or(applied->index.next())}));
}

Result<Applied> LedgerStore::apply_genesis(ByteView genesis_bytes, Millis created,
                                           const std::vector<StateChange>& changes) {
  State& s = *state_;
  ANTA_INVARIANT(!s.applied);
  Batch batch = s.database.batch();
  if (auto changed = s.change_state(LogIndex{0}, changes, batch); !changed) return pass(changed);
  const Digest digest = sha256(genesis_bytes);
  batch.put(Family::meta, as_bytes(keys::genesis), genesis_bytes);
  const LeafRecord leaf{LeafKind::genesis, digest, Height{0}, LogIndex{0}, 0};
  batch.put(Family::index, keys::leaf(LeafIndex{0}), encode_leaf_record(leaf));
  s.tree.append(digest, batch);
  State::Closing closing;
  closing.block_time = created;
  closing.first_leaf = LeafIndex{1};  // the seal's own: the genesis is no accepted statement
  auto next = s.close(closing, batch);
  if (!next) return next;
  s.undo_first = LogIndex{1};
  return s.finish(*next, changes, batch);
}

Result<Applied> LedgerStore::apply(const AppliedBlock& block) {
  State& s = *state_;
  ANTA_INVARIANT(s.applied && block.index > s.applied->index);
  ANTA_INVARIANT(block.block_time >= s.applied->block_time);
  Batch batch = s.database.batch();
  if (auto changed = s.change_state(block.index, block.changes, batch); !changed) return pass(changed);
  State::Closing closing;
  closing.index = block.index;
  closing.term = block.term;
  closing.entry_hash = block.entry_hash;
  closing.height = s.applied->height.next();
  closing.block_time = block.block_time;
  closing.first_leaf = LeafIndex{s.tree.size().value};
  State::Records index;
  for (const AppliedStatement& statement : block.statements) {
    ANTA_INVARIANT(statement.outcome.block == block.index);
    s.add_statement(statement, closing.height, index, batch);
    closing.accepted += statement.outcome.accepted ? 1 : 0;
  }
  // In the order of their keys each finds its place in the memtable near the one before.
  std::ranges::sort(index);
  for (const auto& [key, value] : index)
    batch.put(Family::index, key, value);
  auto next = s.close(closing, batch);
  if (!next) return next;
  s.prune_undo(batch);
  return s.finish(*next, block.changes, batch);
}

// ---- questions ----

const std::optional<Applied>& LedgerStore::applied() const { return state_->applied; }
const LedgerView& LedgerStore::view() const { return state_->current; }

Error LedgerStore::read_failure() const {
  ANTA_INVARIANT(state_->current.failure());
  return *state_->current.failure();
}

Result<std::optional<Outcome>> LedgerStore::outcome(const Digest& statement) const {
  auto bytes = state_->database.get(Family::index, keys::outcome(statement));
  if (!bytes) return pass(bytes);
  if (!*bytes) return std::optional<Outcome>{};
  auto outcome = decode_outcome(statement, **bytes);
  if (!outcome) return applied_side_damaged("an outcome does not decode");
  return std::optional<Outcome>(std::move(*outcome));
}

Result<LedgerReader> LedgerStore::reader() const {
  if (auto failed = state_->database.failure()) return tl::unexpected(std::move(*failed));
  auto newest = state_->moments.newest();
  if (!newest) return fail(Code::not_found, "store.empty", "this ledger has no genesis yet");
  return LedgerReader(state_->database, state_->log, state_->caches, std::move(newest));
}

Result<LedgerReader> LedgerStore::reader_of(TreeSize size) const {
  if (auto kept = state_->moments.find(size))
    return LedgerReader(state_->database, state_->log, state_->caches, std::move(kept));
  if (size.value == 0) return fail(Code::not_found, "store.leaf", "a tree without leaves has no state");
  auto then = reader_at(LeafIndex{size.value - 1});
  if (then && then->applied().leaves != size) {
    return fail(Code::not_found, "store.seal",
                "the tree of size " + std::to_string(size.value) + " does not end with a seal");
  }
  return then;
}

// The undo records of the blocks after `height`, from the newest backwards as far as that moment's window, so
// that the oldest moment within it is known when they do not reach.
Result<void> LedgerStore::State::read_undo(const LedgerReader& reader, Height height,
                                           std::vector<Bytes>& records) const {
  const std::uint64_t wanted = reader.applied_.height.value - height.value;
  const LogIndex oldest_kept = reader.moment_->undo_oldest;
  Cursor undo = database.cursor(Family::undo, reader.snapshot());
  undo.seek_for_prev(undo_key(reader.applied_.index));
  while (undo.valid() && is_undo_key(undo.key()) && undo_block(undo.key()) >= oldest_kept) {
    if (records.size() == wanted) break;
    records.push_back(to_bytes(undo.value()));
    if (undo_block(undo.key()) == oldest_kept) break;  // before it only what was removed: a long way
    undo.prev();
  }
  if (auto read = undo.status(); !read) return read;
  if (records.size() == wanted) return {};
  auto oldest = reader.seal(Height{reader.applied_.height.value - records.size()});
  if (!oldest) return pass(oldest);
  return fail(Code::not_found, "outside_window",
              "the state of that time is no longer told here; the oldest leaf that can be asked for is " +
                  std::to_string(oldest->seal.first_leaf.value));
}

// The values that blocks after `height` replaced; where several did, the first one's old value is the answer.
Result<void> LedgerStore::State::load_past(LedgerReader& reader, Height height) const {
  auto past = std::make_shared<LedgerReader::Past>();
  if (auto read = read_undo(reader, height, past->records); !read) return read;
  std::size_t count = 0;
  for (const Bytes& record : past->records)
    count += std::min(undo_count(record), record.size());  // a damaged count takes no memory
  past->values.reserve(count);
  for (auto record = past->records.rbegin(); record != past->records.rend(); ++record) {
    auto changes = decode_undo(*record);
    if (!changes) return pass(changes);
    for (const OldView& change : *changes)
      past->values.emplace(as_text(change.key), change.value);
  }
  reader.past_ = std::move(past);
  return {};
}

Result<LedgerReader> LedgerStore::reader_at(LeafIndex leaf) const {
  auto reader = this->reader();
  if (!reader) return reader;
  auto seal = reader->seal_of(leaf);
  if (!seal) return pass(seal);
  if (seal->seal.height == reader->applied_.height) return reader;
  if (auto past = state_->load_past(*reader, seal->seal.height); !past) return pass(past);
  auto root = root_at(seal->size().value, reader->nodes());
  if (!root) return pass(root);
  Applied then;
  then.index = seal->block;
  then.height = seal->seal.height;
  then.block_time = seal->seal.block_time;
  then.state_root = seal->seal.state_root;
  then.leaves = seal->size();
  then.tree_root = *root;
  if (then.index.value > 0) {
    auto entry = state_->log.read_one(then.index);
    if (!entry) return pass(entry);
    then.term = entry->header.term;
    then.hash = entry->hash;
  }
  reader->applied_ = then;
  return reader;
}

std::optional<Applied> LedgerStore::kept(TreeSize size) const {
  if (state_->database.failure()) return std::nullopt;  // memory may be ahead of what is left of the disk
  const auto moment = state_->moments.find(size);
  return moment ? std::optional(moment->applied) : std::nullopt;
}

void LedgerStore::checkpoint_signed(TreeSize size) { state_->moments.hold(size); }
void LedgerStore::checkpoint_finished(TreeSize size) { state_->moments.finish(size); }

LedgerStore::Figures LedgerStore::figures() const {
  const auto newest = state_->moments.newest();
  if (!newest) return {};
  return {newest->figures.buckets, newest->figures.bytes, newest->figures.retired};
}

}  // namespace anta
