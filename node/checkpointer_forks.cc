// Other trees than this node's under a quorum: their notes are the evidence (checkpointer.h).
//
// A tree counts as known once its note is kept; until then the note is held here and written again every
// fork_retry_ms, so that a full disk loses nothing but what a restart meanwhile loses.
#include <utility>

#include "node/checkpointer_state.h"

namespace anta {
namespace {

constexpr std::uint32_t fork_retry_ms = 10'000;
constexpr std::size_t unkept_max = 64;

}  // namespace

bool Checkpointer::State::is_somebodys_word(const std::string& note) const {
  const Result<PolicyVerdict> verdict = check_note(cosigners->policy, note, now_seconds());
  return verdict && !verdict->cosigners.empty();
}

// Told once: whoever reconnects sends it again.
Result<void> Checkpointer::State::keep_fork(const Checkpoint& theirs, const std::string& note) {
  const tl::unexpected<Error> refused =
      fail(Code::corrupt, "checkpoint.fork", "a quorum signed another tree than this node's");
  const Tree tree{theirs.size, theirs.root};
  if (forks.contains(tree) || unkept.contains(tree)) return refused;
  const Result<void> kept = ports.evidence ? ports.evidence(note) : Result<void>();
  if (kept) {
    forks.insert(tree);
  } else if (unkept.size() < unkept_max) {
    const bool waits = !unkept.empty();  // then a round is to come already
    unkept.emplace(tree, note);
    if (!waits) {
      executor.after(fork_retry_ms, [self = weak_from_this()] {
        if (const auto state = self.lock()) state->keep_unkept();
      });
    }
  }
  log(LogLevel::error, "fork_evidence",
      {{"size", std::to_string(theirs.size)},
       {"message", "a quorum signed another tree than this node's; " +
                       (kept ? std::string("the note is kept")
                             : "its note could not be written and is lost if this node stops before it is: " +
                                   kept.error().message)}});
  return refused;
}

void Checkpointer::State::keep_unkept() {
  for (auto i = unkept.begin(); i != unkept.end();) {
    if (!ports.evidence(i->second)) {
      ++i;
      continue;
    }
    log(LogLevel::info, "fork_evidence_kept", {{"size", std::to_string(i->first.first)}});
    forks.insert(i->first);
    i = unkept.erase(i);
  }
  if (unkept.empty()) return;
  executor.after(fork_retry_ms, [self = weak_from_this()] {
    if (const auto state = self.lock()) state->keep_unkept();
  });
}

}  // namespace anta
