#include "cli/tile_export.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "cli/text_file.h"
#include "cli/tile_tree.h"
#include "crypto/note.h"
#include "storage/ledger/bundle.h"

namespace anta {
namespace {

namespace fs = std::filesystem;

// What a tile of level 0 commits to.
struct Leaves {
  std::vector<Digest> entries = {};
  Bytes bundle = {};
  std::vector<LeafBody> bodies = {};  // views of the bundle
};

class Export {
 public:
  Export(Mirror& node, const Checkpoint& checkpoint, const std::string& directory)
      : node_(node),
        checkpoint_(checkpoint),
        directory_(directory),
        local_(open_directory(directory)),
        tree_(node, checkpoint) {}

  Result<ExportResult> run(std::string_view note,
                           const std::function<void(std::uint64_t, std::uint64_t)>& progress);

 private:
  Result<std::optional<Checkpoint>> before() const;
  Result<void> follows(const Checkpoint& before);
  Result<void> upper_levels();
  Result<void> leaves_of(std::uint64_t index);
  static Result<Leaves> leaves_from(Mirror& mirror, const TilePlace& place,
                                    const std::vector<Digest>& hashes);
  Result<void> documents(const TilePlace& place, const Leaves& leaves);
  Result<void> rejected(LeafIndex seal, std::uint64_t count);
  Result<void> put(const std::string& path, ByteView bytes);
  Result<void> write(const std::string& path, ByteView bytes);
  bool has(const std::string& path) const;
  bool done(unsigned level, const TilePlace& place) const;
  void drop_partial(const Checkpoint& before);

  Mirror& node_;
  const Checkpoint& checkpoint_;
  const std::string& directory_;
  std::unique_ptr<Mirror> local_;
  std::uint64_t done_ = 0;  // leaves that the directory's own checkpoint speaks of
  TileTree tree_;
  ExportResult result_ = {};
};

tl::unexpected<Error> found(const Finding& finding) {
  Error error = finding.error;
  error.message = "leaf " + std::to_string(finding.leaf.value) + ": " + error.message;
  if (error.code == Code::malformed) error.code = Code::bad_signature;  // the node's word is wrong, not ours
  return tl::unexpected<Error>(std::move(error));
}

// All that was written there is on the disk.
Result<void> sync(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::syncfs(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return fail(Code::io, "io", directory + " cannot be synced: " + std::strerror(error));
}

tl::unexpected<Error> wrong(std::uint64_t leaf, const char* rule, const std::string& message) {
  return found({LeafIndex{leaf}, Error{Code::malformed, rule, message}});
}

bool Export::has(const std::string& path) const {
  std::error_code ignored;
  return fs::is_regular_file(fs::path(directory_) / path, ignored);
}

// Whether the directory's checkpoint speaks of the tile. What lies beyond it was left by a run that did not
// come to its end: maybe another ledger's, maybe torn by a loss of power.
bool Export::done(unsigned level, const TilePlace& place) const {
  const bool spoken_of = done_ == checkpoint_.size ||
                         (place.width == tile_width && place.index < done_ >> ((level + 1) * tile_height));
  return spoken_of && has(tile_path(level, place));
}

// Nothing that is there already, byte by byte.
Result<void> Export::put(const std::string& path, ByteView bytes) {
  if (has(path)) {
    const Result<Bytes> present = local_->read(path, bytes.size());
    if (present && std::ranges::equal(*present, bytes)) return {};
  }
  return write(path, bytes);
}

Result<void> Export::write(const std::string& path, ByteView bytes) {
  const fs::path file = fs::path(directory_) / path;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return fail(Code::io, "io", file.parent_path().string() + ": " + error.message());
  ++result_.files;
  return put_file(file.string(), bytes);
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
      if (done(level, {i, width})) continue;
      const auto hashes = tree_.tile(level, i);
      if (!hashes) return found(hashes.error());
      if (auto written = put(tile_path(level, {i, width}), encode_tile(*hashes)); !written) return written;
    }
  }
  return {};
}

Result<void> Export::rejected(LeafIndex seal, std::uint64_t count) {
  if (count == 0) return {};
  const auto file = node_.read(rejected_path(seal), rejections_bytes_max);
  if (!file) return found({seal, file.error()});
  const auto list = decode_rejections(*file);
  if (!list || list->size() != count)
    return wrong(seal.value, "audit.rejected", rejected_path(seal) + " is not what the bundle says");
  return put(rejected_path(seal), *file);
}

Result<void> Export::documents(const TilePlace& place, const Leaves& leaves) {
  for (unsigned i = 0; i < place.width; ++i) {
    const LeafIndex leaf{place.index * tile_width + i};
    const LeafBody& body = leaves.bodies[i];
    if (body.kind == BodyKind::genesis) {
      if (auto written = put("genesis.cbor", body.bytes); !written) return written;
    }
    if (body.kind != BodyKind::seal) continue;
    if (auto written = rejected(leaf, body.rejected); !written) return written;
    if (auto written = put(seal_path(leaf), body.bytes); !written) return written;
  }
  return put(bodies_path(place), leaves.bundle);
}

Result<Leaves> Export::leaves_from(Mirror& mirror, const TilePlace& place,
                                   const std::vector<Digest>& hashes) {
  const std::uint64_t first = place.index * tile_width;
  auto entries = read_entries(mirror, place);
  if (!entries) return found({LeafIndex{first}, entries.error()});
  auto bundle = mirror.read(bodies_path(place), bundle_bytes_max);
  if (!bundle) return found({LeafIndex{first}, bundle.error()});
  auto bodies = decode_bundle(*bundle, place.width);
  if (!bodies) return wrong(first, "audit.bodies", bodies_path(place) + ": " + bodies.error().message);
  for (unsigned i = 0; i < place.width; ++i) {
    if (leaf_hash((*entries)[i].view()) != hashes[i])
      return wrong(first + i, "audit.leaf", "the entry bundle holds another entry than the tree");
    if (sha256((*bodies)[i].bytes) != (*entries)[i])
      return wrong(first + i, "audit.leaf", "the document is not the one whose hash the tree holds");
  }
  return Leaves{.entries = std::move(*entries), .bundle = std::move(*bundle), .bodies = std::move(*bodies)};
}

// The tile of level 0, its entries and its documents: from the directory where an unfinished run left them
// whole, else from the node.
Result<void> Export::leaves_of(std::uint64_t index) {
  const TilePlace place{index, tile_hashes(checkpoint_.size, 0, index)};
  if (done(0, place)) return {};
  const auto hashes = tree_.tile(0, index);
  if (!hashes) return found(hashes.error());
  Result<Leaves> leaves = leaves_from(*local_, place, *hashes);
  if (!leaves) leaves = leaves_from(node_, place, *hashes);
  if (!leaves) return pass(leaves);
  if (auto written = put(entries_path(place), encode_entries(leaves->entries)); !written) return written;
  if (auto written = documents(place, *leaves); !written) return written;
  return put(tile_path(0, place), encode_tile(*hashes));
}

// Partial files where the full one has come: until then they are what is asked for by whoever reads under a
// checkpoint that the directory had (C2SP tlog-tiles: a log must serve them). What cannot be removed only
// takes room.
void Export::drop_partial(const Checkpoint& before) {
  std::error_code ignored;
  const auto drop = [&](const std::string& path) {  // all widths: "067.p"
    fs::remove_all((fs::path(directory_) / path).parent_path(), ignored);
  };
  for (unsigned level = 0; level < tile_levels; ++level) {
    const std::uint64_t index = (before.size >> (level * tile_height)) / tile_width;
    const unsigned width = tile_hashes(before.size, level, index);
    if (width == 0 || tile_hashes(checkpoint_.size, level, index) < tile_width) continue;
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
    done_ = (*old)->size;
  }
  if (auto written = upper_levels(); !written) return pass(written);
  for (std::uint64_t i = 0; i * tile_width < checkpoint_.size; ++i) {
    if (auto written = leaves_of(i); !written) return pass(written);
    if (progress) progress(std::min(checkpoint_.size, (i + 1) * tile_width), checkpoint_.size);
  }
  if (auto synced = sync(directory_); !synced) return pass(synced);
  if (auto written = write("checkpoint", as_bytes(note)); !written) return pass(written);
  if (auto synced = sync(directory_); !synced) return pass(synced);
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
