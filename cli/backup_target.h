// The file that a backup is carried into: written under another name, durable before it has its own.
//
//   FILE.part   grows by whole records; a call that was interrupted leaves it, and the next one goes on from
//               its last whole record. One that has its end, but could not be given its name, may be of
//               last month: it is gone on with from before its end, and stays whole until then. Locked, so
//               that two calls do not write one file.
//   FILE        the same bytes, synced, once the end record is there. A crash leaves one of the two names, or
//               for a moment both.
//
// What stands under the name already is never overwritten unless that was asked for. Both have mode 0600 from
// the beginning, a FILE.part that was there with another mode too: they hold every statement. One thread.
#pragma once

#include <memory>
#include <string>

#include "crypto/error.h"
#include "storage/backup_file.h"

namespace anta {

class BackupTarget {
 public:
  // not_authorised, rule backup.exists: the file is there, and `replace` is false. busy, rule
  // backup.part_in_use. corrupt, rule backup.part: what an earlier call left is no beginning of a backup. io.
  static Result<std::unique_ptr<BackupTarget>> open(const std::string& file, bool replace);
  ~BackupTarget();
  BackupTarget(const BackupTarget&) = delete;
  BackupTarget& operator=(const BackupTarget&) = delete;

  // What is in the file so far; the caller reads the next part with it before it is appended.
  BackupReader& reader() { return reader_; }
  std::uint64_t found() const { return found_; }  // bytes that an earlier call had left
  Result<void> append(ByteView records);
  // Gives it its name. backup.exists: it is taken, and `replace` is false; the backup stays as FILE.part.
  Result<void> finish();

 private:
  BackupTarget(std::string file, bool replace) : file_(std::move(file)), replace_(replace) {}
  Result<void> open_part();
  Result<void> go_on();
  Result<void> name_it();
  tl::unexpected<Error> failed(const std::string& what) const;
  std::string part() const { return file_ + ".part"; }

  std::string file_;
  bool replace_ = false;
  int fd_ = -1;
  std::uint64_t found_ = 0;
  bool appended_ = false;
  BackupReader reader_ = {};
};

}  // namespace anta
