#include "storage/ledger/view.h"

#include <array>

namespace anta {
namespace {

template <typename Map, typename Key>
SharedBytes lookup(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

Digest tree_key(const StateKey& key) {
  static constexpr std::array<std::uint8_t, 1> separator = {0};
  return sha256({as_bytes(word(key.kind)), separator, as_bytes(key.id)});
}

SharedBytes MemoryView::read(Kind kind, std::string_view id) const {
  return lookup(records_, StateKeyView{kind, id});
}

SharedBytes MemoryView::statement(const Digest& digest) const { return lookup(statements_, digest); }

void MemoryView::write(const StateKey& key, SharedBytes value) {
  if (value) {
    records_.insert_or_assign(key, std::move(value));
  } else {
    records_.erase(key);
  }
}

void MemoryView::remember(const Digest& digest, SharedBytes statement_bytes) {
  statements_.insert_or_assign(digest, std::move(statement_bytes));
}

SharedBytes Overlay::read(Kind kind, std::string_view id) const {
  const auto found = changes_.find(StateKeyView{kind, id});
  return found == changes_.end() ? below_.read(kind, id) : found->second;
}

SharedBytes Overlay::statement(const Digest& digest) const {
  SharedBytes own = lookup(statements_, digest);
  return own ? own : below_.statement(digest);
}

void Overlay::write(const StateKey& key, SharedBytes value) {
  changes_.insert_or_assign(key, std::move(value));
}

void Overlay::remember(const Digest& digest, SharedBytes statement_bytes) {
  statements_.insert_or_assign(digest, std::move(statement_bytes));
}

}  // namespace anta
