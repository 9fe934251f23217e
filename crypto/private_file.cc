#include "crypto/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "crypto/secret.h"
#include "crypto/text.h"

namespace anta {

namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Removes the unfinished file unless told that it is in place.
class Unfinished {
 public:
  explicit Unfinished(std::string path) : path_(std::move(path)) {}
  ~Unfinished() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  void in_place() { path_.clear(); }

 private:
  std::string path_ = {};
};

tl::unexpected<Error> io_error(const std::string& what, const std::string& path) {
  const std::error_code cause(errno, std::generic_category());
  return fail(Code::io, "file.io", what + " " + path + ": " + cause.message());
}

Result<void> write_all(int fd, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("cannot write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

// Makes a new name durable (fsync(2): the directory needs its own).
Result<void> sync_directory_of(const std::filesystem::path& path) {
  const std::string directory = path.has_parent_path() ? path.parent_path().string() : ".";
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.open() || ::fsync(fd.get()) != 0) return io_error("cannot sync directory", directory);
  return {};
}

// The step at which the new content becomes the file. link(2) fails where the name exists; rename(2) replaces
// it.
Result<void> put_in_place(const std::string& unfinished, const std::string& target, Replace replace) {
  if (replace == Replace::yes) {
    if (::rename(unfinished.c_str(), target.c_str()) != 0) return io_error("cannot replace", target);
    return {};
  }
  if (::link(unfinished.c_str(), target.c_str()) != 0) {
    if (errno == EEXIST) {
      return fail(Code::not_authorised, "file.exists", target + " exists; it is left as it is");
    }
    return io_error("cannot create", target);
  }
  if (::unlink(unfinished.c_str()) != 0) return io_error("cannot remove", unfinished);
  return {};
}

}  // namespace

Result<void> write_private_file(const std::filesystem::path& path, ByteView bytes, Replace replace) {
  std::array<std::uint8_t, 8> random = {};
  random_bytes(random);
  const std::string target = path.string();
  const std::string unfinished = target + "." + to_hex(random) + ".new";
  const Descriptor fd(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.open()) return io_error("cannot create", unfinished);
  Unfinished guard(unfinished);
  if (::fchmod(fd.get(), 0600) != 0) return io_error("cannot protect", unfinished);
  if (auto written = write_all(fd.get(), bytes, unfinished); !written) return written;
  if (::fsync(fd.get()) != 0) return io_error("cannot sync", unfinished);
  if (auto placed = put_in_place(unfinished, target, replace); !placed) return placed;
  guard.in_place();
  return sync_directory_of(path);
}

Result<Bytes> read_private_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const std::string target = path.string();
  // O_NONBLOCK: a FIFO in the file's place must not hang the program before it is refused
  const Descriptor fd(::open(target.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.open() && errno == ENOENT)
    return fail(Code::not_found, "file.not_found", "there is no file " + target);
  if (!fd.open()) return io_error("cannot open", target);
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) return io_error("cannot examine", target);
  if (!S_ISREG(status.st_mode)) return fail(Code::malformed, "file.kind", target + " is not a regular file");
  if ((status.st_mode & 077) != 0) {
    return fail(Code::not_authorised, "file.mode",
                target + " may be read or written by others than its owner; chmod 600 it");
  }
  Bytes bytes(bytes_max + 1);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("cannot read", target);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytes_max) {
    wipe(bytes);
    return fail(Code::malformed, "file.too_large",
                target + " is longer than " + std::to_string(bytes_max) + " bytes");
  }
  bytes.resize(size);  // shrinks in place: no copy of a secret stays behind
  return bytes;
}

}  // namespace anta
