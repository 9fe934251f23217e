#include "node/checkpointer.h"

#include <gtest/gtest.h>

#include "tests/node/checkpointer_rig.h"

namespace anta::test {
namespace {

TEST(Checkpointer, QuorumIsTwoThirdsAndOne) {
  // Goal: k as proofs.md says, for every small n.
  const std::size_t k[] = {1, 2, 3, 3, 4, 5, 5, 6};
  for (std::size_t n = 1; n <= 8; ++n)
    EXPECT_EQ(cosigner_quorum(n), k[n - 1]) << n;
}

TEST(Checkpointer, TheLeadersNewestSealIsCosignedByAllAndServedByAll) {
  // Goal: one note with a log line and three cosignatures, the same bytes everywhere, good under the policy.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  ASSERT_TRUE(net.finished(0) && net.finished(1) && net.finished(2));
  EXPECT_EQ(net.finished(0)->note, net.finished(2)->note);
  const auto verdict = check_note(net.policy, net.finished(1)->note, (start_ms + 2'000) / 1'000);
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_TRUE(verdict->quorum_met);
  EXPECT_EQ(verdict->cosigners.size(), 3u);
  EXPECT_EQ(verdict->checkpoint.size, 5u);
}

TEST(Checkpointer, AChangeOfCosignersHoldsFromItsOwnSeal) {
  // Goal: n3 is dead; the block that ends at 9 takes it out. The checkpoint of 9 needs the other two, and a
  // note of 5 is still judged by the three.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  const std::string old_note = net.finished(0)->note;
  net.members[2]->reachable = false;
  net.apply(0, 7, 2);
  net.apply(1, 7, 2);
  EXPECT_EQ(net.size_of(0), 5u);
  net.executor.advance(300'000);  // however long it was waited for
  std::vector<state::Node> nodes = founding_nodes(net.genesis);
  nodes[2].standing = NodeStanding::removed;
  nodes.pop_back();
  const CosignerSet two = *cosigner_set(net.genesis.origin, TreeSize{9}, nodes, {});
  for (const std::size_t i : {0, 1}) {
    net.members[i]->checkpointer->on_cosigners(two);
    net.apply(i, 9, 3);
  }
  net.executor.advance(1'100);
  EXPECT_EQ(net.size_of(0), 9u);
  EXPECT_EQ(net.size_of(1), 9u);
  const auto verdict = check_note(two.policy, net.finished(0)->note, (start_ms + 305'000) / 1'000);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->cosigners.size(), 2u);
  EXPECT_TRUE(check_note(net.policy, old_note, (start_ms + 5'000) / 1'000)->quorum_met);
}

TEST(Checkpointer, AWitnessCountsAsANodeDoes) {
  // Goal: three nodes and a witness are a 3-of-4: any one of the four may be away, two may not; only the
  // leader asks, and who is missing is named.
  for (std::size_t away = 0; away < 4; ++away) {
    CheckpointNetwork net(1);
    ASSERT_EQ(net.cosigners.quorum(), 3u);
    const std::size_t leader = away == 0 ? 1 : 0;
    net.witnesses_answer = away != 3;
    if (away < 3) net.members[away]->reachable = false;
    net.apply_all(5, 1);
    net.lead(leader);
    EXPECT_EQ(net.size_of(leader), 5u) << away;
    EXPECT_EQ(net.asked, 1) << away;
    const auto verdict = check_note(net.policy, net.finished(leader)->note, (start_ms + 2'000) / 1'000);
    ASSERT_TRUE(verdict) << verdict.error().message;
    EXPECT_TRUE(verdict->quorum_met);
    EXPECT_EQ(verdict->cosigners.size(), 3u);
  }
  CheckpointNetwork net(1);
  net.witnesses_answer = false;
  net.members[2]->reachable = false;
  net.apply_all(5, 1);
  net.lead(0);
  net.executor.advance(1'000);
  EXPECT_EQ(net.size_of(0), 0u);
  EXPECT_EQ(net.members[0]->checkpointer->missing(), (std::vector<std::string>{"org3", "w1"}));
  net.witnesses_answer = true;  // it is asked again
  net.executor.advance(1'100);
  EXPECT_EQ(net.size_of(0), 5u);
}

TEST(Checkpointer, AWitnessOfAnotherSetIsNotCounted) {
  // Goal: the block that ends at 9 takes the witness out: from then on its line makes no quorum and it is not
  // asked, and a note of 5 is still judged with it.
  CheckpointNetwork net(1);
  net.members[2]->reachable = false;
  net.apply_all(5, 1);
  net.lead(0);
  ASSERT_EQ(net.size_of(0), 5u);
  const CosignerSet three = *cosigner_set(net.genesis.origin, TreeSize{9}, founding_nodes(net.genesis), {});
  ASSERT_EQ(three.quorum(), 3u);
  for (const std::size_t i : {0, 1}) {
    net.members[i]->checkpointer->on_cosigners(three);
    net.apply(i, 9, 3);
  }
  net.executor.advance(2'500);
  EXPECT_EQ(net.size_of(0), 5u);
  EXPECT_EQ(net.asked, 1);
  EXPECT_TRUE(check_note(net.policy, net.finished(1)->note, (start_ms + 5'000) / 1'000)->quorum_met);
}

TEST(Checkpointer, WhatIsOlderThanItsOwnCostsNoLookUp) {
  // Goal: whose set a past checkpoint had is asked of the past; no peer makes this node walk there for what
  // it would refuse anyway (it looked before it checked anything).
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  const std::string old_note = net.finished(0)->note;
  for (auto& member : net.members) {
    member->checkpointer->on_cosigners(
        *cosigner_set(net.genesis.origin, TreeSize{9}, founding_nodes(net.genesis), {}));
  }
  net.apply_all(9, 2);
  net.executor.advance(2'500);
  ASSERT_EQ(net.size_of(1), 9u);
  const int before = net.sets_looked_up;
  const std::string text = parse_note(old_note)->text;
  const auto line = sign_note_line(text, net.genesis.origin, net.members[2]->keys->log);
  Checkpointer& n2 = *net.members[1]->checkpointer;
  n2.on_peer_message(NodeId{"n3"}, PeerKind::checkpoint_finished, to_bytes(as_bytes(old_note)));
  n2.on_peer_message(NodeId{"n3"}, PeerKind::checkpoint_open,
                     encode_checkpoint_open({.text = text, .log_line = encode_signature_line(line)}));
  net.executor.run();
  EXPECT_EQ(net.sets_looked_up, before);
  EXPECT_EQ(net.size_of(1), 9u);
}

TEST(Checkpointer, JunkThatComesEarlyTakesNobodysPlace) {
  // Goal: n3 says that it opens and has finished a tree of 2^40 leaves; n2 hears that before it has applied
  // what the leader opens, and cosigns the leader's all the same, once it has.
  CheckpointNetwork net;
  net.lead(0);
  net.apply(0, 5, 1);
  net.apply(2, 5, 1);
  Checkpoint junk{.origin = net.genesis.origin, .size = std::uint64_t{1} << 40, .root = {}};
  const std::string text = encode_checkpoint(junk);
  const auto line = sign_note_line(text, net.genesis.origin, net.members[2]->keys->log);
  net.members[1]->checkpointer->on_peer_message(
      NodeId{"n3"}, PeerKind::checkpoint_open,
      encode_checkpoint_open({.text = text, .log_line = encode_signature_line(line)}));
  const Note note{.text = text, .signatures = {line}};
  net.members[1]->checkpointer->on_peer_message(NodeId{"n3"}, PeerKind::checkpoint_finished,
                                                to_bytes(as_bytes(encode_note(note))));
  net.executor.run();
  net.apply(1, 5, 1);
  EXPECT_EQ(net.size_of(0), 5u);
  EXPECT_EQ(net.size_of(1), 5u);
}

TEST(Checkpointer, TheMarkIsDurableBeforeASignatureLeaves) {
  // Goal: a node whose disk fails signs nothing, and the leader's own log line waits for its mark too.
  CheckpointNetwork net;
  net.members[1]->disk_works = false;
  net.apply_all(5, 1);
  net.lead(0);
  EXPECT_EQ(net.sent[PeerKind::checkpoint_cosigned], 1);
  EXPECT_FALSE(net.finished(0));
  ASSERT_FALSE(net.members[0]->marks.empty());
  EXPECT_EQ(net.members[0]->marks[0].size, 5u);
  CheckpointNetwork other;
  other.members[0]->disk_works = false;
  other.apply_all(5, 1);
  other.lead(0);
  EXPECT_EQ(other.sent[PeerKind::checkpoint_open], 0);
}

TEST(Checkpointer, ASlowNodeCosignsOnceItHasApplied) {
  // Goal: an opened checkpoint of a seal that a node lacks is answered when the seal is applied there.
  CheckpointNetwork net;
  net.apply(0, 5, 1);
  net.apply(1, 5, 1);
  net.lead(0);
  EXPECT_FALSE(net.finished(0));
  net.apply(2, 5, 1);
  EXPECT_EQ(net.size_of(0), 5u);
  EXPECT_EQ(net.size_of(2), 5u);
}

TEST(Checkpointer, ANodeWithAnotherRootRefuses) {
  // Goal: a node never cosigns a tree that it did not compute itself.
  CheckpointNetwork net;
  net.apply(0, 5, 1);
  net.apply(1, 5, 1);
  net.apply(2, 5, 9);
  net.lead(0);
  EXPECT_FALSE(net.finished(0));
  EXPECT_TRUE(net.members[2]->marks.empty());
  net.executor.advance(1'100);
  EXPECT_EQ(net.members[0]->checkpointer->missing(), std::vector<std::string>{"org3"});
}

TEST(Checkpointer, SizesNeverGoBackAcrossLeadersAndRestarts) {
  // Goal: a node refuses what is smaller than its mark, or what does not extend it, also after a restart.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.apply_all(9, 2);
  net.lead(0);
  EXPECT_EQ(net.size_of(1), 9u);
  CheckpointNetwork::Member& third = *net.members[2];
  const CheckpointMark mark = third.marks.back();
  const auto signed_before = third.marks.size();
  third.checkpointer.reset();
  net.start(third, mark, net.finished(0)->note);
  third.trees[9].root.bytes[0] = 7;  // restored from another history
  net.apply(2, 12, 3);
  net.apply(0, 12, 3);
  net.apply(1, 12, 3);
  net.executor.advance(50);
  EXPECT_EQ(third.marks.size(), signed_before);
  EXPECT_FALSE(third.checkpointer->finished() && third.checkpointer->finished()->checkpoint.size == 12);
}

TEST(Checkpointer, TheDurableMarkNeverGoesBack) {
  // Goal: while a mark is on its way to the disk, a smaller checkpoint of another leader is refused: handed
  // over, it would replace the larger mark, and after a restart a signature that left could be contradicted.
  CheckpointNetwork net;
  CheckpointNetwork::Member& third = *net.members[2];
  net.apply_all(10, 1);
  net.apply(0, 20, 2);
  net.apply(2, 20, 2);
  third.disk_waits = true;
  net.lead(0);  // opens 20; the third node's mark is on its way
  ASSERT_EQ(third.marks.size(), 1u);
  net.members[0]->reachable = false;
  net.lead(1);  // has 10 only, and opens that
  EXPECT_EQ(third.marks.size(), 1u);
  EXPECT_EQ(third.marks.back().size, 20u);
  net.members[0]->reachable = true;
  net.lead(0);
  third.disk_waits = false;
  for (const auto& report : std::exchange(third.unreported, {}))
    report({});
  net.apply(1, 20, 2);
  net.executor.advance(1'100);
  EXPECT_EQ(net.size_of(0), 20u);
  for (const CheckpointMark& mark : third.marks)
    EXPECT_EQ(mark.size, 20u);
}

TEST(Checkpointer, WhoOpensWhatItsDiskStillMarksForAnotherIsAnswered) {
  // Goal: the mark was on its way for one leader's checkpoint when this node took office and opened the same.
  CheckpointNetwork net;
  net.members[1]->disk_waits = true;
  net.members[2]->disk_waits = true;
  net.apply_all(5, 1);
  net.lead(0);
  ASSERT_EQ(net.members[1]->marks.size(), 1u);
  net.lead(1);
  ASSERT_EQ(net.members[1]->marks.size(), 1u);
  for (std::size_t i : {1u, 2u}) {
    net.members[i]->disk_waits = false;
    for (const auto& report : std::exchange(net.members[i]->unreported, {}))
      report({});
  }
  net.executor.run();
  EXPECT_EQ(net.size_of(1), 5u);
}

TEST(Checkpointer, AMarkThatFailedIsStillPromised) {
  // Goal: a failed write may be on the disk all the same: nothing smaller is handed over after it.
  CheckpointNetwork net;
  CheckpointNetwork::Member& third = *net.members[2];
  net.apply_all(10, 1);
  net.apply(0, 20, 2);
  net.apply(2, 20, 2);
  third.disk_waits = true;
  net.lead(0);
  ASSERT_EQ(third.marks.size(), 1u);
  for (const auto& report : std::exchange(third.unreported, {}))
    report(fail(Code::io, "disk"));
  net.members[0]->reachable = false;
  net.lead(1);
  EXPECT_EQ(third.marks.size(), 1u);
}

TEST(Checkpointer, AnOlderStateThatArrivesLateIsIgnored) {
  // Goal: what was applied before the start and what the disk thread applied since may arrive in either
  // order.
  CheckpointNetwork net;
  for (std::size_t i = 0; i < 3; ++i) {
    net.apply(i, 20, 2);
    net.apply(i, 10, 1);
  }
  net.lead(0);
  EXPECT_EQ(net.size_of(0), 20u);
}

TEST(Checkpointer, TheLastNoteIsServedAfterARestart) {
  // Goal: the kept note is served as soon as the tree it speaks of is there, and not before its check.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  const std::string note = net.finished(0)->note;
  CheckpointNetwork::Member& third = *net.members[2];
  net.start(third, third.marks.back(), note);
  EXPECT_FALSE(third.checkpointer->finished());
  net.apply(2, 5, 1);
  ASSERT_TRUE(third.checkpointer->finished());
  EXPECT_EQ(third.checkpointer->finished()->note, note);
  std::string forged = note;
  forged.replace(forged.find("5\n"), 2, "6\n");
  net.start(third, third.marks.back(), forged);
  net.apply(2, 5, 1);
  EXPECT_FALSE(third.checkpointer->finished());
}

TEST(Checkpointer, BelowTheQuorumItTriesAgainWithTheNewestSeal) {
  // Goal: with one node away nothing is served; after the timeout the newest seal is opened, and the node's
  // return finishes it.
  CheckpointNetwork net;
  net.members[2]->reachable = false;
  net.apply_all(5, 1);
  net.lead(0);
  EXPECT_EQ(net.size_of(0), 0u);
  net.apply_all(8, 2);
  net.executor.advance(1'100);
  net.members[2]->reachable = true;
  net.members[0]->checkpointer->on_peer(NodeId{"n3"}, true);
  net.executor.run();
  EXPECT_EQ(net.size_of(0), 8u);
  EXPECT_EQ(net.members[0]->finished, std::vector<std::uint64_t>{8});
}

TEST(Checkpointer, BusyNodesThatCosignLateDoCosign) {
  // Goal: where every node answers after more than open_timeout_ms, for minutes, checkpoints go on being
  // finished (each was given up after a second, the next had as little time, and none was ever finished while
  // a ledger was busy).
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  constexpr std::uint64_t behind = 7;  // blocks of half a second
  std::uint64_t lag_max = 0;
  for (std::uint64_t block = 1; block <= 240; ++block) {
    net.apply(0, 5 + block, static_cast<std::uint8_t>(1 + block));
    for (std::size_t i = 1; i < 3 && block > behind; ++i)
      net.apply(i, 5 + block - behind, static_cast<std::uint8_t>(1 + block - behind));
    net.executor.advance(500);
    if (block > 4 * behind) lag_max = std::max(lag_max, 5 + block - net.size_of(0));
  }
  EXPECT_LE(lag_max,
            2 * behind + 1);  // one is as old as its nodes are late when it ends, and stays until the next
  EXPECT_GT(net.members[0]->finished.size(), 240 / (behind + 1) / 2);
}

TEST(Checkpointer, WhoCouldNotCosignIsAskedAgain) {
  // Goal: however long a node could not, it is asked within a second of being able to, and what is finished
  // then is fresh: the others sign again as well.
  CheckpointNetwork net;
  net.members[2]->disk_works = false;
  net.apply_all(5, 1);
  net.lead(0);
  net.executor.advance(100'000);
  EXPECT_FALSE(net.finished(0));
  net.members[2]->disk_works = true;
  net.executor.advance(1'100);
  ASSERT_EQ(net.size_of(0), 5u);
  EXPECT_GE(net.finished(0)->quorum_seconds, static_cast<std::uint64_t>(start_ms) / 1'000 + 99);
}

TEST(Checkpointer, ASlowDiskIsGivenEachMarkOnce) {
  // Goal: a node that is asked again while its mark is on its way writes it no second time, and answers once
  // it is durable; each size that it signs is told to who keeps its moment.
  CheckpointNetwork net;
  net.members[2]->disk_waits = true;
  net.apply_all(5, 1);
  net.lead(0);
  net.executor.advance(900);
  EXPECT_EQ(net.members[2]->marks.size(), 1u);
  net.executor.advance(6'000);
  EXPECT_EQ(net.members[2]->marks.size(), 1u);
  EXPECT_EQ(net.members[2]->signs, std::vector<std::uint64_t>{5});
  for (const auto& report : std::exchange(net.members[2]->unreported, {}))
    report({});
  net.executor.run();
  EXPECT_EQ(net.size_of(0), 5u);
}

TEST(Checkpointer, AWitnessThatHasAnsweredIsNotAskedAgain) {
  // Goal: while a node is away, only who is missing is asked every second.
  CheckpointNetwork net(1);
  net.members[1]->reachable = false;
  net.members[2]->reachable = false;
  net.apply_all(5, 1);
  net.lead(0);
  net.executor.advance(900);
  EXPECT_EQ(net.asked, 1);
  const int opens = net.sent[PeerKind::checkpoint_open];
  net.executor.advance(60'000);
  EXPECT_GE(net.sent[PeerKind::checkpoint_open], opens + 2 * 50);
  EXPECT_LE(net.asked, 8);  // once for each that was opened
}

TEST(Checkpointer, AnIdleLedgerIsCosignedAgain) {
  // Goal: freshness does not age by idleness: the same size, a newer time, once a minute.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  const std::uint64_t first = net.finished(1)->quorum_seconds;
  net.executor.advance(59'000);
  EXPECT_EQ(net.finished(1)->quorum_seconds, first);
  net.executor.advance(2'000);
  EXPECT_GE(net.finished(1)->quorum_seconds, first + 59);
  EXPECT_EQ(net.size_of(1), 5u);
}

TEST(Checkpointer, TheSameNoteAgainIsNoNews) {
  // Goal: whoever sends the leader the note that it serves (each reconnect does) puts off no cosigning; one
  // every half minute stopped it for ever.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  const std::uint64_t first = net.finished(1)->quorum_seconds;
  for (int i = 0; i < 3; ++i) {
    net.executor.advance(30'000);
    net.members[0]->checkpointer->on_peer_message(NodeId{"n3"}, PeerKind::checkpoint_finished,
                                                  to_bytes(as_bytes(net.finished(0)->note)));
    net.executor.run();
  }
  EXPECT_GE(net.finished(1)->quorum_seconds, first + 59);
}

TEST(Checkpointer, ClocksThatWereSetBackMakeNoHaste) {
  // Goal: what is cosigned anew with an older time is no newer, and is not begun again at once, and again.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  net.set_back = 100'000;  // a minute later they are 40 s before what is served
  net.executor.advance(110'000);
  EXPECT_GE(net.sent[PeerKind::checkpoint_open], 2 * 2);
  EXPECT_LE(net.sent[PeerKind::checkpoint_open], 2 * 4);
}

TEST(Checkpointer, ASealFromTheFutureIsNotSigned) {
  // Goal: more than 60 s ahead of the node's clock is refused; age is no reason.
  CheckpointNetwork net;
  for (std::size_t i = 0; i < 3; ++i)
    net.apply(i, 5, 1, start_ms + 70'000);
  net.lead(0);
  EXPECT_FALSE(net.finished(0));
  EXPECT_TRUE(net.members[0]->marks.empty());
  net.executor.advance(15'000);
  EXPECT_EQ(net.size_of(0), 5u);
}

TEST(Checkpointer, AForkIsKeptAsEvidence) {
  // Goal: a quorum's note over another tree is not served, and is kept.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  CheckpointNetwork other;  // the same keys, another history
  other.apply_all(5, 2);
  other.lead(0);
  CheckpointNetwork::Member& third = *net.members[2];
  net.start(third, std::nullopt, other.finished(0)->note);
  net.apply(2, 5, 1);
  EXPECT_FALSE(third.checkpointer->finished());
  EXPECT_EQ(third.evidence.size(), 1u);
}

// What n2 keeps of a note that a quorum of the same keys signed over another history, of `size` leaves.
std::size_t evidence_of(CheckpointNetwork& net, std::uint64_t size) {
  CheckpointNetwork other;
  other.apply_all(size, 77);
  other.lead(0);
  net.members[1]->checkpointer->on_peer_message(NodeId{"n3"}, PeerKind::checkpoint_finished,
                                                to_bytes(as_bytes(other.finished(0)->note)));
  net.executor.run();
  return net.members[1]->evidence.size();
}

TEST(Checkpointer, AForkIsEvidenceHoweverOldItIs) {
  // Goal: of a size that this node has passed, of an older time, or of other blocks: a quorum's word for
  // another tree is kept. It was dropped as older than what is served, or for want of a seal there.
  CheckpointNetwork idle;
  idle.apply_all(5, 1);
  idle.lead(0);
  idle.executor.advance(61'000);  // cosigned again since
  EXPECT_EQ(evidence_of(idle, 5), 1u);
  CheckpointNetwork grown;
  grown.apply_all(5, 1);
  grown.lead(0);
  grown.apply_all(9, 3);
  grown.executor.advance(2'500);
  EXPECT_EQ(evidence_of(grown, 5), 1u);
  EXPECT_EQ(evidence_of(grown, 7), 2u);  // no seal of this node's ends there
  EXPECT_EQ(evidence_of(grown, 5), 2u);  // told once
  EXPECT_EQ(grown.size_of(1), 9u);
}

}  // namespace
}  // namespace anta::test
