#include "storage/ledger/report_facts.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "crypto/text.h"
#include "storage/ledger/report_gathering.h"
#include "storage/ledger/standing.h"
#include "storage/ledger/state.h"

namespace anta {

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

namespace {

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
    if (lot->sources.empty()) {
      Millis& latest = g.producers[lot->maker];
      latest = std::max(latest, lot->made_at);
    }
    g.made_at[lot->made_site].push_back(g.chain.size());
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
  for (const auto& [party, at] : g.producers) {
    g.rested.records.insert({Kind::formalisation, party.value});
    const auto word_at = [&g, &of = party](Millis moment) {
      const auto entry = formalisation_at(g.view, of, moment);
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
  std::set<std::pair<LeafIndex, std::string>> known;
  for (const Report::FlagLine& line : g.report.flags)
    known.emplace(line.leaf, line.code);
  for (const ReplayedStatement& s : g.evidence.statements()) {
    const bool concerns = std::any_of(s.subjects.begin(), s.subjects.end(), [&](const StateKey& key) {
      return key.kind == Kind::lot && ours.contains(key.id);
    });
    if (!concerns) continue;
    for (const std::string& code : s.flags) {
      if (known.emplace(s.leaf, code).second)
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
  add_unexplained(g);
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
