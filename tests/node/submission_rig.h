// A submission whose consensus is the test: it sees what is proposed and sent, and says what was decided.
#pragma once

#include <gtest/gtest.h>

#include "node/submission.h"
#include "storage/ledger/block.h"
#include "storage/ledger/codec.h"
#include "tests/node/ledger_rig.h"
#include "tests/node/manual_executor.h"

namespace anta::test {

struct SubmissionRig {
  World world = rich_world();
  ManualExecutor executor = {};
  std::map<Digest, Outcome> decided = {};
  bool newcomer_known = false;
  bool plant_revoked = false;
  std::vector<std::vector<Bytes>> blocks = {};
  std::vector<std::pair<NodeId, Forward>> forwards = {};
  std::vector<ForwardRefused> refusals = {};
  Result<raft::Proposed> proposing = raft::Proposed{};
  bool proposals_wait = false;  // their answers are given by the test
  std::vector<std::function<void(Result<raft::Proposed>)>> unanswered = {};
  int reads = 0;
  int looked_up = 0;  // outcomes asked for
  bool reads_wait = false;
  bool disk_low = false;
  KeyLimiter keys{TokenRate{.per_second = 1'000'000, .burst = 1'000'000}};
  std::vector<std::function<void(Result<LogIndex>)>> unread = {};
  std::unique_ptr<Verification> verification = {};
  std::unique_ptr<Submission> submission = {};
  std::vector<std::vector<Submitted>> answers = {};

  explicit SubmissionRig(SubmissionOptions options = {}) {
    verification = std::make_unique<Verification>(
        VerificationOptions{.threads = 1}, [this](const Digest& kid) -> std::optional<state::Key> {
          for (const char* name : {"miner", "plant", "registrar", "newcomer"}) {
            if (kid != world.key(name).kid() || (std::string_view(name) == "newcomer" && !newcomer_known))
              continue;
            state::Key record;
            record.party = PartyId{name};
            record.key = world.key(name).public_key();
            if (std::string_view(name) == "plant" && plant_revoked) record.state = KeyState::revoked;
            return record;
          }
          return std::nullopt;
        });
    options.self = NodeId{"n1"};
    submission = std::make_unique<Submission>(options, ports(), executor, *verification);
  }

  SubmissionPorts ports() {
    SubmissionPorts p;
    p.propose = [this](std::shared_ptr<const Bytes> block, Millis, auto callback) {
      if (proposing) {
        std::vector<Bytes> items;
        const auto decoded = decode_block(*block);
        ASSERT_TRUE(decoded);
        for (const ByteView item : *decoded)
          items.push_back(to_bytes(item));
        blocks.push_back(std::move(items));
      }
      if (proposals_wait) return unanswered.push_back(std::move(callback));
      callback(proposing);
    };
    p.read_index = [this](auto callback) {
      ++reads;
      if (reads_wait) return unread.push_back(std::move(callback));
      callback(LogIndex{1});
    };
    p.send = [this](const NodeId& to, PeerKind kind, const Bytes& bytes) {
      if (kind == PeerKind::forward) forwards.emplace_back(to, *decode_forward(bytes));
      if (kind == PeerKind::forward_refused) refusals.push_back(*decode_forward_refused(bytes));
    };
    p.outcome = [this](const Digest& digest) -> Result<std::optional<Outcome>> {
      ++looked_up;
      const auto found = decided.find(digest);
      return found == decided.end() ? std::optional<Outcome>{} : std::optional(found->second);
    };
    p.may_enter = [this](const SignedStatement& statement) { return may_enter(world.view, statement); };
    p.event_ahead_max_ms = [] { return std::int64_t{600'000}; };
    p.clock = [this] { return Millis{world.now}; };
    p.disk_low = [this] { return disk_low; };
    p.keys = &keys;
    return p;
  }

  void lead(bool in_office) {
    submission->on_role({.role = in_office ? raft::Role::leader : raft::Role::follower,
                         .term = Term{1},
                         .leader = NodeId{in_office ? "n1" : "n2"},
                         .in_office = in_office});
    executor.run();
  }
  void submit(const std::vector<Bytes>& items, SubmitOptions options = {.wait = WaitFor::committed}) {
    std::vector<std::shared_ptr<const Bytes>> shared;
    for (const Bytes& bytes : items)
      shared.push_back(std::make_shared<const Bytes>(bytes));
    submission->submit(shared, options,
                       [this](std::vector<Submitted> a) { answers.push_back(std::move(a)); });
  }
  bool until(const std::function<bool()>& condition) { return executor.run_until(condition); }
  // Decides a block's statements: accepted, at the leaves after `leaf`.
  void decide(const std::vector<Bytes>& items, std::uint64_t leaf = 10) {
    BlockNotice notice;
    for (const Bytes& bytes : items) {
      Outcome outcome{.statement = sha256(bytes), .accepted = true, .leaf = LeafIndex{leaf++}};
      decided[outcome.statement] = outcome;
      notice.decisions.push_back({.statement = outcome.statement, .again = false, .answer = outcome});
    }
    submission->on_block(notice);
    executor.run();
  }
  void refuse_from(const std::string& leader, std::uint64_t request, const Bytes& statement, Error error) {
    const ForwardRefused refused{.request = request,
                                 .items = {{.statement = sha256(statement), .error = std::move(error)}}};
    submission->on_peer_message(NodeId{leader}, PeerKind::forward_refused, encode_forward_refused(refused));
    executor.run();
  }
  Bytes lot(const std::string& id) { return world.sign("miner", world.lot(id)); }
};

}  // namespace anta::test
