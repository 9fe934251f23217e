#include "cli/text_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>

#include "cli/replaced_file.h"

namespace anta {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

tl::unexpected<Error> failed(const std::string& path, const std::string& what) {
  const Code code = errno == ENOENT ? Code::not_found : Code::io;
  return tl::unexpected(
      Error{code, code == Code::io ? "io" : "not_found", path + ": " + what + ": " + std::strerror(errno)});
}

Result<void> replace(const std::string& path, ByteView bytes, bool synced) {
  ReplacedFile file(path);
  if (auto opened = file.open(); !opened) return opened;
  file.write(bytes);
  return file.finish(synced);
}

// "/dev/stdout", whatever it is connected to: opened anew, a file there would begin again from its start.
bool is_stdout(const std::string& path) {
  struct stat named = {}, ours = {};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(STDOUT_FILENO, &ours) == 0 &&
         named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
}

}  // namespace

Result<Bytes> read_file(const std::string& path, std::size_t bytes_max) {
  File opened(path == "-" ? nullptr : std::fopen(path.c_str(), "rbe"));
  if (path != "-" && !opened) return failed(path, "cannot read");
  std::FILE* file = opened ? opened.get() : stdin;
  Bytes bytes;
  std::uint8_t chunk[1 << 16];
  while (const std::size_t got = std::fread(chunk, 1, sizeof chunk, file)) {
    if (bytes.size() + got > bytes_max) {
      return tl::unexpected(Error{Code::malformed, "too_large",
                                  path + " is larger than " + std::to_string(bytes_max >> 20) + " MiB"});
    }
    bytes.insert(bytes.end(), chunk, chunk + got);
  }
  if (std::ferror(file)) return failed(path, "cannot read");
  return bytes;
}

Result<void> put_file(const std::string& path, ByteView bytes) { return replace(path, bytes, false); }

Result<void> write_file(const std::string& path, ByteView bytes) {
  if (path != "-" && !is_stdout(path)) return replace(path, bytes, true);
  std::cout.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return written_out();
}

Result<void> written_out() {
  if (std::cout.flush()) return {};
  return tl::unexpected(Error{Code::io, "io", "the standard output cannot be written to its end"});
}

}  // namespace anta
