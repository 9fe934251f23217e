#include "cli/backup_target.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace anta {

tl::unexpected<Error> BackupTarget::failed(const std::string& what) const {
  return fail(Code::io, "io", what + ": " + std::strerror(errno));
}

BackupTarget::~BackupTarget() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<BackupTarget>> BackupTarget::open(const std::string& file, bool replace) {
  std::error_code ignored;
  if (!replace && std::filesystem::exists(file, ignored))
    return fail(Code::not_authorised, "backup.exists", file + " is there already, and stays as it is");
  std::unique_ptr<BackupTarget> target(new BackupTarget(file, replace));
  target->fd_ = ::open(target->part().c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (target->fd_ < 0) return target->failed(target->part());
  if (::flock(target->fd_, LOCK_EX | LOCK_NB) != 0)
    return fail(Code::busy, "backup.part_in_use", "another anta writes " + target->part());
  // Also of one that was there: it holds what its own mode let others read, and from here on more.
  if (::fchmod(target->fd_, 0600) != 0) return target->failed(target->part());
  if (auto gone_on = target->go_on(); !gone_on) return pass(gone_on);
  return target;
}

// Up to the last whole record; what was being written behind it is cut off.
Result<void> BackupTarget::go_on() {
  const BackupSource source = [this](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const ssize_t n = ::read(fd_, into.data(), into.size());
    if (n < 0) return failed(part());
    return static_cast<std::size_t>(n);
  };
  while (true) {
    const auto record = reader_.next(source);
    if (record && *record) continue;
    if (record || record.error().rule == "backup.truncated") break;
    if (record.error().code != Code::corrupt) return pass(record);
    return fail(Code::corrupt, "backup.part",
                part() + ", which an earlier call left, is damaged: " + record.error().message);
  }
  // An order asks for entries: a beginning alone is nothing to go on from. What is complete is an earlier
  // backup that was never put in its place, perhaps long ago and of another network: this one begins anew.
  if (reader_.last().value == 0 || reader_.ended()) reader_ = {};
  found_ = reader_.place();
  if (::ftruncate(fd_, static_cast<off_t>(found_)) != 0 || ::lseek(fd_, 0, SEEK_END) < 0)
    return failed(part());
  return {};
}

Result<void> BackupTarget::append(ByteView records) {
  for (std::size_t done = 0; done < records.size();) {
    const ssize_t n = ::write(fd_, records.data() + done, records.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed(part());
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Result<void> BackupTarget::finish() {
  if (::fsync(fd_) != 0) return failed(part());
  if (replace_) {
    if (std::rename(part().c_str(), file_.c_str()) != 0) return failed(file_);
  } else {
    if (::link(part().c_str(), file_.c_str()) != 0 && errno == EEXIST)
      return fail(Code::not_authorised, "backup.exists",
                  file_ + " has appeared meanwhile, and stays as it is; the backup is " + part());
    if (::access(file_.c_str(), F_OK) != 0) return failed(file_);
    ::unlink(part().c_str());
  }
  const std::filesystem::path directory = std::filesystem::absolute(file_).parent_path();
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return synced ? Result<void>{} : failed(directory.string());
}

}  // namespace anta
