#include "tests/ledger/ledger_builder.h"

#include <algorithm>
#include <array>

#include "crypto/note.h"
#include "storage/ledger/seal.h"
#include "storage/ledger/state.h"

namespace anta::test {
namespace {

constexpr std::size_t organisations = 3;
constexpr std::size_t block_statements = 3;
constexpr std::array<std::string_view, 8> authority_types = {"party",         "party-update", "role-grant",
                                                             "role-revoke",   "key-rotate",   "key-revoke",
                                                             "accreditation", "relation"};

NodeKeys keys_of(const std::string& name, std::size_t node) {
  const Digest seed = sha256(as_bytes("node " + std::to_string(node) + " of " + name));
  return derive_node_keys(Secret32(std::span<const std::uint8_t, 32>(seed.bytes)));
}

std::vector<StateLeaf> leaves_of(const StateMap& records) {
  std::vector<StateLeaf> leaves;
  for (const auto& [key, record] : records)
    leaves.push_back({tree_key(key), sha256(*record)});
  std::sort(leaves.begin(), leaves.end());
  return leaves;
}

std::string cosigner_name(std::size_t node) { return "org-" + std::to_string(node + 1) + "/anta"; }

}  // namespace

LedgerBuilder::LedgerBuilder(World& world, const std::string& name) : world_(world), genesis_(world.genesis) {
  for (std::size_t i = 0; i < organisations; ++i) {
    keys_.push_back(keys_of(name, i));
    GenesisNode node;
    node.id = NodeId{"node-" + std::to_string(i + 1)};
    node.organisation = PartyId{"org-" + std::to_string(i + 1)};
    node.keys = {keys_[i].log.public_key(), keys_[i].cosigner.public_key(), keys_[i].tls.public_key()};
    node.address = "127.0.0.1:" + std::to_string(7101 + i);
    genesis_.nodes.push_back(std::move(node));
  }
  genesis_.network = NetworkId{name};
  genesis_.origin = "anta.example/" + name;
  bind_origin(genesis_);
  lay(encode_genesis(genesis_));
  lay_seal(1, 0);
}

void LedgerBuilder::lay(ByteView document) {
  range_.append(leaf_hash(sha256(document).view()),
                [&](unsigned level, std::uint64_t index, const Digest& hash) {
                  if (levels_.size() <= level) levels_.resize(level + 1);
                  ANTA_INVARIANT(levels_[level].size() == index);
                  levels_[level].push_back(hash);
                });
}

void LedgerBuilder::lay_seal(std::uint64_t first_leaf, std::uint64_t accepted) {
  Seal seal;
  seal.height = Height{height_++};
  seal.block_time = Millis{world_.block_time()};
  seal.state_root = state_root(leaves_of(records()));
  seal.first_leaf = LeafIndex{first_leaf};
  seal.accepted = accepted;
  newest_seal_ = encode_seal(seal);
  lay(newest_seal_);
}

StateMap LedgerBuilder::records() const {
  StateMap records = world_.view.records();
  for (const auto& [key, record] : altered_) {
    if (record) records[key] = record;
    if (!record) records.erase(key);
  }
  return records;
}

ProvenState LedgerBuilder::state(const std::vector<StateKey>& keys) const {
  const auto all = records();
  const std::vector<StateLeaf> leaves = leaves_of(all);
  ProvenState state;
  state.leaf = LeafIndex{size() - 1};
  state.seal = newest_seal_;
  state.path = path(state.leaf);
  for (const StateKey& key : keys) {
    const auto record = all.find(key);
    ProvenRecord proven{.key = key, .record = record == all.end() ? nullptr : record->second};
    prove_in_leaves(leaves, tree_key(key), 0, proven.proof);
    state.records.push_back(std::move(proven));
  }
  std::sort(state.records.begin(), state.records.end(),
            [](const auto& a, const auto& b) { return tree_key(a.key) < tree_key(b.key); });
  return state;
}

ProvenState LedgerBuilder::state() const {
  std::vector<StateKey> keys;
  for (const auto& [key, record] : records())
    keys.push_back(key);
  if (const StateKey law{Kind::parameter, std::string(state::amendments_record_id)}; !records().contains(law))
    keys.push_back(law);
  for (const auto& [key, record] : world_.view.records()) {  // what originated without a record of its own
    if (key.kind == Kind::party && !records().contains({Kind::formalisation, key.id}))
      keys.push_back({Kind::formalisation, key.id});
  }
  return state(keys);
}

CertificateFile LedgerBuilder::proven_file(const std::string& certificate) const {
  CertificateFile file = this->file(certificate);
  file.state = state();
  return file;
}

EarlierTree LedgerBuilder::earlier(std::uint64_t size) const {
  const auto path = consistency_proof(size, this->size(), nodes());
  const auto root = root_at(size, nodes());
  if (path && root) return {size, *root, *path};
  ADD_FAILURE() << "no tree of " << size << " leaves";
  return {};
}

void LedgerBuilder::lay_statement(Bytes statement) {
  const auto shared = std::make_shared<const Bytes>(std::move(statement));
  Laid laid{.leaf = LeafIndex{size()}, .bytes = shared};
  if (const Result<SignedStatement> decoded = decode_statement(shared)) {
    laid.type = decoded->type;
    laid.subject = decoded->header.subject;
  }
  lay(*shared);
  laid_.push_back(std::move(laid));
}

void LedgerBuilder::settle() {
  std::uint64_t first = size();
  std::uint64_t accepted = 0;
  const auto close = [&] {
    if (accepted == 0) return;
    lay_seal(first, accepted);
    first = size();
    accepted = 0;
  };
  for (; taken_ < world_.log.size(); ++taken_) {
    const World::Recorded& recorded = world_.log[taken_];
    if (recorded.outcome != "accepted") continue;
    lay_statement(recorded.bytes);
    if (++accepted == block_statements) close();
  }
  close();
}

LeafIndex LedgerBuilder::force(const std::string& as, const payload::Payload& payload) {
  Bytes bytes = world_.sign(as, payload);
  EXPECT_FALSE(bytes.empty()) << world_.last_message;
  return force_bytes(std::move(bytes));
}

LeafIndex LedgerBuilder::force_bytes(Bytes statement) {
  settle();
  const LeafIndex leaf{size()};
  lay_statement(std::move(statement));
  lay_seal(leaf.value, 1);
  return leaf;
}

LeafIndex LedgerBuilder::leaf_of(std::string_view type, std::string_view subject) const {
  const auto found = std::find_if(laid_.begin(), laid_.end(), [&](const Laid& laid) {
    return laid.type == type && laid.subject == subject;
  });
  if (found != laid_.end()) return found->leaf;
  ADD_FAILURE() << "no " << type << " of " << subject;
  return {};
}

std::uint64_t LedgerBuilder::checkpoint_seconds() const {
  return static_cast<std::uint64_t>(world_.now / second) + 60;
}

std::string LedgerBuilder::note(std::size_t cosigners) const {
  Note note{.text = encode_checkpoint({genesis_.origin, size(), root()})};
  note.signatures.push_back(sign_note_line(note.text, genesis_.origin, keys_.front().log));
  for (std::size_t i = 0; i < cosigners; ++i) {
    note.signatures.push_back(
        sign_cosignature(note.text, cosigner_name(i), keys_[i].cosigner, checkpoint_seconds() + i));
  }
  return encode_note(note);
}

NodeSource LedgerBuilder::nodes() const {
  return
      [this](unsigned level, std::uint64_t index) -> Result<Digest> { return levels_.at(level).at(index); };
}

std::vector<Digest> LedgerBuilder::path(LeafIndex leaf) const {
  const auto proof = inclusion_proof(leaf.value, size(), nodes());
  if (proof) return *proof;
  ADD_FAILURE() << proof.error().message;
  return {};
}

CertificateFile LedgerBuilder::file(const std::string& certificate, const Wanted& wanted) const {
  CertificateFile file;
  file.subject = CertificateId{certificate};
  file.note = note();
  file.genesis = std::make_shared<const Bytes>(encode_genesis(genesis_));
  file.genesis_path = path(LeafIndex{0});
  for (const Laid& laid : laid_) {
    if (wanted && !wanted(laid)) continue;
    const bool authority =
        std::find(authority_types.begin(), authority_types.end(), laid.type) != authority_types.end();
    (authority ? file.authority : file.evidence).push_back({laid.leaf, laid.bytes, path(laid.leaf)});
  }
  return file;
}

Trust LedgerBuilder::trust() const {
  std::vector<VerifierKey> logs;
  std::vector<VerifierKey> cosigners;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    logs.push_back({genesis_.origin, KeyType::ed25519, keys_[i].log.public_key()});
    cosigners.push_back({cosigner_name(i), KeyType::cosignature, keys_[i].cosigner.public_key()});
  }
  Trust trust;
  trust.assertions.require_state = false;
  const auto policy = quorum_policy(logs, cosigners, cosigners.size());
  if (policy) {
    trust.policy = *policy;
  } else {
    ADD_FAILURE() << policy.error().message;
  }
  return trust;
}

Report verify_now(const LedgerBuilder& ledger, const CertificateFile& file, const Trust& trust) {
  const auto now = static_cast<std::int64_t>(ledger.checkpoint_seconds() + 3) * second;
  return verify_certificate(encode_certificate_file(file), trust, Millis{now});
}
Report verify_now(const LedgerBuilder& ledger, const CertificateFile& file) {
  return verify_now(ledger, file, ledger.trust());
}

}  // namespace anta::test
