#include "cli/tile_export.h"

#include <filesystem>
#include <optional>

#include "cli/text_file.h"
#include "cli/tile_tree.h"
#include "crypto/note.h"
#include "storage/ledger/bundle.h"

namespace anta {
namespace {

namespace fs = std::filesystem;

class Export {
 public:
  Export(Mirror& node, const Checkpoint& checkpoint, const std::string& directory)
      : node_(node), checkpoint_(checkpoint), directory_(directory), tree_(node, checkpoint) {}

  Result<ExportResult> run(std::string_view note,
                           const std::function<void(std::uint64_t, std::uint64_t)>& progress);

 private:
  Result<std::optional<Checkpoint>> before() const;
  Result<void> follows(const Checkpoint& before);
  Result<void> upper_levels();
  Result<void> leaves_of(std::uint64_t index);
  Result<void> documents(const TilePlace& place, ByteView bundle, const std::vector<LeafBody>& bodies);
  Result<void> rejected(LeafIndex seal, std::uint64_t count);
  Result<void> put(const std::string& path, ByteView bytes);
  bool has(const std::string& path) const;
  void drop_partial(const Checkpoint& before);

  Mirror& node_;
  const Checkpoint& checkpoint_;
  const std::string& directory_;
  TileTree tree_;
  ExportResult result_ = {};
};

tl::unexpected<Error> found(const Finding& finding) {
  Error error = finding.error;
  error.message = "leaf " + std::to_string(finding.leaf.value) + ": " + error.message;
  if (error.code == Code::malformed) error.code = Code::bad_signature;  // the node's word is wrong, not ours
  return tl::unexpected<Error>(std::move(error));
}

tl::unexpected<Error> wrong(std::uint64_t leaf, const char* rule, const std::string& message) {
  return found({LeafIndex{leaf}, Error{Code::malformed, rule, message}});
}

bool Export::has(const std::string& path) const {
  std::error_code ignored;
  return fs::is_regular_file(fs::path(directory_) / path, ignored);
}

Result<void> Export::put(const std::string& path, ByteView bytes) {
  const fs::path file = fs::path(directory_) / path;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return fail(Code::io, "io", file.parent_path().string() + ": " + error.message());
  ++result_.files;
  return write_file(file.string(), bytes);
}

Result<std::optional<Checkpoint>> Export::before() const {
  const std::string path = (fs::path(directory_) / "checkpoint").string();
  if (!has("checkpoint")) return std::optional<Checkpoint>{};
  const auto text = read_file(path);
  if (!text) return pass(text);
  const auto note = parse_note(as_text(*text));
  if (!note) return fail(Code::malformed, note.error().rule, path + ": " + note.error().message);
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return pass(checkpoint);
  return std::optional(std::move(*checkpoint));
}

// The directory's checkpoint is a beginning of the node's: then all its full tiles stay right.
Result<void> Export::follows(const Checkpoint& before) {
  if (before.origin != checkpoint_.origin) {
    return fail(
        Code::malformed, "export.other_ledger",
        directory_ + " holds another ledger, " + before.origin + "; export into a directory of its own");
  }
  if (before.size > checkpoint_.size) {
    return fail(Code::uncertain, "export.older",
                directory_ + " has " + std::to_string(before.size) + " leaves, the node's checkpoint only " +
                    std::to_string(checkpoint_.size));
  }
  if (before.size == 0) return {};
  const auto root = before.size == checkpoint_.size ? tl::expected<Digest, Finding>(checkpoint_.root)
                                                    : tree_.root_of(before.size);
  if (!root) return found(root.error());
  if (*root == before.root) return {};
  return fail(Code::bad_signature, "export.fork",
              "the first " + std::to_string(before.size) + " leaves of the node's ledger are not those of " +
                  directory_ +
                  ": two checkpoints of one ledger contradict each other; keep both and show them");
}

Result<void> Export::upper_levels() {
  for (unsigned level = tile_levels - 1; level > 0; --level) {
    for (std::uint64_t i = 0; const unsigned width = tile_hashes(checkpoint_.size, level, i); ++i) {
      const std::string path = tile_path(level, {i, width});
      if (has(path)) continue;
      const auto hashes = tree_.tile(level, i);
      if (!hashes) return found(hashes.error());
      if (auto written = put(path, encode_tile(*hashes)); !written) return written;
    }
  }
  return {};
}

Result<void> Export::rejected(LeafIndex seal, std::uint64_t count) {
  if (count == 0 || has(rejected_path(seal))) return {};
  const auto file = node_.read(rejected_path(seal), rejections_bytes_max);
  if (!file) return found({seal, file.error()});
  const auto list = decode_rejections(*file);
  if (!list || list->size() != count)
    return wrong(seal.value, "audit.rejected", rejected_path(seal) + " is not what the bundle says");
  return put(rejected_path(seal), *file);
}

Result<void> Export::documents(const TilePlace& place, ByteView bundle, const std::vector<LeafBody>& bodies) {
  for (unsigned i = 0; i < place.width; ++i) {
    const LeafIndex leaf{place.index * tile_width + i};
    if (bodies[i].kind == BodyKind::genesis && !has("genesis.cbor")) {
      if (auto written = put("genesis.cbor", bodies[i].bytes); !written) return written;
    }
    if (bodies[i].kind != BodyKind::seal) continue;
    if (auto written = rejected(leaf, bodies[i].rejected); !written) return written;
    if (has(seal_path(leaf))) continue;
    if (auto written = put(seal_path(leaf), bodies[i].bytes); !written) return written;
  }
  return put(bodies_path(place), bundle);
}

// The tile of level 0, its entries and its documents; the tile last, so that it says that all are there.
Result<void> Export::leaves_of(std::uint64_t index) {
  const TilePlace place{index, tile_hashes(checkpoint_.size, 0, index)};
  if (has(tile_path(0, place))) return {};
  const std::uint64_t first = index * tile_width;
  const auto hashes = tree_.tile(0, index);
  if (!hashes) return found(hashes.error());
  const auto entries = read_entries(node_, place);
  if (!entries) return found({LeafIndex{first}, entries.error()});
  const auto bundle = node_.read(bodies_path(place), bundle_bytes_max);
  if (!bundle) return found({LeafIndex{first}, bundle.error()});
  const auto bodies = decode_bundle(*bundle, place.width);
  if (!bodies) return wrong(first, "audit.bodies", bodies_path(place) + ": " + bodies.error().message);
  for (unsigned i = 0; i < place.width; ++i) {
    if (leaf_hash((*entries)[i].view()) != (*hashes)[i])
      return wrong(first + i, "audit.leaf", "the entry bundle holds another entry than the tree");
    if (sha256((*bodies)[i].bytes) != (*entries)[i])
      return wrong(first + i, "audit.leaf", "the document is not the one whose hash the tree holds");
  }
  if (auto written = put(entries_path(place), encode_entries(*entries)); !written) return written;
  if (auto written = documents(place, *bundle, *bodies); !written) return written;
  return put(tile_path(0, place), encode_tile(*hashes));
}

// Partial files of the checkpoint before, where the new one has wider ones. What cannot be removed only takes
// room.
void Export::drop_partial(const Checkpoint& before) {
  std::error_code ignored;
  const auto drop = [&](const std::string& path) {
    const fs::path file = fs::path(directory_) / path;
    fs::remove(file, ignored);
    fs::remove(file.parent_path(), ignored);  // "067.p", once it is empty
  };
  for (unsigned level = 0; level < tile_levels; ++level) {
    const std::uint64_t index = (before.size >> (level * tile_height)) / tile_width;
    const unsigned width = tile_hashes(before.size, level, index);
    if (width == 0 || width == tile_hashes(checkpoint_.size, level, index)) continue;
    drop(tile_path(level, {index, width}));
    if (level > 0) continue;
    drop(entries_path({index, width}));
    drop(bodies_path({index, width}));
  }
}

Result<ExportResult> Export::run(std::string_view note,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const auto old = before();
  if (!old) return pass(old);
  if (auto opened = tree_.open(); !opened) return found(opened.error());
  if (*old) {
    if (auto same = follows(**old); !same) return pass(same);
  }
  if (auto written = upper_levels(); !written) return pass(written);
  for (std::uint64_t i = 0; i * tile_width < checkpoint_.size; ++i) {
    if (auto written = leaves_of(i); !written) return pass(written);
    if (progress) progress(std::min(checkpoint_.size, (i + 1) * tile_width), checkpoint_.size);
  }
  if (auto written = put("checkpoint", as_bytes(note)); !written) return pass(written);
  if (*old) drop_partial(**old);
  result_.size = checkpoint_.size;
  return result_;
}

}  // namespace

Result<ExportResult> export_tiles(Mirror& node, std::string_view note, const Checkpoint& checkpoint,
                                  const std::string& directory,
                                  const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  return Export(node, checkpoint, directory).run(note, progress);
}

}  // namespace anta
