#include "cli/outbox.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "crypto/cose.h"
#include "crypto/private_file.h"

namespace anta {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view statement_ending = ".cose";
constexpr std::string_view outcome_ending = ".outcome";
constexpr std::size_t outcome_bytes_max = 64 * 1024;

tl::unexpected<Error> io(const fs::path& path, const std::string& what) {
  return tl::unexpected(Error{Code::io, "io", path.string() + ": " + what});
}

// What a file's name may show of a label.
std::string plain(const std::string& label) {
  std::string text;
  for (const char c : label.substr(0, 80)) {
    const bool keep = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
    text += keep ? c : '_';
  }
  return text;
}

std::optional<std::uint64_t> sequence_of(const std::string& name) {
  if (name.size() < 9 || name[8] != '-' || !name.ends_with(statement_ending)) return std::nullopt;
  std::uint64_t sequence = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + 8, sequence);
  if (error != std::errc() || end != name.data() + 8) return std::nullopt;
  return sequence;
}

fs::path outcome_path(const fs::path& statement) { return statement.string() + std::string(outcome_ending); }

}  // namespace

Result<Outbox> Outbox::open(const fs::path& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return io(directory, "cannot make the outbox directory");
  const fs::path lock_path = directory / ".lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return io(lock_path, "cannot open the outbox's lock");
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return tl::unexpected(
        Error{Code::busy, "outbox_locked", directory.string() + ": another anta is using this outbox"});
  }
  return Outbox(directory, lock);
}

Outbox::Outbox(Outbox&& other) noexcept
    : directory_(std::move(other.directory_)), lock_(std::exchange(other.lock_, -1)) {}

Outbox& Outbox::operator=(Outbox&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(lock_, other.lock_);
  return *this;
}

Outbox::~Outbox() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::vector<OutboxItem>> Outbox::items() const {
  std::vector<OutboxItem> items;
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end; it.increment(error)) {
    const auto sequence = sequence_of(it->path().filename().string());
    if (!sequence) continue;
    OutboxItem item{it->path(), *sequence, {}};
    if (auto outcome = read_private_file(outcome_path(item.path), outcome_bytes_max)) {
      item.outcome = std::string(as_text(*outcome));
    } else if (outcome.error().rule == "file.too_large") {
      item.outcome = "";  // it has one, of whatever this program did not write
    } else if (outcome.error().code != Code::not_found) {
      return pass(outcome);
    }
    items.push_back(std::move(item));
  }
  if (error) return io(directory_, error.message());
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  return items;
}

Result<OutboxItem> Outbox::add(ByteView statement, const std::string& label) {
  const auto present = items();
  if (!present) return pass(present);
  const std::uint64_t sequence = present->empty() ? 1 : present->back().sequence + 1;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%08llu", static_cast<unsigned long long>(sequence));
  const fs::path path =
      directory_ / (std::string(digits) + "-" + plain(label) + std::string(statement_ending));
  if (auto written = write_private_file(path, statement); !written) return pass(written);
  return OutboxItem{path, sequence, {}};
}

Result<Bytes> Outbox::read(const OutboxItem& item) const {
  return read_private_file(item.path, statement_bytes_max);
}

Result<void> Outbox::record(const OutboxItem& item, const std::string& outcome) {
  const ByteView kept = as_bytes(outcome).first(std::min(outcome.size(), outcome_bytes_max));
  return write_private_file(outcome_path(item.path), kept, Replace::yes);
}

bool is_outbox(const fs::path& directory) {
  std::error_code error;
  return fs::is_directory(directory, error);
}

}  // namespace anta
