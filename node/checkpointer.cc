#include "node/checkpointer.h"

#include <algorithm>
#include <utility>

#include "node/checkpointer_state.h"

namespace anta {

namespace {

// What a note says it is about, before anything of it is believed.
Result<Checkpoint> checkpoint_of(const std::string& note) {
  const Result<Note> parsed = parse_note(note);
  if (!parsed) return pass(parsed);
  return parse_checkpoint(parsed->text);
}

Error behind() {
  return {Code::rule_violated, "checkpoint.behind", "it is smaller than what this node signed"};
}

}  // namespace

Result<Checkpointer::State::SharedSet> Checkpointer::State::set_of(std::uint64_t size) const {
  if (size >= cosigners->from.value) return cosigners;
  Result<CosignerSet> before = ports.cosigners_at(TreeSize{size});
  if (!before) return pass(before);
  return std::make_shared<const CosignerSet>(std::move(*before));
}

void Checkpointer::State::broadcast(PeerKind kind, const Bytes& bytes) const {
  for (const NodeId& id : cosigners->audience) {
    if (id != options.self) ports.send(id, kind, bytes);
  }
}

void Checkpointer::State::wake(std::uint32_t ms) {
  const std::int64_t at = executor.steady_ms() + ms;
  if (wake_at != 0 && wake_at <= at) return;
  wake_at = at;
  executor.after(ms, [self = weak_from_this(), at] {
    const auto state = self.lock();
    if (!state || state->wake_at != at) return;
    state->wake_at = 0;
    state->consider();
  });
}

// The leader's turn: whether a checkpoint is due, and if not yet, when.
void Checkpointer::State::consider() {
  if (!in_office || !applied || recovery) return;
  const std::int64_t now = executor.steady_ms();
  if (open) {
    if (open->has_quorum()) return settle();
    const std::int64_t left = open->since + patience_ms - now;
    if (left > 0) {
      const std::int64_t again = std::max(open->since, open->asked) + options.open_timeout_ms - now;
      wake(static_cast<std::uint32_t>(std::min(left, again > 0 ? again : options.open_timeout_ms)));
      if (open->log_line && again <= 0) ask();
      return;
    }
    publish_missing();
    open.reset();
    wait_next_for(std::int64_t{2} * patience_ms);
  }
  const auto last = newest();
  const bool grown = !last || applied->leaves.value > last->checkpoint.size;
  const std::int64_t idle = now - finished_at;
  if (!grown && idle < options.idle_ms) return wake(static_cast<std::uint32_t>(options.idle_ms - idle));
  const std::int64_t since = now - last_open;
  if (last_open != 0 && since < options.open_interval_ms) {
    return wake(static_cast<std::uint32_t>(options.open_interval_ms - since));
  }
  open_newest();
}

void Checkpointer::State::wait_next_for(std::int64_t ms) {
  patience_ms = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(ms, options.open_timeout_ms, options.open_timeout_max_ms));
}

void Checkpointer::State::open_newest() {
  const Checkpoint checkpoint{.origin = origin, .size = applied->leaves.value, .root = applied->tree_root};
  const Result<SharedSet> set = set_of(checkpoint.size);
  if (!set || (*set)->find(options.self) == nullptr) return wake(options.open_timeout_ms);
  if (auto allowed = may_sign(checkpoint); !allowed) {
    log(LogLevel::warning, "checkpoint_refused",
        {{"size", std::to_string(checkpoint.size)},
         {"rule", allowed.error().rule},
         {"message", allowed.error().message}});
    return wake(options.open_timeout_ms);
  }
  last_open = executor.steady_ms();
  open.emplace(
      Open{.checkpoint = checkpoint, .set = *set, .text = encode_checkpoint(checkpoint), .since = last_open});
  wake(options.open_timeout_ms);
  with_mark(checkpoint, options.self, [this, checkpoint] { opened(checkpoint); });
}

void Checkpointer::State::opened(const Checkpoint& checkpoint) {
  if (!open || !in_office || !(open->checkpoint == checkpoint) || open->log_line) return;
  open->log_line = sign_note_line(open->text, origin, keys.log);
  ask();
}

// All of them, each time: who refused, was not reached or did not hear answers when it can.
void Checkpointer::State::ask() {
  open->asked = executor.steady_ms();
  broadcast(PeerKind::checkpoint_open,
            encode_checkpoint_open({.text = open->text, .log_line = encode_signature_line(*open->log_line)}));
  const auto is_silent = [this](const auto& witness) { return !open->cosignatures.contains(witness.id); };
  if (ports.opened && std::ranges::any_of(open->set->witnesses, is_silent)) {
    const Note note{.text = open->text, .signatures = {*open->log_line}};
    ports.opened(open->checkpoint, encode_note(note), *open->set);
  }
  Line own = cosign(*open->set->find(options.self), open->text);
  open->cosignatures.insert_or_assign(options.self, own);
  if (open->asked - open->since >= options.open_timeout_ms) publish_missing();
  count(options.self, std::move(own));  // maybe the last: nothing follows
}

Result<void> Checkpointer::State::may_sign(const Checkpoint& checkpoint) const {
  if (recovery)
    return fail(Code::uncertain, "checkpoint.mark", "this node does not know what it signed before");
  const Result<SealedTree> tree = ports.tree_at(TreeSize{checkpoint.size});
  if (!tree) return pass(tree);
  if (tree->root != checkpoint.root)
    return fail(Code::corrupt, "checkpoint.root", "the checkpoint's root is not this node's");
  const std::int64_t ahead = tree->block_time.value - ports.clock().value;
  if (ahead > options.ahead_max_seconds * 1'000) {
    return fail(Code::uncertain, "checkpoint.ahead",
                "the seal's block time is " + std::to_string(ahead / 1'000) +
                    " seconds ahead of this node's clock; check the clocks");
  }
  if (!promised) return {};
  if (checkpoint.size < promised->size) return tl::unexpected<Error>(behind());
  const Result<SealedTree> signed_tree = ports.tree_at(TreeSize{promised->size});
  if (!signed_tree) return pass(signed_tree);
  if (signed_tree->root != promised->root) {
    return fail(
        Code::corrupt, "checkpoint.fork",
        "this node once signed another tree of " + std::to_string(promised->size) +
            " leaves; it will sign nothing. Next step: compare with the other organisations; let this node "
            "join again under a new incarnation");
  }
  return {};
}

void Checkpointer::State::with_mark(const Checkpoint& checkpoint, const NodeId& asker,
                                    std::function<void()> then) {
  const CheckpointMark next{.size = checkpoint.size, .root = checkpoint.root};
  if (mark == next) return then();
  // What is handed over now replaces what is on its way: the disk writes marks in this order. A mark that
  // failed stays promised, because it may be on the disk all the same.
  if (promised && next.size < promised->size) return;
  if (writing == next) {  // all who asked are answered, each once
    after_mark->insert_or_assign(asker, std::move(then));
    return;
  }
  promised = next;
  writing = next;
  after_mark = std::make_shared<std::map<NodeId, std::function<void()>>>();
  after_mark->emplace(asker, std::move(then));
  if (ports.signs) ports.signs(TreeSize{next.size});
  ports.persist_mark(encode_mark(next),
                     [self = weak_from_this(), next, asked = after_mark](Result<void> done) {
                       const auto state = self.lock();
                       if (!state) return;
                       state->executor.post([state, next, asked, durable = done.has_value()] {
                         if (state->writing == next) state->writing.reset();
                         if (!durable) return;  // nothing may be signed
                         if (state->mark && state->mark->size > next.size) return;
                         state->mark = next;
                         for (const auto& [who, answer] : *asked)
                           answer();
                         state->sign_finished();
                       });
                     });
}

Checkpointer::State::Line Checkpointer::State::cosign(const state::Node& self,
                                                      const std::string& text) const {
  const std::uint64_t seconds = std::max<std::uint64_t>(now_seconds(), 1);
  return {.signature = sign_cosignature(text, cosigner_name(self.organisation), keys.cosigner, seconds),
          .seconds = seconds};
}

// A note is served once its quorum is checked and this node has the same tree. One of another tree is kept as
// evidence, however old it is: this node may have gone on since.
Result<void> Checkpointer::State::take_finished(const NodeId& from, const std::string& note) {
  const Result<Checkpoint> claimed = checkpoint_of(note);
  if (!claimed) return pass(claimed);
  if (!applied || claimed->size > applied->leaves.value) {
    early_notes.insert_or_assign(from, note);
    return {};
  }
  const auto last = newest();
  const Result<SealedTree> tree = ports.tree_at(TreeSize{claimed->size});
  // malformed: no seal of this node's ends there, so whoever cosigned it has other blocks.
  if (!tree && tree.error().code != Code::malformed) return pass(tree);
  const bool same = tree && tree->root == claimed->root;
  // Before anything is looked up for it: whose set an older one had is asked of the past, which costs.
  if (same && last && claimed->size < last->checkpoint.size && !recovery) return {};
  if (!same && claimed->size < cosigners->from.value && !is_somebodys_word(note))
    return fail(Code::malformed, "checkpoint.quorum", "nobody who cosigns now signed the note");
  const Result<SharedSet> set = set_of(claimed->size);
  if (!set) return pass(set);
  const Result<PolicyVerdict> verdict = check_note((*set)->policy, note, now_seconds());
  if (!verdict) return pass(verdict);
  if (!verdict->quorum_met) return fail(Code::malformed, "checkpoint.quorum", "the note is below its quorum");
  saw_lines(**set, *parse_note(note));
  if (!same) return keep_fork(verdict->checkpoint, note);
  // What is served from when clocks ran ahead is refused by every right one: any good note of that tree is
  // newer.
  const bool from_the_future = last && last->quorum_seconds > now_seconds() + cosignature_ahead_seconds_max;
  if (last && (verdict->checkpoint.size < last->checkpoint.size ||
               (verdict->checkpoint.size == last->checkpoint.size && !from_the_future &&
                verdict->quorum_time_seconds <= last->quorum_seconds))) {
    if (from == options.self)
      finished_at = executor.steady_ms();  // made anew: clocks were set back meanwhile
    return {};                             // no newer than what is served
  }
  FinishedCheckpoint next{
      .checkpoint = verdict->checkpoint, .note = note, .quorum_seconds = verdict->quorum_time_seconds};
  {
    const Lock lock(mutex);
    served = std::make_shared<const FinishedCheckpoint>(next);
    missing.clear();
  }
  sign_finished();  // before anyone who waits for the checkpoint hears of it
  if (from != options.self) saw_times(**set, *verdict);
  finished_at = executor.steady_ms();
  const bool of_open = from == options.self && open && open->checkpoint == next.checkpoint;
  const double seconds = of_open ? static_cast<double>(finished_at - open->since) / 1'000.0 : 0.0;
  if (ports.finished) ports.finished(next, seconds);
  return {};
}

// take_finished has held the root against this node's own tree. Here the mark: durable, of this very tree,
// and not below.
void Checkpointer::State::sign_finished() {
  if (recovery) return;  // it signs nothing
  const auto last = newest();
  const auto before = signed_root();
  if (!last || (before && before->checkpoint == last->checkpoint)) return;
  const Checkpoint& checkpoint = last->checkpoint;
  if (checkpoint.size == not_ours) return;  // whose set it was is asked of the past, which costs
  const Result<SharedSet> set = set_of(checkpoint.size);
  const state::Node* self = set ? (*set)->find(options.self) : nullptr;
  if (self == nullptr || (*set)->cosigner_key(*self).key != keys.cosigner.public_key()) {
    not_ours = checkpoint.size;
    return;
  }
  if (!promised || promised->size < checkpoint.size) {
    if (may_sign(checkpoint)) with_mark(checkpoint, {}, [] {});  // comes here again once it is durable
    return;
  }
  if (!mark || mark->size < checkpoint.size) return;  // on its way to the disk
  const Result<SealedTree> marked = ports.tree_at(TreeSize{mark->size});
  if (!marked || marked->root != mark->root) return;
  auto next = std::make_shared<const SignedRoot>(SignedRoot{
      .checkpoint = checkpoint,
      .signature = sign_root(cosigner_name(self->organisation), origin, checkpoint.root, keys.cosigner)});
  const Lock lock(mutex);
  for_receipts = std::move(next);
}

void Checkpointer::State::take_open(const NodeId& from, const CheckpointOpen& message) {
  const Result<Checkpoint> checkpoint = parse_checkpoint(message.text);
  const Result<NoteSignature> line = parse_signature_line(message.log_line);
  if (!checkpoint || !line || checkpoint->origin != origin) return;
  if (!applied || checkpoint->size > applied->leaves.value) {
    early_opens.insert_or_assign(from, message);
    return;
  }
  const auto refused = [&](const Error& error) {
    log(LogLevel::warning, "checkpoint_refused",
        {{"peer", from.value},
         {"size", std::to_string(checkpoint->size)},
         {"rule", error.rule},
         {"message", error.message}});
  };
  if (promised && checkpoint->size < promised->size && !recovery) return refused(behind());
  const Result<SharedSet> set = set_of(checkpoint->size);
  if (!set) return;
  const state::Node* leader = (*set)->find(from);
  const state::Node* self = (*set)->find(options.self);
  if (leader == nullptr || self == nullptr) return;
  const VerifierKey log_key = (*set)->log_key(*leader);
  if (!is_by(*line, log_key) || !verify_note_line(log_key, message.text, *line)) {
    return log(LogLevel::warning, "checkpoint_bad_log_line", {{"peer", from.value}});
  }
  seen.saw(log_key.key, checkpoint->size, {.text = message.text, .line = message.log_line});
  if (recovery) return;  // it signs nothing, and has said so
  if (const Result<void> allowed = may_sign(*checkpoint); !allowed) return refused(allowed.error());
  with_mark(*checkpoint, from, [this, from, text = message.text, c = *checkpoint, as = *self] {
    const CheckpointCosigned answer{
        .size = c.size, .root = c.root, .line = encode_signature_line(cosign(as, text).signature)};
    ports.send(from, PeerKind::checkpoint_cosigned, encode_checkpoint_cosigned(answer));
  });
}

void Checkpointer::State::take_cosigned(const NodeId& from, const CheckpointCosigned& message) {
  const bool is_late = !open || !open->asks(message);
  if (is_late && (!late || !late->asks(message))) return;
  const Open& asked = is_late ? *late : *open;
  const std::optional<VerifierKey> key = asked.set->key_of(from);
  if (!key) return;
  Result<NoteSignature> line = parse_signature_line(message.line);
  std::optional<std::uint64_t> seconds;
  if (line && is_by(*line, *key)) {
    if (const auto time = verify_cosignature(*key, asked.text, *line, now_seconds())) seconds = *time;
  }
  if (!seconds) return log(LogLevel::warning, "checkpoint_bad_cosignature", {{"peer", from.value}});
  seen.saw(key->key, message.size, {.text = asked.text, .line = message.line});
  saw_time(*asked.set, key->key, *seconds, now_seconds());
  if (is_late) return count_late(from, {.signature = std::move(*line), .seconds = *seconds});
  count(from, {.signature = std::move(*line), .seconds = *seconds});
}

void Checkpointer::State::publish_missing() {
  std::vector<std::string> names;
  const CosignerSet& set = open ? *open->set : *cosigners;
  for (const state::Node& n : set.signers) {
    const bool silent = open ? !open->cosignatures.contains(n.id) : down.contains(n.id);
    if (silent) names.push_back(n.organisation.value);
  }
  for (const auto& w : set.witnesses) {  // whether one is down shows when it is asked
    if (open && !open->cosignatures.contains(w.id)) names.push_back(w.id.value);
  }
  const Lock lock(mutex);
  missing = std::move(names);
}

Checkpointer::Checkpointer(CheckpointerOptions options, CosignerSet cosigners, const NodeKeys& keys,
                           CheckpointerPorts ports, Executor& executor, std::optional<CheckpointMark> mark,
                           std::optional<std::string> note)
    : state_(std::make_shared<State>(std::move(options), std::move(cosigners), keys, std::move(ports),
                                     executor)) {
  state_->mark = mark;
  state_->promised = mark;
  if (mark && !mark->whole) state_->begin_recovery();
  if (note && state_->recovery) {
    if (const auto parsed = parse_note(*note)) state_->recovery->found(*parsed, state_->now_seconds());
  }
  if (note)
    state_->early_notes.emplace(state_->options.self,
                                std::move(*note));  // taken, once checked, with the first applied state
}

Checkpointer::~Checkpointer() = default;

void Checkpointer::on_cosigners(CosignerSet set) {
  state_->executor.post([state = state_, set = std::move(set)] {
    ANTA_INVARIANT(state->cosigners->from < set.from);
    state->log(LogLevel::info, "cosigners",
               {{"from", std::to_string(set.from.value)},
                {"cosigners", std::to_string(set.cosigners())},
                {"quorum", std::to_string(set.quorum())}});
    state->cosigners = std::make_shared<const CosignerSet>(set);
    // Whoever kept the open one from its quorum may be in the set no more.
    state->open.reset();
    state->late.reset();
    state->forget_clocks();
    state->wait_next_for(state->options.open_timeout_ms);
  });
}

void Checkpointer::on_applied(const Applied& applied) {
  state_->executor.post([state = state_, applied] {
    if (state->applied && applied.leaves < state->applied->leaves) return;  // overtaken
    state->applied = applied;
    for (const auto& [from, note] : std::exchange(state->early_notes, {})) {
      if (auto taken = state->take_finished(from, note); !taken) {
        state->log(LogLevel::warning, "checkpoint_note_refused",
                   {{"peer", from.value}, {"rule", taken.error().rule}});
      }
    }
    for (const auto& [from, early] : std::exchange(state->early_opens, {}))
      state->take_open(from, early);
    state->try_recovered();
    state->sign_finished();  // after a start the mark may have been of a tree that was not applied yet
    state->consider();
  });
}

void Checkpointer::on_role(const raft::RoleChange& role) {
  state_->executor.post([state = state_, role] {
    const bool began = role.in_office && !state->in_office;
    state->in_office = role.in_office;
    if (!role.in_office || began) state->open.reset(), state->late.reset();
    if (began) state->wait_next_for(state->options.open_timeout_ms), state->forget_clocks();
    state->recover();
    if (began) state->consider();
  });
}

void Checkpointer::on_peer(const NodeId& peer, bool up) {
  state_->executor.post([state = state_, peer, up] {
    if (!up) {
      state->down.insert(peer);
      state->publish_missing();
      return state->settle();  // nobody waits for it any more
    }
    state->down.erase(peer);
    state->publish_missing();
    state->recover();
    if (const auto last = state->newest()) {
      state->ports.send(peer, PeerKind::checkpoint_finished, to_bytes(as_bytes(last->note)));
    }
    // What was sent to it while it was away is lost: ask it again.
    for (const auto* asked : {&state->late, &state->open}) {
      if (!*asked || !(*asked)->log_line || (*asked)->cosignatures.contains(peer)) continue;
      const CheckpointOpen again{.text = (*asked)->text,
                                 .log_line = encode_signature_line(*(*asked)->log_line)};
      state->ports.send(peer, PeerKind::checkpoint_open, encode_checkpoint_open(again));
    }
  });
}

void Checkpointer::on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes) {
  state_->executor.post([state = state_, from, kind, bytes = std::move(bytes)] {
    if (kind == PeerKind::checkpoint_open) {
      if (auto message = decode_checkpoint_open(bytes)) state->take_open(from, *message);
    } else if (kind == PeerKind::checkpoint_cosigned) {
      if (auto message = decode_checkpoint_cosigned(bytes)) state->take_cosigned(from, *message);
    } else if (kind == PeerKind::mark_ask) {
      if (auto message = decode_mark_ask(bytes)) state->take_mark_ask(from, *message);
    } else if (kind == PeerKind::mark_offer) {
      if (auto message = decode_mark_offer(bytes)) state->take_mark_offer(from, *message);
    } else if (kind == PeerKind::checkpoint_finished && bytes.size() <= note_bytes_max) {
      if (auto taken = state->take_finished(from, std::string(as_text(bytes))); !taken) {
        state->log(LogLevel::warning, "checkpoint_note_refused",
                   {{"peer", from.value}, {"rule", taken.error().rule}});
      }
    }
  });
}

std::shared_ptr<const FinishedCheckpoint> Checkpointer::finished() const { return state_->newest(); }

std::shared_ptr<const SignedRoot> Checkpointer::signed_root() const { return state_->signed_root(); }

std::vector<std::string> Checkpointer::missing() const {
  const Lock lock(state_->mutex);
  return state_->missing;
}

CosigningStatus Checkpointer::cosigning() const {
  const Lock lock(state_->mutex);
  return state_->cosigning;
}

std::map<std::string, std::uint64_t> Checkpointer::clocks_behind() const {
  const Lock lock(state_->mutex);
  return state_->clocks_behind;
}

}  // namespace anta
