#include "tests/storage/world.h"

#include <gtest/gtest.h>

#include "storage/ledger/block.h"

namespace anta::test {
namespace {

SharedBytes shared(const std::string& text) {
  return std::make_shared<const Bytes>(to_bytes(as_bytes(text)));
}

constexpr std::int64_t first_time = 1'754'000'000'000;

}  // namespace

World::World(DatabaseOptions options, LedgerStoreOptions store_options)
    : options_(std::move(options)), store_options_(store_options) {}

Digest World::digest(const std::string& text) { return sha256(as_bytes(text)); }

void World::start() {
  auto database = Database::open(options_);
  ASSERT_TRUE(database.has_value()) << database.error().message;
  database_ = std::move(*database);
  auto log = LogStore::open(*database_);
  ASSERT_TRUE(log.has_value()) << log.error().message;
  log_ = std::move(*log);
  auto store = LedgerStore::open(*database_, *log_, store_options_);
  ASSERT_TRUE(store.has_value()) << store.error().message;
  store_ = std::move(*store);
  std::erase_if(planned_, [this](const Planned& one) { return one.entry.index > log_->last(); });
  if (!store_->applied()) {
    moments_.clear();
    return;
  }
  std::erase_if(moments_, [this](const Moment& one) { return one.applied.index > store_->applied()->index; });
  for (const Planned& one : planned_) {
    if (one.entry.index > store_->applied()->index) apply(one);
  }
}

void World::stop() {
  store_.reset();
  log_.reset();
  database_.reset();
}

void World::genesis() {
  const std::vector<StateChange> changes = {{{Kind::lot, "G"}, shared("from genesis")},
                                            {{Kind::parameter, "law_version"}, shared("1")}};
  auto applied = store_->apply_genesis(as_bytes("the genesis"), Millis{first_time}, changes);
  ASSERT_TRUE(applied.has_value()) << applied.error().message;
  Moment moment;
  for (const StateChange& change : changes)
    moment.state[change.key] = std::string(as_text(*change.value));
  moment.applied = *applied;
  moments_ = {moment};
}

World::Planned World::plan(const std::vector<Line>& lines,
                           const std::map<std::string, std::string>& changes) {
  std::vector<std::shared_ptr<const Bytes>> statements;
  for (const Line& line : lines)
    statements.push_back(shared(line.text));
  EntryHeader header;
  header.term = Term{1};
  header.kind = EntryKind::block;
  header.prev_hash = log_->last_hash();
  header.time = Millis{first_time + static_cast<std::int64_t>(log_->last().next().value) * 10};
  auto payload = std::make_shared<const Bytes>(encode_block(statements));
  return {make_entry(log_->last().next(), header, std::move(payload)), lines, changes};
}

void World::append(const LogEntry& entry) {
  LogStore::LogWrite write;
  write.entries = {entry};
  write.hard_state = LogStore::HardState{entry.header.term, {}, {}};
  write.must_sync = true;
  const auto written = log_->write(std::span(&write, 1));
  ASSERT_TRUE(written.has_value()) << written.error().message;
}

void World::no_op() {
  EntryHeader header;
  header.term = Term{1};
  header.prev_hash = log_->last_hash();
  append(make_entry(log_->last().next(), header, std::make_shared<const Bytes>()));
}

void World::apply(const Planned& planned) {
  AppliedBlock block;
  block.index = planned.entry.index;
  block.term = planned.entry.header.term;
  block.entry_hash = planned.entry.hash;
  block.block_time = planned.entry.header.time;
  Moment moment = moments_.back();
  std::uint64_t leaf = store_->applied()->leaves.value;
  std::uint32_t position = 0;
  for (const Line& line : planned.lines) {
    AppliedStatement one;
    one.outcome.statement = digest(line.text);
    one.outcome.accepted = line.accepted;
    one.outcome.block_time = block.block_time;
    one.outcome.block = block.index;
    one.outcome.position = position++;
    if (line.accepted) one.outcome.leaf = LeafIndex{leaf++};
    if (!line.accepted) one.outcome.rule = "not_holder";
    one.issuer = PartyId{line.issuer};
    one.type = line.type;
    one.subjects = line.subjects;
    block.statements.push_back(std::move(one));
  }
  for (const auto& [id, value] : planned.changes) {
    const StateKey key{Kind::lot, id};
    block.changes.push_back({key, value.empty() ? nullptr : shared(value)});
    if (value.empty()) moment.state.erase(key);
    if (!value.empty()) moment.state[key] = value;
  }
  auto applied = store_->apply(block);
  ASSERT_TRUE(applied.has_value()) << applied.error().message;
  moment.applied = *applied;
  moments_.push_back(moment);
}

const Moment& World::block(const std::vector<Line>& lines,
                           const std::map<std::string, std::string>& changes) {
  append_only(lines, changes);
  apply(planned_.back());
  return moments_.back();
}

void World::append_only(const std::vector<Line>& lines, const std::map<std::string, std::string>& changes) {
  planned_.push_back(plan(lines, changes));
  append(planned_.back().entry);
}

}  // namespace anta::test
