#include "storage/ledger/view.h"

#include <array>

#include "crypto/keyed_hash.h"

namespace anta {
namespace {

template <typename Map, typename Key>
SharedBytes lookup(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

std::size_t StateKeyHash::operator()(const StateKeyView& key) const {
  return keyed_hash(as_bytes(key.id)) + static_cast<std::size_t>(key.kind);
}

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
  const StateKeyView key{kind, id};
  if (reads_ == Reads::asked_again) {
    if (changes_.empty()) return below_.read(kind, id);
    const auto found = changes_.find(key);
    return found == changes_.end() ? below_.read(kind, id) : found->second;
  }
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  SharedBytes value = below_.read(kind, id);
  const std::size_t bytes = value ? value->size() : 0;
  if (known_.size() < remembered_max && bytes <= remembered_bytes_max - remembered_bytes_) {
    known_.emplace(StateKey{kind, std::string(id)}, value);
    remembered_bytes_ += bytes;
  }
  return value;
}

SharedBytes Overlay::statement(const Digest& digest) const {
  SharedBytes own = lookup(statements_, digest);
  return own ? own : below_.statement(digest);
}

void Overlay::write(const StateKey& key, SharedBytes value) {
  if (reads_ == Reads::remembered) known_.insert_or_assign(key, value);
  changes_.insert_or_assign(key, std::move(value));
}

void Overlay::remember(const Digest& digest, SharedBytes statement_bytes) {
  statements_.insert_or_assign(digest, std::move(statement_bytes));
}

}  // namespace anta
