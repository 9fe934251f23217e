#include "storage/ledger/replay.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <unordered_set>
#include <utility>

#include "crypto/text.h"
#include "storage/ledger/block.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

tl::unexpected<Finding> found(LeafIndex leaf, Error error) {
  return tl::unexpected(Finding{leaf, std::move(error)});
}

tl::unexpected<Finding> found(LeafIndex leaf, const char* rule, std::string message) {
  return found(leaf, Error{Code::malformed, rule, std::move(message)});
}

tl::unexpected<Error> differs(const char* what) {
  return fail(Code::malformed, "audit.seal", std::string("the seal names another ") + what);
}

// Records by kind and id. The law mostly reads, by views of ids that are part of something longer: no key is
// made for a look-up.
class Records {
 public:
  SharedBytes find(Kind kind, std::string_view id) const {
    const Table& table = tables_[static_cast<std::size_t>(kind)];
    const auto found = table.find(id);
    return found == table.end() ? nullptr : found->second;
  }
  void write(const StateKey& key, const SharedBytes& value) {
    Table& table = tables_[static_cast<std::size_t>(key.kind)];
    if (value) {
      table.insert_or_assign(key.id, value);
    } else {
      table.erase(key.id);
    }
  }
  std::vector<std::pair<StateKey, SharedBytes>> all() const {
    std::vector<std::pair<StateKey, SharedBytes>> list;
    for (std::size_t kind = 0; kind < tables_.size(); ++kind) {
      for (const auto& [id, value] : tables_[kind])
        list.emplace_back(StateKey{static_cast<Kind>(kind), id}, value);
    }
    return list;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>{}(id); }
  };
  using Table = std::unordered_map<std::string, SharedBytes, Hash, std::equal_to<>>;
  std::array<Table, Words<Kind>::list.size()> tables_ = {};
};

Result<Effects> decide_one(Overlay& overlay, const Decoded& one, const Moment& moment,
                           const SignatureCheck& check) {
  if (!one.statement) return tl::unexpected<Error>(one.error);
  return decide(overlay, *one.statement, moment, check);
}

// Decided as it was said to be: accepted, or refused on record.
Result<void> decide_as_told(Overlay& overlay, const Decoded& one, bool accepted, const Moment& moment,
                            const SignatureCheck& check) {
  const Result<Effects> effects = decide_one(overlay, one, moment, check);
  if (accepted) return effects.map([](const Effects&) {});
  if (effects)
    return fail(Code::malformed, "audit.refused",
                "statement " + hex(one.digest) + " was refused, and the law accepts it");
  const Error& error = effects.error();
  if (!one.statement || !rejection_is_recorded(error.rule))
    return fail(Code::malformed, "audit.refused",
                "statement " + hex(one.digest) +
                    " is said to be refused on record, and such a refusal leaves none: " + error.message);
  return {};
}

}  // namespace

Decoded decode_for_replay(SharedBytes bytes) {
  Decoded decoded;
  decoded.bytes = std::move(bytes);
  decoded.digest = sha256(*decoded.bytes);
  Result<SignedStatement> statement = decode_statement(decoded.bytes, decoded.digest);
  if (statement) {
    decoded.statement = std::make_shared<const SignedStatement>(std::move(*statement));
  } else {
    decoded.error = statement.error();
  }
  return decoded;
}

// The state, and statements by way of their leaf.
class Replay::View final : public LedgerView {
 public:
  View(const Replay& replay, Fetch fetch) : replay_(replay), fetch_(std::move(fetch)) {}

  SharedBytes read(Kind kind, std::string_view id) const override { return records.find(kind, id); }

  SharedBytes statement(const Digest& digest) const override {
    const auto leaf = replay_.leaf_of_.find(digest);
    if (leaf == replay_.leaf_of_.end()) return nullptr;
    Result<SharedBytes> bytes = fetch_(LeafIndex{leaf->second});
    if (bytes && !*bytes) return nullptr;  // a seal's or the genesis', which is no statement
    if (bytes && sha256(**bytes) != digest)
      bytes = fail(Code::uncertain, "audit.changed", "it has changed since");
    if (bytes) return *bytes;
    failure =
        Error{Code::uncertain, bytes.error().rule,
              "leaf " + std::to_string(leaf->second) + " could not be read again: " + bytes.error().message};
    return nullptr;
  }

  bool failed() const override { return failure.has_value(); }
  DecodedRecords* decoded() const override { return &decoded_; }

  Records records = {};
  mutable std::optional<Error> failure = {};

 private:
  mutable DecodedRecords decoded_ = {};
  const Replay& replay_;
  Fetch fetch_;
};

Replay::Replay(Fetch fetch) : view_(std::make_unique<View>(*this, std::move(fetch))) {}
Replay::~Replay() = default;

void Replay::write(const StateKey& key, const SharedBytes& value) {
  if (value) {
    state_.put(tree_key(key), sha256(*value));
  } else {
    state_.erase(tree_key(key));
  }
  view_->records.write(key, value);
}

void Replay::take_keys(const StateMap& changes) {
  std::shared_ptr<Keys> next;
  for (const auto& [key, value] : changes) {
    if (key.kind != Kind::key || !value) continue;
    const auto kid = digest_from_hex(key.id);
    const auto record = state::decode_record<state::Key>(*value);
    if (!kid || !record) continue;
    if (!next) next = std::make_shared<Keys>(*keys_);
    next->insert_or_assign(*kid, record->key);
  }
  if (next) keys_ = std::move(next);
}

void Replay::append(const Digest& entry) {
  leaf_of_.emplace(entry, range_.size());
  range_.append(leaf_hash(entry.view()));
  entries_.push_back(entry);
}

Result<void> Replay::check_seal(ByteView bytes, const Seal& seal, const Seal& expected) const {
  if (seal.height != expected.height) return differs("height");
  if (seal.first_leaf != expected.first_leaf) return differs("first leaf");
  if (seal.accepted != expected.accepted) return differs("number of accepted statements");
  if (seal.state_root != expected.state_root) {
    return fail(Code::malformed, "audit.state_root",
                "the seal commits the state root " + hex(seal.state_root) + ", the statements make " +
                    hex(expected.state_root));
  }
  if (!std::ranges::equal(bytes, encode_seal(expected))) return differs("time, or is written in another way");
  return {};
}

Step Replay::begin(ByteView genesis, ByteView seal) { return begin(genesis, &seal); }
Step Replay::begin(ByteView genesis) { return begin(genesis, nullptr); }

Step Replay::begin(ByteView genesis_bytes, const ByteView* seal_bytes) {
  ANTA_INVARIANT(range_.size() == 0);
  const auto genesis = decode_genesis(genesis_bytes);
  if (!genesis && genesis_is_newer(genesis_bytes))
    return found(LeafIndex{0}, Error{Code::not_found, "law_version", "the genesis is of a newer release"});
  if (!genesis) return found(LeafIndex{0}, genesis.error());
  const auto effects = genesis_effects(*genesis);
  if (!effects) return found(LeafIndex{0}, effects.error());
  StateMap changes;
  for (const StateChange& change : effects->changes) {
    write(change.key, change.value);
    changes.emplace(change.key, change.value);
  }
  const Seal expected{Height{0}, genesis->created, state_.root(), LeafIndex{1}, 0};
  if (seal_bytes != nullptr) {
    const auto seal = decode_seal(*seal_bytes);
    if (!seal) return found(LeafIndex{1}, seal.error());
    if (auto same = check_seal(*seal_bytes, *seal, expected); !same) return found(LeafIndex{1}, same.error());
  }
  take_keys(changes);
  append(sha256(genesis_bytes));
  append(sha256(encode_seal(expected)));
  block_time_ = genesis->created;
  return {};
}

Result<void> Replay::known_before(const LedgerView& view, const Digest& statement) const {
  if (leaf_of_.contains(statement))
    return fail(Code::malformed, "audit.twice",
                "the statement stands at leaf " + std::to_string(leaf_of_.at(statement)) + " already");
  if (view.read(Kind::rejected, hex(statement)))
    return fail(Code::malformed, "audit.twice", "the statement was refused before, which is final");
  return {};
}

Step Replay::block(const std::vector<Decoded>& accepted, const std::vector<Refused>& refused,
                   ByteView seal_bytes, const SignatureCheck& check) {
  ANTA_INVARIANT(range_.size() > 0);
  const LeafIndex first{range_.size()};
  const LeafIndex last = first.plus(accepted.size());
  const auto seal = decode_seal(seal_bytes);
  if (!seal) return found(last, seal.error());
  if (seal->block_time < block_time_)
    return found(last, "audit.seal", "the seal's time lies before the last one's");
  if (accepted.size() + refused.size() > block_statements_max)
    return found(last, "audit.block", "the block holds more statements than a block may");
  Overlay overlay(*view_, Overlay::Reads::remembered);
  std::unordered_map<Digest, std::uint64_t> here;
  auto next_refused = refused.begin();
  for (std::uint64_t i = 0; i <= accepted.size(); ++i) {
    const LeafIndex leaf = first.plus(i);
    const auto decide = [&](const Decoded& one, bool holds) -> Result<void> {
      if (auto known = law_known(overlay, seal->block_time); !known) return known;
      if (auto fresh = known_before(overlay, one.digest); !fresh) return fresh;
      if (!here.emplace(one.digest, leaf.value).second)
        return fail(Code::malformed, "audit.twice", "the statement stands in its block twice");
      auto judged =
          decide_as_told(overlay, one, holds, {.block_time = seal->block_time, .leaf = leaf}, check);
      if (overlay.failed()) return tl::unexpected<Error>(*view_->failure);
      return judged;
    };
    for (; next_refused != refused.end() && next_refused->accepted_before == i; ++next_refused) {
      if (auto decided = decide(next_refused->statement, false); !decided)
        return found(last, decided.error());
    }
    if (i == accepted.size()) break;
    if (auto decided = decide(accepted[i], true); !decided) return found(leaf, decided.error());
  }
  if (next_refused != refused.end())
    return found(last, "audit.block", "a refused statement stands behind its block's end");
  for (const auto& [key, value] : overlay.changes())
    write(key, value);
  const Seal expected{height_.next(), seal->block_time, state_.root(), first, accepted.size()};
  if (auto same = check_seal(seal_bytes, *seal, expected); !same) return found(last, same.error());
  std::vector<Digest> leaves;
  for (const Decoded& one : accepted)
    leaves.push_back(one.digest);
  close(overlay, leaves, expected);
  return {};
}

// After the changes were written.
void Replay::close(const Overlay& overlay, const std::vector<Digest>& accepted, const Seal& seal) {
  take_keys(overlay.changes());
  for (const Digest& one : accepted)
    append(one);
  append(sha256(encode_seal(seal)));
  height_ = seal.height;
  block_time_ = seal.block_time;
}

tl::expected<Replay::Sealed, Finding> Replay::apply(const std::vector<Decoded>& statements, Millis proposed,
                                                    const SignatureCheck& check) {
  ANTA_INVARIANT(range_.size() > 0);
  const LeafIndex first{range_.size()};
  const Millis block_time = std::max(block_time_, proposed);
  Overlay overlay(*view_, Overlay::Reads::remembered);
  std::vector<Digest> accepted;
  std::unordered_set<Digest> here;
  Sealed sealed;
  for (const Decoded& one : statements) {
    const LeafIndex leaf = first.plus(accepted.size());
    if (here.contains(one.digest) || !known_before(overlay, one.digest)) continue;  // decided: it stays so
    if (auto known = law_known(overlay, block_time); !known && !overlay.failed())
      return found(leaf, known.error());
    const Result<Effects> effects = decide_one(overlay, one, {.block_time = block_time, .leaf = leaf}, check);
    if (overlay.failed()) return found(leaf, *view_->failure);
    if (effects) {
      accepted.push_back(one.digest);
      here.insert(one.digest);
    } else if (one.statement && rejection_is_recorded(effects.error().rule)) {
      ++sealed.refused;
    }
  }
  for (const auto& [key, value] : overlay.changes())
    write(key, value);
  close(overlay, accepted, {height_.next(), block_time, state_.root(), first, accepted.size()});
  sealed.accepted = accepted.size();
  return sealed;
}

Replay::Saved Replay::saved() const {
  Saved saved;
  saved.height = height_;
  saved.block_time = block_time_;
  saved.tree_root = range_.root();
  saved.state_root = state_.root();
  saved.entries = entries_;
  saved.records = view_->records.all();
  return saved;
}

Result<void> Replay::restore(Saved saved) {
  ANTA_INVARIANT(range_.size() == 0);
  StateMap all;
  for (const auto& [key, value] : saved.records) {
    write(key, value);
    all.emplace(key, value);
  }
  entries_.reserve(saved.entries.size());
  for (const Digest& entry : saved.entries)
    append(entry);
  if (range_.size() < 2 || state_.root() != saved.state_root || range_.root() != saved.tree_root)
    return fail(Code::corrupt, "audit.saved",
                "the saved state does not have the roots that it was saved with");
  take_keys(all);
  height_ = saved.height;
  block_time_ = saved.block_time;
  return {};
}

}  // namespace anta
