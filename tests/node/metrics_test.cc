// What an operator watches of a whole node: the names and types of its metrics, and the alarm of a fork.
#include "node/metrics.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "crypto/note.h"
#include "crypto/sealed.h"
#include "node/checkpointer.h"
#include "tests/node/trio.h"

namespace anta::test {
namespace {

struct Metric {
  std::string type = {};
  std::set<std::string> labels = {};  // without a histogram's `le`

  bool operator==(const Metric&) const = default;
};

// Prometheus's text format, as far as names, types and labels go; each is said to be something.
std::map<std::string, Metric> metrics_of(const std::string& text) {
  std::map<std::string, Metric> found;
  std::string name, helped;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) helped = line.substr(7, line.find(' ', 7) - 7);
    if (line.starts_with("# TYPE ")) {
      const std::size_t space = line.find(' ', 7);
      name = line.substr(7, space - 7);
      found[name].type = line.substr(space + 1);
      EXPECT_EQ(helped, name);
    }
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(line.starts_with(name)) << line;
    for (std::size_t at = line.find('{'); at != std::string::npos && line[at] != '}';) {
      const std::size_t equals = line.find("=\"", at);
      const std::string label = line.substr(at + 1, equals - at - 1);
      if (label != "le") found[name].labels.insert(label);
      at = line.find('"', equals + 2) + 1;
    }
  }
  return found;
}

// Operators' rules and dashboards name these: a change here is a change for them (CHANGELOG.md). A node with
// HTTPS has anta_http_certificate_expires_seconds, a gauge, too (node_status_test.cc,
// tests/e2e/https_test.py).
const std::map<std::string, Metric> contract = {
    {"anta_answer_cache_bytes", {"gauge"}},
    {"anta_answer_cache_hits_total", {"counter"}},
    {"anta_answer_cache_misses_total", {"counter"}},
    {"anta_appends_dropped_clock_total", {"counter"}},
    {"anta_appends_dropped_disk_total", {"counter"}},
    {"anta_appends_dropped_members_total", {"counter"}},
    {"anta_applied_index", {"gauge"}},
    {"anta_apply_seconds", {"histogram"}},
    {"anta_block_statements", {"histogram"}},
    {"anta_blocks_proposed_total", {"counter"}},
    {"anta_checkpoint_quorum_seconds", {"gauge"}},
    {"anta_checkpoint_seconds", {"histogram"}},
    {"anta_checkpoint_size", {"gauge"}},
    {"anta_commit_index", {"gauge"}},
    {"anta_disk_available_bytes", {"gauge"}},
    {"anta_disk_reserve_bytes", {"gauge"}},
    {"anta_elections_total", {"counter"}},
    {"anta_forks_total", {"counter"}},
    {"anta_cosigning_mark_known", {"gauge"}},
    {"anta_height", {"gauge"}},
    {"anta_http_connections", {"gauge"}},
    {"anta_http_handshakes_failed_total", {"counter"}},
    {"anta_http_request_seconds", {"histogram", {"route"}}},
    {"anta_http_requests_total", {"counter", {"route", "status"}}},
    {"anta_is_leader", {"gauge"}},
    {"anta_join_bytes_total", {"counter"}},
    {"anta_join_missing_entries", {"gauge"}},
    {"anta_join_refused_total", {"counter"}},
    {"anta_leader_commit_index", {"gauge"}},
    {"anta_leaderships_total", {"counter"}},
    {"anta_leaves", {"gauge"}},
    {"anta_log_batches_total", {"counter"}},
    {"anta_log_bytes_total", {"counter"}},
    {"anta_log_entries_total", {"counter"}},
    {"anta_log_served_bytes_total", {"counter"}},
    {"anta_log_syncs_total", {"counter"}},
    {"anta_peer_bytes_received_total", {"counter"}},
    {"anta_peer_bytes_sent_total", {"counter"}},
    {"anta_peer_messages_dropped_total", {"counter"}},
    {"anta_peer_unpinned_refused_total", {"counter"}},
    {"anta_peers_up", {"gauge"}},
    {"anta_pending_bytes", {"gauge"}},
    {"anta_pending_statements", {"gauge"}},
    {"anta_persisted_index", {"gauge"}},
    {"anta_proposals_refused_total", {"counter"}},
    {"anta_proposals_total", {"counter"}},
    {"anta_requests_refused_key_limit_total", {"counter"}},
    {"anta_scrub_bytes_total", {"counter"}},
    {"anta_scrub_damaged_total", {"counter"}},
    {"anta_scrub_position", {"gauge"}},
    {"anta_scrub_repaired_entries_total", {"counter"}},
    {"anta_scrub_repairing", {"gauge"}},
    {"anta_scrub_rounds_total", {"counter"}},
    {"anta_signature_cache_hits_total", {"counter"}},
    {"anta_signatures_checked_total", {"counter"}},
    {"anta_state_diverged", {"gauge", {"peer"}}},
    {"anta_state_tree_buckets", {"gauge"}},
    {"anta_state_tree_bytes", {"gauge"}},
    {"anta_state_tree_retired_nodes", {"gauge"}},
    {"anta_statements_decided_total", {"counter", {"outcome", "rule"}}},
    {"anta_statements_forwarded_total", {"counter"}},
    {"anta_statements_behind", {"gauge"}},
    {"anta_statements_queued", {"gauge"}},
    {"anta_statements_proposed_total", {"counter"}},
    {"anta_term", {"gauge"}},
    {"anta_witness_cosignatures_total", {"counter"}},
    {"anta_witness_failures_total", {"counter"}},
};

TEST(Metrics, AStartedNodeGivesExactlyTheseNamesAndTypes) {
  // Goal: names, types and labels are what operators were promised: none missing, none changed, none
  // unlisted.
  const World world = certified();
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  trio.play(world, {0, 1, 2});
  for (std::size_t i = 0; i < 3; ++i) {
    const std::map<std::string, Metric> found = metrics_of(trio.get(i, "/metrics", "*/*").body);
    for (const auto& [name, metric] : contract) {
      const auto it = found.find(name);
      ASSERT_NE(it, found.end()) << name;
      EXPECT_EQ(it->second.type, metric.type) << name;
      EXPECT_EQ(it->second.labels, metric.labels) << name;
    }
    for (const auto& [name, metric] : found)
      EXPECT_TRUE(contract.contains(name)) << "an unlisted metric: " << name;
  }
}

// The same size and origin as the note, another root, signed by everybody.
std::string other_tree(const Trio& trio, const std::string& note) {
  Checkpoint checkpoint = *parse_checkpoint(parse_note(note)->text);
  checkpoint.root.bytes[0] ^= 1;
  Note forged{.text = encode_checkpoint(checkpoint)};
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  for (std::size_t i = 0; i < 3; ++i) {
    const NodeKeys keys = derive_node_keys(*read_seed_file(trio.members[i].config.seed));
    if (i == 0) forged.signatures.push_back(sign_note_line(forged.text, trio.genesis.origin, keys.log));
    forged.signatures.push_back(sign_cosignature(forged.text,
                                                 cosigner_name(trio.genesis.nodes[i].organisation),
                                                 keys.cosigner, static_cast<std::uint64_t>(now.count())));
  }
  return encode_note(forged);
}

TEST(Metrics, AForkIsCountedShownAndMakesTheNodeUnready) {
  // Goal: two roots of one size under a quorum: anta_forks_total, /v1/status and /readyz say so, also after a
  // restart, until an operator has taken the evidence away.
  namespace fs = std::filesystem;
  const World world = certified();
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  trio.play(world, {0, 1, 2});
  const std::string metric = "anta_forks_total ";
  EXPECT_NE(trio.get(0, "/metrics", "*/*").body.find(metric + "0\n"), std::string::npos);
  EXPECT_NE(trio.get(0, "/v1/status").body.find("\"forks\": 0"), std::string::npos);
  Reply note;
  ASSERT_TRUE(trio.until([&] { return (note = trio.get(0, "/checkpoint", "*/*")).status == 200; }));
  trio.stop(0);
  const fs::path data = trio.members[0].config.data;
  write_whole((data / "checkpoint.note").string(), as_bytes(other_tree(trio, note.body)));
  for (int run = 0; run < 2; ++run) {  // the second finds the evidence that the first kept
    trio.start(0);
    Reply ready;
    ASSERT_TRUE(trio.until([&] {
      return (ready = trio.get(0, "/readyz")).body.find("fork-*.note") != std::string::npos;
    })) << ready.body;
    EXPECT_EQ(ready.status, 503u);
    EXPECT_NE(trio.get(0, "/metrics", "*/*").body.find(metric + "1\n"), std::string::npos);
    EXPECT_NE(trio.get(0, "/v1/status").body.find("\"forks\": 1"), std::string::npos);
    const std::string told = trio.get(0, "/v1/forks").body;
    EXPECT_NE(told.find("\"note\": \"" + trio.genesis.origin), std::string::npos) << told;
    EXPECT_NE(told.find("\"size\": "), std::string::npos) << told;
    trio.stop(0);
  }
  std::size_t kept = 0;
  for (const auto& entry : fs::directory_iterator(data)) {
    if (!entry.path().filename().string().starts_with("fork-")) continue;
    fs::rename(entry.path(), trio.home.path() + "/explained.note");
    ++kept;
  }
  EXPECT_EQ(kept, 1u);
  trio.start(0);
  EXPECT_TRUE(trio.ready(0));
}

}  // namespace
}  // namespace anta::test
