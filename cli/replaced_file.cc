#include "cli/replaced_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "crypto/secret.h"
#include "crypto/text.h"

namespace anta {
namespace {

constexpr int links_max = 40;  // as the kernel
constexpr mode_t new_mode = 0644;

tl::unexpected<Error> cannot_write(const std::string& path) {
  const Code code = errno == ENOENT ? Code::not_found : Code::io;
  return fail(code, code == Code::io ? "io" : "not_found", path + ": cannot write: " + std::strerror(errno));
}

// Also of links that lead to nothing yet.
std::string behind_links(const std::string& path) {
  std::filesystem::path at = path;
  std::error_code error;
  for (int links = 0; links < links_max && std::filesystem::is_symlink(at, error); ++links) {
    const auto to = std::filesystem::read_symlink(at, error);
    if (error) break;
    at = at.parent_path() / to;
  }
  return at.string();
}

}  // namespace

ReplacedFile::~ReplacedFile() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

Result<void> ReplacedFile::take(int fd, const std::string& name) {
  if (fd < 0) return cannot_write(name);
  file_.reset(::fdopen(fd, "wb"));
  if (file_) return {};
  auto error = cannot_write(name);
  ::close(fd);
  return error;
}

Result<void> ReplacedFile::open() {
  struct stat found = {};
  const bool there = ::stat(path_.c_str(), &found) == 0;
  if (!there && errno != ENOENT) return cannot_write(path_);
  if (there && !S_ISREG(found.st_mode))
    return take(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY), path_);
  target_ = behind_links(path_);
  std::array<std::uint8_t, 8> random = {};
  random_bytes(random);
  const std::string beside = target_ + "." + to_hex(random) + ".new";
  const mode_t mode = there ? found.st_mode & 0777 : new_mode;
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd >= 0) beside_ = beside;
  if (auto taken = take(fd, beside); !taken) return taken;
  if (!there) return {};
  // Whoever may not give it to its owner keeps it; the mode first would be cleared by the owner's change.
  if (::fchown(fd, found.st_uid, found.st_gid) != 0 && errno != EPERM) return cannot_write(beside);
  if (::fchmod(fd, mode) != 0) return cannot_write(beside);
  return {};
}

bool ReplacedFile::write(ByteView bytes) {
  good_ = good_ && std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size();
  return good_;
}

Result<void> ReplacedFile::finish(bool synced) {
  const std::string& name = beside_.empty() ? path_ : beside_;
  if (!good_ || std::fflush(file_.get()) != 0) return cannot_write(name);
  if (synced && !beside_.empty() && ::fsync(::fileno(file_.get())) != 0) return cannot_write(name);
  if (std::fclose(file_.release()) != 0) return cannot_write(name);
  if (beside_.empty()) return {};
  if (std::rename(beside_.c_str(), target_.c_str()) != 0) return cannot_write(target_);
  beside_.clear();
  return {};
}

}  // namespace anta
