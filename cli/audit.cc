#include "cli/audit.h"

#include <deque>
#include <future>
#include <unordered_map>

#include "cli/audit_batch.h"
#include "cli/audit_state.h"
#include "cli/tile_tree.h"
#include "storage/ledger/block.h"

namespace anta {
namespace {

// A state is saved when so much has come since, and a quarter of all: saving takes time like reading does.
constexpr std::uint64_t save_leaves_min = 100'000;
constexpr std::uint64_t save_share = 4;
constexpr std::size_t seal_bytes_max = 256;

class Audit {
 public:
  Audit(Mirror& mirror, const Checkpoint& checkpoint, const AuditOptions& options)
      : mirror_(mirror),
        checkpoint_(checkpoint),
        options_(options),
        tree_(mirror, checkpoint),
        replay_([this](LeafIndex leaf) { return statement_at(leaf); }) {}

  Result<AuditResult> run();

 private:
  // One batch on its way, with a mirror of its own.
  struct Lane {
    std::unique_ptr<Mirror> mirror = {};
    std::future<AuditBatch> batch = {};
  };

  Step open_tree();
  Step check_prefix();
  Result<void> go_on();
  Result<Step> check_saved();
  Result<Step> all_batches();
  void start(Lane& lane, std::uint64_t index);
  Step take(AuditBatch batch);
  Step take_item(LeafIndex leaf, AuditItem item);
  Step close_block(LeafIndex leaf, const AuditItem& seal);
  Step begin(LeafIndex leaf, AuditItem item);
  tl::expected<std::vector<Refused>, Finding> refused_before(LeafIndex seal, std::uint64_t count);
  Result<SharedBytes> statement_at(LeafIndex leaf);
  Result<void> save_if_due(bool at_end);
  Step check_end() const;

  Mirror& mirror_;
  const Checkpoint& checkpoint_;
  const AuditOptions& options_;
  TileTree tree_;
  Replay replay_;
  AuditResult result_ = {};
  std::optional<Finding> other_root_ = {};  // the mirror's tiles make another root than the checkpoint's
  SharedBytes genesis_ = {};
  std::vector<Decoded> block_ = {};  // statements whose seal is still to come
  std::unordered_map<const SignedStatement*, PublicKey> verified_ = {};  // of those
  std::uint64_t saved_ = 0;
  bool unproven_ = false;  // leaves were replayed that the checkpoint's root does not commit to, or may not
};

Step Audit::open_tree() {
  auto opened = tree_.open();
  // The replay may find where it goes wrong; if it does not, this is what is wrong.
  if (!opened && opened.error().error.rule == "audit.root") {
    other_root_ = opened.error();
    return {};
  }
  return opened;
}

Result<void> Audit::go_on() {
  if (!options_.state) return {};
  auto saved = read_audit_state(*options_.state);
  if (!saved) return pass(saved);
  if (!*saved) return {};
  if (auto restored = replay_.restore(std::move(**saved)); !restored) {
    return fail(Code::corrupt, "audit.saved",
                *options_.state + ": " + restored.error().message + "; remove it to audit from the genesis");
  }
  saved_ = result_.from = result_.leaves = replay_.size();
  return {};
}

tl::unexpected<Finding> other_genesis(LeafIndex leaf) {
  return tl::unexpected(Finding{
      leaf, Error{Code::malformed, "audit.genesis", "this is another genesis than the policy demands"}});
}

// The part that was audited before is still what this ledger begins with.
Step Audit::check_prefix() {
  const std::uint64_t size = replay_.size();
  if (size == 0) return {};
  if (options_.genesis && replay_.entries()[0] != *options_.genesis) return other_genesis(LeafIndex{0});
  if (size > checkpoint_.size) {
    return tl::unexpected(Finding{
        LeafIndex{checkpoint_.size},
        Error{Code::uncertain, "audit.older",
              "the audit before went on to leaf " + std::to_string(size - 1) + ", the checkpoint is older"}});
  }
  if (other_root_) return {};
  const auto root = tree_.root_of(size);
  if (!root) return tl::unexpected(root.error());
  if (*root == replay_.tree_root()) return {};
  for (std::uint64_t leaf = 0; leaf < size; ++leaf) {
    const auto tile = tree_.tile(0, leaf / tile_width);
    if (!tile) return tl::unexpected(tile.error());
    if ((*tile)[leaf % tile_width] == leaf_hash(replay_.entries()[leaf].view())) continue;
    return tl::unexpected(Finding{
        LeafIndex{leaf},
        Error{Code::malformed, "audit.prefix", "the leaf is another one than when it was audited before"}});
  }
  return {};
}

// The state that the audit goes on from is what the last seal before it commits to; whoever can write the
// file cannot make it say otherwise. The outer error is this side's.
Result<Step> Audit::check_saved() {
  if (replay_.size() == 0 || other_root_) return Step{};
  const LeafIndex last{replay_.size() - 1};
  const auto bytes = mirror_.read(seal_path(last), seal_bytes_max);
  if (!bytes) return Step(tl::unexpected(Finding{last, bytes.error()}));
  if (sha256(*bytes) != replay_.entries().back()) {
    return Step(tl::unexpected(
        Finding{last, Error{Code::malformed, "audit.seal", "another seal than the leaf's is given out"}}));
  }
  const auto seal = decode_seal(*bytes);
  if (seal && replay_.stands_at(*seal)) return Step{};
  return fail(Code::corrupt, "audit.saved",
              *options_.state + " is not the state that the ledger's seal at leaf " +
                  std::to_string(last.value) + " commits to; remove it to audit from the genesis");
}

void Audit::start(Lane& lane, std::uint64_t index) {
  const TilePlace place{index, tile_hashes(checkpoint_.size, 0, index)};
  lane.batch = std::async(std::launch::async, [&lane, place, keys = replay_.keys()] {
    return read_batch(*lane.mirror, place, *keys);
  });
}

// The outer error is this side's, the inner one the ledger's.
Result<Step> Audit::all_batches() {
  const std::uint64_t count = (checkpoint_.size + tile_width - 1) / tile_width;
  std::uint64_t next = replay_.size() / tile_width;
  std::deque<Lane> lanes(std::max(1u, options_.threads));
  for (Lane& lane : lanes) {
    lane.mirror = mirror_.another();
    if (next < count) start(lane, next++);
  }
  for (std::size_t at = 0; lanes[at].batch.valid(); at = (at + 1) % lanes.size()) {
    AuditBatch batch = lanes[at].batch.get();
    if (next < count) start(lanes[at], next++);
    if (Step taken = take(std::move(batch)); !taken) return Step(tl::unexpected(taken.error()));
    result_.leaves = replay_.size();
    if (options_.progress) options_.progress(result_.leaves, checkpoint_.size);
    if (auto saved = save_if_due(false); !saved) return pass(saved);
  }
  return Step{};
}

// The tile is held against the root before any of its leaves is replayed, since what is replayed may be
// saved; that it is another is told after what is found in its leaves, which says more.
Step Audit::take(AuditBatch batch) {
  const Step proven =
      batch.finding || other_root_ ? Step{} : tree_.verify(0, batch.first / tile_width, batch.hashes);
  if (!proven && is_open(proven.error())) return proven;
  if (!proven || (batch.finding && !batch.items.empty())) unproven_ = true;
  const std::uint64_t known = replay_.size();  // beyond this batch's first leaf only where an audit goes on
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    const LeafIndex leaf{batch.first + i};
    AuditItem& item = batch.items[i];
    if (leaf.value < known) {
      if (item.document.digest == replay_.entries()[leaf.value]) continue;
      return tl::unexpected(Finding{leaf, Error{Code::malformed, "audit.prefix",
                                                "the leaf is another one than when it was audited before"}});
    }
    if (auto taken = take_item(leaf, std::move(item)); !taken) return taken;
  }
  if (batch.finding) return tl::unexpected(*batch.finding);
  return proven;
}

Step Audit::take_item(LeafIndex leaf, AuditItem item) {
  if (leaf.value < 2) return begin(leaf, std::move(item));
  if (item.kind == BodyKind::seal) return close_block(leaf, item);
  if (item.kind == BodyKind::genesis) {
    return tl::unexpected(Finding{leaf, Error{Code::malformed, "audit.body", "only leaf 0 is a genesis"}});
  }
  if (block_.size() == block_statements_max) {
    return tl::unexpected(
        Finding{leaf, Error{Code::malformed, "audit.block", "the block holds more than a block may"}});
  }
  if (item.verified_by) verified_.emplace(item.document.statement.get(), *item.verified_by);
  block_.push_back(std::move(item.document));
  return {};
}

Step Audit::begin(LeafIndex leaf, AuditItem item) {
  const BodyKind wanted = leaf.value == 0 ? BodyKind::genesis : BodyKind::seal;
  if (item.kind != wanted) {
    return tl::unexpected(Finding{
        leaf, Error{Code::malformed, "audit.body", "a ledger begins with its genesis and that one's seal"}});
  }
  if (leaf.value == 0) {
    if (options_.genesis && item.document.digest != *options_.genesis) return other_genesis(leaf);
    const auto genesis = decode_genesis(*item.document.bytes);
    if (genesis && genesis->origin != checkpoint_.origin) {
      return tl::unexpected(Finding{leaf, Error{Code::malformed, "audit.genesis",
                                                "the genesis has another origin than the checkpoint"}});
    }
    genesis_ = item.document.bytes;
    return {};
  }
  auto begun = replay_.begin(*genesis_, *item.document.bytes);
  genesis_.reset();
  if (begun) ++result_.blocks;
  return begun;
}

tl::expected<std::vector<Refused>, Finding> Audit::refused_before(LeafIndex seal, std::uint64_t count) {
  std::vector<Refused> all;
  if (count == 0) return all;
  const auto file = mirror_.read(rejected_path(seal), rejections_bytes_max);
  if (!file) return tl::unexpected(Finding{seal, file.error()});
  const auto list = decode_rejections(*file);
  if (!list || list->size() != count) {
    return tl::unexpected(
        Finding{seal, Error{Code::malformed, "audit.rejected",
                            rejected_path(seal) + (list ? " holds another number than the bundle says"
                                                        : ": " + list.error().message)}});
  }
  for (const Rejection& one : *list) {
    all.push_back(
        {one.accepted_before, decode_for_replay(std::make_shared<const Bytes>(to_bytes(one.statement)))});
  }
  return all;
}

Step Audit::close_block(LeafIndex leaf, const AuditItem& seal) {
  const auto refused = refused_before(leaf, seal.rejected);
  if (!refused) return tl::unexpected(refused.error());
  const auto check = [this](const SignedStatement& statement, const PublicKey& key) {
    const auto known = verified_.find(&statement);
    return (known != verified_.end() && known->second == key) || verify_signature(statement, key);
  };
  auto replayed = replay_.block(block_, *refused, *seal.document.bytes, check);
  if (!replayed) return replayed;
  result_.statements += block_.size();
  result_.refused += refused->size();
  ++result_.blocks;
  block_.clear();
  verified_.clear();
  return {};
}

Result<SharedBytes> Audit::statement_at(LeafIndex leaf) {
  const std::uint64_t index = leaf.value / tile_width;
  const auto file =
      read_place(mirror_, bodies_path, {index, tile_hashes(checkpoint_.size, 0, index)}, bundle_bytes_max);
  if (!file) return pass(file);
  const auto bodies = decode_bundle(file->bytes, file->width);
  if (!bodies) return pass(bodies);
  return std::make_shared<const Bytes>(to_bytes((*bodies)[leaf.value % tile_width].bytes));
}

// Never what only a mirror says: the next audit would hold an honest ledger against it.
Result<void> Audit::save_if_due(bool at_end) {
  if (other_root_ || unproven_) return {};
  const std::uint64_t size = replay_.size();
  const std::uint64_t due = saved_ + std::max(save_leaves_min, saved_ / save_share);
  if (!options_.state || size == saved_ || size < 2 || (!at_end && size < due)) return {};
  saved_ = size;
  return write_audit_state(*options_.state, replay_.saved());
}

Step Audit::check_end() const {
  const LeafIndex last{checkpoint_.size - 1};
  if (!block_.empty() || replay_.size() != checkpoint_.size) {
    return tl::unexpected(
        Finding{last, Error{Code::malformed, "audit.end", "the checkpoint's last leaf is no seal"}});
  }
  if (other_root_) return tl::unexpected(*other_root_);
  if (replay_.tree_root() == checkpoint_.root) return {};
  return tl::unexpected(Finding{
      last, Error{Code::malformed, "audit.root", "the leaves make another root than the checkpoint's"}});
}

Result<AuditResult> Audit::run() {
  if (auto gone_on = go_on(); !gone_on) return pass(gone_on);
  Step step = checkpoint_.size == 0
                  ? Step(tl::unexpected(Finding{
                        LeafIndex{0}, Error{Code::malformed, "audit.end", "the checkpoint is of no leaf"}}))
                  : open_tree();
  if (step) step = check_prefix();
  if (step) {
    auto saved = check_saved();
    if (!saved) return pass(saved);
    step = *saved;
  }
  if (step) {
    auto batches = all_batches();
    if (!batches) return pass(batches);
    step = *batches;
  }
  if (step) step = check_end();
  result_.leaves = replay_.size();
  if (!step) {
    result_.finding = step.error();
    result_.leaves = std::min(result_.leaves, step.error().leaf.value);
  }
  // A replay that was told a lie is of no further use; one that lacks something is.
  if (!step && (!is_open(step.error()) || replay_.size() < 2)) return result_;
  if (auto saved = save_if_due(true); !saved) return pass(saved);
  return result_;
}

}  // namespace

bool is_open(const Finding& finding) {
  return finding.error.code == Code::uncertain || finding.error.code == Code::not_found ||
         finding.error.code == Code::busy || finding.error.code == Code::io ||
         is_of_the_address(finding.error);
}

Result<AuditResult> audit(Mirror& mirror, const Checkpoint& checkpoint, const AuditOptions& options) {
  return Audit(mirror, checkpoint, options).run();
}

}  // namespace anta
