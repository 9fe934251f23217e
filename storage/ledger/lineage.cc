#include "storage/ledger/lineage.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "storage/ledger/draft.h"

namespace anta {

std::vector<state::Lot> children_of(const LedgerView& view, const state::Lot& lot) {
  std::vector<state::Lot> children;
  std::optional<LotId> next = lot.first_child;
  while (next) {
    std::optional<state::Lot> child = state::find<state::Lot>(view, next->value);
    ANTA_INVARIANT(child.has_value());
    const auto link = std::find_if(child->sources.begin(), child->sources.end(),
                                   [&](const state::Lot::Source& source) { return source.lot == lot.id; });
    ANTA_INVARIANT(link != child->sources.end());
    next = link->next;
    if (child->state != LotState::withdrawn) children.push_back(std::move(*child));
  }
  return children;
}

void walk_descendants(const LedgerView& view, const std::vector<LotId>& roots,
                      const std::function<bool(const state::Lot&)>& enter,
                      const std::function<void(const state::Lot&)>& visit) {
  std::set<LotId> seen(roots.begin(), roots.end());
  std::deque<LotId> waiting(roots.begin(), roots.end());
  while (!waiting.empty()) {
    const std::optional<state::Lot> lot = state::find<state::Lot>(view, waiting.front().value);
    waiting.pop_front();
    if (!lot || !enter(*lot)) continue;
    for (const state::Lot& child : children_of(view, *lot)) {
      if (!seen.insert(child.id).second) continue;
      visit(child);
      waiting.push_back(child.id);
    }
  }
}

void walk_site(const LedgerView& view, const state::Site& site,
               const std::function<bool(const state::Lot&)>& visit) {
  std::optional<LotId> next = site.last_lot;
  while (next) {
    const std::optional<state::Lot> lot = state::find<state::Lot>(view, next->value);
    ANTA_INVARIANT(lot.has_value());
    if (!visit(*lot)) return;
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
  site->last_lot = lot.id;
  draft.put(lot.made_site.value, std::move(*site));
}

}  // namespace anta
