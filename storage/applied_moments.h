// The moments that can be asked and proven: the newest, those since the last finished checkpoint (some), the
// one whose checkpoint is being cosigned, and the finished checkpoint's own for as long as no later one is
// finished.
//
// So a state proof under the finished checkpoint costs no walk through undo records, however long a cosigner
// is away. What is kept holds nodes of the state tree that changed since: those of the recent blocks, bounded
// in number and memory, and those of the finished moment that have changed since it, at worst another tree.
// Any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "crypto/guarded.h"
#include "storage/applied_moment.h"
#include "storage/ledger/ids.h"

namespace anta {

class AppliedMoments {
 public:
  // Of the next checkpoints one will be of one of these, unless its moment is held already.
  static constexpr std::size_t recent_max = 256;
  static constexpr std::size_t recent_bytes_max = std::size_t{32} << 20;

  void add(std::shared_ptr<const AppliedMoment> moment);  // the newest
  // A checkpoint of this size is asked for, or signed here: its moment is kept until a larger one is held or
  // finished.
  void hold(TreeSize size);
  // The tree of this size has its checkpoint; earlier moments are let go. Its own may not be kept any more.
  void finish(TreeSize size);

  std::shared_ptr<const AppliedMoment> newest() const;             // null before the first
  std::shared_ptr<const AppliedMoment> find(TreeSize size) const;  // null when it is not kept

 private:
  using Moment = std::shared_ptr<const AppliedMoment>;
  Moment take_oldest() ANTA_REQUIRES(mutex_);
  Moment known(TreeSize size) const ANTA_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::size_t bytes_ ANTA_GUARDED_BY(mutex_) =
      0;  // that the recent moments keep: the newest one's is the tree
  std::deque<Moment> recent_ ANTA_GUARDED_BY(mutex_) = {};  // ascending by size
  Moment held_ ANTA_GUARDED_BY(mutex_) = {};
  Moment finished_ ANTA_GUARDED_BY(mutex_) = {};
};

}  // namespace anta
