// What is said of a lot later: stock-takes, losses, holds, and who owns it.
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

payload::Loss loss(const World& w, std::int64_t dry, std::int64_t cu) {
  payload::Loss p;
  p.common = w.common();
  p.lot = LotId{"L-1"};
  p.dry_g = Grams{dry};
  p.cu_g = Grams{cu};
  return p;
}

payload::Hold hold(const World& w) {
  payload::Hold p;
  p.common = w.common();
  p.lot = LotId{"L-1"};
  p.legal_basis = "Ley 27446";
  return p;
}

payload::Release release(const World& w) {
  payload::Release p;
  p.common = w.common();
  p.lot = LotId{"L-1"};
  return p;
}

std::string adjusted(World& w, std::int64_t dry, std::int64_t cu) {
  w.must("miner", w.lot("L-1"));  // 19 400 000 g dry, 970 000 g Cu
  return w.submit("miner", adjust(w, dry, cu));
}

std::string lost(World& w, std::int64_t dry, std::int64_t cu) {
  w.must("miner", w.lot("L-1"));
  return w.submit("miner", loss(w, dry, cu));
}

template <typename Payload>
std::string after_lot(World& w, const std::string& as, Payload (*make)(const World&)) {
  w.must("miner", w.lot("L-1"));
  return w.submit(as, make(w));
}

const LawTable stock(
    __FILE__,
    {
        {"not_conserved", inside, standard, "dry_raised_as_far_as_it_goes",
         [](World& w) { return adjusted(w, 145500, -1000); }},
        {"not_conserved", outside, standard, "a_gram_more", [](World& w) { return adjusted(w, 145501, 0); }},
        {"not_conserved", outside, standard, "copper_raised", [](World& w) { return adjusted(w, 0, 1); }},
        {"not_conserved", outside, standard, "dry_raised_twice",
         [](World& w) {
           EXPECT_EQ(adjusted(w, 1, 0), "accepted");
           return w.submit("miner", adjust(w, 1, 0));
         }},
        {"not_conserved", inside, standard, "dry_raised_again_after_an_acceptance",
         [](World& w) {
           EXPECT_EQ(adjusted(w, 1, 0), "accepted");
           w.must("miner", w.dispatch("D-1", {"L-1"}));
           w.now += day;
           w.must("plant", w.receipt("D-1", {"L-1"}));
           return w.submit("plant", adjust(w, 1, 0));
         }},
        {"not_conserved",
         inside,
         other,
         "dry_raised_as_far_as_it_goes",
         [](World& w) { return adjusted(w, 19400, 0); },
         {{"adjust_dry_ppm", 1000}}},
        {"not_conserved",
         outside,
         other,
         "a_gram_more",
         [](World& w) { return adjusted(w, 19401, 0); },
         {{"adjust_dry_ppm", 1000}}},
        {"not_conserved", inside, standard, "a_loss_of_the_lots_grade",
         [](World& w) { return lost(w, 1000000, 50250); }},
        {"not_conserved", outside, standard, "a_loss_of_nothing", [](World& w) { return lost(w, 0, 0); }},
        {"not_conserved", outside, standard, "a_loss_of_another_grade",
         [](World& w) { return lost(w, 1000000, 50251); }},
        {"balance_exceeded", inside, standard, "all_of_it_lost",
         [](World& w) {
           const std::string outcome = lost(w, 19400000, 970000);
           EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::lost);
           return outcome;
         }},
        {"balance_exceeded", outside, standard, "a_gram_more_lost",
         [](World& w) { return lost(w, 19400001, 970000); }},
        {"balance_exceeded", outside, standard, "copper_taken_off_that_is_not_there",
         [](World& w) { return adjusted(w, 0, -970001); }},
        {"balance_exceeded", outside, standard, "reserved",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           w.must("miner", w.dispatch("D-1", {"L-1"}));
           return w.submit("miner", loss(w, 1000000, 50000));
         }},
        {"balance_exceeded", outside, standard, "used_up",
         [](World& w) {
           EXPECT_EQ(lost(w, 19400000, 970000), "accepted");
           return w.submit("miner", adjust(w, 1, 0));
         }},
        {"not_holder", outside, standard, "a_loss_by_another",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           return w.submit("plant", loss(w, 1000000, 50000));
         }},
        {"event_order", outside, standard, "a_loss_before_the_lot",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           --w.now;
           return w.submit("miner", loss(w, 1000000, 50000));
         }},
        {"already_certified", outside, standard, "a_loss_below_what_is_certified",
         [](World& w) {
           concentrate(w, "ORE", "L-1");
           w.must("plant", w.certificate("C-1", "L-1", CocModel::segregated, "smelter"));
           const payload::Take all = w.all_of("L-1");
           return w.submit("plant", loss(w, all.dry_g.value / 10, all.cu_g.value / 10));
         }},
    });

const LawTable holds(__FILE__, {
                                   {"lot_on_hold", inside, standard, "released",
                                    [](World& w) {
                                      w.must("miner", w.lot("L-1"));
                                      w.must("ministry", hold(w));
                                      w.must("ministry", release(w));
                                      return w.submit("miner", loss(w, 1000000, 50000));
                                    }},
                                   {"lot_on_hold", outside, standard, "a_loss",
                                    [](World& w) {
                                      w.must("miner", w.lot("L-1"));
                                      w.must("ministry", hold(w));
                                      return w.submit("miner", loss(w, 1000000, 50000));
                                    }},
                                   {"lot_on_hold", outside, standard, "held_twice",
                                    [](World& w) {
                                      w.must("miner", w.lot("L-1"));
                                      w.must("ministry", hold(w));
                                      return w.submit("ministry", hold(w));
                                    }},
                                   {"lot_on_hold", outside, standard, "held_by_the_holder_over_an_authority",
                                    [](World& w) {
                                      w.must("miner", w.lot("L-1"));
                                      w.must("ministry", hold(w));
                                      return w.submit("miner", hold(w));
                                    }},
                                   {"wrong_state", inside, standard, "an_authority_stops_it_on_the_road",
                                    [](World& w) {
                                      w.must("miner", w.lot("L-1"));
                                      w.must("miner", w.dispatch("D-1", {"L-1"}));
                                      return w.submit("ministry", hold(w));
                                    }},
                                   {"lot_on_hold", outside, standard, "a_change_of_owner",
                                    [](World& w) {
                                      w.must("miner", w.lot("L-1"));
                                      w.must("miner", hold(w));
                                      return w.submit("miner", ownership(w, "miner", "plant"));
                                    }},
                                   {"not_holder", inside, standard, "a_hold_by_the_holder",
                                    [](World& w) { return after_lot(w, "miner", hold); }},
                                   {"not_holder", inside, standard, "a_hold_by_an_authority",
                                    [](World& w) { return after_lot(w, "ministry", hold); }},
                                   {"not_holder", outside, standard, "a_hold_by_another",
                                    [](World& w) { return after_lot(w, "plant", hold); }},
                                   {"not_issuer", outside, standard, "released_by_another",
                                    [](World& w) {
                                      w.must("miner", w.lot("L-1"));
                                      w.must("ministry", hold(w));
                                      return w.submit("miner", release(w));
                                    }},
                                   {"wrong_state", outside, standard, "released_without_a_hold",
                                    [](World& w) { return after_lot(w, "miner", release); }},
                                   {"wrong_state", outside, standard, "held_when_nothing_is_left",
                                    [](World& w) {
                                      EXPECT_EQ(lost(w, 19400000, 970000), "accepted");
                                      return w.submit("ministry", hold(w));
                                    }},
                                   {"unknown_reference", outside, standard, "a_hold_on_nothing",
                                    [](World& w) { return w.submit("ministry", hold(w)); }},
                               });

const LawTable owners(__FILE__, {
                                    {"not_issuer", outside, standard, "a_sale_by_a_third",
                                     [](World& w) {
                                       w.must("miner", w.lot("L-1"));
                                       return w.submit("buyer", ownership(w, "miner", "plant"));
                                     }},
                                    {"not_holder", outside, standard, "a_sale_of_what_another_owns",
                                     [](World& w) {
                                       w.must("miner", w.lot("L-1"));
                                       return w.submit("plant", ownership(w, "plant", "buyer"));
                                     }},
                                    {"wrong_state", outside, standard, "offered_twice",
                                     [](World& w) {
                                       w.must("miner", w.lot("L-1"));
                                       w.must("miner", ownership(w, "miner", "plant"));
                                       return w.submit("miner", ownership(w, "miner", "plant"));
                                     }},
                                    {"wrong_state", outside, standard, "a_stranger_over_the_owners_offer",
                                     [](World& w) {
                                       w.must("miner", w.lot("L-1"));
                                       w.must("miner", ownership(w, "miner", "plant"));
                                       return w.submit("buyer", ownership(w, "miner", "buyer"));
                                     }},
                                    {"wrong_state", outside, standard, "taken_before_it_is_offered",
                                     [](World& w) {
                                       w.must("miner", w.lot("L-1"));
                                       return w.submit("buyer", ownership(w, "miner", "buyer"));
                                     }},
                                    {"wrong_state", inside, standard, "the_owners_offer_over_its_own",
                                     [](World& w) {
                                       w.must("miner", w.lot("L-1"));
                                       w.must("miner", ownership(w, "miner", "buyer"));
                                       return w.submit("miner", ownership(w, "miner", "plant"));
                                     }},
                                    {"unknown_reference", outside, standard, "a_sale_to_nobody",
                                     [](World& w) {
                                       w.must("miner", w.lot("L-1"));
                                       return w.submit("miner", ownership(w, "miner", "nobody"));
                                     }},
                                });

// Goal: both sides sign, the owner first; its word changes nothing but the offer.
TEST(LawLot, OwnershipNeedsBothSides) {
  World w;
  w.must("miner", w.lot("L-1"));
  w.must("miner", ownership(w, "miner", "plant"));
  EXPECT_EQ(w.get<state::Lot>("L-1").owner.value, "miner");
  w.must("plant", ownership(w, "miner", "plant"));
  const auto lot = w.get<state::Lot>("L-1");
  EXPECT_EQ(lot.owner.value, "plant");
  EXPECT_EQ(lot.holder.value, "miner");
  EXPECT_FALSE(lot.owner_offered.has_value());
}

}  // namespace
}  // namespace anta::test
