// Parameters: what may be proposed, from when it holds, and the version of the law itself.
#include "storage/ledger/standing.h"
#include "tests/ledger/law_network.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

std::string propose(World& w, const std::string& name, ParameterValue value) {
  return w.submit("plant", amendment(w, "P-1", name, std::move(value)));
}

const LawTable amendments(
    __FILE__, {
                  {"parameter_value", inside, standard, "a_number_at_its_bound",
                   [](World& w) { return propose(w, "transit_flag_hours", 8784); }},
                  {"parameter_value", outside, standard, "a_number_beyond_its_bound",
                   [](World& w) { return propose(w, "transit_flag_hours", 8785); }},
                  {"parameter_value", outside, standard, "a_word_for_a_number",
                   [](World& w) { return propose(w, "transit_flag_hours", std::string("many")); }},
                  {"parameter_value", inside, standard, "one_of_its_words",
                   [](World& w) { return propose(w, "unformalised_origin", std::string("not_eligible")); }},
                  {"parameter_value", outside, standard, "none_of_its_words",
                   [](World& w) { return propose(w, "unformalised_origin", std::string("accept")); }},
                  {"parameter_value", inside, standard, "a_window_of_one_value",
                   [](World& w) { return propose(w, "recovery_smelting_min_ppm", 985'000); }},
                  {"parameter_value", outside, standard, "a_window_turned_round",
                   [](World& w) { return propose(w, "recovery_smelting_min_ppm", 985'001); }},
                  {"parameter_value", outside, standard, "a_window_turned_round_from_above",
                   [](World& w) { return propose(w, "recovery_smelting_max_ppm", 949'999); }},
                  {"parameter_value", inside, standard, "the_next_version",
                   [](World& w) { return propose(w, "law_version", 2); }},
                  {"parameter_value", outside, standard, "a_version_skipped",
                   [](World& w) { return propose(w, "law_version", 3); }},
                  {"parameter_value", outside, standard, "the_version_that_is",
                   [](World& w) { return propose(w, "law_version", 1); }},
                  {"parameter_value", outside, standard, "a_version_in_words",
                   [](World& w) { return propose(w, "law_version", std::string("2")); }},
                  {"unknown_reference", outside, standard, "a_parameter_that_is_none",
                   [](World& w) { return propose(w, "transit_flag_days", 3); }},
                  {"unknown_reference", outside, standard, "the_owner_of_a_scheme_is_no_parameter",
                   [](World& w) { return propose(w, "scheme/crp", std::string("plant")); }},
                  {"event_order", outside, standard, "a_value_for_the_past",
                   [](World& w) {
                     payload::ParameterProposal p = amendment(w, "P-1", "transit_flag_hours", 48);
                     p.effective_from.value -= 1;
                     return w.submit("plant", p);
                   }},
                  {"event_order", outside, standard, "a_version_before_the_one_it_replaces",
                   [](World& w) {
                     payload::ParameterProposal p = amendment(w, "P-0", "law_version", 2);
                     p.effective_from.value += day;
                     EXPECT_EQ(decide(w, p), "accepted");
                     return propose(w, "law_version", 3);
                   }},
              });

// Goal: the value holds from the moment that was proposed, half-open, and the one before it until then.
TEST(LawAmendment, HoldsFromItsMoment) {
  World w;
  payload::ParameterProposal p = amendment(w, "P-1", "transit_flag_hours", 48);
  p.effective_from.value += day;
  EXPECT_EQ(decide(w, p), "accepted");
  const std::int64_t from = p.effective_from.value;
  EXPECT_EQ(parameter_at(w.view, "transit_flag_hours", Millis{from - 1}), 72);
  EXPECT_EQ(parameter_at(w.view, "transit_flag_hours", Millis{from}), 48);
}

// Goal: a vote that comes late decides for what follows it, never for what was judged before.
TEST(LawAmendment, NeverBeforeItWasApproved) {
  World w;
  w.must("plant", amendment(w, "P-1", "transit_flag_hours", 48));
  w.now += 5 * day;
  w.lag = 7 * second;
  w.must("owner", vote(w, "P-1"));
  const auto entries = w.get<state::Parameter>("transit_flag_hours").entries;
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries.back().effective_from.value, w.block_time());
}

// Goal: an approved value is the one that rules are held to.
TEST(LawAmendment, TheLawJudgesByIt) {
  World w;
  const payload::Lot wet = w.lot("L-1", measured(20 * tonne, 200'000, 50'000));
  EXPECT_EQ(decide(w, amendment(w, "P-1", "moisture_max_ppm", 199'999)), "accepted");
  EXPECT_EQ(w.submit("miner", wet), "moisture_impossible");
  EXPECT_EQ(decide(w, amendment(w, "P-2", "moisture_max_ppm", 200'000)), "accepted");
  EXPECT_EQ(w.submit("miner", w.lot("L-2", measured(20 * tonne, 200'000, 50'000))), "accepted");
}

// Goal: what took effect is listed by the leaf that decided it, in order, and a parameter's name is not taken
// for the list's; a network that never amended its law has no list.
TEST(LawAmendment, EachIsListedByItsLeaf) {
  World w;
  const auto list = [&] { return w.get<state::Parameter>(std::string(state::amendments_record_id)).entries; };
  w.must("plant", amendment(w, "P-0", "transit_flag_hours", 48));
  EXPECT_EQ(w.view.read(Kind::parameter, state::amendments_record_id), nullptr);
  payload::ParameterProposal later = amendment(w, "P-1", "moisture_max_ppm", 200'000);
  later.effective_from.value += day;
  w.must("plant", later);
  w.must("owner", vote(w, "P-1"));
  const std::int64_t first = std::get<std::int64_t>(list().back().value);
  ASSERT_EQ(list().size(), 1u);
  EXPECT_EQ(list().back().effective_from, later.effective_from);
  w.must("owner", vote(w, "P-0"));
  ASSERT_EQ(list().size(), 2u);
  EXPECT_EQ(std::get<std::int64_t>(list().front().value), first);
  EXPECT_EQ(std::get<std::int64_t>(list().back().value), first + 1);
  const auto named = amendment(w, "P-2", std::string(state::amendments_record_id), 3);
  EXPECT_EQ(w.submit("plant", named), "unknown_reference");
}

// Goal: two proposals that were lawful apart do not turn a window round together, whichever comes first.
TEST(LawAmendment, AWindowStaysAWindow) {
  World w;
  payload::ParameterProposal high = amendment(w, "P-1", "recovery_smelting_max_ppm", 960'000);
  high.effective_from.value += day;
  w.must("plant", high);
  w.must("plant", amendment(w, "P-2", "recovery_smelting_min_ppm", 970'000));
  EXPECT_EQ(approve(w, "P-1"), "accepted");
  EXPECT_EQ(approve(w, "P-2"), "parameter_value");  // crossed from tomorrow on
  EXPECT_EQ(status(w, "P-2"), ProposalStatus::open);
  EXPECT_EQ(w.get<state::Parameter>("recovery_smelting_min_ppm").entries.size(), 1u);
}

// Goal: of two proposals for the next version one takes effect; the other is not a version any more.
TEST(LawAmendment, OneNextVersion) {
  World w;
  w.must("plant", amendment(w, "P-1", "law_version", 2));
  w.must("plant", amendment(w, "P-2", "law_version", 2));
  EXPECT_EQ(approve(w, "P-1"), "accepted");
  EXPECT_EQ(approve(w, "P-2"), "parameter_value");
}

// Goal: this release knows the law up to its own version, and says which one it lacks.
TEST(LawAmendment, AVersionThatThisReleaseLacks) {
  World w;
  payload::ParameterProposal p = amendment(w, "P-1", "law_version", law_version_known + 1);
  p.effective_from.value += day;
  EXPECT_EQ(decide(w, p), "accepted");
  EXPECT_TRUE(law_known(w.view, Millis{p.effective_from.value - 1}).has_value());
  const Result<void> known = law_known(w.view, p.effective_from);
  ASSERT_FALSE(known.has_value());
  EXPECT_EQ(known.error().code, Code::not_found);
  EXPECT_EQ(known.error().rule, "law_version");
  EXPECT_NE(known.error().message.find("version 2 of the law is in force"), std::string::npos);
  EXPECT_NE(known.error().message.find("newer release"), std::string::npos);
  EXPECT_TRUE(law_known(w.view, p.effective_from, law_version_known + 1).has_value()) << "a newer release";
}

}  // namespace
}  // namespace anta::test
