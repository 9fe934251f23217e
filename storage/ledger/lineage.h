// Walking from a lot to what was made of it, and from a site to its lots.
//
// Lineage is stored without growing lists (state/lot.h): a source names its newest child, and a made lot
// names, for each of its sources, the child before it. These functions follow the chains and
// add_child alone lengthens them. Walks read every lot once and stop where the visitor says so.
// Pure; inside the law and for queries, one thread at a time per view.
#pragma once

#include <functional>
#include <vector>

#include "storage/ledger/state.h"
#include "storage/ledger/view.h"

namespace anta {

class Draft;

// The lots made directly from this one, newest first, withdrawn ones left out.
std::vector<state::Lot> children_of(const LedgerView& view, const state::Lot& lot);

// Every descendant of `roots`, breadth first, each once, roots not included. `enter` is asked before a lot's
// children are looked at, for roots too: false prunes there.
void walk_descendants(const LedgerView& view, const std::vector<LotId>& roots,
                      const std::function<bool(const state::Lot&)>& enter,
                      const std::function<void(const state::Lot&)>& visit);

// The lots of the site (registered, processed or blended there), newest first, while `visit` says true.
void walk_site(const LedgerView& view, const state::Site& site,
               const std::function<bool(const state::Lot&)>& visit);

// Links `child` as the newest child of `source`: appends the Source entry to the child and names the child in
// the source. Both records are the caller's to put.
void add_child(state::Lot& source, state::Lot& child, Grams dry, Grams cu);

// Puts a lot that was registered, or made by a process or a blend, at the head of its site's chain and writes
// the site; the lot is the caller's to put. Split children stay out: they are the metal of their parent.
void enlist(Draft& draft, state::Lot& lot);

}  // namespace anta
