// What a report's facts are gathered from, and the steps that have a file of their own.
//
// Internal to report_facts.cc and report_attestations.cc, on the thread of verify_certificate.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/ledger/report_facts.h"

namespace anta {

// Everything the facts are gathered from, so that the steps stay small.
struct Gathering {
  const Evidence& evidence;
  const LedgerView& view;
  Millis checkpoint_time;
  Report& report;
  Rested& rested;
  std::optional<SiteId> issue_site = {};  // where the certified lot lay when it was certified
  std::vector<state::Lot> chain = {};
  std::map<SiteId, std::vector<std::size_t>> made_at = {};  // positions in the chain
  std::set<SiteId> sites = {};
  std::set<StateKey> relied_on = {};  // attestations, and the parties that stand behind chain and claim
  std::map<PartyId, Millis> producers = {};  // when each made its latest origin
};

std::optional<Digest> digest_of(const ReplayedStatement* statement);
LeafIndex leaf_of(const ReplayedStatement* statement);  // 0 of none
void add_flags(Gathering& g, const state::Stamp& stamp, const std::string& on);

// The attestations of claimed schemes at the chain's sites: how they stood and stand, which are relied on.
void add_attestations(Gathering& g);
// What the state has and the evidence does not explain: what makes a lot eligible, of which model it is.
void add_unexplained(Gathering& g);

}  // namespace anta
