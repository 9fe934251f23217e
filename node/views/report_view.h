// A verifier's report as data, for programs: `anta certificate verify --output json` and POST /v1/verify.
//
// Both give exactly this. Names and codes are stable and in no language; words for people are
// cli/report_text.h. What the report does not have is absent, never null: `claim` when there is no
// certificate to speak of, `buyer` of a bearer's certificate, `leaf` of a reason that no statement shows.
// Lists are always there. Hashes are hex, times RFC 3339 in UTC, masses whole grams:
//
//   verdict              valid | valid_with_flags | not_valid | cannot_evaluate
//   reasons              [{code, message, leaf?}]
//   claim?               {certificate, lot, material, dry_g, cu_g, coc_model, schemes, holder, buyer?,
//   issued,
//                        valid_until, state}
//   claimed, not_claimed, checked, not_checked   lists of codes of the catalogue
//   chain                [{lot, depth, material, maker, site, ubigeo, dry_g, cu_g, coc_model, eligible,
//   state,
//                        origin, sources: [{lot, dry_g, cu_g}]}], the certified lot first
//   attestations         [{attestation, scheme, criteria, kind, body, subject, sites, at_event,
//   at_checkpoint}] formalisations       [{party, at_event, at_checkpoint}] flags                [{code, on,
//   leaf, statement, moves_verdict}]; statement is "" where none raised it origin, genesis, size, root,
//   checkpoint_time   of the checkpoint that the file stands on cosigners            [{name, time}]
//   missing_cosigners    names
//   statements           how many signatures were verified
//
// Pure, any thread.
#pragma once

#include "storage/ledger/value.h"
#include "storage/ledger/verify.h"

namespace anta::views {

Value report_value(const Report& report);

}  // namespace anta::views
