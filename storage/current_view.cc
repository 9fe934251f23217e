#include "storage/current_view.h"

#include <utility>

#include "storage/ledger_keys.h"
#include "storage/ledger_reader.h"
#include "storage/outcome.h"

namespace anta {

SharedBytes CurrentView::read(Kind kind, std::string_view id) const {
  if (auto dead = database_.failure()) {  // then what is kept may be ahead of what is stored
    keep(*dead);
    return nullptr;
  }
  if (const SharedBytes* known = kept_.find(StateKeyView{kind, id})) return *known;
  auto stored = database_.get(Family::state, keys::state(kind, id));
  if (!stored) {
    keep(stored.error());
    return nullptr;
  }
  SharedBytes value = *stored ? std::make_shared<const Bytes>(std::move(**stored)) : nullptr;
  remember({kind, std::string(id)}, value);
  return value;
}

SharedBytes CurrentView::statement(const Digest& digest) const {
  auto stored = database_.get(Family::index, keys::outcome(digest));
  auto outcome = stored && *stored ? decode_outcome(digest, **stored) : Result<Outcome>(Outcome{});
  if (!stored) keep(stored.error());
  if (!outcome) keep(outcome.error());
  if (failure_ || !*stored) return nullptr;
  auto bytes = stored_statement(log_, outcome->block, outcome->position);
  if (!bytes) keep(bytes.error());
  return bytes ? *bytes : nullptr;
}

void CurrentView::applied(const std::vector<StateChange>& changes) {
  for (const StateChange& change : changes)
    remember(change.key, change.value);
}

void CurrentView::remember(StateKey key, SharedBytes value) const {
  const std::size_t bytes = key.id.size() + (value ? value->size() : 0);
  kept_.put(std::move(key), std::move(value), bytes);
}

}  // namespace anta
