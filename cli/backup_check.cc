#include "cli/backup_check.h"

#include <deque>
#include <future>
#include <unordered_map>
#include <utility>

#include "storage/backup_file.h"
#include "storage/ledger/block.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

constexpr std::uint64_t batch_bytes = std::uint64_t{256} << 10;  // of log entries that one thread looks at
constexpr std::size_t record_head_bytes = 5;

tl::unexpected<Finding> found_at(std::uint64_t leaf, const char* rule, std::string message) {
  return tl::unexpected(Finding{LeafIndex{leaf}, Error{Code::malformed, rule, std::move(message)}});
}

struct Block {
  Millis proposed = {};
  std::vector<Decoded> statements = {};
  std::vector<std::uint64_t> places = {};  // of each in the file
};

// Blocks decoded, and signatures verified with the keys that there were when it was begun.
struct Looked {
  std::vector<Block> blocks = {};
  std::unordered_map<const SignedStatement*, PublicKey> verified = {};
};

struct PlacedEntry {
  LogEntry entry = {};
  std::uint64_t payload_at = 0;  // byte of the file
};

Looked look_at(const std::vector<PlacedEntry>& entries, const Replay::Keys& keys) {
  Looked looked;
  for (const PlacedEntry& placed : entries) {
    Block block{.proposed = placed.entry.header.time};
    const Bytes& payload = *placed.entry.payload;
    // A block that is none gets its seal like one of which nothing is left (node/ledger_machine.h).
    const auto items = decode_block(payload);
    for (std::size_t i = 0; items && i < items->size(); ++i) {
      const ByteView item = (*items)[i];
      Decoded decoded = decode_for_replay(std::make_shared<const Bytes>(to_bytes(item)));
      block.places.push_back(placed.payload_at + static_cast<std::uint64_t>(item.data() - payload.data()));
      if (decoded.statement) {
        const auto key = keys.find(decoded.statement->header.kid);
        if (key != keys.end() && verify_signature(*decoded.statement, key->second))
          looked.verified.emplace(decoded.statement.get(), key->second);
      }
      block.statements.push_back(std::move(decoded));
    }
    looked.blocks.push_back(std::move(block));
  }
  return looked;
}

class BackupCheck {
 public:
  BackupCheck(const std::string& file, const Checkpoint& checkpoint, const AuditOptions& options)
      : file_(file),
        checkpoint_(checkpoint),
        options_(options),
        replay_([this](LeafIndex leaf) { return statement_at(leaf); }) {}

  Result<AuditResult> run();

 private:
  struct Place {
    std::uint64_t at = 0;
    std::uint32_t bytes = 0;  // 0: the leaf is no statement
  };

  Result<Step> all(const BackupSource& source);
  Result<std::vector<PlacedEntry>> next_batch(const BackupSource& source, Bytes* genesis);
  Step begin(ByteView genesis);
  Step judge_all(const Looked& looked);
  Step check_end() const;
  Result<SharedBytes> statement_at(LeafIndex leaf) const;

  const std::string& file_;
  const Checkpoint& checkpoint_;
  const AuditOptions& options_;
  BackupReader reader_ = {};
  Replay replay_;
  AuditResult result_ = {};
  std::vector<Place> places_ = {};  // of each leaf's statement
};

Result<SharedBytes> BackupCheck::statement_at(LeafIndex leaf) const {
  const Place place = places_.at(leaf.value);
  if (place.bytes == 0) return SharedBytes{};  // a seal's leaf, or the genesis'
  const auto source = backup_source(file_, place.at);
  if (!source) return pass(source);
  Bytes bytes(place.bytes);
  const auto read = (*source)(bytes);
  if (!read) return pass(read);
  return std::make_shared<const Bytes>(std::move(bytes));
}

// Blocks only; empty: the file has ended. With the file's beginning the genesis comes alone.
Result<std::vector<PlacedEntry>> BackupCheck::next_batch(const BackupSource& source, Bytes* genesis) {
  std::vector<PlacedEntry> batch;
  for (std::uint64_t bytes = 0; bytes < batch_bytes && !reader_.ended();) {
    const std::uint64_t place = reader_.place();
    auto record = reader_.next(source);
    if (!record) return pass(record);
    if (!*record) return tl::unexpected<Error>(reader_.cut_short());
    if ((*record)->kind == BackupKind::genesis) {
      *genesis = std::move((*record)->genesis);
      return batch;
    }
    LogEntry& entry = (*record)->entry;
    if ((*record)->kind != BackupKind::entry || entry.header.kind != EntryKind::block) continue;
    bytes += entry.size();
    const std::uint64_t head = record_head_bytes + 2 + encode_entry_header(entry.header).size();
    batch.push_back({.entry = std::move(entry), .payload_at = place + head});
  }
  return batch;
}

Step BackupCheck::begin(ByteView bytes) {
  if (options_.genesis && sha256(bytes) != *options_.genesis)
    return found_at(0, "audit.genesis", "this is another genesis than the policy demands");
  const auto genesis = decode_genesis(bytes);
  if (genesis && genesis->origin != checkpoint_.origin)
    return found_at(0, "audit.genesis", "the genesis has another origin than the checkpoint");
  if (auto begun = replay_.begin(bytes); !begun) return begun;
  places_.resize(replay_.size());
  ++result_.blocks;
  return {};
}

Step BackupCheck::judge_all(const Looked& looked) {
  const auto check = [&looked](const SignedStatement& statement, const PublicKey& key) {
    const auto known = looked.verified.find(&statement);
    return (known != looked.verified.end() && known->second == key) || verify_signature(statement, key);
  };
  for (const Block& block : looked.blocks) {
    const auto sealed = replay_.apply(block.statements, block.proposed, check);
    if (!sealed) return tl::unexpected(sealed.error());
    // The leaves are the accepted ones in block order.
    for (std::size_t i = 0; i < block.statements.size() && places_.size() + 1 < replay_.size(); ++i) {
      const Decoded& one = block.statements[i];
      if (one.digest == replay_.entries()[places_.size()])
        places_.push_back({block.places[i], static_cast<std::uint32_t>(one.bytes->size())});
    }
    places_.resize(replay_.size());
    result_.statements += sealed->accepted;
    result_.refused += sealed->refused;
    ++result_.blocks;
  }
  if (options_.progress) options_.progress(replay_.size(), checkpoint_.size);
  return {};
}

// The outer error is this side's, the inner one the ledger's.
Result<Step> BackupCheck::all(const BackupSource& source) {
  Bytes genesis;
  if (auto none = next_batch(source, &genesis); !none) return pass(none);
  if (Step begun = begin(genesis); !begun) return begun;
  std::deque<std::future<Looked>> lanes;
  while (true) {
    while (lanes.size() < std::max(1u, options_.threads) && !reader_.ended()) {
      auto batch = next_batch(source, &genesis);
      if (!batch) return pass(batch);
      lanes.push_back(std::async(std::launch::async, [entries = std::move(*batch), keys = replay_.keys()] {
        return look_at(entries, *keys);
      }));
    }
    if (lanes.empty()) return Step{};
    const Looked looked = lanes.front().get();
    lanes.pop_front();
    if (Step judged = judge_all(looked); !judged) return judged;
  }
}

Step BackupCheck::check_end() const {
  const std::uint64_t last = std::max<std::uint64_t>(checkpoint_.size, 1) - 1;
  if (replay_.size() != checkpoint_.size)
    return found_at(std::min(last, replay_.size() - 1), "audit.end",
                    "the backup makes " + std::to_string(replay_.size()) + " leaves, its checkpoint has " +
                        std::to_string(checkpoint_.size));
  if (replay_.tree_root() == checkpoint_.root) return {};
  return found_at(last, "audit.root", "the leaves make another root than the checkpoint's");
}

Result<AuditResult> BackupCheck::run() {
  const auto source = backup_source(file_);
  if (!source) return pass(source);
  auto step = all(*source);
  if (!step) return pass(step);
  if (*step) step = check_end();
  result_.leaves = replay_.size();
  if (!*step) {
    result_.finding = step->error();
    result_.leaves = std::min(result_.leaves, step->error().leaf.value);
  }
  return result_;
}

}  // namespace

Result<AuditResult> judge_backup(const std::string& file, const Checkpoint& checkpoint,
                                 const AuditOptions& options) {
  return BackupCheck(file, checkpoint, options).run();
}

}  // namespace anta
