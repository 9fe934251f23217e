// What a node's checkpoints are made of: the mark of what it signed, and the checkpointer over its ledger.
#include "node/node_parts.h"

namespace anta {
namespace {

// The tree after the seal at size - 1.
Result<SealedTree> tree_at(const LedgerStore& ledger, TreeSize size) {
  if (const auto kept = ledger.kept(size))
    return SealedTree{.root = kept->tree_root, .block_time = kept->block_time};
  const Result<LedgerReader> reader = ledger.reader();
  if (!reader) return pass(reader);
  const Applied& applied = reader->applied();
  if (size.value == 0 || size > applied.leaves)
    return fail(Code::not_found, "tree", "that many leaves are not applied yet");
  const LeafIndex last{size.value - 1};
  const Result<SealRecord> seal = reader->seal_of(last);
  if (!seal) return pass(seal);
  if (seal->leaf != last) return fail(Code::malformed, "tree", "no seal ends at that size");
  const Result<Digest> root = root_at(size.value, reader->nodes());
  if (!root) return pass(root);
  return SealedTree{.root = *root, .block_time = seal->seal.block_time};
}

}  // namespace

// What this node signed last, as far as it knows; nothing: it has never signed. Its knowledge is not whole in
// a ledger that lost its end (an amnesiac's, or one that antad --restore made), and in one of a later
// incarnation, whose keys may have signed before. That is written down before anything runs, so that it stays
// so when the amnesia ends.
Result<std::optional<CheckpointMark>> Node::Parts::load_mark(const LogStore::Restored& found) {
  std::optional<CheckpointMark> mark;
  if (found.cosigning_mark) {
    Result<CheckpointMark> decoded = decode_mark(*found.cosigning_mark);
    if (!decoded) return pass(decoded);
    mark = *decoded;
  }
  const bool came_back = !mark && config.incarnation > 1;
  // The operators may have put a note there that only they have: it must not be passed over in silence.
  if (found.amnesiac || came_back || (mark && !mark->whole)) {
    if (const auto unreadable = checkpoint_file.unreadable()) {
      return fail(
          Code::io, "checkpoint.note",
          "this node does not know what it cosigned, and the note that could tell it cannot be read: " +
              unreadable->message +
              ". Next step: correct the file (mode 0600, this user's), or take it away");
    }
  }
  if (!found.amnesiac && !came_back) return mark;
  if (mark && !mark->whole) return mark;
  if (!mark) mark.emplace();
  mark->whole = false;
  const LogStore::LogWrite write{.cosigning_mark = encode_mark(*mark), .must_sync = true};
  if (auto written = log_store->write({&write, 1}); !written) return pass(written);
  return mark;
}

void Node::Parts::make_checkpointer(std::optional<CheckpointMark> mark) {
  CheckpointerPorts ports;
  ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
    replica->send_app(to, static_cast<std::uint8_t>(kind), std::move(bytes));
  };
  ports.signs = [this](TreeSize size) { ledger->checkpoint_signed(size); };
  ports.persist_mark = [this](Bytes bytes, auto callback) {
    replica->persist_mark(std::move(bytes), std::move(callback));
  };
  ports.tree_at = [this](TreeSize size) { return tree_at(*ledger, size); };
  ports.committed = [this](auto callback) {
    read_index([this, callback](const Result<LogIndex>& index) {
      const Result<LedgerReader> reader = index ? ledger->reader() : Result<LedgerReader>(pass(index));
      callback(reader ? Result<TreeSize>(reader->applied().leaves) : Result<TreeSize>(pass(reader)));
    });
  };
  ports.clock = wall_clock;
  ports.finished = [this](const FinishedCheckpoint& finished, double seconds) {
    submission->on_finished(TreeSize{finished.checkpoint.size});
    metrics.checkpoint_finished(seconds);
    checkpoint_file.keep(finished.note, service->steady_ms());
    ledger->checkpoint_finished(TreeSize{finished.checkpoint.size});
  };
  ports.evidence = [this](const std::string& note) { return checkpoint_file.keep_evidence(note); };
  ports.log = log.sink();
  ports.cosigners_at = [this](TreeSize size) { return cosigners_at(size); };
  ports.opened = [this](const Checkpoint& checkpoint, const std::string& note, const CosignerSet& set) {
    witness_feed->on_open({.checkpoint = checkpoint, .note = note, .witnesses = set.witnesses});
  };
  const std::optional<std::string> note = checkpoint_file.load();
  // If it is of what was applied last, its moment is kept; whether the note holds is the checkpointer's to
  // say.
  const Result<Note> parsed = note ? parse_note(*note) : fail(Code::not_found, "checkpoint", "none yet");
  const Result<Checkpoint> last = parsed ? parse_checkpoint(parsed->text) : pass(parsed);
  if (last) ledger->checkpoint_finished(TreeSize{last->size});
  const CheckpointerOptions options{.self = identity.self.id, .organisation = identity.self.organisation};
  checkpointer = std::make_unique<Checkpointer>(options, *cosigners.get(), identity.keys, std::move(ports),
                                                *service, mark, note);
}

}  // namespace anta
