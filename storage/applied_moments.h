// The moments that can be asked and proven: the newest, those since the last finished checkpoint (some), and
// the finished checkpoint's own for as long as no later one is finished.
//
// So a state proof under the finished checkpoint costs no walk through undo records, however long a cosigner
// is away. What is kept holds nodes of the state tree that changed since: for `recent_max` moments and
// `retired_max` nodes at most, beside the finished one, whose nodes can come to another tree's memory when
// everything has changed since. Any thread.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "storage/applied_moment.h"
#include "storage/ledger/ids.h"

namespace anta {

class AppliedMoments {
 public:
  static constexpr std::size_t recent_max = 64;
  static constexpr std::size_t retired_max = 500'000;

  // The newest; `retired` is what the tree keeps for versions alone.
  void add(std::shared_ptr<const AppliedMoment> moment, std::size_t retired);
  // The tree of this size has its checkpoint. A size that is not kept changes nothing.
  void finish(TreeSize size);

  std::shared_ptr<const AppliedMoment> newest() const;             // null before the first
  std::shared_ptr<const AppliedMoment> find(TreeSize size) const;  // null when it is not kept

 private:
  mutable std::mutex mutex_ = {};
  std::deque<std::shared_ptr<const AppliedMoment>> recent_ = {};  // ascending by size
  std::shared_ptr<const AppliedMoment> finished_ = {};
};

}  // namespace anta
