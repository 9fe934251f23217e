// The state tree (state_proof.h) in memory, leaf by leaf: what an auditor computes state roots with.
//
// Equal sets of leaves have equal roots, whatever the order of changes. About 130 bytes per key; hashes are
// computed when root() is asked, for the paths that changed since. It shares no code with
// storage/state_tree.h, which nodes keep, but for the hashes themselves: two programs that must agree. One
// thread.
#pragma once

#include <cstdint>
#include <vector>

#include "crypto/digest.h"
#include "storage/ledger/state_proof.h"

namespace anta {

class MemoryTree {
 public:
  void put(const Digest& key, const Digest& value_hash);
  void erase(const Digest& key);  // of what is not there: nothing
  Digest root();
  std::size_t size() const { return leaves_.size() - free_leaves_.size(); }

 private:
  using Ref = std::uint32_t;  // 0: nothing; odd: a leaf; even: an inner node. The rest is a place, from 1
  struct Leaf {
    Digest key = {};
    Digest hash = {};
  };
  struct Inner {
    Digest hash = {};
    Ref child[2] = {0, 0};
    bool fresh = false;  // `hash` is what the children make
  };

  static bool is_leaf(Ref ref) { return (ref & 1) != 0; }
  static Ref leaf_ref(std::size_t place) { return static_cast<Ref>((place + 1) << 1 | 1); }
  static Ref inner_ref(std::size_t place) { return static_cast<Ref>((place + 1) << 1); }
  Leaf& leaf(Ref ref) { return leaves_[(ref >> 1) - 1]; }
  Inner& inner(Ref ref) { return inners_[(ref >> 1) - 1]; }

  Ref new_leaf(const StateLeaf& of);
  Ref new_inner();
  Ref put_at(Ref ref, unsigned depth, const StateLeaf& added);
  Ref erase_at(Ref ref, unsigned depth, const Digest& key);
  Digest hash_of(Ref ref);

  Ref top_ = 0;
  std::vector<Leaf> leaves_ = {};
  std::vector<Inner> inners_ = {};
  std::vector<Ref> free_leaves_ = {};
  std::vector<Ref> free_inners_ = {};
};

}  // namespace anta
