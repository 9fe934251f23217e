// What the verifier's tests read out of a report, and the two chains that they certify.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "storage/ledger/verify.h"
#include "tests/ledger/law_chain.h"

namespace anta::test {

// Mine to mill, certified as segregated to the smelter.
inline void certify_concentrate(World& w) {
  concentrate(w, "L-1", "K-1");
  w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  w.now += hour;
}

// On to the works, where an account pays for 400 kg of an anode.
inline void certify_anode(World& w) {
  w.must("smelter", account(w, "A"));
  concentrate(w, "L-1", "K-1");
  sell(w, "K-1");
  w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
  payload::Certificate p = w.certificate("C-2", "A-1", CocModel::mass_balance, "buyer");
  p.cu_g = Grams{400000};
  p.dry_g = Grams{403225};
  w.must("smelter", p);
  w.now += hour;
}

inline std::string codes(const Report& report) {
  std::string all;
  for (const Report::Reason& reason : report.reasons)
    all += (all.empty() ? "" : ",") + reason.code;
  return all;
}

inline std::string explained(const Report& report) {
  std::string all(word(report.verdict));
  for (const Report::Reason& reason : report.reasons)
    all += "; " + reason.code + ": " + reason.message;
  return all;
}

// The lines of one flag, as "where@leaf" with a mark where it moves the verdict.
inline std::vector<std::string> flagged_at(const Report& report, std::string_view code) {
  std::vector<std::string> lines;
  for (const Report::FlagLine& line : report.flags) {
    if (line.code != code) continue;
    lines.push_back(line.on + "@" + std::to_string(line.leaf.value) + (line.moves_verdict ? "!" : ""));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

inline bool lists(const std::vector<std::string>& words, std::string_view wanted) {
  return std::find(words.begin(), words.end(), wanted) != words.end();
}

}  // namespace anta::test
