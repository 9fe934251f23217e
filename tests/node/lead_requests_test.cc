// Lead orders between nodes: who follows them, who passes them on, and what their senders hear.
#include "node/lead_requests.h"

#include <gtest/gtest.h>

#include "tests/node/manual_executor.h"

namespace anta::test {
namespace {

struct Sent {
  NodeId to = {};
  PeerKind kind = {};
  Bytes bytes = {};
};

// One node's orders. The test is the log and the peers.
struct Desk {
  explicit Desk(const std::string& self) : key(*Secret32::random()) {
    LeadPorts ports;
    ports.authorise = [this](const SignedLeadOrder&) { return may; };
    ports.transfer = [this](const NodeId& to, Term term, std::function<void(Result<void>)> callback) {
      transferred.emplace_back(to, term);
      transfer = std::move(callback);
    };
    ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
      sent.push_back({to, kind, std::move(bytes)});
    };
    requests = std::make_unique<LeadRequests>(LeadRequests::Options{.self = NodeId{self}}, std::move(ports),
                                              executor);
  }

  std::shared_ptr<const Bytes> order(const std::string& node, std::uint64_t term) const {
    const LeadOrder order{.network = {}, .node = NodeId{node}, .term = term, .event_time = Millis{1}};
    return std::make_shared<const Bytes>(*sign_lead_order(order, PartyId{"org"}, key, 1, {}));
  }
  void ask(const std::string& node, std::uint64_t term) {
    requests->ask(order(node, term), [this](Result<Led> led) { answers.push_back(std::move(led)); });
    executor.run();
  }
  void role(raft::Role now, std::uint64_t term, const std::string& leader) {
    raft::RoleChange change{.role = now, .term = Term{term}};
    change.in_office = now == raft::Role::leader && takes_office;
    if (!leader.empty()) change.leader = NodeId{leader};
    requests->on_role(change);
    executor.run();
    if (now == raft::Role::leader && settles) executor.advance(1'000);
  }
  void done(Result<void> how) {
    transfer(std::move(how));
    executor.run();
  }
  std::string rule() const {
    return answers.empty() ? "" : answers.back() ? "ok" : answers.back().error().rule;
  }

  ManualExecutor executor = {};
  bool takes_office = true;
  bool settles = true;  // whoever becomes leader has been it for a while
  SigningKey key;
  Result<void> may = {};
  std::vector<std::pair<NodeId, Term>> transferred = {};
  std::function<void(Result<void>)> transfer = {};
  std::vector<Sent> sent = {};
  std::vector<Result<Led>> answers = {};
  std::unique_ptr<LeadRequests> requests = {};
};

TEST(LeadRequests, TheLeaderHandsOverAndAnswersOnceTheOtherLeads) {
  // Goal: not before anybody knows it, and the same bytes again are of an old term.
  Desk desk("n1");
  desk.role(raft::Role::leader, 3, "n1");
  desk.ask("n2", 3);
  ASSERT_EQ(desk.transferred.size(), 1u);
  EXPECT_EQ(desk.transferred[0], std::pair(NodeId{"n2"}, Term{3}));
  EXPECT_TRUE(desk.answers.empty());
  desk.role(raft::Role::follower, 4, "");
  EXPECT_TRUE(desk.answers.empty());
  desk.role(raft::Role::follower, 4, "n2");
  desk.done({});
  ASSERT_EQ(desk.answers.size(), 1u);
  ASSERT_TRUE(desk.answers[0]);
  EXPECT_EQ(desk.answers[0]->leader, NodeId{"n2"});
  EXPECT_EQ(desk.answers[0]->term, Term{4});
  desk.ask("n2", 3);
  EXPECT_EQ(desk.rule(), "lead.term");
  EXPECT_TRUE(desk.sent.empty());
}

TEST(LeadRequests, WhoJustBeganToLeadKeepsItForASecond) {
  // Goal: nothing is proposed while leadership changes hands, so one organisation's orders do not make it hop
  // as fast as they come.
  Desk desk("n1");
  desk.settles = false;
  desk.takes_office = false;
  desk.role(raft::Role::leader, 3, "n1");
  desk.executor.advance(5'000);
  desk.ask("n2", 3);  // elected, but its first entry is not committed
  EXPECT_EQ(desk.rule(), "lead.busy");
  desk.takes_office = true;
  desk.role(raft::Role::leader, 3, "n1");
  desk.ask("n2", 3);
  EXPECT_EQ(desk.rule(), "lead.busy");
  desk.executor.advance(999);
  desk.ask("n2", 3);
  EXPECT_TRUE(desk.transferred.empty());
  desk.role(raft::Role::leader, 3, "n1");  // said again: no new office
  desk.executor.advance(1);
  desk.ask("n2", 3);
  EXPECT_EQ(desk.transferred.size(), 1u);
  desk.role(raft::Role::follower, 4, "n2");
  desk.role(raft::Role::leader, 5, "n1");
  desk.ask("n2", 5);
  EXPECT_EQ(desk.transferred.size(), 1u);
}

TEST(LeadRequests, WhoLeadsAlreadyIsAskedNothing) {
  // Goal: an order that is followed already is followed, wherever it arrives.
  Desk desk("n1");
  desk.role(raft::Role::follower, 3, "n2");
  desk.ask("n2", 3);
  EXPECT_EQ(desk.rule(), "ok");
  EXPECT_TRUE(desk.sent.empty());
}

TEST(LeadRequests, AFollowerPassesItOnAndSeesForItself) {
  // Goal: the order's own bytes go to the leader, to each new one of the same term, and once another leads
  // in a later term the sender hears who.
  Desk desk("n3");
  desk.role(raft::Role::follower, 3, "");
  desk.ask("n2", 3);
  EXPECT_TRUE(desk.sent.empty());
  desk.role(raft::Role::follower, 3, "n1");
  ASSERT_EQ(desk.sent.size(), 1u);
  EXPECT_EQ(desk.sent[0].to, NodeId{"n1"});
  EXPECT_EQ(desk.sent[0].kind, PeerKind::lead_forward);
  EXPECT_EQ(*decode_lead_forward(desk.sent[0].bytes)->order, *desk.order("n2", 3));
  desk.role(raft::Role::follower, 4, "n2");
  EXPECT_EQ(desk.rule(), "ok");
  desk.ask("n1", 4);
  desk.role(raft::Role::follower, 5, "n3");
  EXPECT_EQ(desk.rule(), "lead.term");  // somebody else leads now
}

TEST(LeadRequests, TheLeaderChecksWhatIsPassedOnAndSendsItsRefusalBack) {
  // Goal: a node that passes on what it should not is no way around the check; a log that refuses is told in
  // the order's words, and only whom it was offered to may refuse.
  Desk leader("n1");
  Desk follower("n3");
  leader.role(raft::Role::leader, 3, "n1");
  follower.role(raft::Role::follower, 3, "n1");
  const auto pass_on = [&](Result<void> may, Result<void> log) {
    follower.ask("n2", 3);
    leader.may = std::move(may);
    leader.requests->on_peer_message(NodeId{"n3"}, PeerKind::lead_forward, follower.sent.back().bytes);
    leader.executor.run();
    if (leader.may) leader.done(std::move(log));
    follower.requests->on_peer_message(NodeId{"n2"}, leader.sent.back().kind, leader.sent.back().bytes);
    follower.executor.run();
    const std::size_t before = follower.answers.size();
    follower.requests->on_peer_message(NodeId{"n1"}, leader.sent.back().kind, leader.sent.back().bytes);
    follower.executor.run();
    EXPECT_EQ(follower.answers.size(), before + 1);
    return follower.rule();
  };
  EXPECT_EQ(pass_on(fail(Code::not_authorised, "no_vote", "no"), {}), "no_vote");
  EXPECT_EQ(pass_on({}, fail(Code::busy, "raft.transfer", "behind")), "lead.busy");
  EXPECT_EQ(pass_on({}, fail(Code::malformed, "raft.transfer", "no voter")), "lead.not_a_voter");
  EXPECT_EQ(pass_on({}, fail(Code::not_leader, "replica.term", "another term")), "lead.term");
  EXPECT_EQ(leader.transferred.size(), 3u);
}

TEST(LeadRequests, EveryOrderHasAnAnswer) {
  // Goal: refused at the door, without a leader, without a word from it, with too many waiting, and when the
  // node stops.
  Desk desk("n3");
  desk.may = fail(Code::bad_signature, "bad_signature", "no");
  desk.ask("n2", 3);
  EXPECT_EQ(desk.rule(), "bad_signature");
  desk.may = {};
  desk.ask("n2", 3);
  desk.executor.advance(4'999);
  EXPECT_EQ(desk.answers.size(), 1u);
  desk.executor.advance(1);
  EXPECT_EQ(desk.rule(), "no_leader");
  desk.role(raft::Role::follower, 3, "n1");
  desk.ask("n2", 3);
  desk.executor.advance(5'000);
  EXPECT_EQ(desk.rule(), "lead.uncertain");
  EXPECT_EQ(desk.answers.back().error().code, Code::uncertain);
  for (int i = 0; i < 65; ++i)
    desk.ask("n2", 3);
  ASSERT_EQ(desk.answers.size(), 4u);
  EXPECT_EQ(desk.rule(), "lead.busy");
  desk.requests->stop();
  desk.executor.run();
  EXPECT_EQ(desk.answers.size(), 68u);
  desk.ask("n2", 3);
  EXPECT_EQ(desk.rule(), "lead.busy");
}

}  // namespace
}  // namespace anta::test
