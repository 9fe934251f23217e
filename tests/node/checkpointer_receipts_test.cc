// What a node signs so that it can give COSE Receipts, and when.
#include <gtest/gtest.h>

#include <utility>

#include "crypto/cose.h"
#include "tests/node/checkpointer_rig.h"

namespace anta::test {
namespace {

// The member's receipts' root, held against its key: the size it is of, 0 without one.
std::uint64_t receipts_of(const CheckpointNetwork& net, std::size_t member) {
  const auto root = net.members[member]->checkpointer->signed_root();
  if (!root) return 0;
  const Bytes message = cose_signature_input(root->signature.protected_bytes, root->checkpoint.root.view());
  EXPECT_TRUE(verify(net.members[member]->keys->cosigner.public_key(), message, root->signature.signature));
  EXPECT_EQ(root->checkpoint.root, net.members[member]->trees.at(root->checkpoint.size).root);
  return root->checkpoint.size;
}

TEST(CheckpointerReceipts, EachNodeSignsTheFinishedRootForItsReceipts) {
  // Goal: the same root under three keys and names, and the next one when there is one.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  EXPECT_EQ(receipts_of(net, 0), 0u);
  net.lead(0);
  for (const std::size_t i : {0, 1, 2})
    EXPECT_EQ(receipts_of(net, i), 5u);
  const auto first = net.members[1]->checkpointer->signed_root();
  const Bytes receipt = encode_receipt(first->signature, 5, 0, {});
  EXPECT_EQ(decode_receipt(receipt)->issuer, "org2/anta");
  EXPECT_EQ(decode_receipt(receipt)->origin, net.genesis.origin);
  net.apply_all(7, 2);
  net.executor.advance(10);
  for (const std::size_t i : {0, 1, 2})
    EXPECT_EQ(receipts_of(net, i), 7u);
}

TEST(CheckpointerReceipts, ARootIsSignedForReceiptsOnlyUnderTheDurableMark) {
  // Goal: a node that was not asked (it was away) marks the finished root before it signs it, and signs
  // nothing while its disk has not answered, or has failed.
  CheckpointNetwork net(1);  // three nodes and a witness: n3 need not cosign
  net.members[2]->reachable = false;
  net.apply_all(5, 1);
  net.lead(0);
  EXPECT_TRUE(net.members[2]->marks.empty());
  EXPECT_EQ(receipts_of(net, 2), 0u);
  net.members[2]->reachable = true;
  net.members[2]->disk_waits = true;
  net.members[0]->checkpointer->on_peer(NodeId{"n3"}, true);  // the note is told again
  net.executor.run();
  EXPECT_EQ(net.size_of(2), 5u);
  EXPECT_EQ(net.members[2]->marks,
            (std::vector<CheckpointMark>{{.size = 5, .root = net.members[2]->trees[5].root}}));
  EXPECT_EQ(receipts_of(net, 2), 0u);
  for (auto& done : std::exchange(net.members[2]->unreported, {}))
    done({});
  net.executor.run();
  EXPECT_EQ(receipts_of(net, 2), 5u);
  CheckpointNetwork broken(1);
  broken.members[2]->disk_works = false;
  broken.apply_all(5, 1);
  broken.lead(0);
  EXPECT_EQ(broken.size_of(2), 5u);
  EXPECT_EQ(receipts_of(broken, 2), 0u);
}

TEST(CheckpointerReceipts, AMarkOnItsWayToTheDiskIsNone) {
  // Goal: n3 is asked for 7 while its disk is slow, and the others finish it: its receipts stay those of 5
  // until the mark of 7 is durable.
  CheckpointNetwork net(1);
  net.apply_all(5, 1);
  net.lead(0);
  net.executor.advance(10);
  ASSERT_EQ(receipts_of(net, 2), 5u);
  net.members[2]->disk_waits = true;
  for (const std::size_t i : {2, 1, 0})
    net.apply(i, 7, 2);
  net.executor.advance(1'100);
  ASSERT_EQ(net.size_of(2), 7u);
  EXPECT_EQ(receipts_of(net, 0), 7u);
  EXPECT_EQ(receipts_of(net, 2), 5u);
  for (auto& done : std::exchange(net.members[2]->unreported, {}))
    done({});
  net.executor.run();
  EXPECT_EQ(receipts_of(net, 2), 7u);
}

TEST(CheckpointerReceipts, WhoOnceSignedAnotherTreeSignsNoLaterRoot) {
  // Goal: a mark of 5 leaves that is not of this tree: the note of 7 is served, but never marked nor signed.
  CheckpointNetwork net(1);
  net.members[2]->reachable = false;
  net.apply_all(5, 1);
  net.lead(0);
  Digest other;
  other.bytes[0] = 9;
  CheckpointNetwork::Member& m = *net.members[2];
  net.start(m, CheckpointMark{.size = 5, .root = other}, std::nullopt);
  for (const std::size_t i : {2, 1, 0})
    net.apply(i, 7, 2);
  net.executor.advance(1'100);
  m.checkpointer->on_peer_message(NodeId{"n1"}, PeerKind::checkpoint_finished,
                                  to_bytes(as_bytes(net.finished(0)->note)));
  net.executor.run();
  EXPECT_EQ(net.size_of(2), 7u);
  EXPECT_TRUE(m.marks.empty());
  EXPECT_EQ(receipts_of(net, 2), 0u);
}

TEST(CheckpointerReceipts, AStartGoesOnWithTheReceiptsOfItsMarkAndNeverOfAnotherTree) {
  // Goal: mark and note from before the start are enough; a mark of another tree signs nothing.
  for (const std::uint8_t marked : {1, 9}) {
    CheckpointNetwork net;
    net.apply_all(5, 1);
    net.lead(0);
    Digest root;
    root.bytes[0] = marked;
    CheckpointNetwork::Member& m = *net.members[1];
    net.start(m, CheckpointMark{.size = 5, .root = root}, net.finished(1)->note);
    net.executor.run();
    EXPECT_EQ(receipts_of(net, 1), 0u);
    net.apply(1, 5, 1);
    EXPECT_EQ(receipts_of(net, 1), marked == 1 ? 5u : 0u);
  }
}

TEST(CheckpointerReceipts, WhoDoesNotCosignGivesNoReceipts) {
  // Goal: a node that the ledger has taken out signs no root of the trees from then on.
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  std::vector<state::Node> nodes = founding_nodes(net.genesis);
  nodes.pop_back();
  const CosignerSet two = *cosigner_set(net.genesis.origin, TreeSize{9}, nodes, {});
  for (const std::size_t i : {0, 1, 2}) {
    net.members[i]->checkpointer->on_cosigners(two);
    net.apply(i, 9, 3);
  }
  net.executor.advance(1'100);
  EXPECT_EQ(receipts_of(net, 0), 9u);
  EXPECT_EQ(receipts_of(net, 2), 5u);
}

}  // namespace
}  // namespace anta::test
