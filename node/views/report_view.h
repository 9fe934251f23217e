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
//                        issued, valid_until, state}
//   claimed              codes of the catalogue
//   not_claimed          likewise
//   chain                the certified lot first:
//                        [{lot, depth, material, maker, site, ubigeo, dry_g, cu_g, coc_model, eligible,
//                        state, origin, sources: [{lot, dry_g, cu_g}]}]
//   sources?             where the copper is from, by district (storage/ledger/source_summary.h):
//                        {told, count, dry_g, cu_g, root, districts: [{district, sources, dry_g, cu_g}]};
//                        told: the districts as the node of a summary tells them, else as replayed
//   attestations         [{attestation, scheme, criteria, kind, body, subject, sites, at_event,
//                        at_checkpoint}]
//   formalisations       [{party, at_event, at_checkpoint}]
//   flags                [{code, on, leaf, statement, moves_verdict}]; statement is "" where none raised it
//   origin               of the checkpoint that the file stands on
//   genesis              likewise
//   size                 likewise
//   root                 likewise
//   checkpoint_time      likewise
//   cosigners            [{name, time}]
//   missing_cosigners    names
//   statements           how many signatures were verified
//   checked              codes of the catalogue
//   not_checked          likewise
//
// Pure, any thread.
#pragma once

#include "storage/ledger/value.h"
#include "storage/ledger/verify.h"

namespace anta::views {

Value report_value(const Report& report);

}  // namespace anta::views
