// Who is of one mind about the state: the bookkeeping, and what a node does with it.
#include "node/state_agreement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "node/state_watch.h"
#include "tests/node/manual_executor.h"

namespace anta::test {
namespace {

const NodeId a{"a"}, b{"b"}, c{"c"}, d{"d"}, e{"e"};
const std::vector<NodeId> three = {a, b, c};

Digest root(std::uint64_t index, std::string_view mind = "sound") {
  return sha256(as_bytes(std::string(mind) + std::to_string(index)));
}
StateAt at(std::uint64_t index, std::string_view mind = "sound") {
  return {LogIndex{index}, root(index, mind)};
}

// A node "a" that applied these blocks.
StateAgreement after(std::uint64_t blocks, std::uint64_t step = 1, std::string_view mind = "sound") {
  StateAgreement agreement;
  for (std::uint64_t i = 1; i <= blocks; ++i)
    agreement.applied(at(i * step, mind));
  return agreement;
}

TEST(StateAgreement, EqualRootsAreNobodysDifference) {
  // Goal: also where one is behind or ahead of what the other can compare.
  StateAgreement agreement = after(10);
  agreement.heard(b, {at(7)});
  agreement.heard(c, {at(12, "other")});  // not reached here yet
  EXPECT_TRUE(agreement.differing().empty());
  EXPECT_FALSE(agreement.outvoted(three));
  agreement.applied(at(11));
  agreement.applied(at(12));
  EXPECT_EQ(agreement.differing().size(), 1u);  // and now it is
  EXPECT_FALSE(agreement.outvoted(three));
}

TEST(StateAgreement, TheNodeThatIsAloneIsOutvoted) {
  // Goal: two of three that agree with each other against this node; the first index at which they do.
  StateAgreement agreement = after(10, 1, "rotten");
  agreement.heard(b, {at(8), at(10)});
  EXPECT_FALSE(agreement.outvoted(three));
  agreement.heard(c, {at(8), at(10)});
  const auto outvoted = agreement.outvoted(three);
  ASSERT_TRUE(outvoted);
  EXPECT_EQ(*outvoted, (StateDifference{LogIndex{8}, root(8, "rotten"), root(8)}));
  EXPECT_EQ(agreement.differing().size(), 2u);
}

TEST(StateAgreement, NoMajorityNoVerdict) {
  // Goal: one against one, all different, and the same roots at different indexes set nobody aside.
  StateAgreement agreement = after(10);
  agreement.heard(b, {at(10, "other")});
  EXPECT_FALSE(agreement.outvoted({a, b}));
  agreement.heard(c, {at(10, "third")});
  EXPECT_FALSE(agreement.outvoted(three));
  EXPECT_EQ(agreement.differing().size(), 2u);
  agreement.heard(c, {at(9, "other")});
  EXPECT_FALSE(agreement.outvoted(three));
  // With five, three have to agree.
  const std::vector<NodeId> five = {a, b, c, d, e};
  agreement.heard(c, {at(10, "other")});
  EXPECT_FALSE(agreement.outvoted(five));
  agreement.heard(d, {at(10, "other")});
  EXPECT_TRUE(agreement.outvoted(five));
}

TEST(StateAgreement, ALiarHasOneVoice) {
  // Goal: one peer that says anything, twice at one index, or as more than it may, outvotes nobody; nor do
  // those who have no vote.
  StateAgreement agreement = after(10);
  agreement.heard(b, {at(10, "lie"), at(10, "lie"), at(10, "another lie"), at(9, "lie")});
  EXPECT_FALSE(agreement.outvoted(three));
  agreement.heard(d, {at(10, "lie")});
  agreement.heard(e, {at(10, "lie")});
  EXPECT_FALSE(agreement.outvoted(three));
  std::vector<StateAt> flood;
  for (std::uint64_t i = 0; i < 10'000; ++i)
    flood.push_back(at(i, "lie"));
  agreement.heard(b, flood);
  agreement.heard(c, {at(10)});
  EXPECT_FALSE(agreement.outvoted(three));
  EXPECT_EQ(agreement.differing().at(b).index.value, 10u);
}

TEST(StateAgreement, UnderLoadNodesMeetAtTheSamePoints) {
  // Goal: whatever each has applied when it tells, the last blocks of spans are common, with gaps between
  // blocks too; what is kept is bounded.
  for (const std::uint64_t step : {1u, 3u}) {
    const auto ahead = after(10'000, step).tell();
    const auto behind = after(9'900, step, "rotten").tell();
    EXPECT_LE(ahead.size(), state_roots_max);
    std::size_t common = 0;
    for (const StateAt& one : ahead) {
      common += static_cast<std::size_t>(std::ranges::count(behind, one.index, &StateAt::index));
    }
    EXPECT_GE(common, 10u) << step;
    StateAgreement late = after(9'900, step, "rotten");
    late.heard(b, ahead);
    late.heard(c, after(9'950, step).tell());
    EXPECT_TRUE(late.outvoted(three)) << step;
  }
}

TEST(StateAgreement, WhoIsGoneSaidNothing) {
  // Goal: a peer that was healed and came back is judged by what it says then.
  StateAgreement agreement = after(10);
  agreement.heard(b, {at(10, "rotten")});
  EXPECT_EQ(agreement.differing().size(), 1u);
  agreement.gone(b);
  EXPECT_TRUE(agreement.differing().empty());
  agreement.heard(b, {at(10, "rotten")});
  agreement.heard(b, {at(10)});
  EXPECT_TRUE(agreement.differing().empty());
}

// --- the watch ---

struct Watched {
  Watched() {
    StateWatchPorts ports;
    ports.self = a;
    ports.applied_by_majority = [this](std::optional<LogIndex> index) { majority.push_back(index); };
    ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
      EXPECT_EQ(kind, PeerKind::state_roots);
      sent.emplace_back(to, std::move(bytes));
    };
    ports.peers = [] { return std::vector<NodeId>{b, c}; };
    ports.voters = [this] {
      ++asked;
      return voters;
    };
    ports.set_aside = [this](const StateDifference& difference) { aside.push_back(difference); };
    ports.log = [this](LogLevel, std::string_view event, std::initializer_list<LogField>) {
      events.emplace_back(event);
    };
    watch = std::make_unique<StateWatch>(std::move(ports), executor);
  }
  void hear(const NodeId& from, const StateAt& told) {
    watch->on_peer_message(from, encode_state_roots({told}));
    executor.run();
  }
  void apply(std::uint64_t index) {
    Applied applied;
    applied.index = LogIndex{index};
    applied.state_root = root(index);
    watch->on_applied(applied);
    executor.run();
  }

  ManualExecutor executor = {};
  std::vector<std::pair<NodeId, Bytes>> sent = {};
  std::vector<StateDifference> aside = {};
  std::vector<std::string> events = {};
  std::vector<std::optional<LogIndex>> majority = {};
  std::vector<NodeId> voters = three;
  int asked = 0;  // who votes
  std::unique_ptr<StateWatch> watch = {};
};

TEST(StateWatch, TellsEveryPeerOnceASecond) {
  // Goal: what it tells is what it applied; before the first block it has nothing to tell.
  Watched watched;
  watched.watch->start();
  watched.executor.run();
  EXPECT_TRUE(watched.sent.empty());
  watched.apply(7);
  watched.executor.advance(1'000);
  ASSERT_EQ(watched.sent.size(), 2u);
  EXPECT_EQ(watched.sent[0].first, b);
  EXPECT_EQ(watched.sent[1].first, c);
  EXPECT_EQ(*decode_state_roots(watched.sent[0].second), std::vector<StateAt>{at(7)});
  watched.executor.advance(2'000);
  EXPECT_EQ(watched.sent.size(), 6u);
}

TEST(StateWatch, TellsMoreOftenWhileThereIsSomethingNew) {
  // Goal: a leader learns within a fraction of a second how far the others have come.
  Watched watched;
  watched.watch->start();
  for (std::uint64_t block = 1; block <= 10; ++block) {
    watched.apply(block);
    watched.executor.advance(100);
  }
  EXPECT_EQ(watched.sent.size(), 2u * 5);
  EXPECT_EQ(decode_state_roots(watched.sent.back().second)->back(), at(10));
}

TEST(StateWatch, AsksNobodyBeforeItIsStarted) {
  // Goal: a node tells it what was applied before the start while there is no replica to ask who votes (it
  // hung).
  Watched watched;
  watched.voters.clear();
  watched.apply(7);
  EXPECT_EQ(watched.asked, 0);
  watched.watch->start();
  watched.executor.run();
  EXPECT_GT(watched.asked, 0);
}

TEST(StateWatch, TellsHowFarAMajorityHasApplied) {
  // Goal: of three voters the second; nothing before two have told and once only one is left; each change
  // once.
  Watched watched;
  watched.watch->start();
  watched.apply(7);
  EXPECT_TRUE(watched.majority.empty());
  watched.hear(b, at(5));
  watched.hear(b, at(5));
  watched.hear(c, at(3));
  watched.hear(c, at(6));
  watched.apply(9);
  watched.hear(b, at(8));
  watched.hear(NodeId{"stranger"}, at(50));
  watched.watch->on_peer(b, false);
  watched.watch->on_peer(c, false);
  watched.executor.run();
  using Index = std::optional<LogIndex>;
  EXPECT_EQ(watched.majority, (std::vector<Index>{LogIndex{5}, LogIndex{6}, LogIndex{8}, LogIndex{6}, {}}));
}

TEST(StateWatch, AVoterAloneIsAMajority) {
  // Goal: its own blocks are applied as far as it has applied them, whatever a learner told before it left
  // (it stopped taking statements once the learner was gone).
  Watched watched;
  watched.voters = {a};
  watched.watch->start();
  watched.apply(1);
  watched.hear(b, at(1));
  watched.watch->on_peer(b, false);
  watched.apply(2);
  watched.apply(3);
  using Index = std::optional<LogIndex>;
  EXPECT_EQ(watched.majority, (std::vector<Index>{LogIndex{1}, LogIndex{2}, LogIndex{3}}));
}

TEST(StateWatch, NamesWhoDiffersOnceAndIsSetAsideOnceByAMajority) {
  // Goal: one line when it begins and one when it ends; one verdict, after which this node is silent.
  Watched watched;
  watched.watch->start();
  watched.apply(7);
  watched.hear(b, at(7, "other"));
  watched.hear(b, at(7, "other"));
  watched.executor.advance(3'000);
  EXPECT_EQ(watched.events, std::vector<std::string>{"state_differs"});
  EXPECT_EQ(watched.watch->figures().differing.at(b).theirs, root(7, "other"));
  EXPECT_FALSE(watched.watch->figures().outvoted);
  watched.hear(b, at(7));
  EXPECT_EQ(watched.events.back(), "state_differs_no_more");
  EXPECT_TRUE(watched.watch->figures().differing.empty());
  watched.hear(b, at(7, "other"));
  const std::size_t told = watched.sent.size();
  watched.hear(c, at(7, "other"));
  EXPECT_EQ(watched.sent.size(), told + 2);  // so that the others can name it
  EXPECT_TRUE(watched.aside.empty());
  watched.executor.advance(StateWatch::farewell_ms);
  ASSERT_EQ(watched.aside.size(), 1u);
  EXPECT_EQ(watched.aside[0], (StateDifference{LogIndex{7}, root(7), root(7, "other")}));
  EXPECT_EQ(watched.watch->figures().outvoted, watched.aside[0]);
  const std::size_t before = watched.sent.size();
  watched.apply(8);
  watched.hear(c, at(8, "other"));
  watched.executor.advance(5'000);
  EXPECT_EQ(watched.aside.size(), 1u);
  EXPECT_EQ(watched.sent.size(), before);
}

TEST(StateWatch, JunkAndAPeerThatLeftChangeNothing) {
  // Goal: bytes that are none are dropped; a peer's word ends with its connection.
  Watched watched;
  watched.apply(7);
  watched.watch->on_peer_message(b, Bytes{0xff});
  watched.hear(b, at(7, "other"));
  watched.watch->on_peer(b, false);
  watched.hear(c, at(7, "other"));
  watched.executor.advance(StateWatch::farewell_ms);
  EXPECT_TRUE(watched.aside.empty());
  EXPECT_EQ(watched.watch->figures().differing.size(), 1u);
}

}  // namespace
}  // namespace anta::test
