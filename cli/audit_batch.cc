#include "cli/audit_batch.h"

#include <algorithm>

#include "crypto/merkle.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

AuditItem item_of(const LeafBody& body, const Replay::Keys& keys) {
  AuditItem item;
  item.kind = body.kind;
  item.rejected = body.rejected;
  auto bytes = std::make_shared<const Bytes>(to_bytes(body.bytes));
  if (body.kind != BodyKind::statement) {
    item.document.digest = sha256(*bytes);
    item.document.bytes = std::move(bytes);
    return item;
  }
  item.document = decode_for_replay(std::move(bytes));
  if (!item.document.statement) return item;
  const auto key = keys.find(item.document.statement->header.kid);
  if (key != keys.end() && verify_signature(*item.document.statement, key->second))
    item.verified_by = key->second;
  return item;
}

// Which of the three does not fit the two others.
const char* odd_one(const Digest& body, const Digest& entry, const Digest& hash) {
  if (body == entry) return "the tile holds another hash than that of the leaf's document";
  if (leaf_hash(body.view()) == hash) return "the entry bundle holds another entry than the leaf's document";
  if (leaf_hash(entry.view()) == hash) return "the document is not the one whose hash the tree holds";
  return "document, entry and tile hold three different things";
}

}  // namespace

AuditBatch read_batch(Mirror& mirror, const TilePlace& place, const Replay::Keys& keys) {
  AuditBatch batch;
  batch.first = place.index * tile_width;
  const auto stop = [&batch](std::uint64_t at, Error error) {
    batch.finding = Finding{LeafIndex{batch.first + at}, std::move(error)};
    return std::move(batch);
  };
  auto hashes = read_tile(mirror, 0, place);
  if (!hashes) return stop(0, hashes.error());
  const auto entries = read_entries(mirror, place);
  if (!entries) return stop(0, entries.error());
  const auto bundle = read_place(mirror, bodies_path, place, bundle_bytes_max);
  if (!bundle) return stop(0, bundle.error());
  const auto bodies = decode_bundle(bundle->bytes, bundle->width);
  if (!bodies) {
    return stop(0,
                Error{Code::malformed, "audit.bodies", bodies_path(place) + ": " + bodies.error().message});
  }
  batch.items.reserve(place.width);
  for (unsigned i = 0; i < place.width; ++i) {
    AuditItem item = item_of((*bodies)[i], keys);
    const Digest& digest = item.document.digest;
    if (digest != (*entries)[i] || leaf_hash(digest.view()) != (*hashes)[i])
      return stop(i, Error{Code::malformed, "audit.leaf", odd_one(digest, (*entries)[i], (*hashes)[i])});
    batch.items.push_back(std::move(item));
  }
  batch.hashes = std::move(*hashes);
  return batch;
}

}  // namespace anta
