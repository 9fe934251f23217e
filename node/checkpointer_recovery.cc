// How a Checkpointer whose mark is not whole finds out what it may have signed (cosigning_mark.h).
//
// Rounds begin with the first word of the replica, which is there from then on, and go on until enough was
// heard. Then the new mark is made durable as any mark is, and only then this node signs.
#include <utility>

#include "node/checkpointer_state.h"

namespace anta {

void Checkpointer::State::begin_recovery() {
  const MarkRecovery::Keys own{
      .log = {.name = origin, .type = KeyType::ed25519, .key = keys.log.public_key()},
      .cosigner = {.name = cosigner_name(options.organisation),
                   .type = KeyType::cosignature,
                   .key = keys.cosigner.public_key()}};
  recovery.emplace(options.self, own, *mark);
  log(LogLevel::warning, "cosigning_suspended",
      {{"size", std::to_string(mark->size)},
       {"reason",
        "this ledger is a restored or an older copy: it does not know what this node signed since; it signs "
        "nothing until the others have said"}});
  publish_cosigning(recovery->progress(*cosigners, applied));
}

// One round, and the next after recovery_ms.
void Checkpointer::State::recover() {
  if (!recovery || recovering) return;
  recovering = true;
  for (const NodeId& id : cosigners->audience) {
    if (id != options.self) ports.send(id, PeerKind::mark_ask, encode_mark_ask(recovery->question()));
  }
  if (!recovery->knows_committed() && !committed_asked) {
    committed_asked = true;
    ports.committed([self = weak_from_this()](Result<TreeSize> size) {
      const auto state = self.lock();
      if (!state) return;
      state->executor.post([state, size = std::move(size)] {
        state->committed_asked = false;
        if (!state->recovery || !size) return;  // asked again in the next round
        state->recovery->committed(*size);
        state->try_recovered();
      });
    });
  }
  try_recovered();
  executor.after(options.recovery_ms, [self = weak_from_this()] {
    const auto state = self.lock();
    if (!state) return;
    state->recovering = false;
    state->recover();
  });
}

// The mark that what was heard so far makes: this node's own tree, unless it signed a tree that it does not
// have. That one is the mark then, and what may_sign finds; of several, the largest. Nothing: it can not be
// read now.
std::optional<CheckpointMark> Checkpointer::State::heard_mark() const {
  CheckpointMark next{.size = applied->leaves.value, .root = applied->tree_root};
  bool contradicted = false;
  for (const CheckpointMark& tree : recovery->signed_trees()) {
    bool held = tree.size <= applied->leaves.value;
    if (held) {
      const Result<SealedTree> own = ports.tree_at(TreeSize{tree.size});
      if (!own && own.error().code != Code::malformed) return std::nullopt;
      held = own && own->root == tree.root;
    }
    if (held || (contradicted && tree.size <= next.size)) continue;
    contradicted = true;
    next = tree;
  }
  return next;
}

void Checkpointer::State::try_recovered() {
  if (!recovery) return;
  const MarkRecovery::Progress progress = recovery->progress(*cosigners, applied);
  publish_cosigning(progress);
  if (!progress.enough || on_its_way) return;
  const std::optional<CheckpointMark> next = heard_mark();
  if (!next) return;  // the next round asks again
  on_its_way = next;
  ports.persist_mark(encode_mark(*next), [self = weak_from_this(), next = *next](const Result<void>& done) {
    const auto state = self.lock();
    if (!state || !done) return;  // not durable: the disk has failed, and nothing may be signed
    state->executor.post([state, next] { state->recovered(next); });
  });
}

// What was heard while the mark was being written counts too: a line that contradicts it is the mark instead.
// A tree that merely grew meanwhile is none.
void Checkpointer::State::recovered(const CheckpointMark& next) {
  if (!recovery) return;
  on_its_way.reset();
  const std::optional<CheckpointMark> now = heard_mark();
  const bool own = now && applied && now->size == applied->leaves.value && now->root == applied->tree_root;
  if (!now || (!own && *now != next)) return try_recovered();
  mark = promised = next;
  const MarkRecovery::Progress progress = recovery->progress(*cosigners, applied);
  recovery.reset();
  log(LogLevel::info, "cosigning_resumed",
      {{"size", std::to_string(next.size)}, {"heard", std::to_string(progress.heard)}});
  {
    const Lock lock(mutex);
    cosigning = {};
  }
  sign_finished();
  consider();
}

void Checkpointer::State::take_mark_ask(const NodeId& from, const MarkAsk& ask) const {
  ports.send(from, PeerKind::mark_offer,
             encode_mark_offer({.remembers = !recovery.has_value(), .lines = seen.of(ask)}));
}

void Checkpointer::State::take_mark_offer(const NodeId& from, const MarkOffer& offer) {
  if (!recovery) return;
  if (auto taken = recovery->said(from, offer, now_seconds()); !taken) {
    return log(LogLevel::warning, "mark_offer_refused",
               {{"peer", from.value}, {"message", taken.error().message}});
  }
  try_recovered();
}

// Of a note that was found good under this set: every line by a key of it has been verified.
void Checkpointer::State::saw_lines(const CosignerSet& set, const Note& note) {
  const Result<Checkpoint> checkpoint = parse_checkpoint(note.text);
  if (!checkpoint) return;
  for (const NoteSignature& signature : note.signatures) {
    for (const state::Node& node : set.signers) {
      const bool as_log = is_by(signature, set.log_key(node));
      if (!as_log && !is_by(signature, set.cosigner_key(node))) continue;
      seen.saw(as_log ? node.keys.log : node.keys.cosigner, checkpoint->size,
               {.text = note.text, .line = encode_signature_line(signature)});
    }
  }
  if (recovery) recovery->found(note, now_seconds());
}

void Checkpointer::State::publish_cosigning(const MarkRecovery::Progress& progress) {
  const Lock lock(mutex);
  cosigning = {
      .known = false,
      .heard = progress.heard,
      .needed = progress.needed,
      .waits_for = progress.waits_for.empty() ? "what was recovered is being written" : progress.waits_for};
}

}  // namespace anta
