// Walking from a lot to what was made of it, and from a site to its lots.
//
// Lineage is stored without growing lists (state/lot.h): a source names its newest child, and a made lot
// names, for each of its sources, the child before it. These functions follow the chains and
// add_child alone lengthens them. Walks are linear: each reads a lot at most twice, follows a link once, and
// stops where the visitor says so.
// Pure; inside the law and for queries, one thread at a time per view.
#pragma once

#include <functional>
#include <vector>

#include "storage/ledger/state.h"
#include "storage/ledger/view.h"

namespace anta {

class Draft;

// Links that one statement may make: each lot drawn from, times each lot made. A process of 256 lots into 256
// would write 65 536 of them, and whoever walks through them pays for each.
inline constexpr std::size_t lineage_links_max = 1024;

// Every descendant of `roots`, breadth first, each once, roots and withdrawn lots not included. `enter` is
// asked before a lot's children are looked at, for roots too: false prunes there.
void walk_descendants(const LedgerView& view, const std::vector<LotId>& roots,
                      const std::function<bool(const state::Lot&)>& enter,
                      const std::function<void(const state::Lot&)>& visit);

// The lots of the site (registered, processed or blended there) whose event is at or after the moment, in the
// reverse order of recording, while `visit` says true. Lots from before it are not read, but for those that
// were recorded after a later event.
void walk_site_since(const LedgerView& view, const state::Site& site, Millis from,
                     const std::function<bool(const state::Lot&)>& visit);

// Links `child` as the newest child of `source`: appends the Source entry to the child and names the child in
// the source. Both records are the caller's to put.
void add_child(state::Lot& source, state::Lot& child, Grams dry, Grams cu);

// Puts a lot that was registered, or made by a process or a blend, at the head of its site's chain and writes
// the site; the lot is the caller's to put. Split children stay out: they are the metal of their parent.
void enlist(Draft& draft, state::Lot& lot);

}  // namespace anta
