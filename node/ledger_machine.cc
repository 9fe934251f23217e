#include "node/ledger_machine.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "crypto/text.h"
#include "storage/ledger/block.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

// One block under judgement.
class Judgement {
 public:
  Judgement(LedgerStore& store, Verification& verification, const Applied& before, const LogEntry& entry,
            std::int64_t law_version)
      : store_(store),
        verification_(verification),
        overlay_(store.view(), Overlay::Reads::remembered),
        next_leaf_{before.leaves.value},
        law_version_(law_version) {
    block_.index = entry.index;
    block_.term = entry.header.term;
    block_.entry_hash = entry.hash;
    block_.block_time = std::max(before.block_time, entry.header.time);
  }

  Result<void> decide(ByteView bytes, std::uint32_t position);
  AppliedBlock finish();
  std::vector<Decision> take_decisions() { return std::move(decisions_); }

 private:
  Result<Effects> verdict(ByteView bytes, const Digest& digest, SharedStatement& statement);
  void refuse(Outcome outcome, const Error& error, const SharedStatement& statement);

  LedgerStore& store_;
  Verification& verification_;
  Overlay overlay_;
  LeafIndex next_leaf_ = {};
  std::int64_t law_version_ = 0;
  AppliedBlock block_ = {};
  std::vector<Decision> decisions_ = {};
  std::unordered_map<Digest, std::size_t> decided_here_ = {};  // -> index in block_.statements
};

Result<Effects> Judgement::verdict(ByteView bytes, const Digest& digest, SharedStatement& statement) {
  Result<SharedStatement> decoded = verification_.decoded(bytes, digest);
  if (!decoded) {
    Error error = decoded.error();
    error.rule = "malformed";
    return tl::unexpected<Error>(std::move(error));
  }
  statement = *decoded;
  const auto check = [this](const SignedStatement& s, const PublicKey& key) {
    return verification_.check(s, key);
  };
  return anta::decide(overlay_, *statement, {.block_time = block_.block_time, .leaf = next_leaf_}, check);
}

void Judgement::refuse(Outcome outcome, const Error& error, const SharedStatement& statement) {
  if (!statement || !rejection_is_recorded(error.rule)) {
    decisions_.push_back(
        {.statement = outcome.statement, .again = false, .answer = tl::unexpected<Error>(error)});
    return;
  }
  outcome.rule = error.rule;
  outcome.message = error.message;
  decided_here_.emplace(outcome.statement, block_.statements.size());
  decisions_.push_back({.statement = outcome.statement, .again = false, .answer = outcome});
  block_.statements.push_back(
      {.outcome = std::move(outcome), .issuer = statement->issuer(), .type = {}, .subjects = {}});
}

Result<void> Judgement::decide(ByteView bytes, std::uint32_t position) {
  Outcome outcome;
  outcome.statement = sha256(bytes);
  outcome.block_time = block_.block_time;
  outcome.block = block_.index;
  outcome.position = position;
  if (const auto here = decided_here_.find(outcome.statement); here != decided_here_.end()) {
    decisions_.push_back(
        {.statement = outcome.statement, .again = true, .answer = block_.statements[here->second].outcome});
    return {};
  }
  Result<std::optional<Outcome>> first = store_.outcome(outcome.statement);
  if (!first) return pass(first);
  if (*first) {
    decisions_.push_back({.statement = outcome.statement, .again = true, .answer = std::move(**first)});
    return {};
  }
  // Before each statement: one earlier in this very block may have brought a law into force.
  if (const Result<void> known = law_known(overlay_, block_.block_time, law_version_);
      !known && !overlay_.failed()) {
    return known;
  }
  SharedStatement statement;
  Result<Effects> effects = verdict(bytes, outcome.statement, statement);
  if (overlay_.failed()) return tl::unexpected(store_.read_failure());
  if (!effects) {
    refuse(std::move(outcome), effects.error(), statement);
    return {};
  }
  outcome.accepted = true;
  outcome.leaf = next_leaf_;
  outcome.flags = std::move(effects->flags);
  next_leaf_ = next_leaf_.next();
  decided_here_.emplace(outcome.statement, block_.statements.size());
  decisions_.push_back({.statement = outcome.statement, .again = false, .answer = outcome});
  block_.statements.push_back({.outcome = std::move(outcome),
                               .issuer = statement->issuer(),
                               .type = statement->type,
                               .subjects = std::move(effects->subjects)});
  return {};
}

AppliedBlock Judgement::finish() {
  block_.changes.reserve(overlay_.changes().size());
  for (const auto& [key, value] : overlay_.changes())
    block_.changes.push_back({.key = key, .value = value});
  return std::move(block_);
}

}  // namespace

LedgerMachine::LedgerMachine(LedgerStore& store, Verification& verification, Observer observer,
                             std::int64_t law_version)
    : store_(store), verification_(verification), observer_(std::move(observer)), law_version_(law_version) {
  ANTA_INVARIANT(store.applied().has_value());
}

LogIndex LedgerMachine::applied() const { return store_.applied()->index; }

Result<void> LedgerMachine::apply(const LogEntry& entry) {
  ANTA_INVARIANT(entry.header.kind == EntryKind::block && entry.payload);
  const auto begin = std::chrono::steady_clock::now();  // for metrics only
  Judgement judgement(store_, verification_, *store_.applied(), entry, law_version_);
  // A block that is no block can only come from a leader that is not ours; it gets its seal like one in which
  // everything was refused.
  if (Result<std::vector<ByteView>> items = decode_block(*entry.payload)) {
    // Replay after a start: nobody has looked at this block before.
    if (!verification_.knows(sha256(items->front()))) verification_.prefetch(entry.payload);
    for (std::uint32_t i = 0; i < items->size(); ++i) {
      if (auto decided = judgement.decide((*items)[i], i); !decided) return decided;
    }
  }
  const AppliedBlock block = judgement.finish();
  Result<Applied> applied = store_.apply(block);
  if (!applied) return pass(applied);
  for (const StateChange& change : block.changes) {
    if (change.key.kind != Kind::key) continue;
    if (const Result<Digest> kid = digest_from_hex(change.key.id)) verification_.key_changed(*kid);
  }
  const bool nodes = std::any_of(block.changes.begin(), block.changes.end(), [](const StateChange& change) {
    return change.key.kind == Kind::node || change.key.kind == Kind::network;
  });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (!observer_) return {};
  return observer_({.applied = *applied,
                    .decisions = judgement.take_decisions(),
                    .seconds = took.count(),
                    .nodes_changed = nodes});
}

void LedgerMachine::ahead(std::span<const LogEntry> entries) {
  for (const LogEntry& entry : entries) {
    if (entry.header.kind == EntryKind::block) verification_.prefetch(entry.payload);
  }
}

bool LedgerMachine::knows(const Digest& statement) const {
  const Result<LedgerReader> reader = store_.reader();
  if (!reader) return false;
  const auto outcome = reader->outcome(statement);
  return outcome && *outcome && (*outcome)->accepted;
}

}  // namespace anta
