// Process: lots drawn into a batch, and the lots, tailings and losses that come out of it.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "storage/ledger/draws.h"
#include "storage/ledger/lineage.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/measurement.h"
#include "storage/ledger/recovery.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

// What goes in and comes out, in grams; sums of at most 256 lots stay far below 2^63.
struct Balance {
  std::int64_t in_dry = 0;
  std::int64_t in_cu = 0;
  std::int64_t out_dry = 0;  // products: lots
  std::int64_t out_cu = 0;
  std::int64_t rest_dry = 0;  // tailings and losses
  std::int64_t rest_cu = 0;
  std::int64_t recovered_cu = 0;  // products without tailings and slag that are to be sold
};

Balance balance_of(const payload::Process& p) {
  Balance balance = {};
  for (const payload::Take& input : p.inputs) {
    balance.in_dry += input.dry_g.value;
    balance.in_cu += input.cu_g.value;
  }
  for (const payload::Make& output : p.outputs) {
    const state::Figures figures = figures_of(output.measurement);
    balance.out_dry += figures.dry_g.value;
    balance.out_cu += figures.cu_g.value;
    const bool waste = output.material == Material::tailings || output.material == Material::slag;
    if (!waste) balance.recovered_cu += figures.cu_g.value;
  }
  for (const auto& rest : {p.tailings, p.losses}) {
    balance.rest_dry += rest.value_or(payload::Mass{}).dry_g.value;
    balance.rest_cu += rest.value_or(payload::Mass{}).cu_g.value;
  }
  return balance;
}

// The kinds whose dry mass closes too: nothing dissolves, burns or is added.
bool closes_dry(ProcessKind kind) {
  return kind == ProcessKind::crushing || kind == ProcessKind::sorting || kind == ProcessKind::flotation ||
         kind == ProcessKind::sulphidisation_flotation || kind == ProcessKind::blending;
}

// |in - out - tailings - losses| / in, limits included.
bool closes(const Balance& balance, ProcessKind kind, std::int64_t limit_ppm) {
  const std::int64_t cu = balance.in_cu - balance.out_cu - balance.rest_cu;
  const std::int64_t dry = balance.in_dry - balance.out_dry - balance.rest_dry;
  return within(cu, limit_ppm, balance.in_cu) &&
         (!closes_dry(kind) || within(dry, limit_ppm, balance.in_dry));
}

// Whether the batch may weigh and assay a little more than it drew: where the copper is measured anew in
// another form, and not by who has measured it so before. Batch after batch, or stage after stage of one
// plant, a little more each time would be copper from nothing.
bool may_gain(const Draft& draft, ProcessKind kind, const Draws& draws) {
  if (kind == ProcessKind::crushing || kind == ProcessKind::sorting || kind == ProcessKind::blending)
    return false;
  return std::none_of(draws.begin(), draws.end(), [&](const Draw& draw) {
    return draw.lot.maker == draft.issuer() && !draw.lot.sources.empty();
  });
}

Verdict check_closure(const Draft& draft, const payload::Process& p, const Draws& draws) {
  const Balance balance = balance_of(p);
  const std::int64_t excess = balance.out_cu - balance.in_cu;
  const std::int64_t allowed = may_gain(draft, p.process, draws) ? draft.parameter("output_excess_ppm") : 0;
  if (excess > 0 && !within(excess, allowed, balance.in_cu)) {
    return violated("batch_closure", "more copper comes out than went in");
  }
  if (!closes(balance, p.process, draft.parameter("closure_max_ppm"))) {
    return violated("batch_closure", "what comes out does not account for what went in");
  }
  return {};
}

Verdict check_names(const Draft& draft, const payload::Process& p) {
  if (draft.view().read(Kind::process, p.id.value)) {
    return violated("duplicate_id", "process " + p.id.value + " exists");
  }
  std::vector<LotId> ids;
  for (const payload::Make& output : p.outputs)
    ids.push_back(output.id);
  if (auto verdict = ids_free(draft, ids); !verdict) return verdict;
  return not_repeated(p.inputs);
}

// The site does this process, and a named model is one that it is attested for; no lot's model rises by it.
Verdict check_scope(const payload::Process& p, const state::Site& site, const Custody& custody,
                    const Draws& draws) {
  if (std::find(site.processes.begin(), site.processes.end(), p.process) == site.processes.end()) {
    return violated("out_of_scope", "site " + p.site.value + " does no " + std::string(word(p.process)));
  }
  if (p.inputs.size() * p.outputs.size() > lineage_links_max) {
    return violated("out_of_scope", "lots drawn from times lots made are " +
                                        std::to_string(p.inputs.size() * p.outputs.size()) + ", above " +
                                        std::to_string(lineage_links_max) + ": make it several batches");
  }
  if (!p.coc_model) return {};
  if (!custody.attests(*p.coc_model)) {
    return violated("out_of_scope",
                    "site " + p.site.value + " is not attested for " + std::string(word(*p.coc_model)));
  }
  for (const Draw& draw : draws) {
    if (draw.lot.coc_model <= *p.coc_model) continue;
    return violated("coc_model_upgrade", "lot " + draw.lot.id.value + " is " +
                                             std::string(word(draw.lot.coc_model)) + ", not " +
                                             std::string(word(*p.coc_model)));
  }
  return {};
}

Verdict check_measurements(const Draft& draft, const payload::Process& p) {
  for (const payload::Make& output : p.outputs) {
    if (auto verdict = moisture_possible(draft, output.measurement); !verdict) return verdict;
  }
  for (const payload::Make& output : p.outputs) {
    if (auto verdict = grade_possible(draft, output.material, output.measurement); !verdict) return verdict;
  }
  return {};
}

Result<Draws> check_process(const Draft& draft, const payload::Process& p, const Custody& custody) {
  if (!holds_any_role(draft.view(), draft.issuer(), {Role::processing_plant, Role::smelter, Role::refinery},
                      draft.event_time())) {
    return violated("role_missing", draft.issuer().value + " is no plant, smelter or refinery");
  }
  const auto site = draft.look<state::Site>(p.site.value);
  if (!site) return violated("unknown_reference", "no site " + p.site.value);
  Result<Draws> draws = draws_of(draft, p.inputs);
  if (!draws) return draws;
  if (auto verdict = check_names(draft, p); !verdict) return pass(verdict);
  if (site->operator_id != draft.issuer()) {
    return violated("not_holder", "site " + p.site.value + " is operated by " + site->operator_id.value);
  }
  if (auto verdict = at_hand(draft, *draws, p.site); !verdict) return pass(verdict);
  if (auto verdict = one_owner(*draws); !verdict) return pass(verdict);
  if (auto verdict = ready(draft, *draws); !verdict) return pass(verdict);
  if (auto verdict = check_scope(p, *site, custody, *draws); !verdict) return pass(verdict);
  if (auto verdict = check_measurements(draft, p); !verdict) return pass(verdict);
  if (auto verdict = rests_possible(draft, *draws); !verdict) return pass(verdict);
  if (auto verdict = enough(*draws); !verdict) return pass(verdict);
  if (auto verdict = keep_grade(draft, *draws); !verdict) return pass(verdict);
  if (auto verdict = check_closure(draft, p, *draws); !verdict) return pass(verdict);
  if (auto verdict = unclaimed(draft, *draws); !verdict) return pass(verdict);
  return draws;
}

// --- effects ---

struct BatchFlags {
  bool closure = false;
  bool recovery = false;
};

BatchFlags batch_flags(const Draft& draft, const payload::Process& p, const Draws& draws) {
  const Balance balance = balance_of(p);
  std::vector<Material> feed;
  for (const Draw& draw : draws)
    feed.push_back(draw.lot.material);
  const auto window = recovery_window(draft, p.process, feed);
  BatchFlags flags = {};
  flags.closure = !closes(balance, p.process, draft.parameter("closure_silent_ppm"));
  flags.recovery =
      window && !ratio_between(balance.recovered_cu, balance.in_cu, window->min_ppm, window->max_ppm);
  return flags;
}

void raise(Draft& draft, const BatchFlags& flags, state::Stamp& on) {
  if (flags.closure) draft.flag("batch_closure", on);
  if (flags.recovery) draft.flag("recovery_unusual", on);
}

// Inputs less products, as what leaves the present; where there is more product than input, as a gain.
void record_flow(Draft& draft, const Balance& balance) {
  const std::int64_t dry = balance.in_dry - balance.out_dry;
  const std::int64_t cu = balance.in_cu - balance.out_cu;
  draft.mass.processed_away = {std::max<std::int64_t>(dry, 0), std::max<std::int64_t>(cu, 0)};
  draft.mass.gained = {std::max<std::int64_t>(-dry, 0), std::max<std::int64_t>(-cu, 0)};
}

// Above mass_balance the claim goes on with the metal: the account gives its share back.
void settle_credits(Draft& draft, const Provenance& provenance, Draws& draws) {
  if (provenance.model >= CocModel::mass_balance) return;
  for (const auto& entry : provenance.schemes) {
    for (Draw& draw : draws)
      release_credits(draft, draw.lot, draw.cu_g, entry.scheme);
  }
}

}  // namespace

Verdict rule(Draft& draft, const payload::Process& p) {
  const Custody custody = custody_at(draft, p.site, draft.event_time());
  Result<Draws> checked = check_process(draft, p, custody);
  if (!checked) return pass(checked);
  Draws draws = std::move(*checked);
  const BatchFlags flags = batch_flags(draft, p, draws);
  const Provenance provenance = made_provenance(lots_of(draws), custody, p.coc_model);
  record_flow(draft, balance_of(p));
  apply_draws(draft, draws);
  settle_credits(draft, provenance, draws);
  state::Process process = {{}, p.site, draft.event_time(), {}, {}};
  raise(draft, flags, process.stamp);
  for (const Draw& draw : draws)
    process.inputs.push_back(draw.lot.id);
  for (const payload::Make& output : p.outputs) {
    const state::Figures figures = figures_of(output.measurement);
    state::Lot lot = make_lot(
        draft,
        {output.id, output.material, output.form, p.site, figures, output.measurement.status, provenance},
        draws);
    raise(draft, flags, lot.stamp);
    flag_measurement(draft, output.material, output.measurement, lot.stamp);
    enlist(draft, lot);
    draft.put(output.id.value, lot);
    process.outputs.push_back(output.id);
  }
  draft.put(p.id.value, process);
  draft.concerns(Kind::process, p.id.value);
  put_sources(draft, draws);
  return {};
}

}  // namespace anta
