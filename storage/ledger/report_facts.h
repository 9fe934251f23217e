// What a report tells about a certificate, read from the replayed evidence: claim, chain, attestations,
// flags.
//
// Internal to verify_certificate, on its thread. Nothing here decides the verdict; verify.cc does, from these
// facts.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "storage/ledger/evidence.h"
#include "storage/ledger/state.h"
#include "storage/ledger/verify.h"

namespace anta {

// What the facts rest on.
struct Rested {
  std::set<StateKey> records = {};
  // What the proven state says happened, and the evidence does not tell: statements were left out that could
  // change the verdict. In words.
  std::vector<std::string> untold = {};
};

// Fills claim, chain, attestations, formalisations, flags, claimed and not_claimed. False: the evidence does
// not make the certificate at all.
bool describe(const Evidence& evidence, const CertificateId& certificate, Millis checkpoint_time,
              Report& report, Rested& rested);

// Pieces of it, for a file that holds records and no history (summary_check.h).
std::string district_of(const state::Site& site);                    // ubigeo, else country, else nothing
Report::ChainLot chain_line(const state::Lot& lot, unsigned depth);  // without its district
Report::Claim claim_of(const state::Certificate& certificate, const state::Lot& lot);
void add_claims(Report& report);                                             // claimed and not_claimed
std::vector<Source> sources_of(const std::vector<Report::ChainLot>& chain);  // the lots of mines in it

// The flags that turn valid into valid_with_flags (ledger.md 6.8).
bool flag_moves_verdict(std::string_view code);

}  // namespace anta
