#include "storage/ledger/draft.h"

#include <algorithm>
#include <array>

#include "storage/ledger/standing.h"

namespace anta {
namespace {

// A statement belongs to the history of every such thing that it changed.
constexpr std::array historic = {Kind::party,         Kind::key,      Kind::role,        Kind::site,
                                 Kind::lot,           Kind::dispatch, Kind::attestation, Kind::accreditation,
                                 Kind::formalisation, Kind::account,  Kind::certificate, Kind::relation,
                                 Kind::node,          Kind::proposal, Kind::parameter};

template <typename T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

std::int64_t Draft::parameter(std::string_view name) const {
  return parameter_at(overlay_, name, moment.block_time);
}

std::string Draft::parameter_text(std::string_view name) const {
  return parameter_text_at(overlay_, name, moment.block_time);
}

void Draft::flag(std::string_view code) { flags_.emplace_back(code); }

void Draft::flag(std::string_view code, state::Stamp& on) {
  flag(code);
  on.flags.push_back({std::string(code), moment.leaf});
  sort_unique(on.flags);
}

void Draft::concerns(Kind kind, std::string_view id) { subjects_.push_back(StateKey{kind, std::string(id)}); }

Effects Draft::take() {
  Effects effects;
  concerns(Kind::party, issuer().value);
  for (const auto& [key, value] : overlay_.changes()) {
    effects.changes.push_back({key, value});
    if (std::find(historic.begin(), historic.end(), key.kind) != historic.end()) subjects_.push_back(key);
  }
  sort_unique(flags_);
  sort_unique(subjects_);
  effects.flags = std::move(flags_);
  effects.subjects = std::move(subjects_);
  effects.mass = mass;
  return effects;
}

}  // namespace anta
