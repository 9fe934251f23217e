// Split and blend: lots that become other lots without being worked on.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "storage/ledger/draws.h"
#include "storage/ledger/lineage.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/measurement.h"
#include "storage/ledger/rules.h"

namespace anta {
namespace {

// --- split ---

// The children together are one draw. More than a record can hold is more than remains.
Result<payload::Take> sum_of_children(const payload::Split& p) {
  payload::Take take = {p.lot, {}, {}};
  for (const payload::Child& child : p.children) {
    const auto dry = add(take.dry_g, child.dry_g);
    const auto cu = add(take.cu_g, child.cu_g);
    if (!dry || !cu) return violated("balance_exceeded", "the children together are more than any lot");
    take.dry_g = *dry;
    take.cu_g = *cu;
  }
  return take;
}

// What the split leaves, in the children and in the parent, has a grade that the material can have.
Verdict grades_possible(const Draft& draft, const payload::Split& p, const Draw& draw) {
  for (const payload::Child& child : p.children) {
    auto verdict = grade_possible(draft, draw.lot.material, child.dry_g, child.cu_g);
    if (!verdict) return verdict;
  }
  return rest_possible(draft, draw.lot, draw.dry_g, draw.cu_g, static_cast<std::int64_t>(p.children.size()));
}

Verdict children_keep_grade(const Draft& draft, const payload::Split& p, const state::Lot& lot) {
  for (const payload::Child& child : p.children) {
    if (auto verdict = has_grade(draft, lot, child.dry_g, child.cu_g); !verdict) return verdict;
  }
  return {};
}

Result<Draws> check_split(const Draft& draft, const payload::Split& p) {
  Result<Draws> draws = draws_of(draft, {{p.lot, {}, {}}});
  if (!draws) return draws;
  std::vector<LotId> ids;
  for (const payload::Child& child : p.children)
    ids.push_back(child.id);
  if (auto verdict = ids_free(draft, ids); !verdict) return pass(verdict);
  if (auto verdict = at_hand(draft, *draws, draws->front().lot.site); !verdict) return pass(verdict);
  if (auto verdict = ready(draft, *draws); !verdict) return pass(verdict);
  const Result<payload::Take> sum = sum_of_children(p);
  if (!sum) return pass(sum);
  draws->front().dry_g = sum->dry_g;
  draws->front().cu_g = sum->cu_g;
  if (auto verdict = grades_possible(draft, p, draws->front()); !verdict) return pass(verdict);
  if (auto verdict = enough(*draws); !verdict) return pass(verdict);
  if (auto verdict = children_keep_grade(draft, p, draws->front().lot); !verdict) return pass(verdict);
  if (auto verdict = unclaimed(draft, *draws); !verdict) return pass(verdict);
  return draws;
}

// --- blend ---

// What a mix of lots may be called: what they all are, or ore of several kinds.
bool is_mix_of(const Draws& draws, Material material) {
  const auto same = [&](const Draw& draw) { return draw.lot.material == material; };
  const auto ore = [](const Draw& draw) { return is_ore(draw.lot.material); };
  return std::all_of(draws.begin(), draws.end(), same) ||
         (material == Material::ore_mixed && std::all_of(draws.begin(), draws.end(), ore));
}

Verdict check_mass(const Draft& draft, const payload::Blend& p, const Draws& draws) {
  if (auto verdict = keep_grade(draft, draws); !verdict) return verdict;
  if (!is_mix_of(draws, p.output.material)) {
    return violated("not_conserved", "a blend of these lots is not " + std::string(word(p.output.material)));
  }
  const state::Figures sum = sum_of(draws);
  if (!p.output.measurement) return {};
  const std::int64_t tolerance = draft.parameter("blend_measurement_ppm");
  const state::Figures measured = figures_of(*p.output.measurement);
  if (within(measured.dry_g.value - sum.dry_g.value, tolerance, sum.dry_g.value) &&
      within(measured.cu_g.value - sum.cu_g.value, tolerance, sum.cu_g.value)) {
    return {};
  }
  return violated("not_conserved", "the measurement does not agree with the sum of what was drawn");
}

MeasurementStatus weakest_status(const Draws& draws) {
  MeasurementStatus status = MeasurementStatus::final;
  for (const Draw& draw : draws)
    status = std::min(status, draw.lot.status);
  return status;
}

// Most lots have a credit or none, which their number tells.
bool stands_for_too_much(const Draws& draws) {
  std::size_t at_most = 0;
  for (const Draw& draw : draws)
    at_most += draw.lot.credits.size();
  return at_most > credits_per_lot_max && credits_together(lots_of(draws)) > credits_per_lot_max;
}

Result<Draws> check_blend(const Draft& draft, const payload::Blend& p) {
  Result<Draws> draws = draws_of(draft, p.inputs);
  if (!draws) return draws;
  if (auto verdict = not_repeated(p.inputs); !verdict) return pass(verdict);
  if (auto verdict = ids_free(draft, {p.output.id}); !verdict) return pass(verdict);
  if (auto verdict = at_hand(draft, *draws, draws->front().lot.site); !verdict) return pass(verdict);
  if (auto verdict = one_owner(*draws); !verdict) return pass(verdict);
  if (auto verdict = ready(draft, *draws); !verdict) return pass(verdict);
  if (const auto& measurement = p.output.measurement) {
    if (auto verdict = moisture_possible(draft, *measurement); !verdict) return pass(verdict);
    if (auto verdict = grade_possible(draft, p.output.material, *measurement); !verdict) return pass(verdict);
  }
  if (stands_for_too_much(*draws)) {
    return violated("out_of_scope", "the lots stand for more than " + std::to_string(credits_per_lot_max) +
                                        " credits: make it several blends");
  }
  if (auto verdict = rests_possible(draft, *draws); !verdict) return pass(verdict);
  if (auto verdict = enough(*draws); !verdict) return pass(verdict);
  const state::Figures sum = sum_of(*draws);
  if (std::max({sum.wet_g, sum.dry_g, sum.cu_g}).value > grams_max) {
    return violated("balance_exceeded", "the draws together are more than any lot");
  }
  if (auto verdict = check_mass(draft, p, *draws); !verdict) return pass(verdict);
  const auto& measurement = p.output.measurement;
  if (measurement && measurement->status < weakest_status(*draws)) {
    return violated("status_lowered", "the blend's measurement is weaker than its inputs' figures");
  }
  if (auto verdict = unclaimed(draft, *draws); !verdict) return pass(verdict);
  return draws;
}

}  // namespace

Verdict rule(Draft& draft, const payload::Split& p) {
  Result<Draws> checked = check_split(draft, p);
  if (!checked) return pass(checked);
  Draws draws = std::move(*checked);
  apply_draws(draft, draws);
  state::Lot& parent = draws.front().lot;
  Grams whole{parent.remaining_cu_g.value + draws.front().cu_g.value};
  for (const payload::Child& child : p.children) {
    draws.front().dry_g = child.dry_g;
    draws.front().cu_g = child.cu_g;
    const state::Figures figures = {wet_share(parent, child.dry_g), child.dry_g, child.cu_g};
    state::Lot lot = make_lot(draft,
                              {child.id,
                               parent.material,
                               parent.form,
                               parent.site,
                               figures,
                               parent.status,
                               {parent.origin, parent.coc_model, parent.schemes, false}},
                              draws);
    lot.dry_raised = parent.dry_raised;
    CreditJoin credits(lot.credits);
    carry_credits(parent, credits, child.cu_g, whole);
    whole.value -= child.cu_g.value;
    draft.put(child.id.value, lot);
  }
  put_sources(draft, draws);
  return {};
}

Verdict rule(Draft& draft, const payload::Blend& p) {
  Result<Draws> checked = check_blend(draft, p);
  if (!checked) return pass(checked);
  Draws draws = std::move(*checked);
  const SiteId site = draws.front().lot.site;
  state::Figures figures = sum_of(draws);
  if (p.output.measurement) figures.wet_g = p.output.measurement->wet_g;
  const Provenance provenance = blend_provenance(lots_of(draws), custody_at(draft, site, draft.event_time()));
  apply_draws(draft, draws);
  state::Lot lot = make_lot(
      draft,
      {p.output.id, p.output.material, p.output.form, site, figures, weakest_status(draws), provenance},
      draws);
  CreditJoin credits(lot.credits);
  for (Draw& draw : draws) {
    lot.dry_raised = lot.dry_raised || draw.lot.dry_raised;
    carry_credits(draw.lot, credits, draw.cu_g, Grams{draw.lot.remaining_cu_g.value + draw.cu_g.value});
  }
  if (p.output.measurement) flag_measurement(draft, p.output.material, *p.output.measurement, lot.stamp);
  enlist(draft, lot);
  draft.put(lot.id.value, lot);
  put_sources(draft, draws);
  return {};
}

}  // namespace anta
