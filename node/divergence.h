// A node that was set aside because its state is not the network's, and how it heals itself.
//
//   set aside   The mark (a file in the data directory: index, own root, the majority's) is durable; the node
//               says why and ends with exit 8. Its supervisor, or its operator, starts it again.
//   start       With the mark there, what is derived is made again from the own log before anything is served
//               (rebuild.h), and the root at that index must be the majority's.
//   healed      The mark goes. The state was damaged; the log, the law and the keys are what they were.
//   not healed  The log or the law here makes another state: the mark says which root came out and by which
//               release, and every start refuses until another release, or antad --rebuild, tries again.
//
// A crash anywhere repeats the rebuilding. One thread; blocks on the disk.
#pragma once

#include <optional>
#include <string>

#include "consensus/log_sink.h"
#include "node/config.h"
#include "node/state_agreement.h"
#include "storage/applied.h"

namespace anta {

struct DivergenceMark {
  StateDifference at = {};
  // Of a rebuilding that did not come to the majority's root: what it came to, and which release made it.
  std::optional<Digest> rebuilt = {};
  std::string release = {};

  bool operator==(const DivergenceMark&) const = default;
};
std::string encode_divergence(const DivergenceMark& mark);
Result<DivergenceMark> decode_divergence(std::string_view text);

std::filesystem::path divergence_file(const Config& config);

// Makes the mark durable and gives the error with which the node ends: corrupt (state.diverged).
Error set_aside(const Config& config, const StateDifference& difference);

// Before the database is opened. Nothing when there is no mark. corrupt (state.diverged): not healed.
enum class Again : bool { no, yes };  // also where this very release has tried before
Result<std::optional<Applied>> heal_divergence(const Config& config, const LogSink& log,
                                               Again again = Again::no);

}  // namespace anta
