// How undecided statements reach the log: through this node's blocks when it leads, else through the leader.
#include <algorithm>
#include <utility>

#include "node/submission_state.h"
#include "storage/ledger/block.h"

namespace anta {

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
      if (alone) check_key(request);
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
  if (!on_the_way.insert(item.digest).second) {
    request->offered = true;  // joins what another request has offered
    return;
  }
  queued.emplace_back(item.digest, item.bytes);
}

// The item at `next` names a key that the state did not have at admission. The answer unknown_key needs proof
// that this node still leads and has applied everything that was committed when it asked.
void Submission::State::check_key(const RequestPtr& request) {
  if (request->checking_key) return;
  request->checking_key = true;
  request->offered_at = executor.steady_ms();
  const std::size_t place = request->next;
  ports.read_index([self = weak_from_this(), request, place](Result<LogIndex> index) {
    const auto state = self.lock();
    if (!state) return;
    if (!index) {
      state->executor.post([request] { request->checking_key = false; });  // the tick asks again
      return;
    }
    auto done = [self, request, place](std::vector<Result<Verification::Admitted>> results) {
      const auto then = self.lock();
      if (!then) return;
      if (results.front() && !results.front()->known) {
        results.front() =
            fail(Code::rule_violated, "unknown_key", "no registered key has the id that the statement names");
      }
      then->executor.post([then, request, place, results = std::move(results)]() mutable {
        then->admitted(request, {place}, std::move(results));
      });
    };
    if (!state->verification.admit({request->items[place].bytes}, std::move(done))) {
      state->executor.post([request] { request->checking_key = false; });
    }
  });
}

void Submission::State::form_blocks() {
  while (leading() && !queued.empty() && blocks.size() < options.blocks_in_flight_max) {
    std::vector<std::shared_ptr<const Bytes>> statements_of_block;
    std::vector<Digest> digests;
    std::size_t size = 0;
    while (!queued.empty() && statements_of_block.size() < options.block_statements_max) {
      auto& [digest, statement] = queued.front();
      if (!statements_of_block.empty() && size + statement->size() > options.block_bytes_max) break;
      size += statement->size();
      // Decided meanwhile, or its request is gone: nobody needs it in a block.
      if (waiting.contains(digest)) {
        digests.push_back(digest);
        statements_of_block.push_back(std::move(statement));
      } else {
        on_the_way.erase(digest);
      }
      queued.pop_front();
    }
    if (statements_of_block.empty()) continue;
    for (const Digest& digest : digests) {
      const auto [begin, end] = waiting.equal_range(digest);
      for (auto it = begin; it != end; ++it)
        requests.at(it->second.first)->offered = true;
    }
    const std::uint64_t id = next_id++;
    blocks.push_back({.id = id, .undecided = {digests.begin(), digests.end()}});
    figure_blocks += 1;
    figure_proposed += digests.size();
    auto block = std::make_shared<const Bytes>(encode_block(statements_of_block));
    ports.propose(std::move(block), ports.clock(),
                  [self = weak_from_this(), id, digests, when = leadership](Result<raft::Proposed> result) {
                    const auto state = self.lock();
                    if (!state || result) return;
                    state->executor.post([state, id, digests, when, result] {
                      if (when == state->leadership) state->proposed(id, digests, result);
                    });
                  });
  }
}

// A block that never reached the log: its statements are offered again at the next tick.
void Submission::State::proposed(std::uint64_t block, std::vector<Digest> digests,
                                 const Result<raft::Proposed>& result) {
  if (result) return;
  std::erase_if(blocks, [&](const Block& b) { return b.id == block; });
  for (const Digest& digest : digests) {
    on_the_way.erase(digest);
    const auto [begin, end] = waiting.equal_range(digest);
    for (auto it = begin; it != end; ++it) {
      const RequestPtr& request = requests.at(it->second.first);
      request->next = std::min(request->next, it->second.second);
      request->offered_at = executor.steady_ms() - options.offer_again_ms;
    }
  }
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
  if (request->offered_to != leader) ++request->leaders;
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
  queued.clear();
  on_the_way.clear();
  blocks.clear();
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
  if (!leading()) return;  // it offers to whoever leads
  take(request);
}

void Submission::State::take_refused(const NodeId& from, ByteView body) {
  Result<ForwardRefused> message = decode_forward_refused(body);
  if (!message) return;
  const auto found = requests.find(message->request);
  // Only the leader that it was offered to may refuse it, and not one that asks to wait when an earlier
  // leader may have it in its log.
  if (found == requests.end() || found->second->offered_to != from) return;
  const RequestPtr request = found->second;
  for (const ForwardRefused::Item& refused : message->items) {
    if (refused.error.code == Code::not_leader || refused.error.code == Code::uncertain) continue;
    if (refused.error.code == Code::busy && request->leaders > 1) continue;
    for (std::size_t i = 0; i < request->items.size(); ++i) {
      if (request->items[i].digest == refused.statement) refuse(request, i, refused.error);
    }
  }
  settle(request);
}

}  // namespace anta
