#include "storage/ledger/lineage.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "storage/ledger/draft.h"

namespace anta {

namespace {

// Where each chain of children goes on: per lot that was reached, its sources and their next children. So a
// lot of many sources is read for one of them, not for each.
class Links {
 public:
  explicit Links(const LedgerView& view) : view_(view) {}

  // Calls `reached` with a child the first time that any chain comes by it.
  void follow(const state::Lot& source, const std::function<void(const state::Lot&)>& reached) {
    std::optional<LotId> next = source.first_child;
    while (next) {
      auto at = known_.find(*next);
      if (at == known_.end()) {
        const auto child = state::look<state::Lot>(view_, next->value);
        ANTA_INVARIANT(child != nullptr);
        at = known_.emplace(*next, links_of(*child)).first;
        reached(*child);
      }
      const auto link = at->second.find(source.id);
      ANTA_INVARIANT(link != at->second.end());
      next = link->second;
    }
  }

 private:
  using NextBySource = std::map<LotId, std::optional<LotId>>;

  static NextBySource links_of(const state::Lot& child) {
    NextBySource links;
    for (const state::Lot::Source& source : child.sources)
      links.emplace(source.lot, source.next);
    return links;
  }

  const LedgerView& view_;
  std::map<LotId, NextBySource> known_ = {};
};

}  // namespace

void walk_descendants(const LedgerView& view, const std::vector<LotId>& roots,
                      const std::function<bool(const state::Lot&)>& enter,
                      const std::function<void(const state::Lot&)>& visit) {
  const std::set<LotId> given(roots.begin(), roots.end());
  std::deque<LotId> waiting(given.begin(), given.end());
  Links links(view);
  while (!waiting.empty()) {
    const auto lot = state::look<state::Lot>(view, waiting.front().value);
    waiting.pop_front();
    if (!lot || !enter(*lot)) continue;
    links.follow(*lot, [&](const state::Lot& child) {
      if (child.state == LotState::withdrawn || given.contains(child.id)) return;
      visit(child);
      waiting.push_back(child.id);
    });
  }
}

void walk_site_since(const LedgerView& view, const state::Site& site, Millis from,
                     const std::function<bool(const state::Lot&)>& visit) {
  std::optional<LotId> next = site.last_lot;
  while (next) {
    const auto lot = state::look<state::Lot>(view, next->value);
    ANTA_INVARIANT(lot != nullptr && lot->made_latest.has_value());
    if (*lot->made_latest < from) return;  // and so is every lot before it
    if (lot->made_at >= from && !visit(*lot)) return;
    next = lot->previous;
  }
}

void add_child(state::Lot& source, state::Lot& child, Grams dry, Grams cu) {
  child.sources.push_back({source.id, dry, cu, source.first_child});
  source.first_child = child.id;
}

void enlist(Draft& draft, state::Lot& lot) {
  std::optional<state::Site> site = draft.get<state::Site>(lot.made_site.value);
  ANTA_INVARIANT(site.has_value());
  lot.previous = site->last_lot;
  lot.made_latest = lot.made_at;
  if (lot.previous) {
    const auto before = draft.look<state::Lot>(lot.previous->value);
    ANTA_INVARIANT(before != nullptr && before->made_latest.has_value());
    lot.made_latest = std::max(lot.made_at, *before->made_latest);
  }
  site->last_lot = lot.id;
  draft.put(lot.made_site.value, std::move(*site));
}

}  // namespace anta
