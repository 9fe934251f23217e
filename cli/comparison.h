// anta compare: checkpoints of one ledger from several holders, held against each other.
//
// A ledger whose organisations show different people different histories is caught when two holders compare:
// two checkpoints of one origin and size with different roots, or a smaller one that the larger one's tree
// does not begin with. Either is evidence against whoever signed both, as far as the signatures are checked:
// without a policy nothing is anybody's word, and where no key signed both (a full quorum's, and one that a
// single log signed alone) nobody is shown to have told two histories: the answer is cannot_tell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/catalogue.h"
#include "cli/mirror.h"
#include "crypto/checkpoint.h"
#include "crypto/policy.h"

namespace anta {

struct Holding {
  std::string file = {};  // as the caller calls it
  std::string note = {};
  Checkpoint checkpoint = {};
  std::optional<PolicyVerdict> signed_by = {};  // none: not checked, or `refused` says why not
  std::optional<Error> refused = {};
};

// From a certificate file or a checkpoint's note; `policy` may be null.
Result<Holding> read_holding(const std::string& file, ByteView bytes, const Policy* policy, Millis now);

// split_view: proven. same: one checkpoint. consistent: one history. cannot_tell: nothing is proven.
enum class ComparisonVerdict : std::uint8_t { same, consistent, split_view, cannot_tell };
std::string_view word_of(ComparisonVerdict verdict);

struct Comparison {
  ComparisonVerdict verdict = ComparisonVerdict::cannot_tell;
  std::string code = {};  // why it cannot be told, or what splits: compare.*
  std::size_t first = 0;  // the two holdings that it is about; the smaller first
  std::size_t second = 0;
  // split_view between sizes: that the second's tree has another root at the first's size.
  Digest other_root = {};
  std::vector<Digest> proof = {};  // RFC 9162 consistency proof from `other_root` to the second's root
};

// At least two holdings. `mirror` may be null; it is asked for what connects different sizes and not trusted.
// A pair that proves a split view decides, whatever other files there are; else the first that leaves it
// open.
Comparison compare(const std::vector<Holding>& holdings, Mirror* mirror);

// The evidence in words that need no other document, with both notes and the proof.
std::string evidence_text(const std::vector<Holding>& holdings, const Comparison& comparison,
                          Language language);

}  // namespace anta
