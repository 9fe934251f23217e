// A node that lost what it signed: what it stores, what it asks, and when it signs again.
#include "node/cosigning_mark.h"

#include <gtest/gtest.h>

#include "crypto/checkpoint.h"
#include "tests/node/checkpointer_rig.h"

namespace anta::test {
namespace {

const CheckpointMark lost_mark{.size = 0, .root = {}, .whole = false};

// The member comes back with a ledger of this many trees and without its mark; it hears of everyone.
void come_back(CheckpointNetwork& net, std::size_t member, std::uint64_t keeps,
               const CheckpointMark& mark = lost_mark) {
  CheckpointNetwork::Member& m = *net.members[member];
  m.checkpointer.reset();
  m.marks.clear();
  std::erase_if(m.trees, [keeps](const auto& tree) { return tree.first > keeps; });
  net.start(m, mark, std::nullopt);
  if (m.trees.empty()) return;
  const auto& [size, tree] = *m.trees.rbegin();
  m.checkpointer->on_applied(
      {.block_time = tree.block_time, .leaves = TreeSize{size}, .tree_root = tree.root});
}

void meets_everyone(CheckpointNetwork& net, std::size_t member) {
  for (const auto& other : net.members) {
    if (other->id == net.members[member]->id) continue;
    net.members[member]->checkpointer->on_peer(other->id, other->reachable);
    if (other->reachable && other->checkpointer) other->checkpointer->on_peer(net.members[member]->id, true);
  }
  net.executor.run();
}

TEST(CosigningMark, IsReadAsItWasWritten) {
  // Goal: a whole mark has the bytes that it always had; one that is not says so; nothing else is a mark.
  CheckpointMark mark{.size = 300, .root = sha256(Bytes{1})};
  const Bytes whole = encode_mark(mark);
  EXPECT_EQ(whole[0], 0x82);
  EXPECT_EQ(*decode_mark(whole), mark);
  mark.whole = false;
  const Bytes lost = encode_mark(mark);
  EXPECT_EQ(*decode_mark(lost), mark);
  for (std::size_t n = 0; n < lost.size(); ++n)
    EXPECT_FALSE(decode_mark(ByteView(lost).first(n))) << n;
  Bytes other = lost;
  other.back() = 2;
  EXPECT_EQ(decode_mark(other).error().code, Code::corrupt);
}

TEST(CosigningMark, ARestoredNodeSignsNothingBeforeItHasHeard) {
  // Goal: the checkpoint of 9 has n3's line; n3 comes back with a ledger of 5, behind it. It signs neither 9
  // again nor 12 while nobody answers; once it has heard and applied 12 it signs that, and its mark was never
  // below 12.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.apply_all(9, 2);
  net.lead(0);
  ASSERT_EQ(net.size_of(2), 9u);
  come_back(net, 2, 5);
  net.members[2]->reachable = false;
  net.apply(0, 12, 3);
  net.apply(1, 12, 3);
  net.apply(2, 9, 2);
  net.apply(2, 12, 3);
  net.executor.advance(5'000);
  EXPECT_TRUE(net.members[2]->marks.empty());
  EXPECT_EQ(net.size_of(0), 9u);
  EXPECT_FALSE(net.members[2]->checkpointer->cosigning().known);
  EXPECT_FALSE(net.members[2]->checkpointer->signed_root());  // no root for receipts either
  net.members[2]->reachable = true;
  meets_everyone(net, 2);
  net.executor.advance(2'500);
  EXPECT_TRUE(net.members[2]->checkpointer->cosigning().known);
  EXPECT_EQ(net.size_of(0), 12u);
  ASSERT_FALSE(net.members[2]->marks.empty());
  EXPECT_EQ(net.members[2]->marks.front().size, 12u);
  ASSERT_TRUE(net.members[2]->checkpointer->signed_root());
  EXPECT_EQ(net.members[2]->checkpointer->signed_root()->checkpoint.size, 12u);
  EXPECT_TRUE(net.members[2]->marks.front().whole);
}

TEST(CosigningMark, WhatWasCommittedHasToBeAppliedFirst) {
  // Goal: a leader got n3's line under 9 and died before anybody else saw it. n3 comes back with 5, all peers
  // answer and remember nothing of 9: n3 waits until it has applied 9 all the same.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  ASSERT_EQ(net.size_of(2), 5u);
  for (const std::size_t i : {0, 1})
    net.members[i]->trees[9] = {.root = sha256(Bytes{9}), .block_time = Millis{start_ms}};
  come_back(net, 2, 5);
  meets_everyone(net, 2);
  net.executor.advance(3'000);
  EXPECT_EQ(net.members[2]->checkpointer->cosigning().waits_for, "what is committed has to be applied");
  EXPECT_TRUE(net.members[2]->marks.empty());
  net.members[2]->trees[9] = net.members[0]->trees[9];
  net.members[2]->checkpointer->on_applied(
      {.block_time = Millis{start_ms}, .leaves = TreeSize{9}, .tree_root = net.members[0]->trees[9].root});
  net.executor.run();
  EXPECT_TRUE(net.members[2]->checkpointer->cosigning().known);
  EXPECT_EQ(net.members[2]->marks.front().size, 9u);
}

TEST(CosigningMark, ALineUnderAnotherTreeIsTheMarkForEver) {
  // Goal: the network went on from 5 with another history (a recovery gave up what came after). n3 had signed
  // 9 of the old one, and n1 remembers: n3 takes that line for its mark and signs nothing of the new history.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.apply_all(9, 2);
  net.lead(0);
  ASSERT_EQ(net.size_of(2), 9u);
  come_back(net, 2, 5);
  net.members[0]->trees.erase(9);
  net.members[1]->trees.erase(9);
  net.apply_all(10, 7);
  meets_everyone(net, 2);
  net.executor.advance(5'000);
  ASSERT_EQ(net.members[2]->marks.size(), 1u);
  EXPECT_EQ(net.members[2]->marks[0].size, 9u);
  EXPECT_TRUE(net.members[2]->marks[0].whole);
  net.apply_all(20, 8);
  net.executor.advance(5'000);
  EXPECT_EQ(net.members[2]->marks.size(), 1u);
}

TEST(CosigningMark, ALineThatComesWhileTheMarkIsWrittenCounts) {
  // Goal: n2 has answered, and n3 writes its own tree as its mark; before the disk has answered, n1 tells of
  // a line of n3's under another history: that line is the mark, and n3 signs nothing of this history.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  CheckpointNetwork::Member& n3 = *net.members[2];
  net.members[0]->reachable = net.members[1]->reachable = false;
  come_back(net, 2, 5);
  n3.disk_waits = true;
  n3.checkpointer->on_peer(NodeId{"n2"}, true);
  n3.checkpointer->on_role({.role = raft::Role::follower, .in_office = false});
  net.executor.run();
  const auto offer = [&](const char* from, std::vector<SignedText> lines) {
    n3.checkpointer->on_peer_message(NodeId{from}, PeerKind::mark_offer,
                                     encode_mark_offer({.remembers = true, .lines = std::move(lines)}));
    net.executor.run();
  };
  offer("n2", {});
  ASSERT_EQ(n3.marks.size(), 1u);
  EXPECT_EQ(n3.marks[0].size, 5u);
  const std::string text = encode_checkpoint({.origin = net.genesis.origin, .size = 9, .root = {}});
  const auto line = sign_cosignature(text, "org3/anta", n3.keys->cosigner, start_ms / 1'000);
  offer("n1", {{.text = text, .line = encode_signature_line(line)}});
  std::exchange(n3.unreported, {})[0]({});
  net.executor.run();
  EXPECT_FALSE(n3.checkpointer->cosigning().known);
  ASSERT_EQ(n3.marks.size(), 2u);
  EXPECT_EQ(n3.marks[1].size, 9u);
  std::exchange(n3.unreported, {})[0]({});
  net.executor.run();
  EXPECT_TRUE(n3.checkpointer->cosigning().known);
  net.apply(2, 20, 8);
  net.lead(2);
  EXPECT_EQ(n3.marks.size(), 2u);
}

TEST(CosigningMark, WhoLostItsMarkOpensNothingAndRemembersNothing) {
  // Goal: a leader whose mark is lost opens no checkpoint; while all three have lost theirs, everybody's
  // answer is all there is to hear, and they go on; where one stays away, they do not.
  for (const bool all_here : {true, false}) {
    CheckpointNetwork net;
    net.apply_all(5, 1);
    for (std::size_t i = 0; i < 3; ++i)
      come_back(net, i, 5);
    net.members[2]->reachable = all_here;
    net.lead(0);
    for (std::size_t i = 0; i < 3; ++i)
      meets_everyone(net, i);
    net.executor.advance(5'000);
    EXPECT_EQ(net.members[0]->checkpointer->cosigning().known, all_here);
    EXPECT_EQ(net.size_of(0), all_here ? 5u : 0u);
    if (!all_here) {
      EXPECT_EQ(net.members[0]->checkpointer->cosigning().waits_for,
                "other cosigners have to say what this node signed");
      EXPECT_EQ(net.sent[PeerKind::checkpoint_open], 0);
    }
  }
}

TEST(CosigningMark, ALineThatIsNotOursDoesNotCount) {
  // Goal: n1 answers with a line of its own under a huge tree in n3's place: that answer is none.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.members[0]->reachable = net.members[1]->reachable = false;
  come_back(net, 2, 5);
  net.members[2]->checkpointer->on_peer(NodeId{"n1"}, true);
  const std::string text = encode_checkpoint({.origin = net.genesis.origin, .size = 1 << 20, .root = {}});
  const auto line = sign_cosignature(text, "org3/anta", net.members[0]->keys->cosigner, start_ms / 1'000);
  const auto offer = [&](MarkOffer with) {
    net.members[2]->checkpointer->on_peer_message(NodeId{"n1"}, PeerKind::mark_offer,
                                                  encode_mark_offer(with));
    net.executor.run();
  };
  offer({.remembers = true, .lines = {{.text = text, .line = encode_signature_line(line)}}});
  EXPECT_EQ(net.members[2]->checkpointer->cosigning().heard, 0u);
  offer({.remembers = true, .lines = {}});
  EXPECT_TRUE(net.members[2]->checkpointer->cosigning().known);  // n - k + 1 = 1 of three
}

TEST(CosigningMark, OtherKeysUnderTheSameNameAreAnswered) {
  // Goal: n3 is admitted anew with other keys. The others remember lines by its old ones, which are not told
  // to the new one and do not keep it from signing (Members.AWipedNodeComesBackAsAnotherIncarnation).
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  ASSERT_EQ(net.size_of(2), 5u);
  std::array<std::uint8_t, 32> seed = {};
  seed[0] = 77;
  net.members[2]->keys = std::make_unique<NodeKeys>(derive_node_keys(Secret32(seed)));
  come_back(net, 2, 5);
  meets_everyone(net, 2);
  net.executor.advance(2'000);
  EXPECT_TRUE(net.members[2]->checkpointer->cosigning().known);
}

TEST(CosigningMark, AFailedDiskKeepsItUnknown) {
  // Goal: what was recovered is durable before anything is signed on it.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  come_back(net, 2, 5);
  net.members[2]->disk_works = false;
  net.lead(0);
  meets_everyone(net, 2);
  net.executor.advance(3'000);
  EXPECT_FALSE(net.members[2]->checkpointer->cosigning().known);
  EXPECT_EQ(net.size_of(0), 0u);
}

}  // namespace
}  // namespace anta::test
