#include "consensus/amnesia.h"

#include <gtest/gtest.h>

namespace anta {
namespace {

raft::Heartbeat knowing(std::uint64_t commit) {
  raft::Heartbeat heartbeat;
  heartbeat.commit = LogIndex{commit};
  heartbeat.amnesiac = true;
  return heartbeat;
}

// Goal: a healthy node is none, and nothing makes it one or ends anything.
TEST(Amnesia, AHealthyNode) {
  Amnesia none;
  none.heard(Term{3}, knowing(5));
  EXPECT_FALSE(none.suffers());
  EXPECT_FALSE(none.ends(Term{3}, LogIndex{9}, Term{3}));
}

// Goal: a commit of the leader's own term does not end it while the leader may have counted this node for it.
TEST(Amnesia, NotByACommitThatMayHaveCountedThisNode) {
  Amnesia amnesia(LogIndex{10});
  EXPECT_FALSE(amnesia.ends(Term{3}, LogIndex{20}, Term{3}));
  raft::Heartbeat unknowing = knowing(20);
  unknowing.amnesiac = false;
  amnesia.heard(Term{3}, unknowing);
  EXPECT_FALSE(amnesia.ends(Term{3}, LogIndex{21}, Term{3}));
  amnesia.heard(Term{3}, knowing(21));
  EXPECT_FALSE(amnesia.ends(Term{3}, LogIndex{21}, Term{3}));
  EXPECT_TRUE(amnesia.ends(Term{3}, LogIndex{22}, Term{3}));
  EXPECT_FALSE(amnesia.suffers());
  EXPECT_FALSE(amnesia.ends(Term{3}, LogIndex{23}, Term{3}));
}

// Goal: the first heartbeat that knows counts; later ones do not move the goal away.
TEST(Amnesia, TheFirstKnowingHeartbeatCounts) {
  Amnesia amnesia(LogIndex{10});
  amnesia.heard(Term{3}, knowing(20));
  amnesia.heard(Term{3}, knowing(21));
  EXPECT_TRUE(amnesia.ends(Term{3}, LogIndex{21}, Term{3}));
}

// Goal: neither below the watermark, nor by an entry of an older term, nor under a leader that has not said
// it.
TEST(Amnesia, NeitherBelowTheWatermarkNorInAnotherTerm) {
  Amnesia amnesia(LogIndex{10});
  amnesia.heard(Term{3}, knowing(5));
  EXPECT_FALSE(amnesia.ends(Term{3}, LogIndex{9}, Term{3}));
  EXPECT_FALSE(amnesia.ends(Term{3}, LogIndex{11}, Term{2}));
  EXPECT_FALSE(amnesia.ends(Term{4}, LogIndex{11}, Term{4}));
  amnesia.heard(Term{4}, knowing(11));
  EXPECT_FALSE(amnesia.ends(Term{3}, LogIndex{12}, Term{3}));
  EXPECT_TRUE(amnesia.ends(Term{4}, LogIndex{12}, Term{4}));
}

// Goal: exactly the answers that leaders count carry the mark.
TEST(Amnesia, AnswersAreMarked) {
  raft::Message message;
  message.body = raft::AppendReply{};
  mark_amnesiac(message);
  EXPECT_TRUE(std::get<raft::AppendReply>(message.body).amnesiac);
  message.body = raft::HeartbeatReply{};
  mark_amnesiac(message);
  EXPECT_TRUE(std::get<raft::HeartbeatReply>(message.body).amnesiac);
  message.body = raft::Heartbeat{};
  mark_amnesiac(message);
  EXPECT_FALSE(std::get<raft::Heartbeat>(message.body).amnesiac);
}

}  // namespace
}  // namespace anta
