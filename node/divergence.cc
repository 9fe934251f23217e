#include "node/divergence.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "crypto/private_file.h"
#include "crypto/text.h"
#include "node/rebuild.h"
#include "node/version.h"

namespace anta {
namespace {

constexpr std::string_view first_line = "anta-divergence 1";

tl::unexpected<Error> bad_mark() {
  return fail(
      Code::corrupt, "state.mark",
      "the file \"diverged\" in the data directory is not as this node wrote it. Next step: rename it, "
      "run antad --config FILE --rebuild, and start the node");
}

// "index 17": what stands after the name and the space.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name) || line.size() <= name.size() + 1 || line[name.size()] != ' ')
    return std::nullopt;
  return line.substr(name.size() + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};  // every line ends
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

Result<Digest> digest_line(std::string_view line, std::string_view name) {
  const auto value = value_of(line, name);
  if (!value) return bad_mark();
  auto digest = digest_from_hex(*value);
  if (!digest) return bad_mark();
  return digest;
}

std::string told(const StateDifference& at) {
  return "after log entry " + std::to_string(at.index.value) + " this node's state root is " + hex(at.own) +
         ", and a majority of the voters has " + hex(at.theirs);
}

Error not_healed(const DivergenceMark& mark) {
  return {
      Code::corrupt, "state.diverged",
      "rebuilt from its own log by release " + mark.release + ", this node's state root after log entry " +
          std::to_string(mark.at.index.value) + " is " + hex(*mark.rebuilt) +
          ", and a majority of the voters has " + hex(mark.at.theirs) +
          ": the law of this release or this log is another. Next step: install the release that the others "
          "run and start again (antad --config FILE --rebuild tries again with this one); if that refuses "
          "too, keep the data directory as evidence and let the node join again under a new incarnation"};
}

Result<void> remove_mark(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::remove(path, failed);
  if (!failed) {
    const int directory = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = directory >= 0 && ::fsync(directory) == 0;
    if (directory >= 0) ::close(directory);
    if (synced) return {};
  }
  return fail(Code::io, "state.mark", "the file " + path.string() + " could not be removed");
}

Result<std::optional<DivergenceMark>> read_mark(const std::filesystem::path& path) {
  const auto bytes = read_private_file(path);
  if (!bytes && bytes.error().code == Code::not_found) return std::optional<DivergenceMark>{};
  if (!bytes) return pass(bytes);
  auto mark = decode_divergence(as_text(*bytes));
  if (!mark) return pass(mark);
  return std::optional<DivergenceMark>(std::move(*mark));
}

Result<void> keep(const std::filesystem::path& path, const DivergenceMark& mark) {
  return write_private_file(path, as_bytes(encode_divergence(mark)), Replace::yes);
}

}  // namespace

std::string encode_divergence(const DivergenceMark& mark) {
  std::string text = std::string(first_line) + "\nindex " + std::to_string(mark.at.index.value) + "\nown " +
                     hex(mark.at.own) + "\nmajority " + hex(mark.at.theirs) + "\n";
  if (mark.rebuilt) text += "rebuilt " + hex(*mark.rebuilt) + "\nrelease " + mark.release + "\n";
  return text;
}

Result<DivergenceMark> decode_divergence(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  if ((lines.size() != 4 && lines.size() != 6) || lines[0] != first_line) return bad_mark();
  const auto index = value_of(lines[1], "index");
  const auto number = index ? decimal(*index) : bad_mark();
  if (!number) return bad_mark();
  const auto own = digest_line(lines[2], "own");
  const auto majority = digest_line(lines[3], "majority");
  if (!own || !majority) return bad_mark();
  DivergenceMark mark{.at = {LogIndex{*number}, *own, *majority}};
  if (lines.size() == 4) return mark;
  const auto rebuilt = digest_line(lines[4], "rebuilt");
  const auto release = value_of(lines[5], "release");
  if (!rebuilt || !release) return bad_mark();
  mark.rebuilt = *rebuilt;
  mark.release = std::string(*release);
  return mark;
}

std::filesystem::path divergence_file(const Config& config) { return config.data / "diverged"; }

Error set_aside(const Config& config, const StateDifference& difference) {
  const std::filesystem::path path = divergence_file(config);
  const auto kept = keep(path, {.at = difference});
  const std::string next = kept ? "It stops. Next step: start it again; it then makes its state anew from "
                                  "its own log, compares, and "
                                  "goes on where they agree (marked in " +
                                      path.string() + ")"
                                : "It stops, and its mark could not be written (" + kept.error().message +
                                      "). Next step: run antad --config FILE --rebuild and start it again";
  return {Code::corrupt, "state.diverged", told(difference) + ". " + next};
}

Result<std::optional<Applied>> heal_divergence(const Config& config, const LogSink& log, Again again) {
  const std::filesystem::path path = divergence_file(config);
  auto mark = read_mark(path);
  if (!mark) return pass(mark);
  if (!*mark) return std::optional<Applied>{};
  DivergenceMark& found = **mark;
  const std::string index = std::to_string(found.at.index.value);
  if (found.rebuilt && found.release == anta_version && again == Again::no)
    return tl::unexpected<Error>(not_healed(found));
  if (log) {
    log(LogLevel::warning, "state_rebuilding",
        {{"index", index}, {"own_root", hex(found.at.own)}, {"majority_root", hex(found.at.theirs)}});
  }
  const auto made = rebuild_ledger(config, StateAt{found.at.index, found.at.theirs});
  if (!made) return pass(made);
  if (made->root && *made->root != found.at.theirs) {
    found.rebuilt = *made->root;
    found.release = std::string(anta_version);
    if (auto kept = keep(path, found); !kept) return pass(kept);
    return tl::unexpected<Error>(not_healed(found));
  }
  if (auto removed = remove_mark(path); !removed) return pass(removed);
  if (log) {
    log(LogLevel::info, "state_healed",
        {{"index", index},
         {"compared", made->root ? "true" : "false"},
         {"applied", std::to_string(made->applied.index.value)},
         {"state_root", hex(made->applied.state_root)}});
  }
  return std::optional<Applied>(made->applied);
}

}  // namespace anta
