#include "node/metric_help.h"

#include <algorithm>
#include <iterator>

namespace anta {
namespace {

struct Help {
  std::string_view name = {};
  std::string_view words = {};
};

// clang-format off
constexpr Help table[] = {
  {"anta_answer_cache_bytes", "Bytes of answers that are kept"},
  {"anta_answer_cache_hits_total", "Answers that were kept when they were asked for"},
  {"anta_answer_cache_misses_total", "Answers that had to be made"},
  {"anta_appends_dropped_clock_total", "Appends dropped: the time in them is too far from this node's clock"},
  {"anta_appends_dropped_disk_total", "Appends dropped: the disk is below its reserve"},
  {"anta_appends_dropped_members_total", "Appends cut before a configuration that the ledger does not stand behind"},
  {"anta_applied_index", "Log entry up to which this node has applied"},
  {"anta_apply_seconds", "Time to judge and apply a block"},
  {"anta_block_statements", "Statements of an applied block"},
  {"anta_blocks_proposed_total", "Blocks formed here as leader"},
  {"anta_checkpoint_quorum_seconds", "When the newest finished checkpoint had its quorum, since 1970; 0: none"},
  {"anta_checkpoint_seconds", "From opening a checkpoint to its quorum"},
  {"anta_checkpoint_size", "Leaves under the newest finished checkpoint; 0: none"},
  {"anta_commit_index", "Log entry up to which it is committed, as known here"},
  {"anta_cosigning_mark_known", "0: this node lost what it signed and signs nothing until it has heard"},
  {"anta_disk_available_bytes", "Free on the data directory's disk"},
  {"anta_disk_reserve_bytes", "Below so much free disk nothing new is taken"},
  {"anta_elections_total", "Campaigns begun here"},
  {"anta_forks_total", "Notes in which a quorum signed another tree; anything but 0 is an alarm"},
  {"anta_height", "Newest applied block"},
  {"anta_http_certificate_expires_seconds", "End of the HTTPS certificate, since 1970"},
  {"anta_http_connections", "Open HTTP connections"},
  {"anta_http_handshakes_failed_total", "TLS handshakes of clients that failed"},
  {"anta_http_request_seconds", "Time to answer an HTTP request"},
  {"anta_http_requests_total", "HTTP requests answered"},
  {"anta_is_leader", "1: leads and is in office"},
  {"anta_join_bytes_total", "History fetched to join, bytes of payloads"},
  {"anta_join_missing_entries", "Of a node that joins: entries not fetched, then not judged"},
  {"anta_join_refused_total", "Answers to a node that joins that were not what the hash chain names"},
  {"anta_leader_commit_index", "How far the leader has committed, as it last said"},
  {"anta_leaderships_total", "Times that this node came to lead"},
  {"anta_leaves", "Leaves of the applied ledger's tree"},
  {"anta_log_batches_total", "Writes of the log"},
  {"anta_log_bytes_total", "Bytes of payloads written to the log"},
  {"anta_log_entries_total", "Entries written to the log"},
  {"anta_log_served_bytes_total", "Bytes of the log given to nodes that join or repair"},
  {"anta_log_syncs_total", "Writes of the log that were synced"},
  {"anta_peer_bytes_received_total", "Bytes from other nodes"},
  {"anta_peer_bytes_sent_total", "Bytes to other nodes"},
  {"anta_peer_messages_dropped_total", "Messages of other nodes dropped: too many of that node's waited"},
  {"anta_peer_unpinned_refused_total", "Connections refused: a valid TLS key that is not pinned"},
  {"anta_peers_up", "Nodes that are connected"},
  {"anta_pending_bytes", "Bytes of statements sent to this node and undecided"},
  {"anta_pending_statements", "Statements sent to this node and undecided"},
  {"anta_persisted_index", "Log entry up to which it is durable here"},
  {"anta_proposals_refused_total", "Blocks that Raft refused, as busy or for want of a leader"},
  {"anta_proposals_total", "Blocks offered to Raft here"},
  {"anta_requests_refused_key_limit_total", "Requests answered 429 for a key's limit"},
  {"anta_scrub_bytes_total", "Bytes that the scrub has read again"},
  {"anta_scrub_damaged_total", "Rotten files found"},
  {"anta_scrub_position", "Log entry up to which this round has verified the chain; 0: it reads tables"},
  {"anta_scrub_repaired_entries_total", "Log entries fetched from others for rotten files"},
  {"anta_scrub_repairing", "1: the log has a gap that is being filled, and nothing is applied"},
  {"anta_scrub_rounds_total", "Whole rounds of the scrub"},
  {"anta_signature_cache_hits_total", "Signature checks spared, since the verdict was known"},
  {"anta_signatures_checked_total", "Ed25519 verifications done"},
  {"anta_state_diverged", "1: that peer's state root differs from this node's; under its own name: a majority's does"},
  {"anta_state_tree_buckets", "Buckets of the state tree"},
  {"anta_state_tree_bytes", "Memory of the state tree's upper levels"},
  {"anta_state_tree_retired_nodes", "Nodes of the state tree kept for proofs of the past alone"},
  {"anta_statements_behind", "Statements proposed here that are not known to be applied by a majority"},
  {"anta_statements_decided_total", "Statements decided as blocks are applied, by outcome and rule"},
  {"anta_statements_forwarded_total", "Statements passed on to the leader"},
  {"anta_statements_proposed_total", "Statements in the blocks formed here as leader"},
  {"anta_statements_queued", "Statements here that are in no block yet"},
  {"anta_term", "Raft's term"},
  {"anta_witness_cosignatures_total", "Cosignatures that witnesses gave this node"},
  {"anta_witness_failures_total", "Requests to witnesses that brought no cosignature, conflicts apart"},
};
// clang-format on

constexpr bool before(const Help& help, std::string_view name) { return help.name < name; }
static_assert(std::ranges::is_sorted(table, {}, &Help::name));

}  // namespace

std::string_view metric_help(std::string_view name) {
  const auto* found = std::lower_bound(std::begin(table), std::end(table), name, before);
  return found != std::end(table) && found->name == name ? found->words : std::string_view{};
}

}  // namespace anta
