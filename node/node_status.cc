#include "node/node_status.h"

#include "crypto/text.h"
#include "node/identity.h"
#include "node/values.h"
#include "node/version.h"
#include "node/views/time_text.h"

namespace anta {
namespace {

constexpr std::uint64_t behind_max = 1'000;  // log entries, before a node says that it is not ready

Value peers_value(const NodeStatus& status) {
  ValueList peers;
  for (const ReplicaPeer& peer : status.replica.peers) {
    peers.push_back(Value{ValueMap{{"id", text(peer.id.value)},
                                   {"up", Value{peer.up}},
                                   {"match", number(peer.match.value)},
                                   {"active", Value{peer.active}}}});
  }
  return Value{std::move(peers)};
}

Value members_value(const std::vector<raft::Member>& members) {
  ValueList ids;
  for (const raft::Member& member : members)
    ids.push_back(text(member.id.value));
  return Value{std::move(ids)};
}

Value configuration_value(const raft::ConfigurationChange& now) {
  return Value{ValueMap{{"index", number(now.index.value)},
                        {"committed", Value{now.committed}},
                        {"voters", members_value(now.configuration.voters)},
                        {"outgoing", members_value(now.configuration.outgoing)},
                        {"learners", members_value(now.configuration.learners)}}};
}

// What the ledger says of this node that keeps it from serving.
void add_standing(const NodeStatus& status, std::vector<std::string>& reasons) {
  if (!status.network_nodes) return;
  const state::Node* self = status.network_nodes->find(status.config->node);
  const auto incarnation = static_cast<std::uint64_t>(status.config->incarnation);
  if (self == nullptr) {
    reasons.emplace_back("the ledger as applied here has no node " + status.config->node.value +
                         ": it is not admitted yet, or its admission has not arrived here");
  } else if (self->incarnation > incarnation) {
    reasons.emplace_back("the network has admitted this node anew as incarnation " +
                         std::to_string(self->incarnation) + ": stop this one");
  } else if (self->standing == NodeStanding::removed) {
    reasons.emplace_back("this node was removed from the network: stop it");
  } else if (self->incarnation == incarnation && !same_keys(self->keys, *status.keys_of_self)) {
    reasons.emplace_back("the network has given this node other keys: start it again with their seed");
  }
}

// Of each peer whether its state differs from this node's; of this node whether a majority's does.
void add_divergence(const NodeStatus& status, std::vector<Metrics::Sample>& all) {
  const auto figure = [](bool differs) { return differs ? 1.0 : 0.0; };
  if (status.config != nullptr) {
    all.push_back(
        {"anta_state_diverged", figure(status.states.outvoted.has_value()), status.config->node.value});
  }
  for (const ReplicaPeer& peer : status.replica.peers)
    all.push_back({"anta_state_diverged", figure(status.states.differing.contains(peer.id)), peer.id.value});
}

Value differing_value(const NodeStatus& status) {
  ValueList list;
  for (const auto& [peer, difference] : status.states.differing) {
    list.push_back(Value{ValueMap{{"peer", text(peer.value)},
                                  {"index", number(difference.index.value)},
                                  {"own_root", text(hex(difference.own))},
                                  {"peer_root", text(hex(difference.theirs))}}});
  }
  return Value{std::move(list)};
}

const char* phase_word(JoinPhase phase) {
  switch (phase) {
    case JoinPhase::none: break;
    case JoinPhase::asking: return "asking";
    case JoinPhase::fetching: return "fetching";
    case JoinPhase::judging: return "judging";
  }
  return "";
}

Value join_value(const JoinStatus& join) {
  if (join.phase == JoinPhase::none) return Value{};
  return Value{ValueMap{{"phase", text(phase_word(join.phase))},
                        {"anchor", number(join.anchor.value)},
                        {"missing", number(join.missing)},
                        {"percent", number(join.percent())},
                        {"bytes", number(join.bytes)},
                        {"bytes_per_second", number(join.bytes_per_second)}}};
}

void add_joining(const JoinStatus& join, std::vector<std::string>& reasons) {
  const std::string far =
      std::to_string(join.percent()) + " % of entries 1 to " + std::to_string(join.anchor.value) + " are ";
  if (join.phase == JoinPhase::asking)
    reasons.emplace_back("this node joins and asks the voters how far the ledger is");
  if (join.phase == JoinPhase::fetching)
    reasons.push_back("this node joins and fetches the ledger's history: " + far + "here");
  if (join.phase == JoinPhase::judging)
    reasons.push_back("this node joins and judges the ledger's history: " + far + "applied");
}

Value checkpoint_value(const NodeStatus& status) {
  if (!status.finished) return Value{};
  ValueList missing;
  for (const std::string& name : status.missing)
    missing.push_back(text(name));
  return Value{ValueMap{
      {"size", number(status.finished->checkpoint.size)},
      {"root", text(hex(status.finished->checkpoint.root))},
      {"time",
       text(views::time_to_text(Millis{static_cast<std::int64_t>(status.finished->quorum_seconds) * 1'000}))},
      {"missing", Value{std::move(missing)}}}};
}

// Whether this node signs, and what it waits for; and whose clock makes checkpoints look old.
Value cosigning_value(const NodeStatus& status) {
  const CosigningStatus& cosigning = status.cosigning;
  ValueMap map{{"mark", text(cosigning.known ? "known" : "unknown")}};
  if (!cosigning.known) {
    map.emplace_back("waits_for", text(cosigning.waits_for));
    map.emplace_back("heard", number(cosigning.heard));
    map.emplace_back("needed", number(cosigning.needed));
  }
  ValueList behind;
  for (const auto& [cosigner, seconds] : status.clocks_behind)
    behind.push_back(Value{ValueMap{{"cosigner", text(cosigner)}, {"seconds", number(seconds)}}});
  if (!behind.empty()) map.emplace_back("clocks_behind", Value{std::move(behind)});
  return Value{std::move(map)};
}

}  // namespace

Value status_value(const NodeStatus& status) {
  const ReplicaStatus& r = status.replica;
  ValueMap map{{"node", text(status.config->node.value)},
               {"network", text(status.genesis->network.value)},
               {"version", text(anta_version)},
               {"role", text(raft::name(r.role))},
               {"term", number(r.term.value)},
               {"leader", r.leader ? text(r.leader->value) : Value{}},
               {"in_office", Value{r.in_office}},
               {"leader_commit", number(r.leader_commit.value)},
               {"commit", number(r.commit.value)},
               {"applied", number(r.applied.value)},
               {"last", number(r.last.value)},
               {"recovery_epoch", number(r.recovery_epoch)}};
  if (status.applied) {
    map.emplace_back("leaves", number(status.applied->leaves.value));
    map.emplace_back("tree_root", text(hex(status.applied->tree_root)));
    map.emplace_back("state_root", text(hex(status.applied->state_root)));
    map.emplace_back("block_time", text(views::time_to_text(status.applied->block_time)));
  }
  map.emplace_back("checkpoint", checkpoint_value(status));
  map.emplace_back("cosigning", cosigning_value(status));
  map.emplace_back("forks", number(status.forks));
  map.emplace_back("states_differ", differing_value(status));
  map.emplace_back("joining", join_value(status.join));
  map.emplace_back("configuration", configuration_value(r.configuration));
  map.emplace_back("peers", peers_value(status));
  return Value{std::move(map)};
}

std::vector<std::string> unready_reasons(const NodeStatus& status) {
  std::vector<std::string> reasons;
  const ReplicaStatus& r = status.replica;
  if (status.stopping) reasons.emplace_back("the node is stopping");
  const bool fetches = status.join.phase == JoinPhase::asking || status.join.phase == JoinPhase::fetching;
  add_joining(status.join, reasons);
  if (!fetches) add_standing(status, reasons);  // its ledger is the genesis still
  if (r.stopped) reasons.emplace_back("the replica has stopped; see the log");
  if (status.database_failure)
    reasons.emplace_back("the database has failed: " + status.database_failure->message);
  if (status.disk_available < status.disk_reserve) {
    reasons.emplace_back("the disk has " + std::to_string(status.disk_available >> 20) +
                         " MiB left, less than its " + "reserve of " +
                         std::to_string(status.disk_reserve >> 20) +
                         " MiB: this node takes nothing new; make room");
  }
  if (!status.scrub.gap.empty()) reasons.push_back(status.scrub.gap);
  if (status.forks > 0) {
    reasons.emplace_back(
        "a quorum signed another tree than this node's (fork): its note is kept as fork-*.note in the data "
        "directory; compare with the other organisations, and once it is explained take the file away and "
        "start again");
  }
  if (status.states.outvoted) {
    reasons.emplace_back(
        "this node's state is not the one that a majority of the voters has after log entry " +
        std::to_string(status.states.outvoted->index.value) +
        ": it stops, and heals itself when it is started again");
  }
  if (r.amnesiac)
    reasons.emplace_back("this node lost acknowledged entries and is being brought up by its leader");
  if (r.clock_refused) reasons.emplace_back("a majority refuses this node's clock; check it");
  const bool leads = r.role == raft::Role::leader;
  if (!fetches && (!r.leader || (leads && !r.in_office)))
    reasons.emplace_back(
        "no leader is known: fewer than a majority of nodes are reachable, or an election is under way");
  if (r.leader_commit.value > r.applied.value + behind_max)
    reasons.push_back("this node is " + std::to_string(r.leader_commit.value - r.applied.value) +
                      " log entries behind its leader and catches up: what it answers is old");
  return reasons;
}

namespace {

// What the replica and its links say.
std::vector<Metrics::Sample> replica_metrics(const NodeStatus& status) {
  const ReplicaStatus& r = status.replica;
  const ReplicaMetrics& m = status.replica_metrics;
  const auto d = [](std::uint64_t value) { return static_cast<double>(value); };
  std::size_t up = 0;
  for (const ReplicaPeer& peer : r.peers)
    up += peer.up ? 1 : 0;
  return {{"anta_is_leader", r.in_office ? 1.0 : 0.0},
          {"anta_term", d(r.term.value)},
          {"anta_leader_commit_index", d(r.leader_commit.value)},
          {"anta_commit_index", d(r.commit.value)},
          {"anta_applied_index", d(r.applied.value)},
          {"anta_persisted_index", d(r.persisted.value)},
          {"anta_peers_up", d(up)},
          {"anta_log_batches_total", d(m.batches)},
          {"anta_log_syncs_total", d(m.syncs)},
          {"anta_log_entries_total", d(m.entries_written)},
          {"anta_log_bytes_total", d(m.bytes_written)},
          {"anta_elections_total", d(m.elections)},
          {"anta_leaderships_total", d(m.leaderships)},
          {"anta_proposals_total", d(m.proposals)},
          {"anta_proposals_refused_total", d(m.proposals_refused)},
          {"anta_appends_dropped_clock_total", d(m.appends_dropped_clock)},
          {"anta_appends_dropped_disk_total", d(m.appends_dropped_disk)},
          {"anta_appends_dropped_members_total", d(m.appends_dropped_members)},
          {"anta_peer_bytes_sent_total", d(m.transport.bytes_sent)},
          {"anta_peer_bytes_received_total", d(m.transport.bytes_received)},
          {"anta_peer_unpinned_refused_total", d(m.transport.unpinned_refused)}};
}

}  // namespace

std::vector<Metrics::Sample> status_metrics(const NodeStatus& status) {
  const auto d = [](std::uint64_t value) { return static_cast<double>(value); };
  std::vector<Metrics::Sample> all{
      {"anta_disk_available_bytes", d(status.disk_available)},
      {"anta_disk_reserve_bytes", d(status.disk_reserve)},
      {"anta_pending_statements", d(status.submission.statements)},
      {"anta_pending_bytes", d(status.submission.bytes)},
      {"anta_requests_refused_key_limit_total", d(status.keys.refused)},
      {"anta_blocks_proposed_total", d(status.submission.blocks_proposed)},
      {"anta_statements_proposed_total", d(status.submission.statements_proposed)},
      {"anta_statements_forwarded_total", d(status.submission.forwarded)},
      {"anta_statements_behind", d(status.submission.behind)},
      {"anta_statements_queued", d(status.submission.queued)},
      {"anta_signatures_checked_total", d(status.verification.checked)},
      {"anta_signature_cache_hits_total", d(status.verification.answered)},
      {"anta_answer_cache_hits_total", d(status.answers.hits)},
      {"anta_answer_cache_misses_total", d(status.answers.misses)},
      {"anta_answer_cache_bytes", d(status.answers.bytes)},
      {"anta_http_connections", d(status.connections)},
      {"anta_http_handshakes_failed_total", d(status.handshakes_failed)},
      {"anta_forks_total", d(status.forks)},
      {"anta_state_tree_buckets", d(status.ledger.state_buckets)},
      {"anta_state_tree_bytes", d(status.ledger.state_tree_bytes)},
      {"anta_state_tree_retired_nodes", d(status.ledger.state_tree_retired)},
      {"anta_cosigning_mark_known", status.cosigning.known ? 1.0 : 0.0},
      {"anta_scrub_bytes_total", d(status.scrub.bytes)},
      {"anta_scrub_rounds_total", d(status.scrub.rounds)},
      {"anta_scrub_damaged_total", d(status.scrub.damaged)},
      {"anta_scrub_repaired_entries_total", d(status.scrub.repaired)},
      {"anta_scrub_position", d(status.scrub.position.value)},
      {"anta_scrub_repairing", status.scrub.gap.empty() ? 0.0 : 1.0},
      {"anta_join_bytes_total", d(status.join.bytes)},
      {"anta_join_missing_entries", d(status.join.missing)},
      {"anta_join_refused_total", d(status.join.refused)},
      {"anta_log_served_bytes_total", d(status.log_served)},
      {"anta_peer_messages_dropped_total", d(status.peer_messages_dropped)},
      {"anta_witness_cosignatures_total", d(status.witnesses.cosignatures)},
      {"anta_witness_failures_total", d(status.witnesses.failures)},
      {"anta_checkpoint_size", status.finished ? d(status.finished->checkpoint.size) : 0.0},
      {"anta_checkpoint_quorum_seconds", status.finished ? d(status.finished->quorum_seconds) : 0.0}};
  const std::vector<Metrics::Sample> replica = replica_metrics(status);
  all.insert(all.end(), replica.begin(), replica.end());
  if (status.certificate_expires.value != 0) {
    all.push_back({"anta_http_certificate_expires_seconds",
                   static_cast<double>(status.certificate_expires.value / 1'000)});
  }
  if (status.applied) {
    all.push_back({"anta_leaves", d(status.applied->leaves.value)});
    all.push_back({"anta_height", d(status.applied->height.value)});
  }
  add_divergence(status, all);
  return all;
}

}  // namespace anta
