#include "node/cosigning_mark.h"

#include <algorithm>
#include <utility>

#include "crypto/cbor.h"
#include "crypto/checkpoint.h"

namespace anta {
namespace {

constexpr std::uint64_t not_whole = 1;

tl::unexpected<Error> wrong_shape() {
  return fail(Code::corrupt, "checkpoint.mark", "the stored cosigning mark has the wrong shape");
}

}  // namespace

Bytes encode_mark(const CheckpointMark& mark) {
  cbor::Writer out;
  out.array(mark.whole ? 2 : 3).uint(mark.size).bytes(mark.root.view());
  if (!mark.whole) out.uint(not_whole);
  return out.take();
}

Result<CheckpointMark> decode_mark(ByteView bytes) {
  cbor::Reader in(bytes);
  const auto items = in.array();
  if (!items) return pass(items);
  if (*items != 2 && *items != 3) return wrong_shape();
  const auto size = in.uint();
  if (!size) return pass(size);
  const auto root = in.bytes();
  if (!root) return pass(root);
  if (root->size() != Digest::size) return wrong_shape();
  CheckpointMark mark{.size = *size, .root = {}, .whole = *items == 2};
  std::copy(root->begin(), root->end(), mark.root.bytes.begin());
  if (!mark.whole) {
    const auto word = in.uint();
    if (!word) return pass(word);
    if (*word != not_whole) return wrong_shape();
  }
  if (auto end = in.finish(); !end) return pass(end);
  return mark;
}

void LinesSeen::saw(const PublicKey& by, std::uint64_t size, SignedText line) {
  Newest& newest = newest_[by];
  if (size >= newest.size) newest = {.size = size, .line = std::move(line)};
}

std::vector<SignedText> LinesSeen::of(const MarkAsk& keys) const {
  std::vector<SignedText> lines;
  for (const PublicKey& key : {keys.log, keys.cosigner}) {
    const auto found = newest_.find(key);
    if (found != newest_.end()) lines.push_back(found->second.line);
  }
  return lines;
}

MarkRecovery::MarkRecovery(NodeId self, Keys keys, const CheckpointMark& before)
    : self_(std::move(self)), keys_(std::move(keys)) {
  if (before.size > 0) signed_.push_back({.size = before.size, .root = before.root});
}

// Nothing: it is not by a key of ours, or does not verify.
std::optional<CheckpointMark> MarkRecovery::tree_of(const SignedText& signed_text,
                                                    std::uint64_t now_seconds) const {
  const Result<Checkpoint> checkpoint = parse_checkpoint(signed_text.text);
  const Result<NoteSignature> line = parse_signature_line(signed_text.line);
  if (!checkpoint || !line || checkpoint->origin != keys_.log.name) return std::nullopt;
  const bool ours = (is_by(*line, keys_.log) && verify_note_line(keys_.log, signed_text.text, *line)) ||
                    (is_by(*line, keys_.cosigner) &&
                     verify_cosignature(keys_.cosigner, signed_text.text, *line, now_seconds));
  if (!ours) return std::nullopt;
  return CheckpointMark{.size = checkpoint->size, .root = checkpoint->root};
}

Result<void> MarkRecovery::said(const NodeId& from, const MarkOffer& offer, std::uint64_t now_seconds) {
  std::vector<CheckpointMark> trees;
  for (const SignedText& line : offer.lines) {
    const auto tree = tree_of(line, now_seconds);
    if (!tree)
      return fail(Code::bad_signature, "checkpoint.line", "it has a line that this node's keys did not sign");
    trees.push_back(*tree);
  }
  for (const CheckpointMark& tree : trees) {
    if (std::ranges::find(signed_, tree) == signed_.end()) signed_.push_back(tree);
  }
  answers_.insert_or_assign(from, offer.remembers);
  return {};
}

void MarkRecovery::found(const Note& note, std::uint64_t now_seconds) {
  for (const NoteSignature& line : note.signatures) {
    const auto tree = tree_of({.text = note.text, .line = encode_signature_line(line)}, now_seconds);
    if (tree && std::ranges::find(signed_, *tree) == signed_.end()) signed_.push_back(*tree);
  }
}

MarkRecovery::Progress MarkRecovery::progress(const CosignerSet& set,
                                              const std::optional<Applied>& applied) const {
  Progress progress;
  std::size_t others = 0, remember = 0;
  for (const state::Node& node : set.signers) {
    if (node.id == self_) continue;
    ++others;
    const auto answer = answers_.find(node.id);
    if (answer == answers_.end()) continue;
    ++progress.heard;
    remember += answer->second ? 1 : 0;
  }
  progress.needed = std::min(set.cosigners() - set.quorum() + 1, others);
  const bool heard_enough = remember >= set.cosigners() - set.quorum() + 1 || progress.heard == others;
  if (!committed_) {
    progress.waits_for = "a leader has to say what is committed";
  } else if (!applied || applied->leaves < *committed_) {
    progress.waits_for = "what is committed has to be applied";
  } else if (!heard_enough) {
    progress.waits_for = "other cosigners have to say what this node signed";
  }
  progress.enough = progress.waits_for.empty();
  return progress;
}

std::vector<CheckpointMark> MarkRecovery::signed_trees() const { return signed_; }

}  // namespace anta
