#include <algorithm>

#include "storage/ledger/codec.h"
#include "storage/ledger/report_gathering.h"
#include "storage/ledger/standing.h"

namespace anta {
namespace {

std::string_view standing_word(Standing standing) {
  switch (standing) {
    case Standing::not_yet: return "not_yet";
    case Standing::in_force: return "in_force";
    case Standing::expired: return "expired";
    case Standing::suspended: return "suspended";
    case Standing::revoked: return "revoked";
    case Standing::withdrawn: return "withdrawn";
  }
  return "not_yet";
}

bool is_claimed(const Report::Claim& claim, const SchemeId& scheme) {
  return std::find(claim.schemes.begin(), claim.schemes.end(), scheme) != claim.schemes.end();
}

// A moment at which an attestation could count, and the leaf of the statement that would have counted it.
struct Reliance {
  Millis at = {};
  LeafIndex leaf = {};
};

bool lists(const std::vector<SiteId>& sites, const SiteId& site) {
  return std::find(sites.begin(), sites.end(), site) != sites.end();
}

// The extraction and the event of an origin, in the leaf that registered it.
void add_origin(const Gathering& g, const state::Lot& lot, const state::Attestation& attestation,
                std::vector<Reliance>& into) {
  const auto& materials = attestation.materials;
  const bool listed =
      materials.empty() || std::find(materials.begin(), materials.end(), lot.material) != materials.end();
  if (attestation.subject != lot.maker || !listed || !eligibility_for(lot, attestation.scheme)) return;
  const ReplayedStatement* made_by = g.evidence.first_about(Kind::lot, lot.id.value);
  if (!made_by) return;
  const Result<SignedStatement> statement = decode_statement(g.view.statement(made_by->digest));
  if (!statement) return;
  if (const auto* p = std::get_if<payload::Lot>(&statement->payload)) {
    into.push_back({p->extracted_from, made_by->leaf});
    into.push_back({p->extracted_until, made_by->leaf});
    into.push_back({lot.made_at, made_by->leaf});
  }
}

// What the attestation may have been counted for: a mine's lots on production, by the law's own predicate
// (standing.h: eligibility_of); on custody what the sites made, and the certificate where its lot lay.
std::vector<Reliance> reliances(const Gathering& g, const state::Attestation& attestation) {
  std::vector<Reliance> found;
  const bool custody = attestation.kind == AttestationKind::chain_of_custody;
  if (!custody && attestation.kind != AttestationKind::site_production) return found;
  std::set<std::size_t> made;  // in the order of the chain
  for (const SiteId& site : attestation.sites) {
    if (const auto here = g.made_at.find(site); here != g.made_at.end())
      made.insert(here->second.begin(), here->second.end());
  }
  for (const std::size_t place : made) {
    const state::Lot& lot = g.chain[place];
    if (!custody && lot.sources.empty()) add_origin(g, lot, attestation, found);
    if (!custody || lot.sources.empty()) continue;
    const ReplayedStatement* made_by = g.evidence.first_about(Kind::lot, lot.id.value);
    if (made_by && made_by->type != "split") found.push_back({lot.made_at, made_by->leaf});
  }
  const CertificateId& id = g.report.claim->certificate;
  const ReplayedStatement* issued_by = g.evidence.first_about(Kind::certificate, id.value);
  if (custody && issued_by && g.issue_site && lists(attestation.sites, *g.issue_site)) {
    found.push_back({g.report.claim->issued, issued_by->leaf});
  }
  return found;
}

// How an attestation stood as the ledger knew it below a leaf, by the law that judged the leaf: what was
// recorded later was not known, and no later law makes it uncounted.
Standing standing_known(const Gathering& g, state::Attestation attestation, const Reliance& when) {
  const ReplayedStatement* counting = g.evidence.at(when.leaf);
  ANTA_INVARIANT(counting != nullptr);
  const auto known = [&](const ReplayedStatement* by) { return by && by->leaf < when.leaf; };
  if (!known(g.evidence.first_about(Kind::attestation, attestation.id.value))) return Standing::not_yet;
  std::erase_if(attestation.changes,
                [&](const auto& change) { return !known(g.evidence.by(change.statement)); });
  return standing_at(attestation, when.at, counting->revokes_after_days);
}

// What an attestation was when it was counted, and the worst of what became of it.
struct Judged {
  Standing at_event = Standing::not_yet;
  bool relied_on = false;
  Standing since = Standing::in_force;
};

bool is_worse(Standing a, Standing b) {
  const auto badness = [](Standing s) {
    if (s == Standing::revoked || s == Standing::withdrawn) return 2;
    return s == Standing::suspended ? 1 : 0;
  };
  return badness(a) > badness(b);
}

// `revokes_after`: the checkpoint's law, which says how things stand and stood, not what was counted.
Judged judge_attestation(const Gathering& g, const state::Attestation& attestation,
                         std::int64_t revokes_after) {
  std::vector<Reliance> candidates = reliances(g, attestation);
  Judged judged;
  for (const Reliance& when : candidates) {
    const Standing then = standing_known(g, attestation, when);
    if (then == Standing::in_force || !judged.relied_on) judged.at_event = then;
    if (then != Standing::in_force) continue;
    judged.relied_on = true;
    // With hindsight: a suspension of then may have been recorded, and lifted, later.
    const Standing truly = standing_at(attestation, when.at, revokes_after);
    if (is_worse(truly, judged.since)) judged.since = truly;
  }
  const ReplayedStatement* issued_by =
      g.evidence.first_about(Kind::certificate, g.report.claim->certificate.value);
  if (candidates.empty() && issued_by) {
    judged.at_event = standing_known(g, attestation, {g.report.claim->issued, issued_by->leaf});
  }
  const Standing now = standing_at(attestation, g.checkpoint_time, revokes_after);
  if (is_worse(now, judged.since)) judged.since = now;
  return judged;
}

// The last recorded change that says so; a suspension that has run out is a revocation.
const ReplayedStatement* changed_by(const Gathering& g, const state::Attestation& attestation,
                                    Standing since) {
  const auto says = [&](AttestationChange change) {
    if (since == Standing::withdrawn) return change == AttestationChange::withdrawn;
    if (since == Standing::suspended) return change == AttestationChange::suspended;
    return change == AttestationChange::revoked || change == AttestationChange::suspended;
  };
  const ReplayedStatement* by = nullptr;
  for (const auto& change : attestation.changes) {
    if (says(change.status)) by = g.evidence.by(change.statement);
  }
  return by;
}

// Accredited when it attested and not any more: told, and no fault of the certificate.
void add_ended_accreditation(Gathering& g, const state::Attestation& attestation) {
  const PartyId& body = attestation.body;
  if (is_accredited(g.view, body, attestation.scheme, g.checkpoint_time)) return;
  const auto record = state::look<state::Accreditation>(g.view, body.value + "/" + attestation.scheme.value);
  if (!record || record->entries.empty()) return;
  const ReplayedStatement* by = g.evidence.by(record->entries.back().statement);
  const std::string on = "party " + body.value;
  const bool told = std::any_of(g.report.flags.begin(), g.report.flags.end(), [&](const auto& line) {
    return line.code == "accreditation_ended" && line.on == on && line.leaf == leaf_of(by);
  });
  if (!told) g.report.flags.push_back({"accreditation_ended", on, leaf_of(by), digest_of(by), false});
}

void add_attestation(Gathering& g, const state::Attestation& attestation, std::int64_t revokes_after) {
  const Judged judged = judge_attestation(g, attestation, revokes_after);
  const Standing at_checkpoint = standing_at(attestation, g.checkpoint_time, revokes_after);
  g.report.attestations.push_back({attestation.id, attestation.scheme, attestation.criteria, attestation.kind,
                                   attestation.body, attestation.subject, attestation.sites,
                                   std::string(standing_word(judged.at_event)),
                                   std::string(standing_word(at_checkpoint))});
  const std::string on = "attestation " + attestation.id.value;
  add_flags(g, attestation.stamp, on);
  g.rested.records.insert({Kind::attestation, attestation.id.value});
  if (!judged.relied_on) return;
  g.rested.records.insert({Kind::accreditation, attestation.body.value + "/" + attestation.scheme.value});
  g.relied_on.insert({Kind::attestation, attestation.id.value});
  g.relied_on.insert({Kind::party, attestation.body.value});
  add_ended_accreditation(g, attestation);
  const ReplayedStatement* by = changed_by(g, attestation, judged.since);
  if (judged.since == Standing::suspended) {
    g.report.flags.push_back({"upstream_suspended", on, leaf_of(by), digest_of(by), true});
  } else if (judged.since == Standing::revoked || judged.since == Standing::withdrawn) {
    g.report.flags.push_back({"upstream_revoked", on, leaf_of(by), digest_of(by), true});
  }
}

}  // namespace

void add_attestations(Gathering& g) {
  const std::int64_t revokes_after = parameter_at(g.view, standing_parameter, g.checkpoint_time);
  std::set<AttestationId> done;
  for (const SiteId& id : g.sites) {
    const auto site = state::look<state::Site>(g.view, id.value);
    if (!site) continue;
    for (const AttestationId& attestation_id : site->attestations) {
      const auto found = state::look<state::Attestation>(g.view, attestation_id.value);
      if (!found || !is_claimed(*g.report.claim, found->scheme) || !done.insert(found->id).second) continue;
      add_attestation(g, *found, revokes_after);
    }
  }
}

// A lot is eligible, and of its model, because somebody attested the site that made it. The evidence must
// make it so as well: an attestation that was left out may have been revoked. What was eligible may be under
// review by now; no scheme is added or lost, and no model changes.
void add_unexplained(Gathering& g) {
  for (const state::Lot& lot : g.chain) {
    const auto made = g.evidence.as_replayed<state::Lot>(Kind::lot, lot.id.value);
    if (!made) continue;
    if (made->coc_model != lot.coc_model)
      g.rested.untold.push_back("what makes lot " + lot.id.value + " " + std::string(word(lot.coc_model)));
    for (const auto& entry : lot.schemes) {
      if (!eligibility_for(*made, entry.scheme))
        g.rested.untold.push_back("what makes lot " + lot.id.value + " eligible for " + entry.scheme.value);
    }
  }
  const CertificateId& id = g.report.claim->certificate;
  const auto certificate = state::look<state::Certificate>(g.view, id.value);
  if (certificate && g.issue_site != certificate->site)
    g.rested.untold.push_back("how the lot came to site " + certificate->site.value +
                              ", where it was certified");
}

}  // namespace anta
