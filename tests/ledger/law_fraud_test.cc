// What a hostile review of the law got away with: each test bears its bug's name, and the attempt fails now.
#include "storage/ledger/standing.h"
#include "tests/ledger/law_chain.h"

namespace anta::test {
namespace {

payload::Relation relation(const World& w, const std::string& party, const std::string& other,
                           RelationKind kind) {
  payload::Relation p;
  p.common = w.common();
  p.party = PartyId{party};
  p.other = PartyId{other};
  p.kind = kind;
  p.from = Millis{t0};
  return p;
}

// L-1 from the mine to the miner's own mine.
payload::Dispatch to_oneself(const World& w, const std::string& id, const std::string& lot) {
  payload::Dispatch p = w.dispatch(id, {lot});
  p.to = PartyId{"miner"};
  p.to_site = SiteId{"mine"};
  p.carrier.reset();
  return p;
}

// Goal: a lot sent to oneself comes back with what it had or less: no metal and no credit is made on the way.
TEST(LawFraud, SelfDispatchMints) {
  World w;
  w.must("miner", w.lot("L-1"));  // 19 400 000 g dry, 970 000 g Cu
  w.must("miner", to_oneself(w, "D-1", "L-1"));
  const auto receive = [&](const payload::Measurement& figures) {
    return w.submit("miner", w.receipt("D-1", {"L-1"}, figures));
  };
  EXPECT_EQ(receive(measured(40 * tonne, 0, 790000)), "not_conserved");
  EXPECT_EQ(receive(measured(19400001, 0, 50000)), "not_conserved");
  EXPECT_EQ(receive(measured(19400000, 0, 50001)), "not_conserved");
  EXPECT_EQ(receive(some_ore()), "accepted");
  EXPECT_EQ(w.last.mass.gained, (MassFlow::Amount{}));
  w.must("miner", to_oneself(w, "D-2", "L-1"));
  w.must("miner", w.receipt("D-2", {"L-1"}, measured(19 * tonne, 0, 50000)));  // a loss is allowed: disputed
  const auto resolve = [&](const std::string& as, ResolutionBy by) {
    return w.submit(as, resolution(w, "D-2", "L-1", measured(19400001, 0, 50000), by));
  };
  EXPECT_EQ(resolve("lab", ResolutionBy::umpire), "not_conserved");
  EXPECT_EQ(resolve("miner", ResolutionBy::agreement), "not_conserved");
  w.must("miner", reply(w, "D-2", ReceiptAnswer::accept));
  EXPECT_EQ(w.get<state::Lot>("L-1").remaining_dry_g, Grams{19 * tonne});
  expect_conserved(w);
}

// Goal: the same between parties one of which owns or controls the other; advice makes no single interest.
TEST(LawFraud, SelfDispatchThroughAnOwnedParty) {
  for (const auto& [kind, outcome] : {std::pair(RelationKind::owns, "not_conserved"),
                                      {RelationKind::controls, "not_conserved"},
                                      {RelationKind::advises, "accepted"},
                                      {RelationKind::employs, "accepted"}}) {
    World w;
    w.must("plant", relation(w, "plant", "miner", kind));
    w.must("miner", w.lot("L-1"));
    w.must("miner", w.dispatch("D-1", {"L-1"}));
    EXPECT_EQ(w.submit("plant", w.receipt("D-1", {"L-1"}, measured(20 * tonne + 100, 30000, 50000))), outcome)
        << word(kind);
  }
}

// Goal: who is bound by a relation does not erase it: who declared it, or a registrar, ends it.
TEST(LawFraud, ConflictErasedByTheBodyItself) {
  World w;
  payload::Relation owned = relation(w, "body", "miner2", RelationKind::owns);
  w.must("registrar", owned);
  const auto attest = [&](const std::string& id) {
    return w.submit("body", w.attestation(id, "miner2", "mine2"));
  };
  EXPECT_EQ(attest("att-1"), "conflict_of_interest");
  payload::Relation ended = owned;
  ended.until = Millis{t0 + 1};
  EXPECT_EQ(w.submit("body", ended), "not_issuer");
  EXPECT_EQ(w.submit("miner2", ended), "not_issuer");
  w.must("body", owned);  // its own word beside the registrar's makes no difference
  EXPECT_EQ(w.submit("body", ended), "not_issuer");
  EXPECT_EQ(attest("att-2"), "conflict_of_interest");
  w.must("registrar", ended);  // a registrar's word stands for everybody's
  EXPECT_EQ(attest("att-3"), "accepted");
}

// Goal: each side ends what it alone declared; the other's declaration stands by itself.
TEST(LawFraud, ConflictErasedByOneOfTwoDeclarers) {
  World w;
  payload::Relation advises = relation(w, "body", "miner2", RelationKind::advises);
  payload::Relation ended = advises;
  ended.until = Millis{t0 + 1};
  w.must("body", advises);
  w.must("body", ended);
  EXPECT_FALSE(related(w.view, PartyId{"body"}, PartyId{"miner2"}, Millis{w.now}));
  EXPECT_EQ(w.get<state::Relation>("body/miner2").entries.size(), 1u);
  w.must("miner2", advises);
  EXPECT_TRUE(related(w.view, PartyId{"body"}, PartyId{"miner2"}, Millis{w.now}));
  EXPECT_EQ(w.submit("body", ended), "not_issuer");
}

// Goal: one side can fill its own share of a relation's record, and neither the other's nor a registrar's.
TEST(LawFraud, RelationGrowth) {
  World w;
  const auto declare = [&](const std::string& as, std::int64_t from) {
    payload::Relation p = relation(w, "truck", "body", RelationKind::advises);
    p.from = Millis{t0 + from};
    p.until = Millis{t0 + from + 1};
    return w.submit(as, p);
  };
  for (int i = 0; i < 128; ++i)
    ASSERT_EQ(declare("truck", i), "accepted");
  EXPECT_EQ(declare("truck", 128), "wrong_state");
  EXPECT_EQ(declare("truck", 127), "accepted");  // again: takes its own place
  EXPECT_EQ(declare("body", 128), "accepted");
  EXPECT_EQ(declare("registrar", 129), "accepted");
  EXPECT_EQ(w.get<state::Relation>("truck/body").entries.size(), 130u);
}

payload::Hold hold_of(const World& w, const std::string& lot) {
  payload::Hold p;
  p.common = w.common();
  p.lot = LotId{lot};
  p.legal_basis = "because";
  return p;
}

payload::Release release_of(const World& w, const std::string& lot) {
  payload::Release p;
  p.common = w.common();
  p.lot = LotId{lot};
  return p;
}

// Goal: a sender's hold does not follow the lot to the receiver: it cannot be laid on the road.
TEST(LawFraud, SendersHoldInTransit) {
  World w;
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.dispatch("D-1", {"L-1"}));
  EXPECT_EQ(w.submit("miner", hold_of(w, "L-1")), "wrong_state");
  w.must("ministry", hold_of(w, "L-1"));
  w.now += day;
  w.must("plant", w.receipt("D-1", {"L-1"}));
  EXPECT_EQ(w.get<state::Lot>("L-1").hold, PartyId{"ministry"});  // an authority's follows it
  EXPECT_EQ(w.submit("plant", w.flotation("B-1", {"L-1"}, "K-1")), "lot_on_hold");
  w.must("ministry", release_of(w, "L-1"));
  w.must("plant", w.flotation("B-1", {"L-1"}, "K-1"));
}

// Goal: a holder's hold does not keep an authority from holding, nor end the authority's.
TEST(LawFraud, HoldersHoldBlocksTheAuthority) {
  World w;
  w.must("miner", w.lot("L-1"));
  w.must("miner", hold_of(w, "L-1"));
  w.must("ministry", hold_of(w, "L-1"));
  EXPECT_EQ(w.submit("miner", release_of(w, "L-1")), "not_issuer");
  EXPECT_EQ(w.submit("miner", w.dispatch("D-1", {"L-1"})), "lot_on_hold");
}

// Goal: a stranger's word on a lot leaves no trace: the miner can still take it back, and sell it to another.
TEST(LawFraud, StrangersOffer) {
  World w;
  w.must("miner", w.lot("L-1"));
  const Digest lot = w.last_digest;
  payload::Ownership offer;
  offer.common = w.common();
  offer.lot = LotId{"L-1"};
  offer.from = PartyId{"miner"};
  offer.to = PartyId{"truck"};
  EXPECT_EQ(w.submit("truck", offer), "wrong_state");
  payload::Correction correction;
  correction.common = w.common();
  correction.of = lot;
  EXPECT_EQ(w.submit("miner", correction), "accepted");
}

// Goal: ticket and seal numbers are their signer's: nobody uses up another's.
TEST(LawFraud, NumbersOfOthersBurnt) {
  World w;
  payload::Lot lot = w.lot("L-9");
  lot.site = SiteId{"mine2"};
  w.must("miner2", lot);
  payload::Dispatch own = w.dispatch("D-9", {"L-9"});
  own.from_site = own.to_site = SiteId{"mine2"};
  own.to = PartyId{"miner2"};
  own.carrier.reset();
  own.seals = payload::List<payload::Text>{"HLX-1"};
  w.must("miner2", own);
  w.must("miner", w.lot("L-1"));
  payload::Dispatch sealed = w.dispatch("D-1", {"L-1"});
  sealed.seals = own.seals;
  EXPECT_EQ(w.submit("miner", sealed), "accepted");
  payload::Receipt burns = w.receipt("D-9", {"L-9"});
  burns.lots[0].measurement.scale = ScaleId{"plant"};  // as if the number were the plant's own
  burns.lots[0].measurement.ticket = "1002";
  burns.ticket = "1001";
  w.must("miner2", burns);
  payload::Receipt receipt = w.receipt("D-1", {"L-1"});
  receipt.ticket = "1001";
  receipt.lots[0].measurement.ticket = "1002";
  EXPECT_EQ(w.submit("plant", receipt), "accepted");
}

// Goal: an acceptance signed for the receiver's figures does not accept others that were proposed since.
TEST(LawFraud, SwappedProposal) {
  World w;
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.dispatch("D-1", {"L-1"}));
  w.now += day;
  w.must("plant", w.receipt("D-1", {"L-1"}, measured(19800000, 30000, 50000)));  // 1 % short: waits
  w.now += hour;
  const Bytes yes = w.sign("miner", reply(w, "D-1", ReceiptAnswer::accept));
  w.now += hour;
  w.must("plant", resolution(w, "D-1", "L-1", measured(tonne, 30000, 10000), ResolutionBy::agreement));
  EXPECT_EQ(w.submit_bytes(yes), "event_order");
  EXPECT_EQ(w.get<state::Dispatch>("D-1").state, DispatchState::received);
}

// Goal: while the sender's answer is awaited nobody umpires, and no umpire is close to a side.
TEST(LawFraud, UmpireWithoutADispute) {
  World w;
  w.must("plant", relation(w, "plant", "lab", RelationKind::employs));
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.dispatch("D-1", {"L-1"}));
  w.now += day;
  w.must("plant", w.receipt("D-1", {"L-1"}, measured(19800000, 30000, 50000)));
  const auto umpire = [&] {
    return w.submit("lab", resolution(w, "D-1", "L-1", measured(1000, 30000, 50000), ResolutionBy::umpire));
  };
  EXPECT_EQ(umpire(), "wrong_state");
  w.must("miner", reply(w, "D-1", ReceiptAnswer::dispute));
  EXPECT_EQ(umpire(), "conflict_of_interest");
}

// Goal: a custodian does not become the owner of what it keeps by mixing a little of its own into it.
TEST(LawFraud, CustodianOwnsByMixing) {
  World w;
  w.must("miner", w.lot("L-1"));
  payload::Dispatch toll = w.dispatch("D-1", {"L-1"});
  toll.ownership_moves = false;
  w.must("miner", toll);
  w.now += day;
  w.must("plant", w.receipt("D-1", {"L-1"}));
  deliver_from_second(w, "L-2");
  payload::Blend blend;
  blend.common = w.common();
  blend.inputs = {w.all_of("L-1"), w.all_of("L-2")};
  blend.output = {LotId{"Z"}, Material::ore_sulphide, "bulk", {}};
  EXPECT_EQ(w.submit("plant", blend), "not_holder");
  EXPECT_EQ(w.submit("plant", w.flotation("B-1", {"L-1", "L-2"}, "K-1")), "not_holder");
  payload::Ownership sale;
  sale.common = w.common();
  sale.lot = LotId{"L-1"};
  sale.from = PartyId{"miner"};
  sale.to = PartyId{"plant"};
  w.must("miner", sale);
  w.must("plant", sale);
  EXPECT_EQ(w.submit("plant", blend), "accepted");
}

// Goal: toll treatment of one owner's lots leaves the product that owner's.
TEST(LawFraud, TollTreatmentStaysTheOwners) {
  World w;
  w.must("miner", w.lot("L-1"));
  payload::Dispatch toll = w.dispatch("D-1", {"L-1"});
  toll.ownership_moves = false;
  w.must("miner", toll);
  w.now += day;
  w.must("plant", w.receipt("D-1", {"L-1"}));
  w.must("plant", w.flotation("B-1", {"L-1"}, "K-1"));
  EXPECT_EQ(w.get<state::Lot>("K-1").owner, PartyId{"miner"});
  EXPECT_EQ(w.get<state::Lot>("K-1").holder, PartyId{"plant"});
}

// Goal: neither a stock-take nor a split leaves more copper than the material can hold.
TEST(LawFraud, GradeWithoutLimit) {
  World w;
  w.must("miner", w.lot("L-1", measured(1000000, 0, 500000)));
  payload::Adjust p;
  p.common = w.common();
  p.lot = LotId{"L-1"};
  p.dry_g = -999999;
  EXPECT_EQ(w.submit("miner", p), "grade_impossible");
  p.dry_g = -374218;  // 500 000 g in 625 782 g are 79.9 %
  EXPECT_EQ(w.submit("miner", p), "accepted");
  p.common = w.common();
  p.dry_g = -1;
  EXPECT_EQ(w.submit("miner", p), "grade_impossible");
  // Poorer children, half a percent each, would leave a rest that is all copper.
  EXPECT_EQ(w.submit("miner", splitting(w, "L-1", {{LotId{"K"}, Grams{625000}, Grams{497000}}})),
            "grade_impossible");
  EXPECT_EQ(w.submit("miner", splitting(w, "L-1", {{LotId{"K"}, Grams{312891}, Grams{250000}}})), "accepted");
}

}  // namespace
}  // namespace anta::test
