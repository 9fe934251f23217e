// What this node has signed, and how a node that can not know it any more finds out (proofs.md section 3).
//
// The mark is the largest tree under which this node put a signature, of its log key or of its cosigner key;
// it is durable before the signature leaves. A node whose ledger is a restored or an older copy has lost the
// newest of it: its mark is not whole. That is written down with the mark, so that no restart forgets it, and
// such a node signs nothing until it has recovered what it may have signed. Two things together say that:
//
//   from consensus   What this node signed it had applied, hence it was committed. A read index that is asked
//                    for after the start is at or beyond everything that was committed before, whoever led
//                    then. So a tree applied up to it is at least as large as any that this node signed, also
//                    where the leader who got the signature died before anybody else saw it. As long as there
//                    is one committed history it is also the same tree as far as that one went.
//   from its peers   Where histories are more than one (operators gave entries up: consensus/recovery.h; a
//                    fault in a release), size says nothing. So each other node is asked for the newest lines
//                    of ours that it has seen: in finished notes, in what it collected as a leader, in what
//                    we opened. Lines prove themselves by our own key; nobody can make one up. A finished
//                    note that we signed has k-1 other signers of the n, so n-k+1 others that remember
//                    include one of them; or all others have answered, which is all that there is to hear.
//                    (Of what was before its last start a node remembers the finished note that it keeps.)
//
// The new mark is this node's own tree, unless a line of ours contradicts it: then that line is the mark, and
// the node will not sign beyond it (checkpointer.h: checkpoint.fork).
//
// What is not promised: a line that one leader got and nobody else saw, over a history that was given up
// after that leader died for good, is known to nobody. Who holds a newer note or certificate than the nodes
// do can give it to the node: `checkpoint.note` in its data directory is asked like a peer.
//
// Pure, one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crypto/note.h"
#include "node/peer_wire.h"
#include "storage/applied.h"
#include "storage/ledger/cosigners.h"

namespace anta {

struct CheckpointMark {
  std::uint64_t size = 0;
  Digest root = {};
  bool whole = true;  // false: this node may have signed larger trees since, and must not sign

  bool operator==(const CheckpointMark&) const = default;
};
// Stored: [size, root], or [size, root, 1] when it is not whole. Never renumber.
Bytes encode_mark(const CheckpointMark& mark);
Result<CheckpointMark> decode_mark(ByteView bytes);

// The newest line of each key that this node has seen, verified by whoever says so here. By key and not by
// node: who comes back with other keys answers for those alone.
class LinesSeen {
 public:
  void saw(const PublicKey& by, std::uint64_t size, SignedText line);
  std::vector<SignedText> of(const MarkAsk& keys) const;

 private:
  struct Newest {
    std::uint64_t size = 0;
    SignedText line = {};
  };
  std::map<PublicKey, Newest> newest_ = {};
};

class MarkRecovery {
 public:
  struct Keys {
    VerifierKey log = {};
    VerifierKey cosigner = {};
  };
  // `before`: what the older copy knew; its size 0: nothing.
  MarkRecovery(NodeId self, Keys keys, const CheckpointMark& before);

  MarkAsk question() const { return {.log = keys_.log.key, .cosigner = keys_.cosigner.key}; }
  // A peer's answer. bad_signature: it has a line that is not ours over what it stands beside; the answer
  // does not count.
  Result<void> said(const NodeId& from, const MarkOffer& offer, std::uint64_t now_seconds);
  // Lines of ours in a finished note, from wherever it came. Others' lines, and bad ones, are passed over.
  void found(const Note& note, std::uint64_t now_seconds);
  // This node has applied all that was committed when it asked; the tree had this size then.
  void committed(TreeSize size) { committed_ = size; }
  bool knows_committed() const { return committed_.has_value(); }

  struct Progress {
    bool enough = false;
    std::size_t heard = 0;   // of the other nodes that cosign, those that answered
    std::size_t needed = 0;  // of them
    std::string waits_for = {};
  };
  // For the cosigners of now, who has applied so much.
  Progress progress(const CosignerSet& set, const std::optional<Applied>& applied) const;

  // Every tree that this node is known to have signed: the newest by each key, and what the copy knew.
  std::vector<CheckpointMark> signed_trees() const;

 private:
  std::optional<CheckpointMark> tree_of(const SignedText& line, std::uint64_t now_seconds) const;

  NodeId self_;
  Keys keys_;
  std::vector<CheckpointMark> signed_ = {};
  std::optional<TreeSize> committed_ = {};
  std::map<NodeId, bool> answers_ = {};  // whether who answered remembers
};

}  // namespace anta
