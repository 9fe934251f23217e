// What every record of the state carries. Records are encoded by codec's state schemas (state.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/vocabulary.h"

namespace anta::state {

using Text = std::string;
template <typename T>
using Maybe = std::optional<T>;
template <typename T>
using List = std::vector<T>;

// A code of ledger.md section 6 (F) and the leaf of the statement that raised it. Kept sorted and unique.
struct Flag {
  Text code = {};
  LeafIndex leaf = {};
  auto operator<=>(const Flag&) const = default;
};

// `by` is the last statement that changed the record: nobody can guess a record from its hash, and a
// correction can tell whether something was built on what it undoes.
struct Stamp {
  Digest by = {};
  List<Flag> flags = {};
};

// [from, until); no until: open.
struct Interval {
  Millis from = {};
  Maybe<Millis> until = {};
  bool contains(Millis at) const { return from <= at && (!until || at < *until); }
};

// A mass as the law counts it.
struct Figures {
  Grams wet_g = {};
  Grams dry_g = {};
  Grams cu_g = {};
  auto operator<=>(const Figures&) const = default;
};

}  // namespace anta::state
