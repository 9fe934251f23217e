#include "storage/ledger_reader.h"

#include <algorithm>
#include <utility>

#include "storage/ledger/block.h"
#include "storage/ledger_keys.h"
#include "storage/rebuild.h"
#include "storage/tree_store.h"

namespace anta {
namespace {

SharedBytes shared(Bytes bytes) { return std::make_shared<const Bytes>(std::move(bytes)); }

// A reader's state for the law. A failed read answers "absent" and is remembered (view.h).
class ReaderView final : public LedgerView {
 public:
  explicit ReaderView(const LedgerReader& reader) : reader_(reader) {}

  SharedBytes read(Kind kind, std::string_view id) const override {
    auto record = reader_.record(kind, id);
    if (!record) failed_ = true;
    return record ? *record : nullptr;
  }
  SharedBytes statement(const Digest& digest) const override {
    auto bytes = reader_.statement(digest);
    if (!bytes && bytes.error().code != Code::not_found) failed_ = true;
    return bytes ? *bytes : nullptr;
  }
  bool failed() const override { return failed_; }

 private:
  const LedgerReader& reader_;
  mutable bool failed_ = false;
};

bool starts_with(ByteView key, ByteView prefix) {
  return key.size() >= prefix.size() && std::ranges::equal(key.first(prefix.size()), prefix);
}

tl::unexpected<Error> no_statement(LogIndex block, std::uint32_t position) {
  return fail(
      Code::corrupt, "store.statement",
      "log entry " + std::to_string(block.value) + " does not hold statement " + std::to_string(position));
}

bool before(ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); }

}  // namespace

Result<SharedBytes> stored_statement(const LogStore& log, LogIndex block, std::uint32_t position) {
  auto entry = log.read_one(block);
  if (!entry) return pass(entry);
  auto statements = decode_block(*entry->payload);
  if (!statements || position >= statements->size()) return no_statement(block, position);
  return shared(to_bytes((*statements)[position]));
}

LedgerReader::LedgerReader(const Database& database, const LogStore& log,
                           std::shared_ptr<ReaderCaches> caches, std::shared_ptr<const AppliedMoment> moment)
    : database_(&database),
      log_(&log),
      caches_(std::move(caches)),
      moment_(std::move(moment)),
      applied_(moment_->applied),
      past_(std::make_shared<const Past>()) {}

std::vector<std::pair<ByteView, std::optional<ByteView>>> LedgerReader::Past::range(ByteView under,
                                                                                    ByteView from) const {
  std::vector<std::pair<ByteView, std::optional<ByteView>>> found;
  for (const auto& [text, value] : values) {
    const ByteView key = as_bytes(text);
    if (starts_with(key, under) && !before(key, from)) found.emplace_back(key, value);
  }
  std::ranges::sort(found, before, [](const auto& entry) { return entry.first; });
  return found;
}

Result<SharedBytes> LedgerReader::genesis() const {
  auto bytes = database_->get(Family::meta, as_bytes(keys::genesis), snapshot());
  if (!bytes) return pass(bytes);
  if (!*bytes) return fail(Code::corrupt, "store.genesis", "the stored genesis is missing");
  return shared(std::move(**bytes));
}

Result<std::optional<Outcome>> LedgerReader::outcome(const Digest& statement) const {
  auto bytes = database_->get(Family::index, keys::outcome(statement), snapshot());
  if (!bytes) return pass(bytes);
  if (!*bytes) return std::optional<Outcome>{};
  auto outcome = decode_outcome(statement, **bytes);
  if (!outcome) return fail(Code::corrupt, "store.outcome", "a stored outcome does not decode");
  return std::optional<Outcome>(std::move(*outcome));
}

Result<SharedBytes> LedgerReader::statement(const Digest& statement) const {
  auto known = outcome(statement);
  if (!known) return pass(known);
  if (!*known) return fail(Code::not_found, "store.statement", "this ledger has not decided that statement");
  return statement_in((*known)->block, (*known)->position);
}

Result<SharedBytes> LedgerReader::statement_at(LeafIndex index) const {
  auto record = leaf(index);
  if (!record) return pass(record);
  if (record->kind != LeafKind::statement) {
    return fail(Code::not_found, "store.statement",
                "leaf " + std::to_string(index.value) + " is not a statement");
  }
  return statement_in(record->block, record->position);
}

Result<SharedBytes> LedgerReader::statement_in(LogIndex index, std::uint32_t position) const {
  if (!block_ || block_index_ != index) {
    auto block = caches_->blocks.block(*log_, index);
    if (!block) return pass(block);
    block_ = std::move(*block);
    block_index_ = index;
    block_bytes_read_ += block_->payload->size();
  }
  if (position >= block_->statements.size()) return no_statement(index, position);
  return shared(to_bytes(block_->statements[position]));
}

Result<LeafRecord> LedgerReader::leaf(LeafIndex index) const {
  auto bytes = database_->get(Family::index, keys::leaf(index), snapshot());
  if (!bytes) return pass(bytes);
  if (!*bytes) return fail(Code::not_found, "store.leaf", "there is no leaf " + std::to_string(index.value));
  return decode_leaf_record(**bytes);
}

Result<SealRecord> LedgerReader::seal(Height height) const {
  auto bytes = database_->get(Family::index, keys::seal(height), snapshot());
  if (!bytes) return pass(bytes);
  if (!*bytes) return fail(Code::not_found, "store.seal", "there is no seal " + std::to_string(height.value));
  return decode_seal_record(**bytes);
}

Result<SealRecord> LedgerReader::seal_of(LeafIndex index) const {
  auto record = leaf(index);
  if (!record) return pass(record);
  return seal(record->height);
}

Result<SharedBytes> LedgerReader::record(Kind kind, std::string_view id) const {
  const Bytes key = keys::state(kind, id);
  if (const auto then = past_->values.find(as_text(key)); then != past_->values.end()) {
    return then->second ? shared(to_bytes(*then->second)) : nullptr;
  }
  auto bytes = database_->get(Family::state, key, snapshot());
  if (!bytes) return pass(bytes);
  return *bytes ? shared(std::move(**bytes)) : nullptr;
}

// The stored records with what was changed since laid over them, both in order of key.
Result<LedgerReader::RecordPage> LedgerReader::scan(Kind kind, std::string_view after, std::size_t limit,
                                                    std::string_view prefix) const {
  limit = std::clamp<std::size_t>(limit, 1, page_max);
  const Bytes under = keys::state(kind, prefix);
  Bytes from = under;
  if (!after.empty()) {
    Bytes next = keys::state(kind, after);
    next.push_back(0);  // the first key after it
    from = std::max(under, next);
  }
  Cursor now = database_->cursor(Family::state, snapshot());
  now.seek(from);
  const auto past = past_->range(under, from);
  auto then = past.begin();
  const auto now_valid = [&] { return now.valid() && starts_with(now.key(), under); };
  const auto then_valid = [&] { return then != past.end(); };
  RecordPage page;
  std::size_t bytes = 0;
  const auto add = [&page, &bytes](ByteView key, ByteView value) {
    bytes += value.size();
    page.records.push_back({std::string(as_text(key.subspan(1))), shared(to_bytes(value))});
  };
  while (now_valid() || then_valid()) {
    const bool past_first = then_valid() && (!now_valid() || !before(now.key(), then->first));
    const bool present = !past_first || then->second.has_value();
    const bool full = page.records.size() == limit || (bytes >= page_bytes_max && !page.records.empty());
    if (present && full) {
      page.more = true;
      break;
    }
    if (past_first) {
      const bool replaces = now_valid() && std::ranges::equal(now.key(), then->first);
      if (then->second) add(then->first, *then->second);
      if (replaces) now.next();
      ++then;
    } else {
      add(now.key(), now.value());
      now.next();
    }
  }
  if (auto read = now.status(); !read) return pass(read);
  return page;
}

Result<LedgerReader::LeafPage> LedgerReader::leaves_under(Bytes prefix, LeafIndex from,
                                                          std::size_t limit) const {
  limit = std::clamp<std::size_t>(limit, 1, page_max);
  LeafPage page;
  Cursor cursor = database_->cursor(Family::index, snapshot());
  for (cursor.seek(keys::with_leaf(prefix, from)); cursor.valid(); cursor.next()) {
    if (!starts_with(cursor.key(), prefix) || cursor.key().size() != prefix.size() + 8) break;
    const LeafIndex index{get_u64(cursor.key().subspan(prefix.size()))};
    if (index.value >= applied_.leaves.value) break;
    if (page.leaves.size() == limit) {
      page.more = true;
      break;
    }
    page.leaves.push_back(index);
    page.types.emplace_back(as_text(cursor.value()));
  }
  if (auto read = cursor.status(); !read) return pass(read);
  return page;
}

Result<LedgerReader::LeafPage> LedgerReader::history(const StateKey& subject, LeafIndex from,
                                                     std::size_t limit) const {
  return leaves_under(keys::history(subject), from, limit);
}

Result<LedgerReader::LeafPage> LedgerReader::issued_by(const PartyId& party, LeafIndex from,
                                                       std::size_t limit) const {
  return leaves_under(keys::issuer(party), from, limit);
}

// What has changed since this reader's moment goes back to what it was, on the tree of the reader's snapshot.
Result<std::vector<StateProof>> LedgerReader::prove(const std::vector<StateKey>& asked) const {
  std::vector<Digest> wanted;
  wanted.reserve(asked.size());
  for (const StateKey& key : asked)
    wanted.push_back(tree_key(key));
  std::vector<StateTree::Update> before;
  before.reserve(past_->values.size());
  for (const auto& [stored, value] : past_->values) {
    const StateKey key{static_cast<Kind>(as_bytes(stored)[0]), std::string(stored.substr(1))};
    before.push_back({tree_key(key), value ? std::optional(sha256(*value)) : std::nullopt});
  }
  const StateTree::Load load = [this](ByteView bucket) {
    return database_->get(Family::tree, keys::bucket(bucket), snapshot());
  };
  auto proven = moment_->tree.prove(wanted, load, std::move(before));
  if (!proven) return pass(proven);
  if (proven->root != applied_.state_root) {
    return fail(Code::corrupt, "store.state_proof",
                "the state tree does not come to the root of seal " + std::to_string(applied_.height.value) +
                    rebuild_next_step);
  }
  return std::move(proven->proofs);
}

NodeSource LedgerReader::nodes() const {
  return stored_nodes(*database_, std::shared_ptr<const ReadSnapshot>(moment_, snapshot()), applied_.leaves,
                      std::shared_ptr<TreeCache>(caches_, &caches_->tree));
}

Result<std::vector<Digest>> LedgerReader::tile(unsigned level, std::uint64_t index, unsigned width) const {
  const auto tile = caches_->tree.tile(*database_, snapshot(), level, index, width);
  if (!tile) return pass(tile);
  const std::vector<Digest>& hashes = (*tile)->hashes();
  return std::vector<Digest>(hashes.begin(), hashes.begin() + width);
}

std::unique_ptr<LedgerView> LedgerReader::view() const { return std::make_unique<ReaderView>(*this); }

}  // namespace anta
