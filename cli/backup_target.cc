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
  if (auto opened = target->open_part(); !opened) return pass(opened);
  if (::flock(target->fd_, LOCK_EX | LOCK_NB) != 0)
    return fail(Code::busy, "backup.part_in_use", "another anta writes " + target->part());
  // Also of one that was there: it holds what its own mode let others read, and from here on more.
  if (::fchmod(target->fd_, 0600) != 0) return target->failed(target->part());
  if (auto gone_on = target->go_on(); !gone_on) return pass(gone_on);
  return target;
}

// A part that is the finished file under its other name, after a crash between link and unlink, is that
// file's: what is written from here on is not.
Result<void> BackupTarget::open_part() {
  struct stat of_part = {}, of_file = {};
  if (::lstat(part().c_str(), &of_part) == 0 && ::stat(file_.c_str(), &of_file) == 0 &&
      of_part.st_dev == of_file.st_dev && of_part.st_ino == of_file.st_ino && ::unlink(part().c_str()) != 0)
    return failed(part());
  fd_ = ::open(part().c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  return fd_ < 0 ? failed(part()) : Result<void>{};
}

// Up to the last whole record that is no end; what stands behind it is cut off by the first append.
Result<void> BackupTarget::go_on() {
  const BackupSource source = [this](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const ssize_t n = ::read(fd_, into.data(), into.size());
    if (n < 0) return failed(part());
    return static_cast<std::size_t>(n);
  };
  BackupReader before_end;
  while (true) {
    const auto record = reader_.next(source);
    if (record && *record) {
      if (!reader_.ended()) before_end = reader_;
      continue;
    }
    if (record || record.error().rule == "backup.truncated") break;
    if (record.error().code != Code::corrupt) return pass(record);
    return fail(Code::corrupt, "backup.part",
                part() + ", which an earlier call left, is damaged: " + record.error().message);
  }
  reader_ = before_end;
  // An order asks for entries: a beginning alone is nothing to go on from.
  if (reader_.last().value == 0) reader_ = {};
  found_ = reader_.place();
  return {};
}

Result<void> BackupTarget::append(ByteView records) {
  if (!appended_ && (::ftruncate(fd_, static_cast<off_t>(found_)) != 0 || ::lseek(fd_, 0, SEEK_END) < 0))
    return failed(part());
  appended_ = true;
  for (std::size_t done = 0; done < records.size();) {
    const ssize_t n = ::write(fd_, records.data() + done, records.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed(part());
    done += static_cast<std::size_t>(n);
  }
  return {};
}

// Without replacing what has appeared meanwhile. Where the file system has no hard links, by a rename that
// does not replace; where it has neither, the error is that of the link.
Result<void> BackupTarget::name_it() {
  if (::link(part().c_str(), file_.c_str()) == 0) {
    ::unlink(part().c_str());
    return {};
  }
  const int error = errno;
  if (error != EEXIST &&
      ::renameat2(AT_FDCWD, part().c_str(), AT_FDCWD, file_.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  if (error == EEXIST || errno == EEXIST) {
    return fail(Code::not_authorised, "backup.exists",
                file_ + " has appeared meanwhile, and stays as it is; the backup is " + part());
  }
  errno = error;
  return failed(file_ + " (the backup is whole, as " + part() + ")");
}

Result<void> BackupTarget::finish() {
  if (::fsync(fd_) != 0) return failed(part());
  if (replace_) {
    if (std::rename(part().c_str(), file_.c_str()) != 0) return failed(file_);
  } else if (auto named = name_it(); !named) {
    return named;
  }
  const std::filesystem::path directory = std::filesystem::absolute(file_).parent_path();
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return synced ? Result<void>{} : failed(directory.string());
}

}  // namespace anta
