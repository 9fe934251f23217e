#include "node/submission.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "consensus/replica.h"
#include "node/submission_state.h"

namespace anta {
namespace {

Error full_error() {
  return {Code::busy, "statements_max", "too many statements wait to be decided; try again shortly"};
}

}  // namespace

// Whether a request of so many statements and bytes has to wait outside, all of it. What is sure to be
// decided is bounded in time, too, where it is known how fast that goes: who would be answered later than
// that should hear so now. A block's worth is always taken. What was admitted without a registered key takes
// no time of a block, and must not keep out who has a key; what is not admitted yet counts, or a burst would
// pass before any of it is.
bool Submission::State::full(std::size_t more, std::uint64_t more_bytes) const {
  if (statements + more > options.statements_max || bytes + more_bytes > options.bytes_max) return true;
  const std::optional<double> per_second = leading() ? rate.per_second() : std::nullopt;
  const bool waits = leading() && holds_back();
  if (!per_second && !waits) return false;
  const double in_time = waits ? 0 : *per_second * options.queue_ms_max / 1'000;
  return static_cast<double>(statements - unknown_keys) >=
         std::max(in_time, static_cast<double>(options.block_statements_max));
}

// Costs next to nothing: nothing is kept, looked up or, but for a statement that stands alone and is named in
// its answer, hashed. Another node knows its statements by their digests: it gets them all in one message,
// and decides whether that is an answer.
void Submission::State::shed(const Request& request) {
  if (request.origin) {
    ForwardRefused refused{.request = request.origin_request, .items = {}};
    for (const Item& item : request.items)
      refused.items.push_back({.statement = sha256(*item.bytes), .error = full_error()});
    return ports.send(*request.origin, PeerKind::forward_refused, encode_forward_refused(refused));
  }
  std::vector<Submitted> answers(request.items.size());
  for (Submitted& submitted : answers) {
    submitted.outcome = tl::unexpected<Error>(full_error());
    submitted.retry_after_s = busy_retry_after_s;
  }
  if (answers.size() == 1) answers.front().statement = sha256(*request.items.front().bytes);
  request.callback(std::move(answers));
}

void Submission::State::take(RequestPtr request) {
  std::uint64_t size = 0;
  for (const Item& item : request->items)
    size += item.bytes->size();
  if (stopped || full(request->items.size(), size)) return shed(*request);
  request->id = next_id++;
  request->deadline = executor.steady_ms() + request->options.deadline_ms;
  request->unanswered = request->items.size();
  for (Item& item : request->items)
    item.digest = sha256(*item.bytes);
  const bool own = leading() || leader == options.self;  // or will be, once it is in office
  const bool low = own && ports.disk_low && ports.disk_low();
  statements += request->items.size();
  bytes += size;
  figure_statements = statements;
  figure_bytes = bytes;
  requests.emplace(request->id, request);
  // Waiting begins before the look-up: an outcome that is applied in between arrives as a notice.
  for (std::size_t i = 0; i < request->items.size(); ++i)
    waiting.emplace(request->items[i].digest, std::pair(request->id, i));
  std::vector<Verification::Arrived> unknown;
  std::vector<std::size_t> places;
  std::vector<std::size_t> without_room;
  for (std::size_t i = 0; i < request->items.size(); ++i) {
    Item& item = request->items[i];
    Result<std::optional<Outcome>> outcome = ports.outcome(item.digest);
    if (!outcome) {
      refuse(request, {i}, outcome.error());
    } else if (*outcome) {
      answer(request, i, {.statement = item.digest, .again = true, .outcome = std::move(**outcome)});
    } else if (low) {
      without_room.push_back(i);
    } else {
      unknown.push_back({.bytes = item.bytes, .digest = item.digest});
      places.push_back(i);
    }
  }
  refuse(request, without_room, disk_reserve_error());
  schedule_tick();
  if (const std::uint32_t wait_s = keys_wait_s(*request, places); wait_s > 0) {
    refuse(request, places, key_limit_error(wait_s), wait_s);
    unknown.clear();
  }
  if (unknown.empty()) return settle(request);
  admit(request, std::move(unknown), std::move(places));
}

void Submission::State::admit(const RequestPtr& request, std::vector<Verification::Arrived> unknown,
                              std::vector<std::size_t> places) {
  auto done = [self = weak_from_this(), request,
               places](std::vector<Result<Verification::Admitted>> results) {
    const auto state = self.lock();
    if (!state) return;
    state->executor.post([state, request, places, results = std::move(results)]() mutable {
      state->admitted(request, std::move(places), std::move(results));
    });
  };
  if (auto taken = verification.admit(std::move(unknown), std::move(done)); !taken) {
    refuse(request, places, taken.error());
    settle(request);
  }
}

void Submission::State::admitted(const RequestPtr& request, std::vector<std::size_t> places,
                                 std::vector<Result<Verification::Admitted>> results) {
  charge(*request, results);
  const std::int64_t latest = ports.clock().value + ports.event_ahead_max_ms();
  for (std::size_t i = 0; i < places.size(); ++i) {
    Item& item = request->items[places[i]];
    if (item.answer) continue;
    if (!results[i]) {
      refuse(request, {places[i]}, results[i].error());
    } else if (results[i]->statement->event_time().value > latest) {
      refuse(request, {places[i]},
             {Code::rule_violated, "event_in_future", "the event time is ahead of this node's clock"});
    } else if (const auto may = ports.may_enter(*results[i]->statement); !may) {
      refuse(request, {places[i]}, may.error());
    } else {
      item.statement = results[i]->statement;
      item.known = results[i]->known;
    }
  }
  if (!request->admitted && !admit_unknown(request)) return settle(request);
  request->admitted = true;
  request->checking_key = false;
  for (const std::size_t place : places)
    count(request->items[place]);
  settle(request);
  if (request->unanswered > 0) pump(request);
}

// Only the receiving node asks and charges: what another node forwards went through its own limits.
std::uint32_t Submission::State::keys_wait_s(const Request& request, const std::vector<std::size_t>& places) {
  if (!ports.keys || request.origin) return 0;
  std::vector<ByteView> statements_of_keys;
  for (const std::size_t i : places)
    statements_of_keys.push_back(*request.items[i].bytes);
  return ports.keys->wait_s(statements_of_keys, executor.steady_ms());
}

void Submission::State::charge(const Request& request,
                               const std::vector<Result<Verification::Admitted>>& results) {
  if (!ports.keys || request.origin) return;
  for (const Result<Verification::Admitted>& result : results) {
    if (result && result->checked) ports.keys->charge(result->statement->header.kid, executor.steady_ms());
  }
}

// All or nothing, like the queue itself: what stands behind a statement that was left out could be rejected
// for ever for want of it.
bool Submission::State::admit_unknown(const RequestPtr& request) {
  const auto more = static_cast<std::size_t>(
      std::ranges::count_if(request->items, [](const Item& item) { return !item.answer && !item.known; }));
  if (more == 0 || unknown_keys == 0 || unknown_keys + more <= options.unknown_keys_max) return true;
  std::vector<std::size_t> all(request->items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  // Who sent it can come again with it as it is.
  refuse(request, all,
         {Code::busy, "unknown_keys_max",
          "too many statements wait whose keys are not registered yet; try again shortly"},
         busy_retry_after_s);
  return false;
}

void Submission::State::count(Item& item) {
  const bool counts = item.statement && !item.known && !item.answer;
  if (counts && !item.counted) ++unknown_keys;
  if (!counts && item.counted) --unknown_keys;
  item.counted = counts;
}

// Of those at `places` that have no answer yet. Another node hears of them all in one message.
void Submission::State::refuse(const RequestPtr& request, const std::vector<std::size_t>& places,
                               const Error& error, std::uint32_t retry_after_s) {
  ForwardRefused refused{.request = request->origin_request, .items = {}};
  for (const std::size_t i : places) {
    if (request->items[i].answer) continue;
    const Digest digest = request->items[i].digest;
    if (request->origin) refused.items.push_back({.statement = digest, .error = error});
    answer(request, i,
           {.statement = digest,
            .again = false,
            .outcome = tl::unexpected<Error>(error),
            .retry_after_s = retry_after_s});
  }
  if (refused.items.empty()) return;
  ports.send(*request->origin, PeerKind::forward_refused, encode_forward_refused(refused));
}

// Fills in an answer; the caller settles the request.
void Submission::State::answer(const RequestPtr& request, std::size_t i, Submitted submitted) {
  Item& item = request->items[i];
  if (item.answer) return;
  item.answer = std::move(submitted);
  count(item);
  --request->unanswered;
  --statements;
  bytes -= item.bytes->size();
  const auto [begin, end] = waiting.equal_range(item.digest);
  for (auto it = begin; it != end; ++it) {
    if (it->second == std::pair(request->id, i)) {
      waiting.erase(it);
      break;
    }
  }
  figure_statements = statements;
  figure_bytes = bytes;
}

// Calls back when nothing is left to wait for.
void Submission::State::settle(const RequestPtr& request) {
  if (request->unanswered > 0 || !requests.contains(request->id)) return;
  bool covered = true;
  for (Item& item : request->items) {
    Submitted& submitted = *item.answer;
    if (!submitted.outcome || !submitted.outcome->accepted) continue;
    submitted.cosigned = submitted.outcome->leaf.value < finished.value;
    covered = covered && submitted.cosigned;
  }
  if (covered || request->options.wait == WaitFor::committed || !request->callback || stopped)
    return finish(request);
  const std::int64_t now = executor.steady_ms();
  if (request->cosign_deadline == 0) request->cosign_deadline = now + request->options.cosign_wait_ms;
  if (now >= request->cosign_deadline) finish(request);
}

void Submission::State::finish(const RequestPtr& request) {
  requests.erase(request->id);
  if (!request->callback) return;
  std::vector<Submitted> answers;
  answers.reserve(request->items.size());
  for (Item& item : request->items)
    answers.push_back(std::move(*item.answer));
  request->callback(std::move(answers));
}

void Submission::State::decide(const Decision& decision) {
  on_the_way.erase(decision.statement);
  std::vector<std::pair<std::uint64_t, std::size_t>> who;
  const auto [begin, end] = waiting.equal_range(decision.statement);
  for (auto it = begin; it != end; ++it)
    who.push_back(it->second);
  for (const auto& [id, i] : who) {
    const RequestPtr request = requests.at(id);
    answer(request, i,
           {.statement = decision.statement, .again = decision.again, .outcome = decision.answer});
    settle(request);
    // What stood behind a statement with an unknown key can go on.
    if (request->unanswered > 0 && request->next < request->items.size()) pump(request);
  }
}

void Submission::State::schedule_tick() {
  if (ticking || requests.empty() || stopped) return;
  ticking = true;
  executor.after(options.tick_ms, [self = weak_from_this()] {
    if (const auto state = self.lock()) state->tick();
  });
}

void Submission::State::tick() {
  ticking = false;
  const std::int64_t now = executor.steady_ms();
  std::vector<RequestPtr> all;
  all.reserve(requests.size());
  for (const auto& [id, request] : requests)
    all.push_back(request);
  bool expired = false;
  for (const RequestPtr& request : all) {
    if (request->unanswered == 0) {
      settle(request);
    } else if (now >= request->deadline) {
      expire(request);
      expired = true;
    } else if (request->admitted && now - request->offered_at >= options.offer_again_ms) {
      if (leading()) request->next = 0;
      pump(request);
    }
  }
  if (expired) forget_expired();
  holding = false;
  form_blocks();
  schedule_tick();
}

void Submission::State::expire(const RequestPtr& request) {
  const Error uncertain{
      Code::uncertain, "deadline",
      "no outcome in time; it may still be recorded: send the same bytes again to learn it"};
  const Error no_leader{Code::busy, "no_leader",
                        "no node leads at the moment; nothing was recorded, try again"};
  const bool waits = leading() && !queued.empty() && !request->offered;  // too much stands before it
  const Error error = request->offered ? uncertain : (waits ? full_error() : no_leader);
  for (std::size_t i = 0; i < request->items.size(); ++i) {
    if (request->items[i].answer) continue;
    answer(request, i,
           {.statement = request->items[i].digest,
            .again = false,
            .outcome = tl::unexpected<Error>(error),
            .retry_after_s = waits ? busy_retry_after_s : 0});
  }
  settle(request);
}

Submission::Submission(SubmissionOptions options, SubmissionPorts ports, Executor& executor,
                       Verification& verification)
    : state_(std::make_shared<State>(std::move(options), std::move(ports), executor, verification)) {}

Submission::~Submission() = default;

void Submission::submit(std::vector<std::shared_ptr<const Bytes>> items, SubmitOptions options,
                        Callback callback) {
  ANTA_INVARIANT(!items.empty());
  auto request = std::make_shared<State::Request>();
  for (auto& bytes : items)
    request->items.push_back({.bytes = std::move(bytes)});
  request->options = options;
  request->callback = std::move(callback);
  state_->executor.post([state = state_, request] { state->take(request); });
}

void Submission::on_block(const BlockNotice& notice) {
  auto decisions = std::make_shared<const std::vector<Decision>>(notice.decisions);
  state_->executor.post([state = state_, decisions] {
    for (const Decision& decision : *decisions)
      state->decide(decision);
    for (State::Block& block : state->blocks) {
      for (const Decision& decision : *decisions)
        block.undecided.erase(decision.statement);
    }
    std::erase_if(state->blocks, [](const State::Block& block) { return block.undecided.empty(); });
    state->form_blocks();
    state->rate.decided(decisions->size(), state->executor.steady_ms(),
                        state->leading() && !state->queued.empty());
  });
}

void Submission::on_role(const raft::RoleChange& role) {
  state_->executor.post([state = state_, role] { state->role(role); });
}

void Submission::on_applied_by_majority(std::optional<LogIndex> index) {
  state_->executor.post([state = state_, index] {
    state->applied_by_majority(index);
    state->form_blocks();
  });
}

void Submission::on_finished(TreeSize size) {
  state_->executor.post([state = state_, size] {
    state->finished = std::max(state->finished, size);
    std::vector<State::RequestPtr> waiting;
    for (const auto& [id, request] : state->requests) {
      if (request->unanswered == 0) waiting.push_back(request);
    }
    for (const State::RequestPtr& request : waiting)
      state->settle(request);
  });
}

void Submission::on_peer_message(const NodeId& from, PeerKind kind, Bytes bytes) {
  state_->executor.post([state = state_, from, kind, bytes = std::move(bytes)] {
    if (kind == PeerKind::forward) state->take_forwarded(from, bytes);
    if (kind == PeerKind::forward_refused) state->take_refused(from, bytes);
  });
}

void Submission::set_limits(std::size_t statements_max, std::uint64_t bytes_max) {
  state_->executor.post([state = state_, statements_max, bytes_max] {
    state->options.statements_max = statements_max;
    state->options.bytes_max = bytes_max;
  });
}

void Submission::stop() {
  state_->executor.post([state = state_] {
    state->stopped = true;
    const auto all = state->requests;
    for (const auto& [id, request] : all)
      request->unanswered > 0 ? state->expire(request) : state->settle(request);
  });
}

Submission::Figures Submission::figures() const {
  return {.statements = state_->figure_statements,
          .bytes = state_->figure_bytes,
          .blocks_proposed = state_->figure_blocks,
          .statements_proposed = state_->figure_proposed,
          .forwarded = state_->figure_forwarded,
          .behind = state_->figure_behind,
          .queued = state_->figure_queued};
}

}  // namespace anta
