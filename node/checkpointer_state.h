// What a Checkpointer is inside. Internal to checkpointer*.cc; all of it lives on the executor but what the
// mutex guards.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "crypto/guarded.h"
#include "node/checkpointer.h"

namespace anta {

struct Checkpointer::State : std::enable_shared_from_this<Checkpointer::State> {
  using SharedSet = std::shared_ptr<const CosignerSet>;
  struct Line {
    NoteSignature signature = {};
    std::uint64_t seconds = 0;  // as it says
  };
  struct Open {
    Checkpoint checkpoint = {};
    SharedSet set = {};
    std::string text = {};
    std::optional<NoteSignature> log_line = {};  // once the mark is durable
    std::map<NodeId, Line> cosignatures = {};
    std::int64_t since = 0;      // steady
    std::int64_t asked = 0;      // likewise: when the others were asked last
    std::int64_t quorum_at = 0;  // likewise: when the quorum was there

    bool has_quorum() const { return log_line && cosignatures.size() >= set->quorum(); }
    bool asks(const CheckpointCosigned& answer) const {
      return answer.size == checkpoint.size && answer.root == checkpoint.root;
    }
  };

  State(CheckpointerOptions o, CosignerSet s, const NodeKeys& k, CheckpointerPorts ports_, Executor& e)
      : options(std::move(o)),
        cosigners(std::make_shared<const CosignerSet>(std::move(s))),
        origin(cosigners->origin),
        keys(k),
        ports(std::move(ports_)),
        executor(e),
        patience_ms(options.open_timeout_ms) {}

  Result<SharedSet> set_of(std::uint64_t size) const;
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
    if (ports.log) ports.log(level, event, fields);
  }

  void consider();
  void wake(std::uint32_t ms);
  void open_newest();
  void wait_next_for(std::int64_t ms);
  void opened(const Checkpoint& checkpoint);
  void ask();
  void with_mark(const Checkpoint& checkpoint, const NodeId& asker, std::function<void()> then);
  Result<void> may_sign(const Checkpoint& checkpoint) const;
  Line cosign(const state::Node& self, const std::string& text) const;
  // `from`: who sent it; this node's own id for what it stored or made.
  Result<void> take_finished(const NodeId& from, const std::string& note);
  void sign_finished();
  void take_open(const NodeId& from, const CheckpointOpen& message);
  void take_cosigned(const NodeId& from, const CheckpointCosigned& message);
  void broadcast(PeerKind kind, const Bytes& bytes) const;
  void publish_missing();

  // checkpointer_clocks.cc
  void count(const NodeId& from, Line line);
  void count_late(const NodeId& from, Line line);
  void settle();
  void finish();
  static std::string note_of(const Open& asked);
  bool is_old(const Open& asked) const;
  bool may_grow_younger(const Open& asked) const;
  void saw_time(const CosignerSet& set, const PublicKey& key, std::uint64_t seconds, std::uint64_t now);
  void saw_times(const CosignerSet& set, const PolicyVerdict& verdict);
  void forget_clocks();

  // checkpointer_forks.cc
  bool is_somebodys_word(const std::string& note) const;
  Result<void> keep_fork(const Checkpoint& theirs, const std::string& note);
  void keep_unkept();

  // checkpointer_recovery.cc
  void begin_recovery();
  void recover();
  std::optional<CheckpointMark> heard_mark() const;
  void try_recovered();
  void recovered(const CheckpointMark& next);
  void take_mark_ask(const NodeId& from, const MarkAsk& ask) const;
  void take_mark_offer(const NodeId& from, const MarkOffer& offer);
  void saw_lines(const CosignerSet& set, const Note& note);
  void publish_cosigning(const MarkRecovery::Progress& progress);

  std::uint64_t now_seconds() const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(ports.clock().value / 1'000, 0));
  }

  const CheckpointerOptions options;
  SharedSet cosigners;  // of the newest tree that this node heard of
  const std::string origin;
  const NodeKeys& keys;
  const CheckpointerPorts ports;
  Executor& executor;

  std::optional<Applied> applied = {};
  bool in_office = false;
  std::optional<Open> open = {};
  std::optional<Open> late = {};  // finished last, with a note that is old: a line can still mend it
  std::uint32_t patience_ms;      // with what is open
  std::int64_t last_open = 0;     // steady
  std::int64_t finished_at = 0;   // steady
  std::int64_t wake_at = 0;       // steady; 0: nothing scheduled
  std::optional<CheckpointMark> mark = {};     // durable
  std::optional<CheckpointMark> writing = {};  // on its way to the disk, the newest
  std::shared_ptr<std::map<NodeId, std::function<void()>>> after_mark = {};  // what follows `writing`
  std::optional<CheckpointMark> promised = {};  // the highest handed to the disk; never below `mark`
  // Of trees not applied yet: who may say so is not known before. One of each sender, so that none takes
  // another's place.
  std::map<NodeId, CheckpointOpen> early_opens = {};
  std::map<NodeId, std::string> early_notes = {};
  std::set<NodeId> down = {};
  LinesSeen seen = {};                        // verified ones of the others
  std::optional<MarkRecovery> recovery = {};  // while the mark is not whole
  bool recovering = false;                    // rounds of questions run
  bool committed_asked = false;
  // Others' trees, by size and root: each takes a quorum.
  using Tree = std::pair<std::uint64_t, Digest>;
  std::set<Tree> forks = {};                              // whose note is kept
  std::map<Tree, std::string> unkept = {};                // the notes of those that could not be written yet
  std::map<std::string, std::uint64_t> behind_said = {};  // seconds, by who cosigns
  std::uint64_t not_ours = 0;  // a finished checkpoint's size whose cosigners this node was none of
  std::optional<CheckpointMark> on_its_way = {};  // what was recovered, until it is durable

  mutable Mutex mutex;
  std::shared_ptr<const FinishedCheckpoint> served ANTA_GUARDED_BY(mutex) = {};
  std::shared_ptr<const SignedRoot> for_receipts ANTA_GUARDED_BY(mutex) = {};
  std::vector<std::string> missing ANTA_GUARDED_BY(mutex) = {};
  CosigningStatus cosigning ANTA_GUARDED_BY(mutex) = {};
  std::map<std::string, std::uint64_t> clocks_behind ANTA_GUARDED_BY(mutex) = {};

  std::shared_ptr<const FinishedCheckpoint> newest() const {
    const Lock lock(mutex);
    return served;
  }
  std::shared_ptr<const SignedRoot> signed_root() const {
    const Lock lock(mutex);
    return for_receipts;
  }
};

}  // namespace anta
