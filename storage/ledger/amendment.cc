// Parameters of the law: a new value from a moment on, proposed and voted on (vote.cc).
#include <algorithm>

#include "storage/ledger/governance.h"
#include "storage/ledger/parameter.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

using ParameterChange = state::Proposal::ParameterChange;

// When it would take effect if it were approved by this statement: never before it was approved.
Millis effective(const Draft& draft, const ParameterChange& change) {
  return std::max(change.effective_from, draft.moment.block_time);
}

// A law is known by its number, and each follows the one before: none is skipped, none comes back, and none
// begins before the one it replaces.
Verdict check_version(const Draft& draft, const ParameterChange& change) {
  const auto record = draft.look<state::Parameter>(change.name);
  ANTA_INVARIANT(record && !record->entries.empty());
  std::int64_t highest = 0;
  Millis since = {};
  for (const auto& entry : record->entries) {
    highest = std::max(highest, std::get<std::int64_t>(entry.value));
    since = std::max(since, entry.effective_from);
  }
  const auto* number = std::get_if<std::int64_t>(&change.value);
  if (number == nullptr || *number != highest + 1) {
    return violated("parameter_value", "the law's next version is " + std::to_string(highest + 1));
  }
  if (!draft.moment.partial && effective(draft, change) < since) {
    return violated("event_order", "the version before it takes effect later");
  }
  return {};
}

// The other end of a window ("recovery_..._min_ppm" and "..._max_ppm"), or null.
const ParameterInfo* other_end(std::string_view name) {
  constexpr std::string_view low = "_min_ppm";
  constexpr std::string_view high = "_max_ppm";
  const std::string stem(name.substr(0, name.size() - std::min(name.size(), low.size())));
  if (name.ends_with(low)) return find_parameter(stem + std::string(high));
  return name.ends_with(high) ? find_parameter(stem + std::string(low)) : nullptr;
}

// A window's lower end never lies above its upper, neither when the new value takes effect nor later. Which
// value the other end has then turns on the block's time, so the replay of a part leaves it to the cosigners.
Verdict check_window(const Draft& draft, const ParameterChange& change) {
  const ParameterInfo* other = other_end(change.name);
  if (other == nullptr || draft.moment.partial) return {};
  const Millis from = effective(draft, change);
  const std::int64_t value = std::get<std::int64_t>(change.value);
  const auto crosses = [&](std::int64_t end) {
    return change.name.ends_with("_min_ppm") ? value > end : value < end;
  };
  const auto record = draft.look<state::Parameter>(other->name);
  ANTA_INVARIANT(record != nullptr);
  bool bad = crosses(parameter_at(draft.view(), other->name, from));
  for (const auto& entry : record->entries)
    bad = bad || (entry.effective_from > from && crosses(std::get<std::int64_t>(entry.value)));
  if (!bad) return {};
  return violated("parameter_value", "the window's other end is " + std::string(other->name) +
                                         ": the lower may not lie above the upper");
}

}  // namespace

Verdict check(const Draft& draft, const ParameterChange& change) {
  if (find_parameter(change.name) == nullptr) {
    return violated("unknown_reference", check_parameter(change.name, change.value).error().message);
  }
  if (change.name == "law_version") return check_version(draft, change);
  if (const Result<void> value = check_parameter(change.name, change.value); !value) {
    return violated("parameter_value", value.error().message);
  }
  return check_window(draft, change);
}

void enact(Draft& draft, const ParameterChange& change) {
  state::Parameter record = draft.get<state::Parameter>(change.name).value_or(state::Parameter{});
  const Millis from = effective(draft, change);
  record.entries.push_back({change.value, from});
  draft.put(change.name, std::move(record));
  const std::string list(state::amendments_record_id);
  auto amendments = draft.get<state::Parameter>(list).value_or(state::Parameter{});
  amendments.entries.push_back({static_cast<std::int64_t>(draft.moment.leaf.value), from});
  draft.put(list, std::move(amendments));
}

Verdict rule(Draft& draft, const payload::ParameterProposal& p) {
  if (const Verdict verdict = may_open(draft, p.id); !verdict) return verdict;
  state::Proposal proposal;
  proposal.id = p.id;
  proposal.parameter = ParameterChange{p.name, p.value, p.effective_from};
  if (find_parameter(p.name) != nullptr && p.effective_from < draft.event_time()) {
    return violated("event_order", "a parameter changes from the proposal's own moment on, not before");
  }
  if (const Verdict verdict = check(draft, *proposal.parameter); !verdict) return verdict;
  return open(draft, std::move(proposal));
}

}  // namespace anta
