#include "storage/ledger/bundle.h"

#include "crypto/cbor.h"
#include "storage/ledger/block.h"

namespace anta {
namespace {

constexpr std::size_t body_parts = 2;
constexpr std::size_t seal_parts = 3;
constexpr std::size_t rejection_parts = 2;

Result<LeafBody> read_body(cbor::Reader& in) {
  const auto parts = in.array();
  if (!parts) return pass(parts);
  const auto kind = in.uint();
  if (!kind) return pass(kind);
  if (*kind > static_cast<std::uint64_t>(BodyKind::seal))
    return in.refuse("bundle.kind", "a leaf is a genesis, a statement or a seal");
  LeafBody body;
  body.kind = static_cast<BodyKind>(*kind);
  const bool seal = body.kind == BodyKind::seal;
  if (*parts != (seal ? seal_parts : body_parts))
    return in.refuse("bundle.form", "a leaf's body has its kind and its bytes, a seal's a count besides");
  const auto bytes = in.bytes();
  if (!bytes) return pass(bytes);
  body.bytes = *bytes;
  if (!seal) return body;
  const auto rejected = in.uint();
  if (!rejected) return pass(rejected);
  if (*rejected > block_statements_max)
    return in.refuse("bundle.rejected", "a block has no room for that many statements");
  body.rejected = *rejected;
  return body;
}

}  // namespace

Bytes encode_bundle(const std::vector<LeafBody>& bodies) {
  cbor::Writer out;
  out.array(bodies.size());
  for (const LeafBody& body : bodies) {
    const bool seal = body.kind == BodyKind::seal;
    out.array(seal ? seal_parts : body_parts).uint(static_cast<std::uint64_t>(body.kind)).bytes(body.bytes);
    if (seal) out.uint(body.rejected);
  }
  return out.take();
}

Result<std::vector<LeafBody>> decode_bundle(ByteView bytes, unsigned width) {
  if (bytes.size() > bundle_bytes_max)
    return fail(Code::malformed, "bundle.too_large", "a bundle of bodies has at most 18 MiB");
  cbor::Reader in(bytes);
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count != width)
    return in.refuse("bundle.width",
                     "the bundle holds " + std::to_string(*count) + " bodies, not " + std::to_string(width));
  std::vector<LeafBody> bodies;
  bodies.reserve(width);
  for (unsigned i = 0; i < width; ++i) {
    auto body = read_body(in);
    if (!body) return pass(body);
    bodies.push_back(*body);
  }
  if (auto end = in.finish(); !end) return pass(end);
  return bodies;
}

Bytes encode_rejections(const std::vector<Rejection>& rejections) {
  cbor::Writer out;
  out.array(rejections.size());
  for (const Rejection& rejection : rejections)
    out.array(rejection_parts).uint(rejection.accepted_before).bytes(rejection.statement);
  return out.take();
}

Result<std::vector<Rejection>> decode_rejections(ByteView bytes) {
  if (bytes.size() > rejections_bytes_max)
    return fail(Code::malformed, "bundle.too_large", "what a block refused has at most 2 MiB");
  cbor::Reader in(bytes);
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count > block_statements_max)
    return in.refuse("bundle.rejected", "a block has no room for that many statements");
  std::vector<Rejection> rejections;
  rejections.reserve(*count);
  for (std::size_t i = 0; i < *count; ++i) {
    const auto parts = in.array();
    if (!parts) return pass(parts);
    if (*parts != rejection_parts)
      return in.refuse("bundle.form", "a refused statement has its place and its bytes");
    const auto before = in.uint();
    if (!before) return pass(before);
    if (!rejections.empty() && *before < rejections.back().accepted_before)
      return in.refuse("bundle.order", "refused statements stand in the order of their block");
    const auto statement = in.bytes();
    if (!statement) return pass(statement);
    rejections.push_back({*before, *statement});
  }
  if (auto end = in.finish(); !end) return pass(end);
  return rejections;
}

std::string bodies_path(const TilePlace& place) { return "bodies/" + tile_place(place); }
std::string rejected_path(LeafIndex seal) { return "rejected/" + tile_number(seal.value); }
std::string seal_path(LeafIndex seal) { return "seals/" + tile_number(seal.value); }

}  // namespace anta
