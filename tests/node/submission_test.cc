#include "node/submission.h"

#include <gtest/gtest.h>

#include "tests/node/submission_rig.h"

namespace anta::test {
namespace {

using Rig = SubmissionRig;

TEST(Submission, BlocksFormWhileOthersAreOnTheirWay) {
  // Goal: with two blocks in flight the rest collects, and goes out as one block when one is decided.
  Rig rig;
  rig.lead(true);
  const std::vector<Bytes> lots = {rig.lot("L-1"), rig.lot("L-2"), rig.lot("L-3"), rig.lot("L-4")};
  rig.submit({lots[0]});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  rig.submit({lots[1]});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 2; }));
  rig.submit({lots[2], lots[3]});
  ASSERT_TRUE(rig.until([&] { return rig.verification->figures().checked == 4; }));
  rig.executor.run();
  EXPECT_EQ(rig.blocks.size(), 2u);
  rig.decide(rig.blocks[0]);
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 3; }));
  EXPECT_EQ(rig.blocks[2], (std::vector<Bytes>{lots[2], lots[3]}));
  ASSERT_EQ(rig.answers.size(), 1u);
  EXPECT_TRUE(rig.answers[0][0].outcome->accepted);
}

TEST(Submission, TheSameBytesAreProposedOnceAndAnsweredToAll) {
  // Goal: a second submission joins the first; a third, after the outcome, is answered from the ledger.
  Rig rig;
  rig.lead(true);
  const Bytes lot = rig.lot("L-1");
  rig.submit({lot});
  rig.submit({lot, lot});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1 && rig.verification->figures().checked == 1; }));
  rig.executor.advance(100);
  EXPECT_EQ(rig.blocks.size(), 1u);
  rig.decide({lot});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 2; }));
  EXPECT_EQ(rig.answers[0].size() + rig.answers[1].size(), 3u);
  rig.submit({lot});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 3; }));
  EXPECT_TRUE(rig.answers[2][0].again);
  EXPECT_EQ(rig.blocks.size(), 1u);
}

TEST(Submission, AdmissionAnswersFinallyOnlyWhatItMay) {
  // Goal: malformed, bad signature, far future and, led here, an unknown key are answered without a block.
  Rig rig;
  rig.lead(true);
  Bytes bad = rig.lot("L-1");
  bad.back() ^= 1;
  payload::Lot future = rig.world.lot("L-2");
  future.common.event_time = Millis{rig.world.now + 600'001};
  const Bytes stranger = rig.world.sign("newcomer", rig.world.lot("L-3"));
  rig.submit({Bytes{0x01}, bad, rig.world.sign("miner", future), stranger});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  EXPECT_EQ(rig.answers[0][0].outcome.error().code, Code::malformed);
  EXPECT_EQ(rig.answers[0][1].outcome.error().code, Code::bad_signature);
  EXPECT_EQ(rig.answers[0][2].outcome.error().rule, "event_in_future");
  EXPECT_EQ(rig.answers[0][3].outcome.error().rule, "unknown_key");
  EXPECT_EQ(rig.reads, 1);
  EXPECT_TRUE(rig.blocks.empty());
}

TEST(Submission, APersonsNameIsRefusedBeforeTheLog) {
  // Goal: an update that names a person in clear is answered `malformed` and proposed to nobody; a company's
  // new name goes on.
  Rig rig;
  rig.lead(true);
  payload::Party person = rig.world.party_payload("maria");
  person.kind = PartyKind::person;
  person.name.reset();
  rig.world.must("registrar", person);
  payload::PartyUpdate update;
  update.common = rig.world.common();
  update.party = PartyId{"maria"};
  update.name = "Maria Quispe";
  const Bytes named = rig.world.sign("registrar", update);
  update.party = PartyId{"plant"};
  update.name = "Planta Nueva";
  const Bytes renamed = rig.world.sign("registrar", update);
  rig.submit({named, renamed});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  EXPECT_EQ(rig.blocks[0], std::vector<Bytes>{renamed});
  rig.decide(rig.blocks[0]);
  ASSERT_EQ(rig.answers.size(), 1u);
  EXPECT_EQ(rig.answers[0][0].outcome.error().code, Code::malformed);
  EXPECT_TRUE(rig.answers[0][1].outcome);
}

TEST(Submission, ARevokedOrBorrowedKeyMakesNoBlock) {
  // Goal: whoever holds a revoked key, or signs for another party, cannot fill the log (each left an empty
  // block).
  Rig rig;
  rig.lead(true);
  rig.plant_revoked = true;
  const Bytes revoked = rig.world.sign("plant", rig.world.lot("L-1"));
  const Bytes borrowed = *sign_statement(rig.world.lot("L-2"), PartyId{"miner"}, rig.world.key("registrar"),
                                         rig.world.now / 1000, {});
  rig.submit({revoked, borrowed});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  EXPECT_EQ(rig.answers[0][0].outcome.error().rule, "unknown_key");
  EXPECT_EQ(rig.answers[0][1].outcome.error().rule, "unknown_key");
  EXPECT_TRUE(rig.blocks.empty());
}

TEST(Submission, AKeyRegisteredInTheSameRequestIsWaitedFor) {
  // Goal: what stands behind its own registration goes into a later block, not to unknown_key.
  Rig rig;
  rig.lead(true);
  const Bytes registration = rig.world.sign("registrar", rig.world.party_payload("newcomer"));
  const Bytes first = rig.world.sign("newcomer", rig.world.lot("L-1"));
  rig.submit({registration, first});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  EXPECT_EQ(rig.blocks[0], std::vector<Bytes>{registration});
  rig.newcomer_known = true;
  rig.decide(rig.blocks[0]);
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 2; }));
  EXPECT_EQ(rig.blocks[1], std::vector<Bytes>{first});
}

TEST(Submission, AFollowerForwardsAndOffersAgainToANewLeader) {
  // Goal: the request goes whole to the leader, again to the next one, and is answered by this node's apply.
  Rig rig;
  rig.lead(false);
  const std::vector<Bytes> items = {rig.lot("L-1"), rig.lot("L-2")};
  rig.submit(items);
  ASSERT_TRUE(rig.until([&] { return rig.forwards.size() == 1; }));
  EXPECT_EQ(rig.forwards[0].first.value, "n2");
  EXPECT_EQ(rig.forwards[0].second.statements.size(), 2u);
  rig.submission->on_role(
      {.role = raft::Role::follower, .term = Term{2}, .leader = NodeId{"n3"}, .in_office = false});
  ASSERT_TRUE(rig.until([&] { return rig.forwards.size() == 2; }));
  EXPECT_EQ(rig.forwards[1].first.value, "n3");
  rig.executor.advance(1'500);  // nothing heard: the same leader is asked again
  EXPECT_GE(rig.forwards.size(), 3u);
  rig.decide(items);
  ASSERT_EQ(rig.answers.size(), 1u);
  EXPECT_EQ(rig.answers[0][1].outcome->leaf.value, 11u);
}

TEST(Submission, ALeaderTakesForwardsOnceAndRefusesByMessage) {
  // Goal: a forwarded request is proposed once however often it is offered; a final refusal goes back.
  Rig rig;
  rig.lead(true);
  Bytes bad = rig.lot("L-1");
  bad.back() ^= 1;
  const Bytes good = rig.lot("L-2");
  const Bytes message = encode_forward(
      {.request = 7,
       .statements = {std::make_shared<const Bytes>(bad), std::make_shared<const Bytes>(good)}});
  rig.submission->on_peer_message(NodeId{"n2"}, PeerKind::forward, message);
  rig.submission->on_peer_message(NodeId{"n2"}, PeerKind::forward, message);
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1 && rig.refusals.size() == 1; }));
  EXPECT_EQ(rig.blocks[0], std::vector<Bytes>{good});
  EXPECT_EQ(rig.refusals[0].request, 7u);
  EXPECT_EQ(rig.refusals[0].items.at(0).error.code, Code::bad_signature);
}

TEST(Submission, WhatIsForwardedToWhoWasJustElectedIsNotLost) {
  // Goal: a follower offers as soon as it hears who leads, some milliseconds before that node is in office;
  // it is proposed then, and not when the follower offers again after a second. Who is elected and never
  // takes office forgets it.
  SubmissionRig rig;
  rig.lead(false);
  const Bytes lot = rig.lot("L-1");
  const auto elected = [&](std::uint64_t term, bool in_office) {
    rig.submission->on_role(
        {.role = raft::Role::leader, .term = Term{term}, .leader = NodeId{"n1"}, .in_office = in_office});
    rig.executor.run();
  };
  const auto forwarded = [&](std::uint64_t request) {
    const Forward forward{.request = request, .statements = {std::make_shared<const Bytes>(lot)}};
    rig.submission->on_peer_message(NodeId{"n2"}, PeerKind::forward, encode_forward(forward));
    rig.executor.run();
  };
  forwarded(6);  // n2 leads itself, as this node knows it
  elected(2, false);
  forwarded(7);
  EXPECT_TRUE(rig.blocks.empty());
  elected(2, true);
  ASSERT_TRUE(rig.until([&] { return !rig.blocks.empty(); }));
  EXPECT_EQ(rig.blocks[0], std::vector<Bytes>{lot});
  rig.decide({lot});
  elected(4, false);
  const Bytes other = rig.lot("L-2");
  const Forward late{.request = 8, .statements = {std::make_shared<const Bytes>(other)}};
  rig.submission->on_peer_message(NodeId{"n3"}, PeerKind::forward, encode_forward(late));
  rig.executor.run();
  rig.lead(false);  // n3 hears who leads instead, and offers it there
  elected(6, true);
  EXPECT_EQ(rig.blocks.size(), 1u);
  EXPECT_TRUE(rig.refusals.empty());
}

TEST(Submission, TheDeadlineSaysUncertainOnlyIfItWasOffered) {
  // Goal: without a leader the answer is busy, after an offer it is uncertain, and a later outcome stands.
  Rig rig;
  const Bytes lot = rig.lot("L-1");
  rig.submit({lot}, {.wait = WaitFor::committed, .deadline_ms = 500});
  ASSERT_TRUE(rig.until([&] { return rig.verification->figures().checked == 1; }));
  rig.executor.advance(600);
  ASSERT_EQ(rig.answers.size(), 1u);
  EXPECT_EQ(rig.answers[0][0].outcome.error().rule, "no_leader");
  rig.lead(true);
  rig.submit({lot}, {.wait = WaitFor::committed, .deadline_ms = 500});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  rig.executor.advance(600);
  ASSERT_EQ(rig.answers.size(), 2u);
  EXPECT_EQ(rig.answers[1][0].outcome.error().code, Code::uncertain);
  rig.decide({lot});
  rig.submit({lot});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 3; }));
  EXPECT_TRUE(rig.answers[2][0].outcome->accepted);
}

TEST(Submission, FullIsBusyBeforeAnySignatureCheck) {
  // Goal: past its bound nothing is checked or kept, and room comes back with outcomes.
  Rig rig({.statements_max = 2});
  rig.lead(true);
  rig.submit({rig.lot("L-1"), rig.lot("L-2")});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  rig.submit({rig.lot("L-3")});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  EXPECT_EQ(rig.answers[0][0].outcome.error().code, Code::busy);
  EXPECT_EQ(rig.verification->figures().checked, 2u);
  rig.decide(rig.blocks[0]);
  rig.submit({rig.lot("L-4")});
  EXPECT_TRUE(rig.until([&] { return rig.blocks.size() == 2; }));
}

TEST(Submission, ASequencePastTheBoundWasAnsweredAsIfItHadBeenLookedAt) {
  // Goal: the whole request says when to come again (so that HTTP answers 503 with Retry-After, not 200 with
  // items that are undecided, which clients sent again at once: bench, --only overload).
  Rig rig({.statements_max = 2});
  rig.lead(true);
  rig.submit({rig.lot("L-1"), rig.lot("L-2"), rig.lot("L-3")});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  ASSERT_EQ(rig.answers[0].size(), 3u);
  for (const Submitted& item : rig.answers[0]) {
    EXPECT_EQ(item.outcome.error().rule, "statements_max");
    EXPECT_GT(item.retry_after_s, 0u);
  }
  EXPECT_EQ(rig.verification->figures().checked, 0u);
}

TEST(Submission, OtherLimitsHoldForWhatComes) {
  // Goal: what waits already stays when the limit falls below it; with room again more is taken.
  Rig rig({.statements_max = 2});
  rig.lead(false);
  rig.submit({rig.world.sign("miner", rig.world.lot("L-1")), rig.world.sign("miner", rig.world.lot("L-2"))});
  rig.executor.run();
  EXPECT_EQ(rig.submission->figures().statements, 2u);
  rig.submission->set_limits(1, 1 << 20);
  rig.submit({rig.world.sign("miner", rig.world.lot("L-3"))});
  ASSERT_TRUE(rig.until([&] { return !rig.answers.empty(); }));
  EXPECT_EQ(rig.answers[0][0].outcome.error().rule, "statements_max");
  EXPECT_EQ(rig.submission->figures().statements, 2u);
  rig.submission->set_limits(3, 1 << 20);
  rig.submit({rig.world.sign("miner", rig.world.lot("L-4"))});
  rig.executor.run();
  EXPECT_EQ(rig.submission->figures().statements, 3u);
  rig.submission->set_limits(9, 1);  // bytes count too
  rig.submit({rig.world.sign("miner", rig.world.lot("L-5"))});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 2; }));
  EXPECT_EQ(rig.answers[1][0].outcome.error().rule, "statements_max");
}

TEST(Submission, BelowTheDiskReserveTheLeaderIsBusy) {
  // Goal: a leader without room answers at once and keeps nothing; what is decided already has its outcome.
  Rig rig;
  rig.lead(true);
  const Bytes old = rig.lot("L-1");
  rig.decide({old});
  rig.disk_low = true;
  const Bytes fresh = rig.lot("L-2");
  rig.submit({old, fresh});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  EXPECT_TRUE(rig.answers[0][0].again);
  EXPECT_EQ(rig.answers[0][1].outcome.error().rule, "disk_reserve");
  EXPECT_TRUE(rig.blocks.empty());
  EXPECT_EQ(rig.submission->figures().statements, 0u);
  // Nor does one that is elected and not in office yet, which would keep them until their deadline.
  rig.lead(false);
  rig.submission->on_role({.role = raft::Role::leader, .term = Term{2}, .leader = NodeId{"n1"}});
  rig.executor.run();
  rig.submit({fresh});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 2; }));
  EXPECT_EQ(rig.answers[1][0].outcome.error().rule, "disk_reserve");
  rig.lead(true);
  rig.disk_low = false;
  rig.submit({fresh});
  EXPECT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
}

TEST(Submission, ARefusedProposalIsOfferedAgain) {
  // Goal: a block that never reached the log is not lost and its statements are not uncertain forever.
  Rig rig;
  rig.lead(true);
  rig.proposing = fail(Code::busy, "the log is full");
  rig.submit({rig.lot("L-1")});
  ASSERT_TRUE(rig.until([&] { return rig.submission->figures().blocks_proposed == 1; }));
  rig.executor.run();
  rig.proposing = raft::Proposed{};
  rig.executor.advance(100);
  EXPECT_EQ(rig.blocks.size(), 1u);
}

TEST(Submission, ARefusedBlockIsNotOvertaken) {
  // Goal: the next statement of a request is proposed only when the log has taken the one before it; a
  // refused block comes again first, whatever waits behind it. Overtaken, it could be rejected for ever.
  Rig rig({.block_statements_max = 1});
  rig.lead(true);
  rig.proposals_wait = true;
  const std::vector<Bytes> lots = {rig.lot("L-1"), rig.lot("L-2"), rig.lot("L-3")};
  rig.submit(lots);
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  rig.executor.run();
  ASSERT_EQ(rig.blocks.size(), 1u);  // room for two in flight, but the first has no place yet
  rig.unanswered.at(0)(fail(Code::busy, "the log is full"));
  rig.executor.advance(100);
  ASSERT_EQ(rig.blocks.size(), 2u);
  EXPECT_EQ(rig.blocks[1], std::vector<Bytes>{lots[0]});
  rig.unanswered.at(1)(raft::Proposed{});
  rig.executor.run();
  ASSERT_EQ(rig.blocks.size(), 3u);
  EXPECT_EQ(rig.blocks[2], std::vector<Bytes>{lots[1]});
}

TEST(Submission, ManyUnknownKeysCostOneReadIndex) {
  // Goal: a run of statements without a registered key is answered after one read index, not one for each.
  Rig rig;
  rig.lead(true);
  std::vector<Bytes> items;
  for (int i = 0; i < 300; ++i)
    items.push_back(rig.world.sign("newcomer", rig.world.lot("L-" + std::to_string(i))));
  rig.submit(items);
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  for (const Submitted& answer : rig.answers[0])
    EXPECT_EQ(answer.outcome.error().rule, "unknown_key");
  EXPECT_EQ(rig.reads, 1);
}

TEST(Submission, WhatARunMayStillRegisterIsWaitedFor) {
  // Goal: when the first of a run has its key by now, the others are not unknown before it is decided: it may
  // be what registers theirs.
  Rig rig;
  rig.lead(true);
  rig.reads_wait = true;
  const Bytes first = rig.world.sign("newcomer", rig.world.lot("L-1"));
  const Bytes second = rig.world.sign("smelter", rig.world.lot("L-2"));
  rig.submit({first, second});
  ASSERT_TRUE(rig.until([&] { return rig.reads == 1; }));
  rig.newcomer_known = true;
  rig.reads_wait = false;
  rig.unread.at(0)(LogIndex{1});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  EXPECT_EQ(rig.blocks[0], std::vector<Bytes>{first});
  rig.executor.run();
  EXPECT_EQ(rig.reads, 1);
  rig.decide({first});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  EXPECT_TRUE(rig.answers[0][0].outcome->accepted);
  EXPECT_EQ(rig.answers[0][1].outcome.error().rule, "unknown_key");
  EXPECT_EQ(rig.reads, 2);
}

TEST(Submission, AKeyThatWasLookedUpInAnotherTimeOfOfficeIsNotUnknown) {
  // Goal: while its key was looked up the node lost office and sent the statement to the next leader, who may
  // record it: the old answer is not final.
  Rig rig;
  rig.lead(true);
  rig.reads_wait = true;
  const Bytes statement = rig.world.sign("newcomer", rig.world.lot("L-1"));
  rig.submit({statement});
  ASSERT_TRUE(rig.until([&] { return rig.reads == 1; }));
  rig.lead(false);
  rig.unread.at(0)(LogIndex{1});
  rig.submit({rig.lot("L-2")});  // its signature is checked after the key was looked up
  ASSERT_TRUE(rig.until([&] { return rig.forwards.size() == 2; }));
  EXPECT_TRUE(rig.answers.empty());
  rig.decide({statement});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  EXPECT_TRUE(rig.answers[0][0].outcome && rig.answers[0][0].outcome->accepted);
}

TEST(Submission, SendersWithoutAKeyCannotFillTheQueue) {
  // Goal: past their own bound statements with unregistered keys are busy, whole requests of them, while
  // those with keys go on; and room comes back with their answers.
  Rig rig({.unknown_keys_max = 2});
  rig.lead(true);
  rig.reads_wait = true;
  const auto stranger = [&](const std::string& id) { return rig.world.sign("newcomer", rig.world.lot(id)); };
  rig.submit({stranger("L-1"), stranger("L-2"), stranger("L-3")});  // alone it may be larger than the bound
  ASSERT_TRUE(rig.until([&] { return rig.reads == 1; }));
  EXPECT_EQ(rig.submission->figures().statements, 3u);  // what waits is counted before anything is answered
  const Bytes known = rig.lot("L-4");
  rig.submit({known, stranger("L-5")});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 1; }));
  for (const Submitted& answer : rig.answers[0])
    EXPECT_EQ(answer.outcome.error().rule, "unknown_keys_max");
  rig.submit({known});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  rig.reads_wait = false;
  rig.unread.at(0)(LogIndex{1});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 2; }));
  rig.submit({stranger("L-6")});
  ASSERT_TRUE(rig.until([&] { return rig.answers.size() == 3; }));
  EXPECT_EQ(rig.answers[2][0].outcome.error().rule, "unknown_key");
}

TEST(Submission, BusyIsFinalOnlyForTheVeryFirstOffer) {
  // Goal: a leader's `busy` answers a request that was offered once; after a second offer, to the same leader
  // or after this node's own, an earlier one may commit and the answer stays open.
  const Error busy{Code::busy, "statements_max", "full"};
  Rig once;
  once.lead(false);
  const Bytes lot = once.lot("L-1");
  once.submit({lot});
  ASSERT_TRUE(once.until([&] { return once.forwards.size() == 1; }));
  once.refuse_from("n2", once.forwards[0].second.request, lot, busy);
  ASSERT_EQ(once.answers.size(), 1u);
  EXPECT_EQ(once.answers[0][0].outcome.error().code, Code::busy);

  Rig twice;
  twice.lead(false);
  twice.submit({lot});
  ASSERT_TRUE(twice.until([&] { return twice.forwards.size() == 1; }));
  twice.executor.advance(1'500);  // nothing heard: offered again to the same leader
  ASSERT_EQ(twice.forwards.size(), 2u);
  twice.refuse_from("n2", twice.forwards[1].second.request, lot, busy);
  EXPECT_TRUE(twice.answers.empty());
  twice.decide({lot});
  ASSERT_EQ(twice.answers.size(), 1u);
  EXPECT_TRUE(twice.answers[0][0].outcome->accepted);

  Rig own;
  own.lead(true);
  own.submit({lot});
  ASSERT_TRUE(own.until([&] { return own.blocks.size() == 1; }));
  own.lead(false);  // its own block may be in another leader's log
  ASSERT_TRUE(own.until([&] { return own.forwards.size() == 1; }));
  own.refuse_from("n2", own.forwards[0].second.request, lot, busy);
  EXPECT_TRUE(own.answers.empty());
  own.executor.advance(10'000);
  ASSERT_EQ(own.answers.size(), 1u);
  EXPECT_EQ(own.answers[0][0].outcome.error().code, Code::uncertain);
}

TEST(Submission, CosignedWaitsForTheCheckpointOrItsDeadline) {
  // Goal: the answer comes with the checkpoint over the leaf; without one, after cosign_wait_ms, uncosigned.
  Rig rig;
  rig.lead(true);
  const Bytes one = rig.lot("L-1");
  rig.submit({one}, {.wait = WaitFor::cosigned, .cosign_wait_ms = 300});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 1; }));
  rig.decide({one}, 10);
  EXPECT_TRUE(rig.answers.empty());
  rig.submission->on_finished(TreeSize{10});
  rig.executor.run();
  EXPECT_TRUE(rig.answers.empty());
  rig.submission->on_finished(TreeSize{12});
  rig.executor.run();
  ASSERT_EQ(rig.answers.size(), 1u);
  EXPECT_TRUE(rig.answers[0][0].cosigned);
  const Bytes two = rig.lot("L-2");
  rig.submit({two}, {.wait = WaitFor::cosigned, .cosign_wait_ms = 300});
  ASSERT_TRUE(rig.until([&] { return rig.blocks.size() == 2; }));
  rig.decide({two}, 20);
  rig.executor.advance(400);
  ASSERT_EQ(rig.answers.size(), 2u);
  EXPECT_FALSE(rig.answers[1][0].cosigned);
  EXPECT_TRUE(rig.answers[1][0].outcome->accepted);
}

}  // namespace
}  // namespace anta::test
