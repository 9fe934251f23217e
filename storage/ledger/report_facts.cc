#include "storage/ledger/report_facts.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>

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
  std::vector<state::Lot> chain = {};
  std::set<SiteId> sites = {};
  std::set<PartyId> producers = {};
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

void add_flags(Gathering& g, const state::Stamp& stamp, const std::string& on) {
  for (const state::Flag& flag : stamp.flags) {
    const ReplayedStatement* raised_by = g.evidence.at(flag.leaf);
    g.report.flags.push_back({flag.code, on, flag.leaf,
                              raised_by ? std::optional<Digest>(raised_by->digest) : std::nullopt,
                              flag_moves_verdict(flag.code)});
  }
}

Report::ChainLot line_of(const Gathering& g, const state::Lot& lot, unsigned depth) {
  Report::ChainLot line;
  line.lot = lot.id;
  line.depth = depth;
  line.material = lot.material;
  line.maker = lot.maker;
  line.site = lot.made_site;
  if (const auto site = state::find<state::Site>(g.view, lot.made_site.value)) {
    line.ubigeo = site->ubigeo.value_or(site->country.value_or(""));
  }
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

// The certified lot and everything it was made from, breadth first, each lot once.
void walk_chain(Gathering& g, const LotId& root) {
  std::set<LotId> seen = {root};
  std::deque<std::pair<LotId, unsigned>> waiting = {{root, 0}};
  while (!waiting.empty()) {
    const auto [id, depth] = waiting.front();
    waiting.pop_front();
    const auto lot = state::find<state::Lot>(g.view, id.value);
    if (!lot) continue;  // replay has refused a process whose input is missing
    g.report.chain.push_back(line_of(g, *lot, depth));
    g.sites.insert(lot->made_site);
    if (lot->sources.empty()) g.producers.insert(lot->maker);
    for (const auto& source : lot->sources) {
      if (seen.insert(source.lot).second) waiting.emplace_back(source.lot, depth + 1);
    }
    add_flags(g, lot->stamp, "lot " + lot->id.value);
    g.chain.push_back(*lot);
  }
}

// A lot of the chain whose transfer both sides still argue about.
void add_disputes(Gathering& g) {
  for (const state::Lot& lot : g.chain) {
    if (!lot.dispatch || lot.state != LotState::disputed) continue;
    const auto dispatch = state::find<state::Dispatch>(g.view, lot.dispatch->value);
    if (!dispatch) continue;
    LeafIndex leaf{};
    std::optional<Digest> by;
    for (const ReplayedStatement& s : g.evidence.statements()) {
      if (s.digest == dispatch->stamp.by) leaf = s.leaf, by = s.digest;
    }
    g.report.flags.push_back({"upstream_disputed", "dispatch " + dispatch->id.value, leaf, by, true});
  }
}

bool is_claimed(const Report::Claim& claim, const SchemeId& scheme) {
  return std::find(claim.schemes.begin(), claim.schemes.end(), scheme) != claim.schemes.end();
}

// Whether the lot's making rests on the attestation: a mine's lots on production, whatever a site makes on
// custody.
bool made_under(const state::Lot& lot, const state::Attestation& attestation) {
  const auto& sites = attestation.sites;
  if (std::find(sites.begin(), sites.end(), lot.made_site) == sites.end()) return false;
  return lot.sources.empty() ? attestation.kind == AttestationKind::site_production
                             : attestation.kind == AttestationKind::chain_of_custody;
}

// The last moment an attestation was relied on: when the chain's lots were made under it, or, of the site
// where the certified lot lies, when the certificate was issued.
Millis relied_on(const Gathering& g, const state::Attestation& attestation) {
  const auto& sites = attestation.sites;
  const bool at_issue = attestation.kind != AttestationKind::site_production &&
                        std::find(sites.begin(), sites.end(), g.chain.front().site) != sites.end();
  std::optional<Millis> latest;
  for (const state::Lot& lot : g.chain) {
    if (at_issue || !made_under(lot, attestation)) continue;
    latest = std::max(latest.value_or(lot.made_at), lot.made_at);
  }
  return latest.value_or(g.report.claim->issued);
}

void add_attestations(Gathering& g) {
  const Millis now = g.checkpoint_time;
  const std::int64_t revokes_after = parameter_at(g.view, "suspension_revokes_after_days", now);
  std::set<AttestationId> done;
  for (const SiteId& id : g.sites) {
    const auto site = state::find<state::Site>(g.view, id.value);
    if (!site) continue;
    for (const AttestationId& attestation_id : site->attestations) {
      const auto found = state::find<state::Attestation>(g.view, attestation_id.value);
      if (!found || !is_claimed(*g.report.claim, found->scheme) || !done.insert(found->id).second) continue;
      const Standing at_event = standing_at(*found, relied_on(g, *found), revokes_after);
      const Standing at_checkpoint = standing_at(*found, now, revokes_after);
      g.report.attestations.push_back({found->id, found->scheme, found->criteria, found->kind, found->body,
                                       found->subject, found->sites, std::string(standing_word(at_event)),
                                       std::string(standing_word(at_checkpoint))});
      add_flags(g, found->stamp, "attestation " + found->id.value);
      if (at_event == Standing::in_force && at_checkpoint == Standing::suspended) {
        const ReplayedStatement* by = nullptr;
        for (const ReplayedStatement& s : g.evidence.statements()) {
          if (!found->changes.empty() && s.digest == found->changes.back().statement) by = &s;
        }
        g.report.flags.push_back({"upstream_suspended", "attestation " + found->id.value,
                                  by ? by->leaf : LeafIndex{},
                                  by ? std::optional<Digest>(by->digest) : std::nullopt, true});
      }
    }
  }
}

void add_formalisations(Gathering& g) {
  for (const PartyId& party : g.producers) {
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

}  // namespace

bool flag_moves_verdict(std::string_view code) {
  return code == "upstream_under_review" || code == "upstream_suspended" || code == "upstream_disputed" ||
         code == "account_in_deficit" || code == "batch_closure";
}

bool describe(const Evidence& evidence, const CertificateId& certificate, Millis checkpoint_time,
              Report& report) {
  const auto found = state::find<state::Certificate>(evidence.view(), certificate.value);
  if (!found) return false;
  const auto lot = state::find<state::Lot>(evidence.view(), found->lot.value);
  if (!lot) return false;
  report.claim =
      Report::Claim{found->id,    lot->id,          lot->material,      found->dry_g,
                    found->cu_g,  found->coc_model, found->schemes,     found->holder,
                    found->buyer, found->issued,    found->valid_until, std::string(word(found->state))};
  Gathering g{evidence, evidence.view(), checkpoint_time, report};
  g.sites.insert(lot->site);
  add_flags(g, found->stamp, "certificate " + found->id.value);
  walk_chain(g, lot->id);
  add_disputes(g);
  add_attestations(g);
  add_formalisations(g);
  add_statement_flags(g);
  add_claims(report);
  const auto order = [](const Report::FlagLine& line) { return std::tie(line.leaf, line.code, line.on); };
  std::sort(report.flags.begin(), report.flags.end(),
            [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return true;
}

}  // namespace anta
