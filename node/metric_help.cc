#include "node/metric_help.h"

#include <algorithm>
#include <iterator>

namespace anta {
namespace metric_rows {

using enum MetricType;  // nowhere else: a histogram is also what the library makes

// clang-format off
constexpr MetricHelp table[] = {
  {"anta_answer_cache_bytes", gauge, "", "Bytes of answers that are kept"},
  {"anta_answer_cache_hits_total", counter, "", "Answers that were kept when they were asked for"},
  {"anta_answer_cache_misses_total", counter, "", "Answers that had to be made"},
  {"anta_appends_dropped_clock_total", counter, "", "Appends dropped: the time in them is too far from this node's clock"},
  {"anta_appends_dropped_disk_total", counter, "", "Appends dropped: the disk is below its reserve"},
  {"anta_appends_dropped_members_total", counter, "", "Appends cut before a configuration that the ledger does not stand behind"},
  {"anta_applied_index", gauge, "", "Log entry up to which this node has applied"},
  {"anta_apply_seconds", histogram, "", "Time to judge and apply a block"},
  {"anta_block_statements", histogram, "", "Statements of an applied block"},
  {"anta_blocks_proposed_total", counter, "", "Blocks formed here as leader"},
  {"anta_checkpoint_quorum_seconds", gauge, "", "When the newest finished checkpoint had its quorum, since 1970; 0: none"},
  {"anta_checkpoint_seconds", histogram, "", "From opening a checkpoint to its quorum"},
  {"anta_checkpoint_size", gauge, "", "Leaves under the newest finished checkpoint; 0: none"},
  {"anta_commit_index", gauge, "", "Log entry up to which it is committed, as known here"},
  {"anta_cosigning_mark_known", gauge, "", "0: this node lost what it signed and signs nothing until it has heard"},
  {"anta_disk_available_bytes", gauge, "", "Free on the data directory's disk"},
  {"anta_disk_reserve_bytes", gauge, "", "Below so much free disk nothing new is taken"},
  {"anta_elections_total", counter, "", "Campaigns begun here"},
  {"anta_forks_total", counter, "", "Notes in which a quorum signed another tree; anything but 0 is an alarm"},
  {"anta_height", gauge, "", "Newest applied block"},
  {"anta_http_certificate_expires_seconds", gauge, "", "End of the HTTPS certificate, since 1970"},
  {"anta_http_connections", gauge, "", "Open HTTP connections"},
  {"anta_http_handshakes_failed_total", counter, "", "TLS handshakes of clients that failed"},
  {"anta_http_request_seconds", histogram, "route", "Time to answer an HTTP request"},
  {"anta_http_requests_total", counter, "route,status", "HTTP requests answered"},
  {"anta_is_leader", gauge, "", "1: leads and is in office"},
  {"anta_join_bytes_total", counter, "", "History fetched to join, bytes of payloads"},
  {"anta_join_missing_entries", gauge, "", "Of a node that joins: entries not fetched, then not judged"},
  {"anta_join_refused_total", counter, "", "Answers to a node that joins that were not what the hash chain names"},
  {"anta_leader_commit_index", gauge, "", "How far the leader has committed, as it last said"},
  {"anta_leaderships_total", counter, "", "Times that this node came to lead"},
  {"anta_leaves", gauge, "", "Leaves of the applied ledger's tree"},
  {"anta_log_batches_total", counter, "", "Writes of the log"},
  {"anta_log_bytes_total", counter, "", "Bytes of payloads written to the log"},
  {"anta_log_entries_total", counter, "", "Entries written to the log"},
  {"anta_log_served_bytes_total", counter, "", "Bytes of the log given to nodes that join or repair"},
  {"anta_log_syncs_total", counter, "", "Writes of the log that were synced"},
  {"anta_peer_bytes_received_total", counter, "", "Bytes from other nodes"},
  {"anta_peer_bytes_sent_total", counter, "", "Bytes to other nodes"},
  {"anta_peer_messages_dropped_total", counter, "", "Messages of other nodes dropped: too many of that node's waited"},
  {"anta_peer_unpinned_refused_total", counter, "", "Connections refused: a valid TLS key that is not pinned"},
  {"anta_peers_up", gauge, "", "Nodes that are connected"},
  {"anta_pending_bytes", gauge, "", "Bytes of statements sent to this node and undecided"},
  {"anta_pending_statements", gauge, "", "Statements sent to this node and undecided"},
  {"anta_persisted_index", gauge, "", "Log entry up to which it is durable here"},
  {"anta_proposals_refused_total", counter, "", "Blocks that Raft refused, as busy or for want of a leader"},
  {"anta_proposals_total", counter, "", "Blocks offered to Raft here"},
  {"anta_requests_refused_key_limit_total", counter, "", "Requests answered 429 for a key's limit"},
  {"anta_scrub_bytes_total", counter, "", "Bytes that the scrub has read again"},
  {"anta_scrub_damaged_total", counter, "", "Rotten files found"},
  {"anta_scrub_position", gauge, "", "Log entry up to which this round has verified the chain; 0: it reads tables"},
  {"anta_scrub_repaired_entries_total", counter, "", "Log entries fetched from others for rotten files"},
  {"anta_scrub_repairing", gauge, "", "1: the log has a gap that is being filled, and nothing is applied"},
  {"anta_scrub_rounds_total", counter, "", "Whole rounds of the scrub"},
  {"anta_signature_cache_hits_total", counter, "", "Signature checks spared, since the verdict was known"},
  {"anta_signatures_checked_total", counter, "", "Ed25519 verifications done"},
  {"anta_state_diverged", gauge, "peer", "1: that peer's state root differs from this node's; under its own name: a majority's does"},
  {"anta_state_tree_buckets", gauge, "", "Buckets of the state tree"},
  {"anta_state_tree_bytes", gauge, "", "Memory of the state tree's upper levels"},
  {"anta_state_tree_retired_nodes", gauge, "", "Nodes of the state tree kept for proofs of the past alone"},
  {"anta_statements_behind", gauge, "", "Statements proposed here that are not known to be applied by a majority"},
  {"anta_statements_decided_total", counter, "outcome,rule", "Statements decided as blocks are applied, by outcome and rule"},
  {"anta_statements_forwarded_total", counter, "", "Statements passed on to the leader"},
  {"anta_statements_proposed_total", counter, "", "Statements in the blocks formed here as leader"},
  {"anta_statements_queued", gauge, "", "Statements here that are in no block yet"},
  {"anta_term", gauge, "", "Raft's term"},
  {"anta_witness_cosignatures_total", counter, "", "Cosignatures that witnesses gave this node"},
  {"anta_witness_failures_total", counter, "", "Requests to witnesses that brought no cosignature, conflicts apart"},
};
// clang-format on

}  // namespace metric_rows

namespace {

using metric_rows::table;

constexpr bool before(const MetricHelp& help, std::string_view name) { return help.name < name; }
static_assert(std::ranges::is_sorted(table, {}, &MetricHelp::name));

}  // namespace

std::span<const MetricHelp> all_metrics() { return table; }

std::string_view metric_help(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(table), std::end(table), name, before);
  return found != std::end(table) && found->name == name ? found->words : std::string_view{};
}

}  // namespace anta
