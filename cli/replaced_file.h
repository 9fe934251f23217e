// A file that is written under a name of its own and put in its place in one step, so that the old one stays
// whole until the new one is.
//
// What stands there says how: a symlink stays one, and the file behind it is replaced; a file's mode stays as
// it is, and its owner where that may be given (a new one has 0644 less the umask); what is no regular file
// (a device, a pipe) is written to. The other name is "<file>.<16 hex digits>.new", made new each time: two
// runs at once do not meet, and nobody else can lay a link there. What does not come to its end leaves
// nothing, but for a crash. One thread.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

class ReplacedFile {
 public:
  explicit ReplacedFile(std::string path) : path_(std::move(path)) {}
  ~ReplacedFile();
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  // io; not_found: the directory is not there.
  Result<void> open();
  bool write(ByteView bytes);  // false: finish() says so too
  // Puts it in its place; `synced`: its content is on the disk before, so whole over a loss of power.
  Result<void> finish(bool synced);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Result<void> take(int fd, const std::string& name);

  std::string path_;
  std::string target_ = {};  // behind the links
  std::string beside_ = {};  // empty: written directly, or in its place
  std::unique_ptr<std::FILE, Close> file_ = {};
  bool good_ = true;
};

}  // namespace anta
