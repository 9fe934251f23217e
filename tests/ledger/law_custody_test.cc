// Chain of custody: models and eligibility of what is made, credits and their way back.
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

void suspend_second_mine(World& w) {
  w.must("body", w.attestation_status("att-mine2", AttestationChange::suspended));
}

// K-1 at the works, credited with 842 445 g to A.
void credited(World& w) {
  w.must("smelter", account(w, "A"));
  concentrate(w, "L-1", "K-1");
  sell(w, "K-1");
}

// From the works to the mill's own ground.
payload::Dispatch onward(const World& w, const std::string& id, const std::string& lot) {
  payload::Dispatch p = w.dispatch(id, {lot}, as_it_is(w, lot));
  p.from_site = SiteId{"works"};
  return p;
}

std::string dispatch_onward(World& w, bool spent) {
  credited(w);
  if (spent) {
    concentrate(w, "L-2", "K-2");
    sell(w, "K-2");
    w.must("smelter", smelting(w, "B-2", "K-2", "A-1"));
    w.must("smelter", w.certificate("C-1", "A-1", CocModel::mass_balance));
  }
  return w.submit("smelter", onward(w, "O-1", "K-1"));
}

const LawTable flags(__FILE__, {
                                   {"account_in_deficit",
                                    inside,
                                    standard,
                                    "a_reversal_that_the_account_can_pay",
                                    [](World& w) { return dispatch_onward(w, false); },
                                    {},
                                    true},
                                   {"account_in_deficit",
                                    outside,
                                    standard,
                                    "a_reversal_of_what_was_claimed",
                                    [](World& w) { return dispatch_onward(w, true); },
                                    {},
                                    true},
                                   {"upstream_under_review", inside, standard, "made_of_sound_ore",
                                    [](World& w) {
                                      w.deliver("L-1");
                                      return w.submit("plant", w.flotation("B-1", {"L-1"}, "K-1"));
                                    }},
                                   {"upstream_under_review", outside, standard, "made_of_ore_voided_before",
                                    [](World& w) {
                                      w.deliver("L-1");
                                      payload::AttestationStatus p =
                                          w.attestation_status("att-mine", AttestationChange::revoked);
                                      p.void_from = Millis{t0};
                                      w.must("body", p);
                                      return w.submit("plant", w.flotation("B-1", {"L-1"}, "K-1"));
                                    }},
                               });

// Goal: an output has the weakest of its inputs' models and of the attested one, several origins segregate.
TEST(LawCustody, TheWeakestModelWins) {
  World w;
  w.attest("att-ip", AttestationKind::chain_of_custody, "plant", "mill",
           {CocModel::identity_preserved, CocModel::controlled_blending});
  w.deliver("L-1");
  w.deliver("L-2");
  deliver_from_second(w, "L-3");
  w.must("plant", w.flotation("B-1", {"L-1"}, "K-1"));  // three models are attested: the weakest
  EXPECT_EQ(w.get<state::Lot>("K-1").coc_model, CocModel::controlled_blending);
  EXPECT_EQ(w.get<state::Lot>("K-1").origin, SiteId{"mine"});
  payload::Process named = w.flotation("B-2", {"L-2", "L-3"}, "K-2");
  named.coc_model = CocModel::identity_preserved;
  w.must("plant", named);
  EXPECT_EQ(w.get<state::Lot>("K-2").coc_model, CocModel::segregated);
  EXPECT_FALSE(w.get<state::Lot>("K-2").origin);
  EXPECT_EQ(w.get<state::Lot>("K-2").schemes.size(), 1U);
}

// Goal: an input of a weaker model weakens what a stronger site makes.
TEST(LawCustody, AnInputWeakensWhatTheSiteMakes) {
  World w;
  w.attest("att-seg", AttestationKind::chain_of_custody, "smelter", "works", {CocModel::segregated});
  concentrate(w, "L-1", "K-1");
  sell(w, "K-1");
  w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
  EXPECT_EQ(w.get<state::Lot>("A-1").coc_model, CocModel::mass_balance);
  payload::Process refining = smelting(w, "B-3", "A-1", "A-2");
  refining.process = ProcessKind::electrorefining;
  refining.coc_model = CocModel::segregated;
  EXPECT_EQ(w.submit("smelter", refining), "coc_model_upgrade");
  refining.coc_model.reset();
  w.must("smelter", refining);
  EXPECT_EQ(w.get<state::Lot>("A-2").coc_model, CocModel::mass_balance);
}

// Goal: the weakest input decides even where the site is attested for one stronger model alone.
TEST(LawCustody, TheModelIsNotTheSitesAlone) {
  World w;
  w.attest("att-controlled", AttestationKind::chain_of_custody, "plant", "mill",
           {CocModel::controlled_blending});
  concentrate(w, "L-1", "K-1");
  EXPECT_EQ(w.get<state::Lot>("K-1").coc_model, CocModel::controlled_blending);
  w.must("body", w.attestation_status("att-controlled", AttestationChange::revoked));
  w.now += 1;
  payload::Process again = w.flotation("B-2", {"K-1"}, "K-2");
  w.must("plant", again);
  EXPECT_EQ(w.get<state::Lot>("K-2").coc_model, CocModel::controlled_blending);
}

// Goal: eligible and other inputs together are at most controlled blending, and not eligible.
TEST(LawCustody, MixedInputsAreNotEligible) {
  World w;
  suspend_second_mine(w);
  w.now += hour;
  w.deliver("L-1");
  deliver_from_second(w, "L-2");
  EXPECT_TRUE(w.get<state::Lot>("L-2").schemes.empty());
  w.must("plant", w.flotation("B-1", {"L-1", "L-2"}, "K-1"));
  EXPECT_EQ(w.get<state::Lot>("K-1").coc_model, CocModel::controlled_blending);
  EXPECT_TRUE(w.get<state::Lot>("K-1").schemes.empty());
}

// Goal: without an attestation in force there is no model and no eligibility.
TEST(LawCustody, NoAttestationNoModel) {
  World w;
  w.deliver("L-1");
  w.must("body", w.attestation_status("att-mill", AttestationChange::withdrawn));
  w.now += 1;
  w.must("plant", w.flotation("B-1", {"L-1"}, "K-1"));
  EXPECT_EQ(w.get<state::Lot>("K-1").coc_model, CocModel::none);
  EXPECT_TRUE(w.get<state::Lot>("K-1").schemes.empty());
}

// Goal: an eligible segregated lot is credited with its accepted copper, converted, rounded half to even.
TEST(LawCustody, AcceptanceBooksACredit) {
  World w;
  w.must("smelter", account(w, "A", 500001));
  concentrate(w, "L-1", "K-1");
  sell(w, "K-1");
  EXPECT_EQ(balance(w, "A"), 436501);  // 873 000 * 0.500001 = 436 500.873
  const auto lot = w.get<state::Lot>("K-1");
  ASSERT_EQ(lot.credits.size(), 1U);
  EXPECT_EQ(lot.credits[0].over_cu_g, Grams{873000});
  EXPECT_FALSE(lot.credits[0].by_certificate);
}

// Goal: a credit of exactly half a gram goes to the even side.
TEST(LawCustody, HalvesGoToTheEvenSide) {
  World w;
  w.must("smelter", account(w, "A", 500000));
  payload::Lot lot = w.lot("L-1", measured(tonne, 0, 50001));
  w.must("miner", lot);
  payload::Dispatch d = w.dispatch("D-1", {"L-1"}, lot.measurement);
  d.to = PartyId{"smelter"};
  d.to_site = SiteId{"works"};
  w.must("miner", d);
  w.must("smelter", w.receipt("D-1", {"L-1"}, lot.measurement));
  EXPECT_EQ(balance(w, "A"), 25000);  // 50 001 / 2
}

// Goal: a lot that no scheme made eligible credits nothing, and is no error.
TEST(LawCustody, NothingIsCreditedForTheIneligible) {
  World w;
  w.must("smelter", account(w, "A"));
  w.must("body", w.attestation_status("att-mine", AttestationChange::suspended));
  w.now += 1;
  payload::Lot lot = w.lot("L-1");
  w.must("miner", lot);
  payload::Dispatch d = w.dispatch("D-1", {"L-1"});
  d.to = PartyId{"smelter"};
  d.to_site = SiteId{"works"};
  w.must("miner", d);
  w.must("smelter", w.receipt("D-1", {"L-1"}));
  EXPECT_EQ(balance(w, "A"), 0);
  EXPECT_TRUE(w.get<state::Lot>("L-1").credits.empty());
}

// Goal: the account whose period contains the receipt's event is credited, not the one of its answer.
TEST(LawCustody, TheReceiptsEventChoosesTheAccount) {
  World w;
  concentrate(w, "L-1", "K-1");
  payload::BalanceOpen first = account(w, "A");
  first.until = Millis{w.now + 1};
  payload::BalanceOpen second = account(w, "A-next");
  second.from = first.until;
  w.must("smelter", first);
  w.must("smelter", second);
  w.must("plant", sale(w, "S-1", {"K-1"}));
  payload::Receipt p = w.receipt("S-1", {"K-1"}, as_it_is(w, "K-1"));
  p.lots[0].measurement.wet_g.value -= 60000;  // 1.5 %: waits
  w.must("smelter", p);
  w.now += day;
  w.must("plant", reply(w, "S-1", ReceiptAnswer::accept));
  EXPECT_GT(balance(w, "A"), 0);
  EXPECT_EQ(balance(w, "A-next"), 0);
}

// Goal: a weaker lot is credited with the copper of certificates issued to the receiver, and with no more.
TEST(LawCustody, CertificatesCreditAWeakerLot) {
  World w;
  credited(w);
  w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
  refiner_with_account(w);
  payload::Certificate part = w.certificate("C-1", "A-1", CocModel::mass_balance, "refiner");
  part.dry_g = Grams{400000};
  part.cu_g = Grams{396800};
  w.must("smelter", part);
  EXPECT_EQ(balance(w, "A"), 842445 - 396800);
  payload::Dispatch d = w.dispatch("O-1", {"A-1"}, as_it_is(w, "A-1"));
  d.from_site = SiteId{"works"};
  d.to = PartyId{"refiner"};
  d.to_site = SiteId{"tank"};
  w.must("smelter", d);
  w.must("refiner", w.receipt("O-1", {"A-1"}, as_it_is(w, "A-1")));
  EXPECT_EQ(balance(w, "T"), 392832);
  EXPECT_TRUE(w.get<state::Lot>("A-1").credits.at(0).by_certificate);
}

// Goal: a credited lot that leaves unprocessed takes its credit along, and brings it back when it returns.
TEST(LawCustody, LeavingUnprocessedReversesTheCredit) {
  World w;
  credited(w);
  EXPECT_EQ(balance(w, "A"), 842445);
  w.must("smelter", onward(w, "O-1", "K-1"));
  EXPECT_EQ(balance(w, "A"), 0);
  w.must("smelter", ending(w, "O-1", DispatchOutcome::cancelled));
  EXPECT_EQ(balance(w, "A"), 842445);
  EXPECT_EQ(w.get<state::Lot>("K-1").credits.at(0).cu_g, Grams{842445});
}

// Goal: the part that was processed keeps its credit, split or not; the parts together reverse what is left.
TEST(LawCustody, OnlyWhatLeavesIsReversed) {
  World w;
  credited(w);
  // Half of the rest of the lot is split off, then two thirds of what stays are smelted.
  w.must("smelter", splitting(w, "K-1", {{LotId{"P-1"}, Grams{909375}, Grams{218250}}}));
  EXPECT_EQ(w.get<state::Lot>("P-1").credits.at(0).cu_g, Grams{210611});
  EXPECT_EQ(w.get<state::Lot>("K-1").credits.at(0).cu_g, Grams{631834});
  EXPECT_EQ(balance(w, "A"), 842445);
  payload::Process p = smelting(w, "B-2", "K-1", "A-1");
  p.inputs[0].dry_g = Grams{1818750};
  p.inputs[0].cu_g = Grams{436500};
  p.outputs[0].measurement = measured(426820, 0, 992000);
  p.losses = payload::Mass{Grams{0}, Grams{13095}};
  w.must("smelter", p);
  w.must("smelter", onward(w, "O-1", "P-1"));
  EXPECT_EQ(balance(w, "A"), 842445 - 210611);
  w.must("smelter", onward(w, "O-2", "K-1"));
  EXPECT_EQ(balance(w, "A"), 842445 - 210611 - 210611);
  EXPECT_EQ(w.get<state::Lot>("K-1").credits.at(0).cu_g, Grams{421223});
  EXPECT_EQ(w.get<state::Lot>("K-1").credits.at(0).over_cu_g, Grams{0});
}

// Goal: void_from takes the credit back in full, also of what was processed since, into a declared deficit.
TEST(LawCustody, VoidTakesTheCreditBack) {
  World w;
  credited(w);
  w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
  payload::Certificate c = w.certificate("C-1", "A-1", CocModel::mass_balance);
  c.dry_g = Grams{500000};
  c.cu_g = Grams{496000};
  w.must("smelter", c);
  payload::AttestationStatus p = w.attestation_status("att-mine", AttestationChange::revoked);
  p.void_from = Millis{t0};
  w.must("body", p);
  EXPECT_EQ(balance(w, "A"), -496000);
  EXPECT_TRUE(w.flagged("account_in_deficit"));
  EXPECT_TRUE(w.get<state::Lot>("K-1").credits.empty());
  EXPECT_EQ(w.get<state::Lot>("K-1").schemes.at(0).status, Eligibility::under_review);
}

}  // namespace
}  // namespace anta::test
