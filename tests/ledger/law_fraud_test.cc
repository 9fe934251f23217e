// What a hostile review of the law got away with: each test bears its bug's name, and the attempt fails now.
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
  EXPECT_EQ(receive(measured(19400000, 0, 50000)), "accepted");
  EXPECT_EQ(w.last.mass.gained, (MassFlow::Amount{}));
  w.must("miner", to_oneself(w, "D-2", "L-1"));
  w.must("miner", w.receipt("D-2", {"L-1"}, measured(19 * tonne, 0, 50000)));  // loss is allowed: waits
  for (const auto& [as, by] : {std::pair("lab", ResolutionBy::umpire), {"miner", ResolutionBy::agreement}}) {
    w.must("miner", reply(w, "D-2", ReceiptAnswer::dispute));
    EXPECT_EQ(w.submit(as, resolution(w, "D-2", "L-1", measured(19400001, 0, 50000), by)), "not_conserved");
    w.must("miner", resolution(w, "D-2", "L-1", measured(19 * tonne, 0, 50000), ResolutionBy::agreement));
  }
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

}  // namespace
}  // namespace anta::test
