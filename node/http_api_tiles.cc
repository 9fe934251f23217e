// Routes of the tree: C2SP tiles and what they stand for, seals, and proofs for whoever wants one and not a
// tile. Everything ends at the newest finished checkpoint: what has no quorum yet is not given out.
#include <algorithm>

#include "crypto/text.h"
#include "crypto/tile.h"
#include "node/http_route.h"
#include "storage/ledger/block.h"
#include "storage/ledger/bundle.h"

namespace anta {
namespace {

constexpr const char* bytes_type = "application/octet-stream";
constexpr const char* cbor_type = "application/cbor";

using AnswerWithin = std::function<HttpResponse(const LedgerReader&, std::uint64_t size)>;

// With a reader that has all of the newest finished checkpoint's tree.
HttpResponse within_checkpoint(const ApiServices& services, const AnswerWithin& answer) {
  const auto finished = services.finished();
  if (!finished) return not_finished(services);
  const Result<LedgerReader> reader = services.reader();
  if (!reader) return problem(reader.error());
  if (reader->applied().leaves.value < finished->checkpoint.size)
    return problem({Code::busy, "behind", "this node has not applied the newest checkpoint's leaves yet"});
  return answer(*reader, finished->checkpoint.size);
}

HttpResponse beyond(std::uint64_t size) {
  return problem({Code::not_found, "beyond_checkpoint",
                  "the newest checkpoint has " + std::to_string(size) + " leaves and no such thing"});
}

// Files of the tree that the newest finished checkpoint has. What is under a name never changes, so that it
// is kept for whoever asks next; whether it may be given out is decided each time.
using Within = std::function<bool(std::uint64_t size)>;

std::optional<HttpResponse> refused_or_kept(const ApiServices& services, const HttpRequest& request,
                                            const std::string& name, const Within& within) {
  const auto finished = services.finished();
  if (!finished) return not_finished(services);
  if (!within(finished->checkpoint.size)) return beyond(finished->checkpoint.size);
  return kept(services, request, {AnswerCache::Shelf::tree, name, {}});
}

HttpResponse tree_file(const ApiServices& services, const HttpRequest& request, const std::string& name,
                       const Within& within, const AnswerWithin& make) {
  if (auto answer = refused_or_kept(services, request, name, within)) return std::move(*answer);
  return kept_or_made(services, request, {AnswerCache::Shelf::tree, name, {}},
                      [&] { return within_checkpoint(services, make); });
}

HttpResponse whole_file(const char* content_type, Bytes bytes, const char* cache_control) {
  return whole_response(content_type, std::make_shared<const Bytes>(std::move(bytes)), cache_control);
}

const char* cache_of(const TilePlace& place) {
  return place.width == tile_width ? cache_for_ever : cache_for_a_minute;
}

// The hashes or documents of a place, one by one; nothing when the tree ends before.
template <typename T, typename Each>
Result<std::vector<T>> collected(const TilePlace& place, Each each) {
  std::vector<T> all;
  all.reserve(place.width);
  for (unsigned i = 0; i < place.width; ++i) {
    auto one = each(place.index * tile_width + i);
    if (!one) return pass(one);
    all.push_back(std::move(*one));
  }
  return all;
}

HttpResponse tile(const ApiServices& services, const HttpRequest& request, const Captures& captures) {
  const Result<std::uint64_t> level = decimal(captures[0]);
  if (!level) return problem({Code::malformed, "tile.level", "a tile's level is a number, or entries"});
  const auto place = parse_tile_place(std::span(captures).subspan(1));
  if (!place) return problem(place.error());
  const auto at = static_cast<unsigned>(std::min<std::uint64_t>(*level, tile_levels));
  const auto within = [&](std::uint64_t size) { return tile_hashes(size, at, place->index) >= place->width; };
  return tree_file(services, request, tile_path(at, *place), within,
                   [&](const LedgerReader& reader, std::uint64_t) {
                     const auto hashes = reader.tile(at, place->index, place->width);
                     if (!hashes) return problem(hashes.error());
                     return whole_file(bytes_type, encode_tile(*hashes), cache_of(*place));
                   });
}

// The leaves of a place of tile level 0.
Within leaves_of(const TilePlace& place) {
  return [place](std::uint64_t size) { return tile_hashes(size, 0, place.index) >= place.width; };
}

HttpResponse entries(const ApiServices& services, const HttpRequest& request, const Captures& captures) {
  const auto place = parse_tile_place(captures);
  if (!place) return problem(place.error());
  return tree_file(services, request, entries_path(*place), leaves_of(*place),
                   [&](const LedgerReader& reader, std::uint64_t) {
                     const auto all = collected<Digest>(*place, [&](std::uint64_t index) -> Result<Digest> {
                       const auto leaf = reader.leaf(LeafIndex{index});
                       if (!leaf) return pass(leaf);
                       return leaf->entry;
                     });
                     if (!all) return problem(all.error());
                     return whole_file(bytes_type, encode_entries(*all), cache_of(*place));
                   });
}

// What the block before a seal refused on record, in block order. `block` keeps what is pointed into.
Result<std::vector<Rejection>> rejections(const ApiServices& services, const LedgerReader& reader,
                                          const SealRecord& seal, std::shared_ptr<const Bytes>& block) {
  std::vector<Rejection> all;
  if (seal.block.value == 0) return all;  // the genesis refuses nothing
  const auto payload = services.block(seal.block);
  if (!payload) return pass(payload);
  block = *payload;
  const auto statements = decode_block(*block);
  if (!statements) return all;  // sealed like a block of which nothing is left (ledger_machine.h)
  std::uint64_t accepted = 0;
  for (std::uint32_t i = 0; i < statements->size(); ++i) {
    const auto outcome = reader.outcome(sha256((*statements)[i]));
    if (!outcome) return pass(outcome);
    const bool here = *outcome && (*outcome)->block == seal.block && (*outcome)->position == i;
    if (!here) continue;
    if ((*outcome)->accepted) {
      ++accepted;
    } else {
      all.push_back({accepted, (*statements)[i]});
    }
  }
  return all;
}

// One leaf's document, held while the bundle is made.
struct LeafDocument {
  LeafBody body = {};
  std::shared_ptr<const Bytes> bytes = {};
};

Result<LeafDocument> body_of(const ApiServices& services, const LedgerReader& reader, LeafIndex index) {
  const auto leaf = reader.leaf(index);
  if (!leaf) return pass(leaf);
  LeafDocument one;
  if (leaf->kind == LeafKind::seal) {
    auto seal = reader.seal(leaf->height);
    if (!seal) return pass(seal);
    std::shared_ptr<const Bytes> block;
    const auto refused = rejections(services, reader, *seal, block);
    if (!refused) return pass(refused);
    one.bytes = std::make_shared<const Bytes>(std::move(seal->bytes));
    one.body = {BodyKind::seal, *one.bytes, refused->size()};
    return one;
  }
  const bool genesis = leaf->kind == LeafKind::genesis;
  auto bytes = genesis ? reader.genesis() : reader.statement_at(index);
  if (!bytes) return pass(bytes);
  one.bytes = std::move(*bytes);
  one.body = {genesis ? BodyKind::genesis : BodyKind::statement, *one.bytes, 0};
  return one;
}

HttpResponse bodies(const ApiServices& services, const HttpRequest& request, const TilePlace& place,
                    const MayGoOn& may_go_on) {
  const auto make = [&](const LedgerReader& reader, std::uint64_t) {
    const auto all = collected<LeafDocument>(place, [&](std::uint64_t index) -> Result<LeafDocument> {
      if (!may_go_on()) return fail(Code::busy, "deadline", "the bundle takes too long to read");
      return body_of(services, reader, LeafIndex{index});
    });
    if (!all) return problem(all.error());
    std::vector<LeafBody> list;
    for (const LeafDocument& one : *all)
      list.push_back(one.body);
    return whole_file(cbor_type, encode_bundle(list), cache_of(place));
  };
  return tree_file(services, request, bodies_path(place), leaves_of(place), make);
}

// The seal that is this leaf.
HttpResponse with_seal(const ApiServices& services, const HttpRequest& request, const Captures& captures,
                       std::string (*name)(LeafIndex),
                       const std::function<HttpResponse(const LedgerReader&, SealRecord)>& answer) {
  const auto leaf = parse_tile_number(captures);
  if (!leaf) return problem(leaf.error());
  const auto within = [&](std::uint64_t size) { return *leaf < size; };
  const auto make = [&](const LedgerReader& reader, std::uint64_t) {
    const auto record = reader.leaf(LeafIndex{*leaf});
    if (!record) return problem(record.error());
    if (record->kind != LeafKind::seal)
      return problem({Code::not_found, "not_a_seal", "leaf " + std::to_string(*leaf) + " is no seal"});
    auto seal = reader.seal(record->height);
    if (!seal) return problem(seal.error());
    return answer(reader, std::move(*seal));
  };
  return tree_file(services, request, name(LeafIndex{*leaf}), within, make);
}

HttpResponse seal(const ApiServices& services, const HttpRequest& request, const Captures& captures) {
  return with_seal(services, request, captures, seal_path, [](const LedgerReader&, SealRecord record) {
    return whole_file(cbor_type, std::move(record.bytes), cache_for_ever);
  });
}

HttpResponse rejected(const ApiServices& services, const HttpRequest& request, const Captures& captures) {
  const auto answer = [&](const LedgerReader& reader, const SealRecord& record) {
    std::shared_ptr<const Bytes> block;
    const auto all = rejections(services, reader, record, block);
    if (!all) return problem(all.error());
    return whole_file(cbor_type, encode_rejections(*all), cache_for_ever);
  };
  return with_seal(services, request, captures, rejected_path, answer);
}

// A number of the query, or `otherwise`.
Result<std::uint64_t> number_in(const HttpRequest& request, const char* name,
                                std::optional<std::uint64_t> otherwise) {
  const auto text = request.value(name);
  if (!text && otherwise) return *otherwise;
  const auto value = decimal(text.value_or(""));
  if (!value) return fail(Code::malformed, name, std::string(name) + " is a number of leaves");
  return *value;
}

Value integer(std::uint64_t value) { return Value{static_cast<std::int64_t>(value)}; }

Value hashes_value(const std::vector<Digest>& hashes) {
  ValueList list;
  for (const Digest& hash : hashes)
    list.push_back(Value{hex(hash)});
  return Value{std::move(list)};
}

HttpResponse inclusion(const ApiServices& services, const HttpRequest& request) {
  return within_checkpoint(services, [&](const LedgerReader& reader, std::uint64_t newest) {
    const auto leaf = number_in(request, "leaf", {});
    if (!leaf) return problem(leaf.error());
    const auto size = number_in(request, "size", newest);
    if (!size) return problem(size.error());
    if (*size > newest || *leaf >= *size) return beyond(std::min(newest, *size));
    const NodeSource nodes = reader.nodes();
    const auto record = reader.leaf(LeafIndex{*leaf});
    const auto path = inclusion_proof(*leaf, *size, nodes);
    const auto root = root_at(*size, nodes);
    if (!record) return problem(record.error());
    if (!path) return problem(path.error());
    if (!root) return problem(root.error());
    return value_response(request, Value{ValueMap{{"leaf", integer(*leaf)},
                                                  {"size", integer(*size)},
                                                  {"entry", Value{hex(record->entry)}},
                                                  {"leaf_hash", Value{hex(leaf_hash(record->entry.view()))}},
                                                  {"path", hashes_value(*path)},
                                                  {"root", Value{hex(*root)}}}});
  });
}

HttpResponse consistency(const ApiServices& services, const HttpRequest& request) {
  return within_checkpoint(services, [&](const LedgerReader& reader, std::uint64_t newest) {
    const auto from = number_in(request, "from", {});
    if (!from) return problem(from.error());
    const auto to = number_in(request, "to", newest);
    if (!to) return problem(to.error());
    if (*to > newest) return beyond(newest);
    if (*from == 0 || *from > *to)
      return problem({Code::malformed, "from", "from is 1 to the size that the proof is for"});
    const NodeSource nodes = reader.nodes();
    const auto proof = consistency_proof(*from, *to, nodes);
    const auto from_root = root_at(*from, nodes);
    const auto to_root = root_at(*to, nodes);
    if (!proof) return problem(proof.error());
    if (!from_root) return problem(from_root.error());
    if (!to_root) return problem(to_root.error());
    return value_response(request, Value{ValueMap{{"from", integer(*from)},
                                                  {"to", integer(*to)},
                                                  {"proof", hashes_value(*proof)},
                                                  {"from_root", Value{hex(*from_root)}},
                                                  {"to_root", Value{hex(*to_root)}}}});
  });
}

const std::vector<unsigned> tree_answers = {200, 304, 400, 404, 500, 503};

}  // namespace

std::vector<Route> tile_routes(ApiServices& services) {
  using Handler = HttpResponse (*)(const ApiServices&, const HttpRequest&, const Captures&);
  const auto get = [&services](const char* path, const char* summary, std::string_view type,
                               Handler handler) {
    return Route{
        .method = "GET",
        .path = path,
        .summary = summary,
        .query = {},
        .produces = {type},
        .answers = tree_answers,
        .handle = [&services, handler](const HttpRequest& request, const Captures& captures,
                                       HttpReply reply) { reply(handler(services, request, captures)); }};
  };
  const auto proof = [&services](const char* path, const char* summary, std::vector<std::string_view> query,
                                 HttpResponse (*handler)(const ApiServices&, const HttpRequest&)) {
    return Route{.method = "GET",
                 .path = path,
                 .summary = summary,
                 .query = std::move(query),
                 .answers = tree_answers,
                 .handle = [&services, handler](const HttpRequest& request, const Captures&,
                                                HttpReply reply) { reply(handler(services, request)); }};
  };
  Route bundle =
      get("/bodies/{number*}", "The documents of a tile's leaves, as a CBOR bundle; a number like a tile's",
          cbor_type, nullptr);
  bundle.handle = [&services](const HttpRequest& request, const Captures& captures, HttpReply reply) {
    const auto place = parse_tile_place(captures);
    if (!place) return reply(problem(place.error()));
    if (auto answer = refused_or_kept(services, request, bodies_path(*place), leaves_of(*place)))
      return reply(std::move(*answer));
    answer_beside(services, std::move(reply), [&services, request, place](const MayGoOn& may_go_on) {
      return bodies(services, request, *place, may_go_on);
    });
  };
  return {get("/tile/entries/{number*}",
              "An entry bundle (C2SP tlog-tiles): SHA-256 of the documents of a tile's leaves", bytes_type,
              entries),
          get("/tile/{level}/{number*}",
              "A tile of the tree (C2SP tlog-tiles): x001/x234/067, with .p/WIDTH for a partial one",
              bytes_type, tile),
          std::move(bundle),
          get("/seals/{number*}", "The seal at a leaf (CBOR); its number like a tile's", cbor_type, seal),
          get("/rejected/{number*}", "What the block before the seal at a leaf refused on record (CBOR)",
              cbor_type, rejected),
          proof("/v1/proofs/inclusion", "RFC 9162 inclusion proof of a leaf", {"leaf", "size"}, inclusion),
          proof("/v1/proofs/consistency", "RFC 9162 consistency proof between two sizes", {"from", "to"},
                consistency)};
}

}  // namespace anta
