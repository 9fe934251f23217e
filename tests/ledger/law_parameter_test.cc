// Every parameter of the law at its limit: one case at it and one just beyond, at the default and at another
// value. law_registry_test fails for a parameter that has no line here.
#include <deque>

#include "storage/ledger/mass.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

// Submits what the parameter bounds: at the limit, or one unit beyond.
using Drive = std::function<std::string(World&, std::int64_t limit, std::int64_t beyond)>;

struct Bound {
  std::string parameter = {};
  std::string_view word = {};
  std::int64_t other = 0;  // another value
  Drive drive = {};
  bool flag = false;            // of batch_closure: the flag's limit
  bool refused_within = false;  // the word answers what is within the limit
};

std::vector<LawRow> rows_of(const std::vector<Bound>& bounds) {
  static std::deque<std::string> titles;
  std::vector<LawRow> rows;
  for (const Bound& bound : bounds) {
    const ParameterInfo* info = find_parameter(bound.parameter);
    ANTA_INVARIANT(info != nullptr);
    titles.push_back("at_" + bound.parameter);
    for (const Setting setting : {Setting::standard, Setting::other}) {
      for (const bool beyond : {false, true}) {
        const std::int64_t limit = setting == Setting::standard ? info->standard : bound.other;
        LawRow row;
        row.word = bound.word;
        row.side = beyond == bound.refused_within ? Side::inside : Side::outside;
        row.setting = setting;
        row.title = titles.back();
        row.body = [drive = bound.drive, limit, beyond](World& w) { return drive(w, limit, beyond ? 1 : 0); };
        if (setting == Setting::other) row.parameters = {{bound.parameter, limit}};
        row.flag = bound.flag;
        row.about = info->name;
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

// --- windows of materials and processes ---

std::string of_ore(World& w, const payload::Measurement& measurement,
                   Material material = Material::ore_sulphide) {
  payload::Lot p = w.lot("L-1", measurement);
  p.material = material;
  return w.submit("miner", p);
}

Drive grade(Material material, std::int64_t away) {
  return [=](World& w, std::int64_t limit, std::int64_t beyond) {
    return of_ore(w, measured(20 * tonne, 0, limit + away * beyond), material);
  };
}

Drive moisture(Material material, std::int64_t away) {
  return [=](World& w, std::int64_t limit, std::int64_t beyond) {
    return of_ore(w, measured(tonne, limit + away * beyond, 200000), material);
  };
}

// 20 t of dry ore with 1 t of copper, so that a gram is a ppm, at a yard where everything is done.
payload::Process batch(World& w, ProcessKind kind, std::int64_t out_cu, std::int64_t rest_cu,
                       Material feed = Material::ore_sulphide) {
  w.site("yard", "plant", SiteKind::plant,
         {ProcessKind::flotation, ProcessKind::leach_cementation, ProcessKind::leach_sxew,
          ProcessKind::smelting, ProcessKind::electrorefining});
  const payload::Measurement ore = measured(20 * tonne, 0, 50000);
  EXPECT_EQ(of_ore(w, ore, feed), "accepted");
  payload::Dispatch d = w.dispatch("D-1", {"L-1"}, ore);
  d.to_site = SiteId{"yard"};
  w.must("miner", d);
  w.now += day;
  w.must("plant", w.receipt("D-1", {"L-1"}, ore));
  payload::Process p;
  p.common = w.common();
  p.id = ProcessId{"B-1"};
  p.site = SiteId{"yard"};
  p.process = kind;
  p.inputs = {w.all_of("L-1")};
  p.outputs = {{LotId{"K-1"}, Material::cathode, "bulk", measured(out_cu, 0, 1000000)}};
  p.tailings = payload::Mass{Grams{20 * tonne - out_cu}, Grams{rest_cu}};
  return p;
}

Drive recovery(ProcessKind kind, std::int64_t away, Material feed = Material::ore_sulphide) {
  return [=](World& w, std::int64_t limit, std::int64_t beyond) {
    const std::int64_t out = limit + away * beyond;
    return w.submit("plant", batch(w, kind, out, tonne - out, feed));
  };
}

std::string closed(World& w, std::int64_t limit, std::int64_t beyond) {
  return w.submit("plant", batch(w, ProcessKind::leach_sxew, 900000, 100000 - limit - beyond));
}

std::string excess(World& w, std::int64_t limit, std::int64_t beyond) {
  return w.submit("plant", batch(w, ProcessKind::leach_sxew, tonne + limit + beyond, 0));
}

std::vector<Bound> windows() {
  std::vector<Bound> bounds;
  const auto window = [&](const std::string& name, std::string_view word, const auto& drive, bool low,
                          bool high) {
    const std::string min = name + "_min_ppm";
    const std::string max = name + "_max_ppm";
    if (low) bounds.push_back({min, word, find_parameter(min)->standard + 500, drive(-1)});
    if (high) bounds.push_back({max, word, find_parameter(max)->standard - 500, drive(1)});
  };
  for (const auto& [name, material] :
       {std::pair{"grade_ore", Material::ore_sulphide}, std::pair{"grade_concentrate", Material::concentrate},
        std::pair{"grade_cement_copper", Material::cement_copper},
        std::pair{"grade_blister", Material::blister}, std::pair{"grade_anode", Material::anode},
        std::pair{"grade_cathode", Material::cathode}}) {
    const auto drive = [material = material](std::int64_t away) { return grade(material, away); };
    window(name, "grade_unusual", drive, true, material != Material::cathode);
  }
  for (const auto& [name, material] : {std::pair{"moisture_ore", Material::ore_oxide},
                                       std::pair{"moisture_concentrate", Material::concentrate}}) {
    const auto drive = [material = material](std::int64_t away) { return moisture(material, away); };
    window(name, "moisture_unusual", drive, material == Material::concentrate, true);
  }
  for (const auto& [name, kind, feed] :
       {std::tuple{"flotation_ore_sulphide", ProcessKind::flotation, Material::ore_sulphide},
        std::tuple{"flotation_ore_oxide", ProcessKind::flotation, Material::ore_oxide},
        std::tuple{"flotation_ore_mixed", ProcessKind::flotation, Material::ore_mixed},
        std::tuple{"leach_cementation", ProcessKind::leach_cementation, Material::ore_oxide},
        std::tuple{"leach_sxew", ProcessKind::leach_sxew, Material::ore_oxide},
        std::tuple{"smelting", ProcessKind::smelting, Material::ore_sulphide},
        std::tuple{"electrorefining", ProcessKind::electrorefining, Material::ore_sulphide}}) {
    const auto drive = [kind = kind, feed = feed](std::int64_t away) { return recovery(kind, away, feed); };
    window(std::string("recovery_") + name, "recovery_unusual", drive, true, true);
  }
  return bounds;
}

const LawTable material_and_process(__FILE__, rows_of(windows()));

// --- lots, balances, processing ---

std::string drawn(World& w, std::int64_t limit, std::int64_t beyond) {
  EXPECT_EQ(of_ore(w, measured(20 * tonne, 0, 50000)), "accepted");
  const std::int64_t cu = 500000 - limit / 2 - beyond;  // of 500 000 g in half the lot
  return w.submit("miner", splitting(w, "L-1", {{LotId{"P-1"}, Grams{10 * tonne}, Grams{cu}}}));
}

std::string blended(World& w, std::int64_t limit, std::int64_t beyond) {
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.lot("L-2"));
  payload::Blend p;
  p.common = w.common();
  p.inputs = {w.all_of("L-1"), w.all_of("L-2")};
  p.output = {LotId{"M-1"}, Material::ore_sulphide, "bulk",
              measured(40 * tonne + 40 * limit + 100 * beyond, 30000, 50000)};
  return w.submit("miner", p);
}

std::string stock_taken(World& w, std::int64_t limit, std::int64_t beyond) {
  EXPECT_EQ(of_ore(w, measured(20 * tonne, 0, 50000)), "accepted");
  payload::Adjust p;
  p.common = w.common();
  p.lot = LotId{"L-1"};
  p.dry_g = 20 * limit + beyond;
  return w.submit("miner", p);
}

const LawTable balances(__FILE__,
                        rows_of({
                            {"draw_grade_ppm", "not_conserved", 10000, drawn},
                            {"blend_measurement_ppm", "not_conserved", 10000, blended},
                            {"adjust_dry_ppm", "not_conserved", 1000, stock_taken},
                            {"ore_grade_max_ppm", "grade_impossible", 345000, grade(Material::ore_mixed, 1)},
                            {"moisture_max_ppm", "moisture_impossible", 250000, moisture(Material::slag, 1)},
                            {"closure_silent_ppm", "batch_closure", 10000, closed, true},
                            {"closure_max_ppm", "batch_closure", 25000, closed},
                            {"output_excess_ppm", "batch_closure", 10000, excess},
                        }));

// --- transfer ---

std::string loaded(World& w, std::int64_t limit, std::int64_t beyond) {
  const payload::Measurement ore = measured(limit + beyond, 30000, 50000);
  EXPECT_EQ(of_ore(w, ore), "accepted");
  return w.submit("miner", w.dispatch("D-1", {"L-1"}, ore));
}

std::string tare_weighed(World& w, std::int64_t limit, std::int64_t beyond) {
  w.must("miner", w.lot("L-1"));
  payload::Dispatch d = w.dispatch("D-1", {"L-1"});
  d.lots[0].measurement.tare_g = Grams{14000000};
  w.must("miner", d);
  payload::Receipt p = w.receipt("D-1", {"L-1"});
  p.lots[0].measurement.tare_g = Grams{14000000 + 14 * limit + beyond};
  return w.submit("plant", p);
}

std::string under_way(World& w, std::int64_t limit, std::int64_t beyond) {
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.dispatch("D-1", {"L-1"}));
  w.now += limit * hour + beyond;
  return w.submit("plant", w.receipt("D-1", {"L-1"}));
}

// One degree of latitude, 111 200 m, at so many km/h or a millisecond faster.
std::string one_degree(World& w, std::int64_t limit, std::int64_t beyond) {
  for (const auto& [id, operator_id, latitude] :
       {std::tuple("north", "miner", -1500), std::tuple("south", "plant", -1600)}) {
    payload::Site p = w.site_payload(id, operator_id, SiteKind::mine);
    p.latitude_e2 = latitude;
    p.longitude_e2 = -7400;
    w.must(operator_id, p);
  }
  payload::Lot lot = w.lot("L-1");
  lot.site = SiteId{"north"};
  w.must("miner", lot);
  payload::Dispatch d = w.dispatch("D-1", {"L-1"});
  d.from_site = SiteId{"north"};
  d.to_site = SiteId{"south"};
  w.must("miner", d);
  w.now += 111200 * 3600 / limit - beyond;
  return w.submit("plant", w.receipt("D-1", {"L-1"}));
}

// A receipt of what was sent at 3 % moisture, and the sender's dispute: lawful only while it waits for the
// sender, not when it settled by itself nor when it is in dispute already.
std::string disputed_by_sender(World& w, std::int64_t sent_wet, std::int64_t wet, std::int64_t moisture_ppm) {
  const payload::Measurement sent = measured(sent_wet, 30000, 50000);
  EXPECT_EQ(of_ore(w, sent), "accepted");
  w.must("miner", w.dispatch("D-1", {"L-1"}, sent));
  w.must("plant", w.receipt("D-1", {"L-1"}, measured(wet, moisture_ppm, 50000)));
  return w.submit("miner", reply(w, "D-1", ReceiptAnswer::dispute));
}

std::string wet_off(World& w, std::int64_t limit, std::int64_t beyond) {
  return disputed_by_sender(w, 20 * tonne, 20 * tonne - 20 * limit - beyond, 30000);
}
std::string small_lot_off(World& w, std::int64_t limit, std::int64_t beyond) {
  return disputed_by_sender(w, 4 * tonne, 4 * tonne - limit - beyond, 25000);
}
std::string moisture_off(World& w, std::int64_t limit, std::int64_t beyond) {
  return disputed_by_sender(w, 20 * tonne, 20 * tonne, 30000 + limit + beyond);
}
// 19.9 t of the moistest ore whose dry mass is within the limit of 19 400 000 g.
std::string dry_off(World& w, std::int64_t limit, std::int64_t beyond) {
  const auto short_by = [](std::int64_t ppm) { return 19400000 - dry_of(Grams{19900000}, Ppm{ppm}).value; };
  std::int64_t moistest = 30000;
  while (short_by(moistest + 1) * 1000000 <= limit * 19400000)
    ++moistest;
  return disputed_by_sender(w, 20 * tonne, 19900000, moistest + beyond);
}

// An assay of the consignee's that lies below the sender's by the limit, or by so many parts of it.
Drive assay_off(Material material, std::int64_t grade, std::int64_t part = 1) {
  return [=](World& w, std::int64_t limit, std::int64_t beyond) {
    const payload::Measurement sent = measured(20 * tonne, 30000, grade);
    EXPECT_EQ(of_ore(w, sent, material), "accepted");
    w.must("miner", w.dispatch("D-1", {"L-1"}, sent));
    w.must("plant", w.receipt("D-1", {"L-1"}, measured(20 * tonne, 30000, grade - limit / part - beyond)));
    return w.submit("miner", reply(w, "D-1", ReceiptAnswer::dispute));
  };
}

const LawTable transfer(
    __FILE__,
    rows_of({
        {"payload_max_g", "payload_exceeded", 30 * tonne, loaded},
        {"tare_drift_ppm", "tare_drift", 10000, tare_weighed},
        {"speed_flag_kmh", "speed_unusual", 50, one_degree},
        {"transit_flag_hours", "transit_unusual", 10, under_way},
        {"receipt_wet_ppm", "wrong_state", 3000, wet_off, false, true},
        {"receipt_wet_g", "wrong_state", 30000, small_lot_off, false, true},
        {"receipt_moisture_ppm", "wrong_state", 3000, moisture_off, false, true},
        {"receipt_dry_ppm", "wrong_state", 6000, dry_off, false, true},
        {"receipt_dispute_ppm", "wrong_state", 15000, wet_off},
        {"assay_concentrate_ppm", "wrong_state", 1000, assay_off(Material::concentrate, 250000), false, true},
        {"assay_ore_ppm", "wrong_state", 4000, assay_off(Material::ore_oxide, 50000), false, true},
        {"assay_ore_relative_ppm", "wrong_state", 50000, assay_off(Material::ore_oxide, 100000, 10), false,
         true},
        {"assay_blister_ppm", "wrong_state", 500, assay_off(Material::blister, 985000), false, true},
        {"assay_anode_ppm", "wrong_state", 500, assay_off(Material::anode, 990000), false, true},
    }));

// --- origin, attestation, accounts, sequence ---

std::string originated(World& w, std::int64_t dry, bool second = false) {
  payload::Lot p = w.lot("L-1", measured(dry, 0, 50000));
  if (second) p.site = SiteId{"mine2"};
  return w.submit(second ? "miner2" : "miner", p);
}

// A window of the class's mass, shared by two lots: lawful a window apart.
std::string two_lots(World& w, std::int64_t limit, std::int64_t beyond) {
  w.must("miner", w.lot("L-1", measured(26250000 * limit, 0, 50000)));
  w.now += limit * day - beyond;
  return w.submit("miner", w.lot("L-2", measured(1, 0, 50000)));
}

std::string attested(World& w, std::int64_t limit, std::int64_t beyond) {
  payload::Attestation p = w.attestation("att-new", "miner", "mine");
  p.valid_until = Millis{p.valid_from.value + limit * day + beyond};
  return w.submit("body", p);
}

std::string reinstated(World& w, std::int64_t limit, std::int64_t beyond) {
  w.must("body", w.attestation_status("att-mine", AttestationChange::suspended));
  w.now += limit * day - 1 + beyond;
  return w.submit("body", w.attestation_status("att-mine", AttestationChange::reinstated));
}

std::string account_for(World& w, std::int64_t limit, std::int64_t beyond) {
  payload::BalanceOpen p = account(w, "A-1");
  p.until = Millis{p.from.value + limit * day + beyond};
  return w.submit("smelter", p);
}

std::string recorded_after(World& w, std::int64_t lag) {
  w.lag = lag;
  return w.submit("miner", w.lot("L-1"));
}

const LawTable time_and_capacity(
    __FILE__,
    rows_of({
        {"capacity_window_days", "capacity_exceeded", 10, two_lots},
        {"capacity_flag_ppm", "capacity_unusual", 500000,
         [](World& w, auto limit, auto beyond) { return originated(w, 750 * limit + beyond); }},
        {"capacity_max_ppm", "capacity_exceeded", 900000,
         [](World& w, auto limit, auto beyond) { return originated(w, 750 * limit + beyond); }},
        {"pma_g_per_day", "capacity_exceeded", 10000000,
         [](World& w, auto limit, auto beyond) { return originated(w, limit * 63 / 2 + beyond); }},
        {"ppm_g_per_day", "capacity_exceeded", 100000000,
         [](World& w, auto limit, auto beyond) { return originated(w, limit * 63 / 2 + beyond, true); }},
        {"attestation_max_days", "out_of_scope", 1100, attested},
        {"suspension_revokes_after_days", "wrong_state", 5, reinstated},
        {"account_period_max_days", "out_of_scope", 90, account_for},
        {"event_age_max_days", "event_too_old", 7,
         [](World& w, auto limit, auto beyond) { return recorded_after(w, limit * day + beyond); }},
        {"event_ahead_max_ms", "event_in_future", 5000,
         [](World& w, auto limit, auto beyond) { return recorded_after(w, -limit - beyond); }},
    }));

// --- the one parameter that is a word ---

std::string by_miner(World& w) { return w.submit("miner", w.lot("L-1")); }
std::string by_excluded_miner(World& w) {
  w.formalise("miner", FormalisationStatus::excluido, w.now);
  return by_miner(w);
}
const Parameters taken_in = {{"unformalised_origin", std::string("not_eligible")}};

const LawTable unformalised(
    __FILE__, {
                  {"producer_not_formalised", Side::inside, Setting::standard, "at_unformalised_origin",
                   by_miner, Parameters{}, false, "unformalised_origin"},
                  {"producer_not_formalised", Side::outside, Setting::standard, "at_unformalised_origin",
                   by_excluded_miner, Parameters{}, false, "unformalised_origin"},
                  {"producer_not_formalised", Side::inside, Setting::other, "at_unformalised_origin",
                   by_miner, taken_in, true, "unformalised_origin"},
                  {"producer_not_formalised", Side::outside, Setting::other, "at_unformalised_origin",
                   by_excluded_miner, taken_in, true, "unformalised_origin"},
              });

}  // namespace
}  // namespace anta::test
