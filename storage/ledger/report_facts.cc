#include "storage/ledger/report_facts.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "crypto/text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/standing.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

// Everything the facts are gathered from, so that the steps below stay small.
struct Gathering {
  const Evidence& evidence;
  const LedgerView& view;
  Millis checkpoint_time;
  Report& report;
  Rested& rested;
  std::optional<SiteId> issue_site = {};  // where the certified lot lay when it was certified
  std::vector<state::Lot> chain = {};
  std::set<SiteId> sites = {};
  std::set<StateKey> relied_on = {};  // attestations, and the parties that stand behind chain and claim
  std::set<PartyId> producers = {};
  std::set<std::pair<SiteId, SchemeId>> attested = {};  // of mines, by what is relied on
};

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

std::optional<Digest> digest_of(const ReplayedStatement* statement) {
  return statement ? std::optional<Digest>(statement->digest) : std::nullopt;
}
LeafIndex leaf_of(const ReplayedStatement* statement) { return statement ? statement->leaf : LeafIndex{}; }

void add_flags(Gathering& g, const state::Stamp& stamp, const std::string& on) {
  for (const state::Flag& flag : stamp.flags) {
    g.report.flags.push_back(
        {flag.code, on, flag.leaf, digest_of(g.evidence.at(flag.leaf)), flag_moves_verdict(flag.code)});
  }
}

Report::ChainLot line_of(const Gathering& g, const state::Lot& lot, unsigned depth) {
  Report::ChainLot line = chain_line(lot, depth);
  if (const auto site = state::find<state::Site>(g.view, lot.made_site.value))
    line.ubigeo = district_of(*site);
  return line;
}

// The certified lot and everything it was made from, breadth first, each lot once.
void walk_chain(Gathering& g, const LotId& root) {
  std::set<LotId> seen = {root};
  std::deque<std::pair<LotId, unsigned>> waiting = {{root, 0}};
  while (!waiting.empty()) {
    const auto [id, depth] = waiting.front();
    waiting.pop_front();
    const auto lot = state::look<state::Lot>(g.view, id.value);
    if (!lot) continue;  // replay has refused a process whose input is missing
    g.report.chain.push_back(line_of(g, *lot, depth));
    g.sites.insert(lot->made_site);
    if (lot->sources.empty()) g.producers.insert(lot->maker);
    for (const auto& source : lot->sources) {
      if (seen.insert(source.lot).second) waiting.emplace_back(source.lot, depth + 1);
    }
    add_flags(g, lot->stamp, "lot " + lot->id.value);
    g.rested.records.insert({Kind::lot, lot->id.value});
    g.chain.push_back(*lot);
  }
}

// What a mass-balance certificate was debited from.
void add_accounts(Gathering& g, const state::Certificate& certificate) {
  for (const state::Certificate::Debit& debit : certificate.debits) {
    g.rested.records.insert({Kind::account, debit.account.value});
    // Its flags say whether it is in deficit: a balance without the rest of the ledger says nothing.
    const auto account = state::look<state::Account>(g.view, debit.account.value);
    if (account) add_flags(g, account->stamp, "account " + account->id.value);
    // The law takes an account of the site where the lot lies: another was debited than the evidence makes.
    if (!account || !g.issue_site || account->site != *g.issue_site)
      g.rested.untold.push_back("how account " + debit.account.value + " came to be debited");
  }
}

// A lot of the chain whose transfer both sides still argue about.
void add_disputes(Gathering& g) {
  for (const state::Lot& lot : g.chain) {
    if (!lot.dispatch || lot.state != LotState::disputed) continue;
    // The lot's own record says so; the dispatch may be later than the evidence.
    const auto dispatch = state::look<state::Dispatch>(g.view, lot.dispatch->value);
    const ReplayedStatement* by = dispatch ? g.evidence.by(dispatch->stamp.by) : nullptr;
    g.report.flags.push_back(
        {"upstream_disputed", "dispatch " + lot.dispatch->value, leaf_of(by), digest_of(by), true});
  }
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
  for (const state::Lot& lot : g.chain) {
    if (!lists(attestation.sites, lot.made_site)) continue;
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
  if (attestation.kind == AttestationKind::site_production) {
    for (const SiteId& site : attestation.sites)
      g.attested.insert({site, attestation.scheme});
  }
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

// An origin is eligible because somebody attested its mine: whose statement is not there may have been
// revoked.
void add_unattested(Gathering& g) {
  for (const state::Lot& lot : g.chain) {
    if (!lot.sources.empty()) continue;
    for (const auto& [scheme, status] : lot.schemes) {
      const bool counts = status == Eligibility::eligible && is_claimed(*g.report.claim, scheme);
      if (counts && !g.attested.contains({lot.made_site, scheme}))
        g.rested.untold.push_back("what makes lot " + lot.id.value + " eligible for " + scheme.value);
    }
  }
}

// Statements about what parties are: they count for whom they name, the others only for what they are about.
bool is_about_party(std::string_view type) {
  for (const std::string_view known : {"party", "party-update", "role-grant", "role-revoke", "key-rotate",
                                       "key-revoke", "accreditation", "formalisation"}) {
    if (type == known) return true;
  }
  return false;
}

// Statements that chain and claim stand on, signed with a key from a moment on when others had it too. The
// law cannot refuse what was recorded before the compromise was known.
void add_compromised_keys(Gathering& g) {
  std::set<StateKey>& ours = g.relied_on;
  ours.insert({Kind::certificate, g.report.claim->certificate.value});
  ours.insert({Kind::party, g.report.claim->holder.value});
  for (const state::Lot& lot : g.chain) {
    ours.insert({Kind::lot, lot.id.value});
    ours.insert({Kind::party, lot.maker.value});
  }
  for (const SiteId& site : g.sites)
    ours.insert({Kind::site, site.value});
  for (const ReplayedStatement& s : g.evidence.statements()) {
    const bool counts = std::any_of(s.subjects.begin(), s.subjects.end(), [&](const StateKey& key) {
      const bool site_or_party = key.kind == Kind::party || (key.kind == Kind::site && s.type != "site");
      return ours.contains(key) && (!site_or_party || is_about_party(s.type));
    });
    if (!counts) continue;
    g.rested.records.insert({Kind::key, hex(s.key)});
    const auto key = state::look<state::Key>(g.view, hex(s.key));
    if (!key || !key->compromised_since || *key->compromised_since > s.event_time) continue;
    g.report.flags.push_back({"key_compromised", "statement " + s.type, s.leaf, s.digest, true});
  }
}

void add_formalisations(Gathering& g) {
  for (const PartyId& party : g.producers) {
    g.rested.records.insert({Kind::formalisation, party.value});
    Millis at{};
    for (const state::Lot& lot : g.chain) {
      if (lot.sources.empty() && lot.maker == party) at = std::max(at, lot.made_at);
    }
    const auto word_at = [&](Millis moment) {
      const auto entry = formalisation_at(g.view, party, moment);
      return entry ? std::string(word(entry->status)) : std::string("none");
    };
    g.report.formalisations.push_back({party, word_at(at), word_at(g.checkpoint_time)});
  }
}

// Flags that statements of the chain raised on themselves and on no record (handover notes, transit times).
void add_statement_flags(Gathering& g) {
  std::set<std::string> ours;
  for (const state::Lot& lot : g.chain)
    ours.insert(lot.id.value);
  for (const ReplayedStatement& s : g.evidence.statements()) {
    const bool concerns = std::any_of(s.subjects.begin(), s.subjects.end(), [&](const StateKey& key) {
      return key.kind == Kind::lot && ours.contains(key.id);
    });
    if (!concerns) continue;
    for (const std::string& code : s.flags) {
      const bool known =
          std::any_of(g.report.flags.begin(), g.report.flags.end(),
                      [&](const Report::FlagLine& line) { return line.code == code && line.leaf == s.leaf; });
      if (!known)
        g.report.flags.push_back({code, "statement " + s.type, s.leaf, s.digest, flag_moves_verdict(code)});
    }
  }
}

}  // namespace

std::string district_of(const state::Site& site) { return site.ubigeo.value_or(site.country.value_or("")); }

Report::ChainLot chain_line(const state::Lot& lot, unsigned depth) {
  Report::ChainLot line;
  line.lot = lot.id;
  line.depth = depth;
  line.material = lot.material;
  line.maker = lot.maker;
  line.site = lot.made_site;
  line.dry_g = lot.accepted.dry_g;
  line.cu_g = lot.accepted.cu_g;
  line.coc_model = lot.coc_model;
  for (const auto& scheme : lot.schemes) {
    if (scheme.status == Eligibility::eligible) line.eligible.push_back(scheme.scheme);
  }
  line.state = word(lot.state);
  for (const auto& source : lot.sources)
    line.sources.push_back({source.lot, source.dry_g, source.cu_g});
  line.origin = lot.sources.empty();
  return line;
}

Report::Claim claim_of(const state::Certificate& certificate, const state::Lot& lot) {
  return {certificate.id,
          lot.id,
          lot.material,
          certificate.dry_g,
          certificate.cu_g,
          certificate.coc_model,
          certificate.schemes,
          certificate.holder,
          certificate.buyer,
          certificate.issued,
          certificate.valid_until,
          std::string(word(certificate.state))};
}

void add_claims(Report& report) {
  const Report::Claim& claim = *report.claim;
  report.claimed = {"claim.quantity", "claim.holder", "claim.schemes"};
  report.claimed.push_back("claim.model." + std::string(word(claim.coc_model)));
  if (claim.coc_model == CocModel::mass_balance || claim.coc_model == CocModel::book_and_claim) {
    report.not_claimed.push_back("not_claimed.physical_origin");
  }
  report.not_claimed.push_back("not_claimed.price");
  report.not_claimed.push_back("not_claimed.beyond_criteria");
}

// What was drawn from each source, by all the lots of the chain.
std::vector<Source> sources_of(const std::vector<Report::ChainLot>& chain) {
  std::map<LotId, Source> drawn;
  for (const Report::ChainLot& lot : chain) {
    for (const Report::ChainLot::Source& source : lot.sources) {
      Source& into = drawn[source.lot];
      into.dry_g.value += source.dry_g.value;
      into.cu_g.value += source.cu_g.value;
    }
  }
  std::vector<Source> sources;
  for (const Report::ChainLot& lot : chain) {
    if (!lot.origin) continue;
    Source source{.lot = lot.lot, .district = lot.ubigeo, .dry_g = lot.dry_g, .cu_g = lot.cu_g};
    if (const auto found = drawn.find(lot.lot); found != drawn.end())
      source.dry_g = found->second.dry_g, source.cu_g = found->second.cu_g;
    sources.push_back(std::move(source));
  }
  return sources;
}

bool flag_moves_verdict(std::string_view code) {
  return code == "upstream_under_review" || code == "upstream_suspended" || code == "upstream_revoked" ||
         code == "upstream_disputed" || code == "account_in_deficit" || code == "batch_closure" ||
         code == "key_compromised";
}

bool describe(const Evidence& evidence, const CertificateId& certificate, Millis checkpoint_time,
              Report& report, Rested& rested) {
  const auto found = state::look<state::Certificate>(evidence.view(), certificate.value);
  if (!found) return false;
  const auto lot = state::look<state::Lot>(evidence.view(), found->lot.value);
  if (!lot) return false;
  report.claim = claim_of(*found, *lot);
  Gathering g{evidence, evidence.view(), checkpoint_time, report, rested, evidence.site_of_issue(found->id)};
  if (g.issue_site) g.sites.insert(*g.issue_site);
  add_flags(g, found->stamp, "certificate " + found->id.value);
  rested.records.insert({Kind::certificate, found->id.value});
  rested.records.insert({Kind::parameter, std::string(state::amendments_record_id)});
  if (evidence.amended_later()) rested.records.insert({Kind::parameter, std::string(standing_parameter)});
  add_accounts(g, *found);
  walk_chain(g, lot->id);
  report.sources = summarise(sources_of(report.chain));
  add_disputes(g);
  add_attestations(g);
  add_unattested(g);
  add_formalisations(g);
  add_statement_flags(g);
  add_compromised_keys(g);
  add_claims(report);
  const auto order = [](const Report::FlagLine& line) { return std::tie(line.leaf, line.code, line.on); };
  std::sort(report.flags.begin(), report.flags.end(),
            [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return true;
}

}  // namespace anta
