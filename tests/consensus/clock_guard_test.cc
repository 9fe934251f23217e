#include "consensus/clock_guard.h"

#include <gtest/gtest.h>

#include "tests/consensus/messages.h"

namespace anta {
namespace {

using raft::Role;

raft::Configuration five() {
  raft::Configuration configuration;
  for (const char* id : {"a", "b", "c", "d", "e"})
    configuration.voters.push_back({NodeId{id}, 1});
  configuration.learners.push_back({NodeId{"x"}, 1});
  return configuration;
}

ClockGuard guard() { return ClockGuard({10'000, 60, 100}, five()); }

raft::Message append(std::vector<Millis> times, EntryKind kind = EntryKind::block) {
  raft::Append body;
  for (const Millis time : times)
    body.entries.push_back(make_entry(LogIndex{1}, {Term{1}, kind, {}, time}, test::payload(1)));
  return test::message(std::move(body));
}

// Goal: exactly ten seconds ahead passes, a millisecond more does not, wherever in the append it stands.
TEST(ClockGuard, TheLimitIsExact) {
  const Millis now{1'000'000};
  EXPECT_FALSE(guard().refuses(append({Millis{1'010'000}}), now));
  EXPECT_TRUE(guard().refuses(append({Millis{1'010'001}}), now));
  EXPECT_TRUE(guard().refuses(append({Millis{5}, Millis{1'010'001}, Millis{6}}), now));
  EXPECT_TRUE(guard().refuses(append({Millis{INT64_MAX}}), now));
  EXPECT_FALSE(guard().refuses(append({Millis{INT64_MIN}}), now));
}

// Goal: only blocks have a time that enters the ledger; other entries and messages pass.
TEST(ClockGuard, OnlyBlocksCount) {
  EXPECT_FALSE(guard().refuses(append({Millis{INT64_MAX}}, EntryKind::no_op), Millis{0}));
  EXPECT_FALSE(guard().refuses(test::message(raft::Heartbeat{}), Millis{0}));
}

// Goal: it is enough that the others cannot commit: of two voters the one follower, of four two, and not one
// less.
TEST(ClockGuard, TheRefusersNeedNoMajorityToBlock) {
  raft::Configuration configuration;
  configuration.voters = {{NodeId{"a"}, 1}, {NodeId{"b"}, 1}};
  ClockGuard of_two({10'000, 60, 100}, configuration);
  EXPECT_TRUE(of_two.note_refusal(NodeId{"b"}, Term{4}, Term{4}));
  configuration.voters.push_back({NodeId{"c"}, 1});
  configuration.voters.push_back({NodeId{"d"}, 1});
  ClockGuard of_four({10'000, 60, 100}, configuration);
  EXPECT_FALSE(of_four.note_refusal(NodeId{"b"}, Term{4}, Term{4}));
  EXPECT_TRUE(of_four.note_refusal(NodeId{"c"}, Term{4}, Term{4}));
}

// Goal: three of five voters make a majority; the same one twice, learners and strangers do not count.
TEST(ClockGuard, AMajorityOfVotersRefuses) {
  ClockGuard leader = guard();
  EXPECT_FALSE(leader.note_refusal(NodeId{"b"}, Term{4}, Term{4}));
  EXPECT_FALSE(leader.note_refusal(NodeId{"b"}, Term{4}, Term{4}));
  EXPECT_FALSE(leader.note_refusal(NodeId{"x"}, Term{4}, Term{4}));
  EXPECT_FALSE(leader.note_refusal(NodeId{"stranger"}, Term{4}, Term{4}));
  EXPECT_FALSE(leader.note_refusal(NodeId{"c"}, Term{4}, Term{4}));
  EXPECT_FALSE(leader.refused());
  EXPECT_TRUE(leader.note_refusal(NodeId{"d"}, Term{4}, Term{4}));
  EXPECT_TRUE(leader.refused());
}

// Goal: notices about another term, or from too long ago, are not added up.
TEST(ClockGuard, OldNoticesDoNotCount) {
  ClockGuard leader = guard();
  EXPECT_FALSE(leader.note_refusal(NodeId{"b"}, Term{3}, Term{4}));
  EXPECT_FALSE(leader.note_refusal(NodeId{"c"}, Term{4}, Term{4}));
  EXPECT_FALSE(leader.note_refusal(NodeId{"d"}, Term{4}, Term{4}));
  EXPECT_FALSE(leader.note_refusal(NodeId{"e"}, Term{5}, Term{5}));  // a new leadership counts anew
  for (int i = 0; i < 61; ++i)
    leader.tick();
  EXPECT_FALSE(leader.note_refusal(NodeId{"b"}, Term{5}, Term{5}));
  EXPECT_FALSE(leader.note_refusal(NodeId{"c"}, Term{5}, Term{5}));
  EXPECT_TRUE(leader.note_refusal(NodeId{"d"}, Term{5}, Term{5}));
}

// Goal: a refused leader is silent and deaf; once a follower it only asks for no votes, until the penalty is
// over.
TEST(ClockGuard, ARefusedLeaderGivesWay) {
  ClockGuard leader = guard();
  const raft::Message heartbeat = test::message(raft::Heartbeat{});
  const raft::Message vote_request = test::message(raft::VoteRequest{});
  EXPECT_FALSE(leader.mutes(heartbeat, Role::leader));
  for (const char* id : {"b", "c", "d"})
    leader.note_refusal(NodeId{id}, Term{1}, Term{1});
  EXPECT_TRUE(leader.mutes(heartbeat, Role::leader));
  EXPECT_TRUE(leader.deafens(Role::leader));
  EXPECT_FALSE(leader.deafens(Role::follower));
  EXPECT_FALSE(leader.mutes(test::message(raft::AppendReply{}), Role::follower));
  EXPECT_TRUE(leader.mutes(vote_request, Role::pre_candidate));
  for (int i = 0; i < 100; ++i)
    leader.tick();
  EXPECT_FALSE(leader.refused());
  EXPECT_FALSE(leader.mutes(vote_request, Role::pre_candidate));
}

// Goal: the notice is eight bytes and comes back.
TEST(ClockGuard, NoticeRoundTrip) {
  EXPECT_EQ(decode_clock_notice(encode_clock_notice(Term{0x0102030405060708})).value(),
            Term{0x0102030405060708});
  EXPECT_EQ(encode_clock_notice(Term{258}), (Bytes{0, 0, 0, 0, 0, 0, 1, 2}));
  EXPECT_FALSE(decode_clock_notice(Bytes(7)));
  EXPECT_FALSE(decode_clock_notice(Bytes(9)));
}

}  // namespace
}  // namespace anta
