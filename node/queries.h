// What may be asked about the applied ledger, as values for the API to print.
//
// Each function reads one LedgerReader, so that an answer agrees with itself. Records come as
// views::record_value makes them: the fields of statements.cddl and state/, times in RFC 3339, digests in
// hex. Any thread; errors not_found, malformed (of the question), io, corrupt.
//
// Lists are pages: {"items": [...], "next": cursor or null}. A page ends at its limit of items, at
// page_bytes_max, or when as much was looked at as one question may: then it has few items or none, and
// `next` goes on from there. Only `next: null` is the end.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/error.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/value.h"
#include "storage/ledger_reader.h"

namespace anta::queries {

inline constexpr std::size_t page_default = 100;
inline constexpr std::size_t page_max = 1'000;
inline constexpr std::size_t page_bytes_max = std::size_t{1} << 20;     // records or statements, as stored
inline constexpr std::size_t scanned_max = 2'000;                       // records looked at for one page,
inline constexpr std::size_t scanned_bytes_max = std::size_t{4} << 20;  // and their bytes
inline constexpr std::size_t block_bytes_max = std::size_t{8} << 20;    // read for one page of a history
inline constexpr std::size_t graph_lots_max = 2'000;
inline constexpr std::size_t graph_bytes_max = std::size_t{2} << 20;
inline constexpr std::size_t impact_reads_max = 10'000;  // records that the law may ask for

struct Page {
  std::string cursor = {};  // where the page before ended; empty: from the start
  std::size_t limit = page_default;
  std::size_t bytes = page_bytes_max;  // reached by its last item
};

// {leaves, tree_root, state_root, height, block_time, log_index}: equal on nodes that have applied the same.
Value ledger(const LedgerReader& reader);

// The record of a kind, by id.
Result<Value> record(const LedgerReader& reader, Kind kind, const std::string& id);

// Records of a kind whose fields have the wanted values: holder, state, site, to, subject, ... A field that
// is a list matches when it holds the value; `scheme` of a lot means that the lot is eligible for it. Which a
// kind understands: views::list_filters.
// Attestations and accounts of a site are found by the site's record, which names them all.
using Filters = std::vector<std::pair<std::string, std::string>>;
Result<Value> list(const LedgerReader& reader, Kind kind, const Filters& filters, const Page& page);

// {digest, accepted or rejected, leaf, block_time, flags, type, issuer, subject, signed_at, payload, proof}
Result<Value> statement(const LedgerReader& reader, const Digest& digest);

// The statements about a thing, in order: the same without proof, one per item.
Result<Value> history(const LedgerReader& reader, const StateKey& subject, const Page& page);

// {lots: [...], edges: [{from, to, dry_g, cu_g}], complete}: everything that the lot was made from; not
// complete when it is more than graph_lots_max or graph_bytes_max.
Result<Value> graph(const LedgerReader& reader, const LotId& lot);

// Dispatches that wait for the party's signature: `waits_for` receipt (it is the consignee) or answer.
Result<Value> inbox(const LedgerReader& reader, const PartyId& party, const Page& page);

// {name: value in force}.
Result<Value> parameters(const LedgerReader& reader);
std::int64_t parameter(const LedgerReader& reader, std::string_view name);

// {size, nodes: [{id, organisation, standing, incarnation, address, keys, retired}]}, removed ones included,
// in order of id. `size` is that of the tree that says so: what a node that joins reads as its members file.
Result<Value> nodes(const LedgerReader& reader);

// A proposal's record with how its vote stands: `electorate`, `approvals`, `refusals` as of now, and
// `waiting`, the organisations that may still vote (none once it is decided). The list takes ?status=.
Result<Value> proposal(const LedgerReader& reader, const ProposalId& id);
Result<Value> proposals(const LedgerReader& reader, const Filters& filters, const Page& page);

struct ProposedStatus {
  std::string status = {};  // a word of AttestationChange
  Millis from = {};
  std::optional<Millis> void_from = {};
};
// What a change of an attestation's status would touch, found by letting the law judge it on this snapshot.
// Changes nothing. malformed, impact_reads_max: it reaches too far to be told in one answer. `complete`
// is false when lots_made_since ends at graph_lots_max.
Result<Value> impact(const LedgerReader& reader, const AttestationId& attestation,
                     const ProposedStatus& status, std::size_t reads_max = impact_reads_max);

// {network, origin, genesis (hex), digest, created, nodes: [...], schemes, quorum}
Value network(const Genesis& genesis, ByteView genesis_bytes);

Value outcome_value(const Outcome& outcome);

}  // namespace anta::queries
