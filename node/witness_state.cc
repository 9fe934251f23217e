#include "node/witness_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "crypto/first_start.h"
#include "crypto/private_file.h"
#include "crypto/text.h"

namespace anta {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view head = "anta witness 1\n";
constexpr std::string_view sum_word = "\nsha256 ";
constexpr std::size_t file_bytes_max = std::size_t{64} << 10;

tl::unexpected<Error> damaged(const std::string& what) { return fail(Code::corrupt, "store.damaged", what); }

Error missing(const fs::path& file, const fs::path& seed) {
  return {
      Code::not_found, "store.missing",
      "there is no " + file.string() + ", and this witness has run before (" +
          first_start_file(seed).string() +
          " is gone): it must not begin anew, because it would not know what it signed. Next step: if "
          "data: in the configuration names another place than before, or its disk is not mounted, correct "
          "that; else bring back the file as it was last; if it is lost, make another seed in another "
          "directory (antad --witness --init) and let the organisations give this witness its new key "
          "(anta network node witness)"};
}

}  // namespace

std::string encode_witness_memory(const std::map<std::string, Checkpoint>& known) {
  std::string text(head);
  for (const auto& [origin, checkpoint] : known)
    text.append("\n").append(encode_checkpoint(checkpoint));
  const std::string sum = hex(sha256(as_bytes(text)));
  return text.append(sum_word).append(sum).append("\n");
}

Result<std::map<std::string, Checkpoint>> parse_witness_memory(std::string_view text) {
  const std::size_t end = text.rfind(sum_word);
  if (!text.starts_with(head) || end == std::string_view::npos)
    return damaged("it does not begin and end as such a file does");
  const std::string_view said = text.substr(end + sum_word.size());
  std::string_view body = text.substr(0, end);
  if (said != hex(sha256(as_bytes(body))) + "\n") return damaged("its bytes are not those that were written");
  body.remove_prefix(head.size());
  std::map<std::string, Checkpoint> known;
  while (!body.empty()) {
    if (body.front() != '\n') return damaged("no empty line stands before a checkpoint");
    body.remove_prefix(1);
    const std::size_t next = std::min(body.find("\n\n"), body.size() - 1) + 1;
    Result<Checkpoint> checkpoint = parse_checkpoint(body.substr(0, next));
    if (!checkpoint) return damaged(checkpoint.error().message);
    const std::string origin = checkpoint->origin;
    if (!known.emplace(origin, std::move(*checkpoint)).second) return damaged(origin + " stands twice");
    body.remove_prefix(next);
  }
  return known;
}

Result<WitnessMemory> WitnessMemory::open(const fs::path& directory, const fs::path& seed) {
  WitnessMemory memory(directory / "witness.state");
  const Result<bool> begins = may_begin(seed);
  if (!begins) return pass(begins);
  const std::string lock = (directory / "witness.lock").string();
  memory.lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (memory.lock_ < 0) {
    const std::error_code cause(errno, std::generic_category());
    if (errno == ENOENT && !*begins) return tl::unexpected<Error>(missing(memory.file_, seed));
    return fail(Code::io, "store.lock", "cannot open " + lock + ": " + cause.message());
  }
  if (::flock(memory.lock_, LOCK_EX | LOCK_NB) != 0)
    return fail(Code::io, "store.running",
                "another process has " + directory.string() + " open: a witness runs once");
  const Result<Bytes> bytes = read_private_file(memory.file_, file_bytes_max);
  if (!bytes && bytes.error().code != Code::not_found) return pass(bytes);
  if (!bytes && !*begins) return tl::unexpected<Error>(missing(memory.file_, seed));
  if (bytes) {
    auto known = parse_witness_memory(as_text(*bytes));
    if (!known) {
      return fail(Code::corrupt, "store.damaged",
                  memory.file_.string() + " is damaged: " + known.error().message +
                      ". Next step: bring back the file as it was last; if there is none, do as when it is "
                      "lost: another seed, and the organisations give this witness its new key");
    }
    memory.known_ = std::move(*known);
  } else {
    const std::string empty = encode_witness_memory({});
    if (auto made = write_private_file(memory.file_, as_bytes(empty)); !made) return pass(made);
  }
  // The memory is durable: from here on this witness must find it. Before it signs anything.
  if (auto ended = end_first_start(seed, directory); !ended) return pass(ended);
  return memory;
}

WitnessMemory::WitnessMemory(WitnessMemory&& other) noexcept
    : file_(std::move(other.file_)), lock_(std::exchange(other.lock_, -1)), known_(std::move(other.known_)) {}

WitnessMemory::~WitnessMemory() {
  if (lock_ >= 0) ::close(lock_);
}

std::optional<Checkpoint> WitnessMemory::last(const std::string& origin) const {
  const auto found = known_.find(origin);
  return found == known_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> WitnessMemory::remember(const Checkpoint& checkpoint) {
  auto next = known_;
  next.insert_or_assign(checkpoint.origin, checkpoint);
  if (next == known_) return {};
  const std::string text = encode_witness_memory(next);
  if (auto written = write_private_file(file_, as_bytes(text), Replace::yes); !written) return written;
  known_ = std::move(next);
  return {};
}

}  // namespace anta
