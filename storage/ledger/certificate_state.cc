// Fields 5 and 8 of the certificate file: what is so at the checkpoint, and the earlier tree of the evidence.
#include <algorithm>
#include <utility>

#include "storage/ledger/certificate_file.h"
#include "storage/ledger/certificate_reading.h"

namespace anta {
namespace {

using namespace certificate_reading;

constexpr std::size_t seal_bytes_limit = 256;
constexpr std::size_t id_bytes_limit = 1024;
// What sharing may unfold to: 65 536 records in a tree of 2^30 are less.
constexpr std::size_t siblings_max = std::size_t{2} << 20;

std::size_t alike(const std::vector<Digest>& before, const std::vector<Digest>& siblings) {
  const std::size_t most = std::min(before.size(), siblings.size());
  const auto differs =
      std::mismatch(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(most), siblings.begin());
  return static_cast<std::size_t>(differs.first - before.begin());
}

void write_record(cbor::Writer& out, const ProvenRecord& record, const std::vector<Digest>& before) {
  const StateProof& proof = record.proof;
  out.array(6).text(word(record.key.kind)).text(record.key.id);
  if (record.record) {
    out.bytes(*record.record).null();
  } else if (proof.terminal) {
    out.null().array(2).bytes(proof.terminal->key.view()).bytes(proof.terminal->value_hash.view());
  } else {
    out.null().null();
  }
  const std::size_t shared = alike(before, proof.siblings);
  out.uint(shared).array(proof.siblings.size() - shared);
  write_hashes(out, std::span<const Digest>(proof.siblings).subspan(shared));
}

Result<bool> read_null(cbor::Reader& in) {
  const auto next = in.peek();
  if (!next) return pass(next);
  if (*next != cbor::Kind::null) return false;
  const auto null = in.null();
  if (!null) return pass(null);
  return true;
}

// The key, then the record or what stands in its place.
Result<void> read_subject(cbor::Reader& in, ProvenRecord& into) {
  const auto kind = in.text();
  if (!kind) return pass(kind);
  const auto known = from_word<Kind>(*kind);
  if (!known) return in.refuse("certificate.newer", "this release knows no such kind of record");
  into.key.kind = *known;
  if (auto id = read_text(in, id_bytes_limit, into.key.id, "an id"); !id) return id;
  const auto absent = read_null(in);
  if (!absent) return pass(absent);
  if (!*absent) {
    auto record = read_bytes(in, state_record_bytes_max, "a record");
    if (!record) return pass(record);
    into.record = std::move(*record);
    into.proof.terminal = StateLeaf{tree_key(into.key), sha256(*into.record)};
  }
  const auto empty = read_null(in);
  if (!empty) return pass(empty);
  if (*empty) return {};
  if (into.record) return in.refuse("certificate.form", "a record that is there is its own leaf");
  if (auto parts = read_parts(in, 2, "a leaf of the state"); !parts) return parts;
  const auto key = read_hash(in);
  if (!key) return pass(key);
  const auto value = read_hash(in);
  if (!value) return pass(value);
  into.proof.terminal = StateLeaf{*key, *value};
  return {};
}

Result<ProvenRecord> read_record(cbor::Reader& in, const std::vector<Digest>& before) {
  ProvenRecord record;
  if (auto parts = read_parts(in, 6, "a proven record"); !parts) return pass(parts);
  if (auto subject = read_subject(in, record); !subject) return pass(subject);
  const auto shared = in.uint();
  if (!shared) return pass(shared);
  if (*shared > before.size())
    return in.refuse("certificate.form", "more siblings are shared than there are");
  const auto count = read_array(in, state_depth_max - static_cast<std::size_t>(*shared), "siblings");
  if (!count) return pass(count);
  const auto listed = read_hashes(in, *count);
  if (!listed) return pass(listed);
  if (!listed->empty() && *shared < before.size() && before[*shared] == listed->front())
    return in.refuse("certificate.form", "a sibling is listed that could be shared");
  record.proof.siblings.assign(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(*shared));
  record.proof.siblings.insert(record.proof.siblings.end(), listed->begin(), listed->end());
  return record;
}

Result<std::vector<ProvenRecord>> read_records(cbor::Reader& in) {
  const auto count = read_array(in, state_records_max, "proven records");
  if (!count) return pass(count);
  std::vector<ProvenRecord> records;
  std::vector<Digest> before;
  Digest last;
  std::size_t unfolded = 0;
  for (std::size_t i = 0; i < *count; ++i) {
    auto record = read_record(in, before);
    if (!record) return pass(record);
    const Digest key = tree_key(record->key);
    if (i > 0 && key <= last) return in.refuse("certificate.order", "records are not ascending by tree key");
    last = key;
    before = record->proof.siblings;
    unfolded += before.size();
    if (unfolded > siblings_max)
      return in.refuse("certificate.too_large", "the state's proofs are too large");
    records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace

void write_proven_state(cbor::Writer& out, const ProvenState& state) {
  out.array(2).array(3).uint(state.leaf.value).bytes(state.seal);
  write_path(out, state.path, {});
  std::vector<std::pair<Digest, const ProvenRecord*>> ordered;
  ordered.reserve(state.records.size());
  for (const ProvenRecord& record : state.records)
    ordered.emplace_back(tree_key(record.key), &record);
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  out.array(ordered.size());
  const std::vector<Digest> none;
  const std::vector<Digest>* before = &none;
  for (const auto& [key, record] : ordered) {
    write_record(out, *record, *before);
    before = &record->proof.siblings;
  }
}

Result<ProvenState> read_proven_state(cbor::Reader& in) {
  ProvenState state;
  if (auto parts = read_parts(in, 2, "field 5"); !parts) return pass(parts);
  if (auto parts = read_parts(in, 3, "a proven seal"); !parts) return pass(parts);
  const auto leaf = in.uint();
  if (!leaf) return pass(leaf);
  state.leaf = LeafIndex{*leaf};
  auto seal = read_bytes(in, seal_bytes_limit, "the seal");
  if (!seal) return pass(seal);
  state.seal = **seal;
  auto path = read_path(in, proof_path_max, {}, "inclusion path");
  if (!path) return pass(path);
  state.path = std::move(*path);
  auto records = read_records(in);
  if (!records) return pass(records);
  state.records = std::move(*records);
  return state;
}

void write_earlier_tree(cbor::Writer& out, const EarlierTree& earlier, std::span<const Digest> before) {
  out.array(3).uint(earlier.size).bytes(earlier.root.view());
  write_path(out, earlier.path, before);
}

Result<EarlierTree> read_earlier_tree(cbor::Reader& in, std::span<const Digest> before) {
  if (auto parts = read_parts(in, 3, "field 8"); !parts) return pass(parts);
  const auto size = in.uint();
  if (!size) return pass(size);
  const auto root = read_hash(in);
  if (!root) return pass(root);
  // A consistency path can be one hash longer than an inclusion path.
  auto path = read_path(in, proof_path_max + 1, before, "consistency path");
  if (!path) return pass(path);
  return EarlierTree{*size, *root, std::move(*path)};
}

}  // namespace anta
