// Opening mass-balance accounts.
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

template <typename Change>
std::string open(World& w, Change change, const std::string& as = "smelter") {
  payload::BalanceOpen p = account(w, "A");
  change(p);
  return w.submit(as, p);
}
std::string for_days(World& w, std::int64_t length_ms) {
  return open(w, [&](auto& p) { p.until = Millis{p.from.value + length_ms}; });
}
std::string converting(World& w, std::int64_t ppm) {
  return open(w, [&](auto& p) { p.conversion_ppm = Ppm{ppm}; });
}
// A second account from this moment on.
std::string second_from(World& w, std::int64_t from) {
  w.must("smelter", account(w, "A"));
  payload::BalanceOpen p = account(w, "A-2");
  p.from = Millis{from};
  p.until = Millis{from + day};
  return w.submit("smelter", p);
}

const LawTable scope(
    __FILE__,
    {
        {"out_of_scope", inside, standard, "a_leap_year", [](World& w) { return for_days(w, 366 * day); }},
        {"out_of_scope", outside, standard, "a_millisecond_longer",
         [](World& w) { return for_days(w, 366 * day + 1); }},
        {"out_of_scope",
         inside,
         other,
         "as_long_as_it_says",
         [](World& w) { return for_days(w, 90 * day); },
         {{"account_period_max_days", 90}}},
        {"out_of_scope",
         outside,
         other,
         "a_millisecond_longer",
         [](World& w) { return for_days(w, 90 * day + 1); },
         {{"account_period_max_days", 90}}},
        {"out_of_scope", outside, standard, "a_period_of_nothing", [](World& w) { return for_days(w, 0); }},
        // smelting 0.985 times electrorefining 0.9995 is 0.9845075, half even 0.984508
        {"out_of_scope", inside, standard, "the_best_that_the_site_recovers",
         [](World& w) { return converting(w, 984508); }},
        {"out_of_scope", outside, standard, "a_ppm_better", [](World& w) { return converting(w, 984509); }},
        {"out_of_scope",
         inside,
         other,
         "the_best_that_it_says",
         [](World& w) { return converting(w, 959520); },
         {{"recovery_smelting_max_ppm", 960000}}},
        {"out_of_scope",
         outside,
         other,
         "a_ppm_better",
         [](World& w) { return converting(w, 959521); },
         {{"recovery_smelting_max_ppm", 960000}}},
        {"out_of_scope", outside, standard, "a_site_attested_for_another_model",
         [](World& w) { return open(w, [](auto& p) { p.site = SiteId{"mill"}; }, "plant"); }},
        {"unknown_reference", outside, standard, "an_account_at_no_site",
         [](World& w) { return open(w, [](auto& p) { p.site = SiteId{"nowhere"}; }); }},
        {"unknown_reference", outside, standard, "an_account_of_no_scheme",
         [](World& w) { return open(w, [](auto& p) { p.scheme = SchemeId{"none"}; }); }},
        {"duplicate_id", outside, standard, "an_account_again",
         [](World& w) {
           w.must("smelter", account(w, "A"));
           return open(w, [](auto& p) {
             p.from = p.until;
             p.until.value += day;
           });
         }},
        {"not_holder", outside, standard, "opened_by_another_than_the_operator",
         [](World& w) { return open(w, [](auto&) {}, "plant"); }},
        {"account_overlap", inside, standard, "beginning_where_the_other_ends",
         [](World& w) { return second_from(w, t0 + 366 * day); }},
        {"account_overlap", outside, standard, "a_millisecond_earlier",
         [](World& w) { return second_from(w, t0 + 366 * day - 1); }},
    });

// Goal: an opened account is empty, open and found from its site.
TEST(LawAccount, OpensEmpty) {
  World w;
  EXPECT_EQ(w.submit("smelter", account(w, "A")), "accepted");
  const auto record = w.get<state::Account>("A");
  EXPECT_TRUE(record.open);
  EXPECT_EQ(record.balance_g, 0);
  EXPECT_EQ(record.operator_id, PartyId{"smelter"});
  EXPECT_EQ(w.get<state::Site>("works").accounts, std::vector<AccountId>{AccountId{"A"}});
}

}  // namespace
}  // namespace anta::test
