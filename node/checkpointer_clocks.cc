// Which lines make a note, and what a cosigner's clock that is behind does to it.
//
// A note is as old as the k-th newest of its lines. The first k lines are enough, unless they make a note
// that is more than behind_max_seconds behind this node's clock: then one of them comes from a clock that is
// behind, and the line of somebody who is slower, but right, would make the same note a fresh one. So the
// leader waits for who is missing (and not down) for open_timeout_ms after the k-th line, and then takes all
// lines that it has. It never waits longer: where the rest does not come, or where it is the leader's own
// clock that runs ahead, checkpoints are finished a second later, and that is all.
//
// A line that comes after that still counts: while the finished note is the one that is served, it is made
// again with that line as soon as that makes it younger.
//
// Whose clock is behind is told, by the leader of what it is answered, by the others of the notes that they
// take, where the newest line is what the others are held against.
#include <algorithm>
#include <functional>
#include <utility>

#include "node/checkpointer_state.h"

namespace anta {
namespace {

constexpr std::size_t lines_max = note_signatures_max - 1;  // the log's is the other one

std::string who_cosigns(const CosignerSet& set, const PublicKey& key) {
  for (const state::Node& node : set.signers) {
    if (node.keys.cosigner == key) return node.organisation.value;
  }
  for (const auto& witness : set.witnesses) {
    if (witness_key(witness).key == key) return witness.id.value;
  }
  return {};
}

}  // namespace

// Whether the note that it makes now would be old.
bool Checkpointer::State::is_old(const Open& asked) const {
  std::vector<std::uint64_t> times;
  for (const auto& [id, line] : asked.cosignatures)
    times.push_back(line.seconds);
  const auto kth = times.begin() + static_cast<std::ptrdiff_t>(asked.set->quorum()) - 1;
  std::nth_element(times.begin(), kth, times.end(), std::greater());
  return *kth + options.behind_max_seconds < now_seconds();
}

bool Checkpointer::State::may_grow_younger(const Open& asked) const {
  const auto may_come = [&](const NodeId& id) {
    return !asked.cosignatures.contains(id) && !down.contains(id);
  };
  return std::ranges::any_of(asked.set->signers, may_come, &state::Node::id) ||
         std::ranges::any_of(asked.set->witnesses, may_come, &state::Network::Witness::id);
}

void Checkpointer::State::count(const NodeId& from, Line line) {
  if (!open) return;
  open->cosignatures.insert_or_assign(from, std::move(line));
  settle();
}

// Finishes what is open, once its quorum is there and nothing is left to wait for.
void Checkpointer::State::settle() {
  if (!open || !open->has_quorum()) return;
  const std::int64_t now = executor.steady_ms();
  if (open->quorum_at == 0) open->quorum_at = now;
  const std::int64_t left = open->quorum_at + options.open_timeout_ms - now;
  if (left > 0 && is_old(*open) && may_grow_younger(*open)) return wake(static_cast<std::uint32_t>(left));
  finish();
}

std::string Checkpointer::State::note_of(const Open& asked) {
  std::vector<const Line*> lines;
  for (const auto& [id, line] : asked.cosignatures)
    lines.push_back(&line);
  std::ranges::stable_sort(lines, std::greater(), [](const Line* line) { return line->seconds; });
  if (lines.size() > lines_max) lines.resize(lines_max);
  Note note{.text = asked.text, .signatures = {*asked.log_line}};
  for (const Line* line : lines)
    note.signatures.push_back(line->signature);
  std::sort(note.signatures.begin() + 1, note.signatures.end(),
            [](const NoteSignature& a, const NoteSignature& b) { return a.name < b.name; });
  return encode_note(note);
}

void Checkpointer::State::finish() {
  const std::string text = note_of(*open);
  if (auto taken = take_finished(options.self, text); !taken) {
    log(LogLevel::error, "checkpoint_not_usable",
        {{"rule", taken.error().rule}, {"message", taken.error().message}});
    open.reset();
    return wake(options.open_timeout_ms);
  }
  broadcast(PeerKind::checkpoint_finished, to_bytes(as_bytes(text)));
  wait_next_for(2 * (open->quorum_at - open->since));  // what it waited for clocks makes no other slower
  late.reset();
  if (is_old(*open)) late = std::move(open);
  open.reset();
  consider();
}

// For what is finished: another note of it, if that is younger than what is served.
void Checkpointer::State::count_late(const NodeId& from, Line line) {
  late->cosignatures.insert_or_assign(from, std::move(line));
  const std::string text = note_of(*late);
  if (auto taken = take_finished(options.self, text); !taken || newest()->note != text) return;
  broadcast(PeerKind::checkpoint_finished, to_bytes(as_bytes(text)));
  if (!is_old(*late)) late.reset();
}

void Checkpointer::State::saw_time(const CosignerSet& set, const PublicKey& key, std::uint64_t seconds,
                                   std::uint64_t now) {
  const std::string who = who_cosigns(set, key);
  const std::uint64_t behind = now > seconds ? now - seconds : 0;
  const bool is_behind = behind > options.behind_max_seconds;
  {
    const Lock lock(mutex);
    if (is_behind) {
      clocks_behind[who] = behind;
    } else {
      clocks_behind.erase(who);
    }
  }
  const auto said = behind_said.find(who);
  if (!is_behind) {
    if (said == behind_said.end()) return;
    behind_said.erase(said);
    return log(LogLevel::info, "cosigner_clock_right", {{"cosigner", who}});
  }
  // Again when it is another by half: one that stands still falls back by a second each second.
  if (said != behind_said.end() && behind / 2 < said->second && said->second / 2 < behind) return;
  behind_said.insert_or_assign(who, behind);
  log(LogLevel::warning, "cosigner_clock_behind",
      {{"cosigner", who},
       {"seconds", std::to_string(behind)},
       {"message",
        "the clock with which it cosigns is behind: a checkpoint that needs its line looks that old to "
        "whoever "
        "verifies it. Next step: whoever runs it sets its clock"}});
}

void Checkpointer::State::saw_times(const CosignerSet& set, const PolicyVerdict& verdict) {
  std::uint64_t newest_line = 0;
  for (const VerifiedCosigner& cosigner : verdict.cosigners)
    newest_line = std::max(newest_line, cosigner.time_seconds);
  for (const VerifiedCosigner& cosigner : verdict.cosigners)
    saw_time(set, cosigner.key.key, cosigner.time_seconds, newest_line);
}

void Checkpointer::State::forget_clocks() {
  behind_said.clear();
  const Lock lock(mutex);
  clocks_behind.clear();
}

}  // namespace anta
