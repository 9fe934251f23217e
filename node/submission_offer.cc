// How undecided statements reach the log: through this node's blocks when it leads, else through the leader.
#include <algorithm>
#include <utility>

#include "node/submission_state.h"
#include "storage/ledger/block.h"

namespace anta {

namespace {

constexpr std::size_t ahead_max = 4'096;  // blocks that are known one by one

}  // namespace

// Moves a request as far as it can go now.
void Submission::State::pump(const RequestPtr& request) {
  if (!request->admitted || stopped) return;
  if (!leading()) return forward(request);
  while (request->next < request->items.size()) {
    Item& item = request->items[request->next];
    if (!item.answer && !item.known) {
      // What it depends on may stand before it in the same request: first let that be decided.
      const auto before = request->items.begin() + static_cast<std::ptrdiff_t>(request->next);
      const bool alone =
          std::all_of(request->items.begin(), before, [](const Item& i) { return i.answer.has_value(); });
      if (alone) check_keys(request);
      break;
    }
    if (!item.answer) queue(request, item);
    ++request->next;
  }
  form_blocks();
}

void Submission::State::pump_all() {
  std::vector<RequestPtr> all;
  for (const auto& [id, request] : requests) {
    if (request->unanswered > 0) all.push_back(request);
  }
  for (const RequestPtr& request : all)
    pump(request);
}

void Submission::State::queue(const RequestPtr& request, Item& item) {
  request->offered_at = executor.steady_ms();
  if (on_the_way.insert(item.digest).second) {
    queued.emplace_back(item.digest, item.bytes);
    return;
  }
  // In the queue it is offered to nobody yet, and a block takes it for all who wait for it.
  const auto has_it = [&](const Block& block) { return block.undecided.contains(item.digest); };
  if (std::ranges::none_of(blocks, has_it)) return;
  request->offered = true;
  ++request->offers;
}

// What nobody waits for any more, where no block takes it out: while a majority is behind, or blocks stay
// undecided, the queue would hold all that came and ran out of time meanwhile.
void Submission::State::forget_expired() {
  std::erase_if(queued, [this](const Queued& one) {
    if (waiting.contains(one.first)) return false;
    on_the_way.erase(one.first);
    return true;
  });
}

// The items from `next` on name keys that the state did not have at admission. The answer unknown_key needs
// proof that this node still leads and has applied everything that was committed when it asked.
void Submission::State::check_keys(const RequestPtr& request) {
  if (request->checking_key) return;
  request->checking_key = true;
  request->offered_at = executor.steady_ms();
  std::vector<std::size_t> places;
  std::vector<Verification::Arrived> run;
  for (std::size_t i = request->next; i < request->items.size(); ++i) {
    const Item& item = request->items[i];
    if (item.answer) continue;
    if (item.known) break;
    places.push_back(i);
    run.push_back({.bytes = item.bytes, .digest = item.digest});
  }
  // In another time of office it is another leader's to say, or to be asked anew: the statement may have been
  // offered meanwhile.
  ports.read_index([self = weak_from_this(), request, when = leadership, places = std::move(places),
                    run = std::move(run)](const Result<LogIndex>& index) {
    const auto state = self.lock();
    if (!state) return;
    auto done = [self, request, when, places](std::vector<Result<Verification::Admitted>> results) {
      const auto then = self.lock();
      if (!then) return;
      then->executor.post([then, request, when, places, results = std::move(results)]() mutable {
        if (when == then->leadership) then->keys_checked(request, std::move(places), std::move(results));
      });
    };
    if (!index || !state->verification.admit(run, std::move(done)))
      state->executor.post([state, request, when] {
        if (when == state->leadership) request->checking_key = false;  // the tick asks again
      });
  });
}

// What is unknown is unknown for good only while nothing before it can still register it: up to the first of
// the run that has its key by now, or was decided meanwhile. What stands behind that waits for it.
void Submission::State::keys_checked(const RequestPtr& request, std::vector<std::size_t> places,
                                     std::vector<Result<Verification::Admitted>> results) {
  bool alone = true;
  for (std::size_t i = 0; i < places.size(); ++i) {
    alone = alone && !request->items[places[i]].answer && (!results[i] || !results[i]->known);
    if (!alone || !results[i]) continue;
    results[i] =
        fail(Code::rule_violated, "unknown_key",
             "the key that the statement names is not registered for its issuer, or not valid any more");
  }
  admitted(request, std::move(places), std::move(results));
}

void Submission::State::form_blocks() {
  while (leading() && !queued.empty() && !proposing && !holding && !holds_back() &&
         blocks.size() < options.blocks_in_flight_max) {
    std::vector<Queued> taken;
    std::size_t size = 0;
    while (!queued.empty() && taken.size() < options.block_statements_max) {
      Queued& front = queued.front();
      if (!taken.empty() && size + front.second->size() > options.block_bytes_max) break;
      // Decided meanwhile, or its request is gone: nobody needs it in a block.
      if (waiting.contains(front.first)) {
        size += front.second->size();
        taken.push_back(std::move(front));
      } else {
        on_the_way.erase(front.first);
      }
      queued.pop_front();
    }
    if (!taken.empty()) propose(std::move(taken));
  }
  if (queued.empty()) rate.ran_dry();
  figure_queued = queued.size();
}

void Submission::State::propose(std::vector<Queued> statements_of_block) {
  Block block{.id = next_id++, .undecided = {}, .statements = std::move(statements_of_block)};
  std::vector<std::shared_ptr<const Bytes>> content;
  for (const auto& [digest, statement] : block.statements) {
    const auto [begin, end] = waiting.equal_range(digest);
    for (auto it = begin; it != end; ++it) {
      Request& request = *requests.at(it->second.first);
      request.offered = true;
      ++request.offers;
    }
    block.undecided.insert(digest);
    content.push_back(statement);
  }
  figure_blocks += 1;
  figure_proposed += content.size();
  proposing = block.id;
  const std::uint64_t id = block.id;
  blocks.push_back(std::move(block));
  ports.propose(std::make_shared<const Bytes>(encode_block(content)), ports.clock(),
                [self = weak_from_this(), id, count = content.size(),
                 when = leadership](const Result<raft::Proposed>& result) {
                  const auto state = self.lock();
                  if (!state) return;
                  state->executor.post([state, id, count, when, result] {
                    if (when == state->leadership) state->proposed(id, count, result);
                  });
                });
}

// A block that never reached the log goes back to where it came from, before everything that waits behind it,
// and is offered again at the next tick.
void Submission::State::proposed(std::uint64_t id, std::size_t count, const Result<raft::Proposed>& result) {
  if (proposing == id) proposing.reset();
  if (result) {
    ahead.emplace_back(result->index, count);
    if (ahead.size() > ahead_max) {  // as long as no majority tells: the oldest two are one from here on
      (ahead.begin() + 1)->second += ahead.front().second;
      ahead.pop_front();
    }
    behind += count;
    applied_by_majority(majority);
  }
  const auto block = std::ranges::find(blocks, id, &Block::id);
  if (block != blocks.end() && result) block->statements.clear();
  if (block != blocks.end() && !result) {
    queued.insert(queued.begin(), block->statements.begin(), block->statements.end());
    blocks.erase(block);
    holding = true;
  }
  form_blocks();
}

void Submission::State::applied_by_majority(std::optional<LogIndex> index) {
  majority = index;
  while (majority && !ahead.empty() && ahead.front().first <= *majority) {
    behind -= ahead.front().second;
    ahead.pop_front();
  }
  figure_behind = behind;
}

void Submission::State::forward(const RequestPtr& request) {
  // What another node forwarded is that node's to offer elsewhere.
  if (request->origin || !leader || *leader == options.self) return;
  const std::int64_t now = executor.steady_ms();
  if (request->offered_to == leader && now - request->offered_at < options.offer_again_ms) return;
  Forward message{.request = request->id, .statements = {}};
  for (const Item& item : request->items) {
    if (!item.answer) message.statements.push_back(item.bytes);
  }
  request->offered = true;
  ++request->offers;
  request->offered_to = leader;
  request->offered_at = now;
  figure_forwarded += message.statements.size();
  ports.send(*leader, PeerKind::forward, encode_forward(message));
}

void Submission::State::role(const raft::RoleChange& change) {
  const bool led = in_office;
  leader = change.leader;
  in_office = change.in_office;
  if (led && in_office) return;
  // Whatever was on its way may or may not have been kept: everything undecided is offered anew, and apply
  // decides each digest once.
  ++leadership;
  rate = {};
  queued.clear();
  figure_queued = 0;
  on_the_way.clear();
  blocks.clear();
  ahead.clear();
  behind = 0;
  figure_behind = 0;
  proposing.reset();
  holding = false;
  std::vector<RequestPtr> foreign;
  for (const auto& [id, request] : requests) {
    request->next = 0;
    request->checking_key = false;
    if (request->origin && !in_office) foreign.push_back(request);
  }
  for (const RequestPtr& request : foreign) {
    for (std::size_t i = 0; i < request->items.size(); ++i) {
      answer(request, i,
             {.statement = request->items[i].digest,
              .again = false,
              .outcome = fail(Code::not_leader, "leadership ended")});
    }
    finish(request);
  }
  pump_all();
}

void Submission::State::take_forwarded(const NodeId& from, ByteView body) {
  Result<Forward> message = decode_forward(body);
  if (!message) return;  // a peer of ours sends none such; the client's deadline speaks
  for (const auto& [id, request] : requests) {
    if (request->origin == from && request->origin_request == message->request) return;  // offered again
  }
  auto request = std::make_shared<Request>();
  request->origin = from;
  request->origin_request = message->request;
  for (auto& statement : message->statements)
    request->items.push_back({.bytes = std::move(statement)});
  // Followers know who was elected before that node is in office, and what they send then waits for it.
  if (leader != options.self) return;  // it offers to whoever leads
  take(request);
}

void Submission::State::take_refused(const NodeId& from, ByteView body) {
  Result<ForwardRefused> message = decode_forward_refused(body);
  if (!message) return;
  const auto found = requests.find(message->request);
  // Only the leader that it was offered to may refuse it, and "wait" is an answer only to the very first
  // offer: of an earlier one something may stand in a log.
  if (found == requests.end() || found->second->offered_to != from) return;
  const RequestPtr request = found->second;
  std::unordered_map<Digest, const Error*> errors;
  for (const ForwardRefused::Item& refused : message->items) {
    if (refused.error.code == Code::not_leader || refused.error.code == Code::uncertain) continue;
    if (refused.error.code == Code::busy && request->offers > 1) continue;
    errors.emplace(refused.statement, &refused.error);
  }
  for (std::size_t i = 0; i < request->items.size(); ++i) {
    const auto error = errors.find(request->items[i].digest);
    if (error == errors.end()) continue;
    // A request that is busy as a whole is told when to come again, as this node's own refusal tells it.
    refuse(request, {i}, *error->second, error->second->code == Code::busy ? busy_retry_after_s : 0);
  }
  settle(request);
}

}  // namespace anta
