// What Submission keeps on its executor. Internal to submission*.cc.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "node/decision_rate.h"
#include "node/submission.h"

namespace anta {

inline constexpr std::uint32_t busy_retry_after_s = 1;

struct Submission::State : std::enable_shared_from_this<Submission::State> {
  struct Item {
    std::shared_ptr<const Bytes> bytes = {};
    Digest digest = {};
    SharedStatement statement = {};  // once admitted
    bool known = false;              // its key is in the state and the signature verifies
    bool counted = false;            // among `unknown_keys`
    std::optional<Submitted> answer = {};
  };

  struct Request {
    std::uint64_t id = 0;
    std::vector<Item> items = {};
    SubmitOptions options = {};
    Callback callback = {};             // none for a request of another node
    std::optional<NodeId> origin = {};  // that node
    std::uint64_t origin_request = 0;
    std::int64_t deadline = 0;  // steady
    bool admitted = false;
    bool offered = false;  // some leader may have put it into its log
    std::size_t next = 0;  // leading: everything before has joined the queue or is answered
    bool checking_key = false;
    std::optional<NodeId> offered_to = {};
    std::int64_t offered_at = 0;
    std::size_t offers = 0;  // messages to leaders and items in this node's own blocks, over all roles
    std::size_t unanswered = 0;
    std::int64_t cosign_deadline = 0;  // set once everything is answered
  };
  using RequestPtr = std::shared_ptr<Request>;

  using Queued = std::pair<Digest, std::shared_ptr<const Bytes>>;
  struct Block {
    std::uint64_t id = 0;
    std::unordered_set<Digest> undecided = {};
    std::vector<Queued> statements = {};  // until the log has taken it
  };

  State(SubmissionOptions o, SubmissionPorts p, Executor& e, Verification& v)
      : options(std::move(o)), ports(std::move(p)), executor(e), verification(v) {}

  // submission.cc: requests
  void take(RequestPtr request);
  bool full(std::size_t more, std::uint64_t more_bytes) const;
  void shed(const Request& request);
  void admit(const RequestPtr& request, std::vector<Verification::Arrived> unknown,
             std::vector<std::size_t> places);
  void admitted(const RequestPtr& request, std::vector<std::size_t> places,
                std::vector<Result<Verification::Admitted>> results);
  bool admit_unknown(const RequestPtr& request);
  void count(Item& item);
  void answer(const RequestPtr& request, std::size_t item, Submitted submitted);
  void refuse(const RequestPtr& request, const std::vector<std::size_t>& places, const Error& error,
              std::uint32_t retry_after_s = 0);
  std::uint32_t keys_wait_s(const Request& request, const std::vector<std::size_t>& places);
  void charge(const Request& request, const std::vector<Result<Verification::Admitted>>& results);
  void settle(const RequestPtr& request);
  void finish(const RequestPtr& request);
  void decide(const Decision& decision);
  void schedule_tick();
  void tick();
  void expire(const RequestPtr& request);

  // submission_offer.cc: the way to the log
  void pump(const RequestPtr& request);
  void pump_all();
  void queue(const RequestPtr& request, Item& item);
  void forget_expired();
  void check_keys(const RequestPtr& request);
  void keys_checked(const RequestPtr& request, std::vector<std::size_t> places,
                    std::vector<Result<Verification::Admitted>> results);
  void form_blocks();
  void propose(std::vector<Queued> statements_of_block);
  void proposed(std::uint64_t block, std::size_t count, const Result<raft::Proposed>& result);
  void applied_by_majority(std::optional<LogIndex> index);
  void forward(const RequestPtr& request);
  void role(const raft::RoleChange& change);
  void take_forwarded(const NodeId& from, ByteView bytes);
  void take_refused(const NodeId& from, ByteView bytes);

  bool leading() const { return in_office; }
  // A majority is known to be too far behind to be given more.
  bool holds_back() const { return majority && behind >= options.behind_max; }

  SubmissionOptions options;
  const SubmissionPorts ports;
  Executor& executor;
  Verification& verification;

  std::uint64_t next_id = 1;
  std::map<std::uint64_t, RequestPtr> requests = {};  // undecided, or waiting for cosignatures
  std::unordered_multimap<Digest, std::pair<std::uint64_t, std::size_t>> waiting = {};  // undecided items
  std::size_t statements = 0;
  std::uint64_t bytes = 0;
  std::size_t unknown_keys = 0;  // undecided items that are admitted with a key that the state does not have

  bool in_office = false;
  std::optional<NodeId> leader = {};
  DecisionRate rate = {};  // of this time in office
  std::deque<Queued> queued = {};
  std::unordered_set<Digest> on_the_way = {};  // queued or in a block
  std::vector<Block> blocks = {};
  std::optional<std::uint64_t> proposing = {};  // the block whose place in the log is not known yet
  bool holding = false;                         // the log refused a block: the next tick goes on
  std::optional<LogIndex> majority = {};        // how far it has applied, as far as is known
  std::deque<std::pair<LogIndex, std::size_t>> ahead = {};  // blocks beyond it, and their statements
  std::size_t behind = 0;                                   // their statements together
  std::uint64_t leadership = 0;                             // counts; answers of an earlier one are stale

  TreeSize finished = {};
  bool ticking = false;
  bool stopped = false;

  std::atomic<std::size_t> figure_statements = 0;
  std::atomic<std::uint64_t> figure_bytes = 0;
  std::atomic<std::uint64_t> figure_blocks = 0;
  std::atomic<std::uint64_t> figure_proposed = 0;
  std::atomic<std::uint64_t> figure_forwarded = 0;
  std::atomic<std::size_t> figure_behind = 0;
  std::atomic<std::size_t> figure_queued = 0;
};

}  // namespace anta
