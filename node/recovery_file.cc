#include "node/recovery_file.h"

#include <algorithm>
#include <array>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "crypto/text.h"
#include "node/checkpoint_file.h"
#include "node/config_keys.h"
#include "node/identity.h"
#include "node/views/yaml_tree.h"
#include "storage/applied.h"
#include "storage/database.h"
#include "storage/log_store.h"
#include "storage/rebuild.h"

namespace anta {
namespace {

using views::TreeNode;

Result<std::uint64_t> number_at(const TreeNode& map, std::string_view key) {
  const Result<const TreeNode*> node = map.get(key);
  if (!node) return pass(node);
  const Result<std::int64_t> value = (*node)->integer();
  if (!value) return pass(value);
  if (*value < 1) return (*node)->refuse("recovery.number", std::string(key) + " counts from 1");
  return static_cast<std::uint64_t>(*value);
}

Result<Digest> digest_at(const TreeNode& map, std::string_view key) {
  const Result<const TreeNode*> node = map.get(key);
  if (!node) return pass(node);
  const Result<std::string> text = (*node)->text();
  if (!text) return pass(text);
  const Result<Digest> digest = digest_from_hex(*text);
  if (!digest) return (*node)->refuse("recovery.digest", digest.error().message);
  return digest;
}

// "n1" or "n1#2".
Result<raft::Member> member_of(const TreeNode& node) {
  const Result<std::string> text = node.text();
  if (!text) return pass(text);
  const std::size_t mark = text->find('#');
  raft::Member member{.id = NodeId{text->substr(0, mark)}};
  if (mark != std::string::npos) {
    const Result<std::uint64_t> incarnation = decimal(std::string_view(*text).substr(mark + 1));
    member.incarnation = incarnation ? *incarnation : 0;
  }
  if (!is_id(member.id.value) || member.incarnation == 0)
    return node.refuse("recovery.voters", "\"" + *text + "\" is no voter, such as n1 or n1#2");
  return member;
}

std::string text_of(const raft::Member& member) {
  return member.id.value + (member.incarnation > 1 ? "#" + std::to_string(member.incarnation) : "");
}

// What the newest finished checkpoint here speaks of; 0 without one.
std::uint64_t checkpoint_size(const std::filesystem::path& data) {
  const std::optional<std::string> text = CheckpointFile(data).load();
  const Result<Note> note = text ? parse_note(*text) : fail(Code::not_found, "checkpoint", "none");
  const Result<Checkpoint> checkpoint = note ? parse_checkpoint(note->text) : pass(note);
  return checkpoint ? checkpoint->size : 0;
}

}  // namespace

Result<Recovery> parse_recovery(std::string_view text) {
  const Result<TreeNode> tree = views::parse_yaml(text);
  if (!tree) return pass(tree);
  constexpr std::array<std::string_view, 4> keys = {"epoch", "network", "base", "voters"};
  constexpr std::array<std::string_view, 3> base_keys = {"index", "term", "hash"};
  if (auto known = tree->only(keys); !known) return pass(known);
  const Result<const TreeNode*> base = tree->get("base");
  if (!base) return pass(base);
  if (auto known = (*base)->only(base_keys); !known) return pass(known);
  const Result<const TreeNode*> voters = tree->get("voters");
  if (!voters) return pass(voters);
  const auto list = (*voters)->list();
  if (!list) return pass(list);
  const auto epoch = number_at(*tree, "epoch");
  const auto network = digest_at(*tree, "network");
  const auto index = number_at(**base, "index");
  const auto term = number_at(**base, "term");
  const auto hash = digest_at(**base, "hash");
  if (!epoch) return pass(epoch);
  if (!network) return pass(network);
  if (!index) return pass(index);
  if (!term) return pass(term);
  if (!hash) return pass(hash);
  Recovery recovery{.epoch = *epoch,
                    .network = *network,
                    .base = LogIndex{*index},
                    .base_term = Term{*term},
                    .base_hash = *hash};
  raft::Configuration configuration;
  for (const TreeNode& node : **list) {
    Result<raft::Member> member = member_of(node);
    if (!member) return pass(member);
    configuration.voters.push_back(std::move(*member));
  }
  configuration.order();
  recovery.voters = std::move(configuration.voters);
  return recovery;
}

std::string recovery_text(const Recovery& recovery) {
  std::string voters;
  for (const raft::Member& voter : recovery.voters)
    voters += (voters.empty() ? "" : ", ") + text_of(voter);
  return "epoch: " + std::to_string(recovery.epoch) + "\nnetwork: " + hex(recovery.network) +
         "\nbase: {index: " + std::to_string(recovery.base.value) +
         ", term: " + std::to_string(recovery.base_term.value) + ", hash: " + hex(recovery.base_hash) +
         "}\nvoters: [" + voters + "]\n";
}

Result<std::vector<Recovery>> load_recoveries(const std::vector<std::filesystem::path>& files,
                                              const Digest& network) {
  std::vector<Recovery> recoveries;
  for (const std::filesystem::path& file : files) {
    Result<Recovery> recovery = config_keys::load<Recovery>(
        file, [](std::string_view text, const std::filesystem::path&) { return parse_recovery(text); });
    if (!recovery) return pass(recovery);
    recoveries.push_back(std::move(*recovery));
  }
  if (auto good = check_recoveries(recoveries, network); !good) return pass(good);
  return recoveries;
}

Result<std::string> propose_recovery(const Config& config) {
  const Result<Identity> identity = load_identity(config);
  if (!identity) return pass(identity);
  const Result<std::unique_ptr<Database>> database = Database::open(database_options(config, *identity));
  if (!database) return pass(database);
  const Result<std::unique_ptr<LogStore>> log = LogStore::open(**database);
  if (!log) return pass(log);
  const auto rebuilding = rebuild_target(**database);
  if (!rebuilding) return pass(rebuilding);
  if (*rebuilding)
    return fail(Code::busy, "recovery.unwhole",
                "this ledger is being rebuilt. Next step: let antad --rebuild end, then ask again");
  const LogStore::Restored found = (*log)->recover();
  if (found.last == LogIndex{})
    return fail(Code::not_found, "recovery.empty", "this node's log is empty: nothing can go on from it");
  const auto stored = (*database)->get(Family::meta, as_bytes("applied"));
  if (!stored) return pass(stored);
  const Result<Applied> applied = *stored ? decode_applied(**stored) : Result<Applied>(Applied{});
  if (!applied) return pass(applied);
  const Recovery proposed{
      .epoch = (*log)->recovery_epoch().number + 1,
      .network = identity->network,
      .base = found.last,
      .base_term = found.recent.back().header.term,
      .base_hash = found.last_hash,
      .voters = {{.id = identity->self.id, .incarnation = static_cast<std::uint64_t>(config.incarnation)}}};
  return "# From the log of " + text_of(proposed.voters.front()) +
         ". Of several, the greatest epoch loses least, then the highest term, then the\n# greatest index."
         " Committed: entry " +
         std::to_string(std::max(applied->index, found.hard_state.commit).value) +
         " at least. Applied: entry " + std::to_string(applied->index.value) + ", " +
         std::to_string(applied->leaves.value) +
         " leaves.\n# Newest finished checkpoint here: " + std::to_string(checkpoint_size(config.data)) +
         " leaves.\n" +
         (found.amnesiac
              ? "# Its log was found shorter than what it once had: something is missing at its end.\n"
              : "") +
         recovery_text(proposed);
}

}  // namespace anta
