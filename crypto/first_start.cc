#include "crypto/first_start.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "crypto/private_file.h"
#include "crypto/sealed.h"

namespace anta {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view words =
    "This node has not run yet. While this file is here, antad may make a new ledger for the seed beside "
    "it;\n"
    "antad removes it when it has. Never copy it, and never make it by hand: a node that begins anew after\n"
    "it has run forgets what it promised, and the whole network can lose statements.\n";

tl::unexpected<Error> io_error(const std::string& what, const fs::path& path, int number) {
  return fail(Code::io, "store.first_start",
              what + " " + path.string() + ": " + std::error_code(number, std::generic_category()).message());
}

// fsync(2) of one directory; the error number, or 0.
int sync_one(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int number = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return number;
}

// From the directory up to the root. What this user may not open, it has not changed either.
Result<void> sync_way_to(const fs::path& directory) {
  for (fs::path at = fs::absolute(directory).lexically_normal();; at = at.parent_path()) {
    const int number = sync_one(at);
    if (number != 0 && number != EACCES && number != EPERM && number != EROFS && number != EINVAL)
      return io_error("cannot sync the directory", at, number);
    if (at == at.parent_path()) return {};
  }
}

}  // namespace

fs::path first_start_file(const fs::path& seed) { return seed.string() + ".new"; }

Result<void> write_new_seed(const fs::path& path, const Secret32& seed) {
  std::error_code error;
  if (fs::exists(path, error) || error)
    return fail(Code::not_authorised, "file.exists", path.string() + " exists; it is left as it is");
  if (auto marked = write_private_file(first_start_file(path), as_bytes(words), Replace::yes); !marked)
    return marked;
  auto written = write_seed_file(path, seed);
  // Somebody else's seed came in between: its permission is not ours to give.
  if (!written) fs::remove(first_start_file(path), error);
  return written;
}

Result<bool> may_begin(const fs::path& seed) {
  std::error_code error;
  const bool there = fs::exists(first_start_file(seed), error);
  if (error) return io_error("cannot look for", first_start_file(seed), error.value());
  return there;
}

Result<void> end_first_start(const fs::path& seed, const fs::path& directory) {
  const auto there = may_begin(seed);
  if (!there) return pass(there);
  if (!*there) return {};
  if (auto synced = sync_way_to(directory); !synced) return synced;
  const fs::path file = first_start_file(seed);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
    const int number = errno;
    return fail(Code::io, "store.first_start",
                "cannot remove " + file.string() + ": " +
                    std::error_code(number, std::generic_category()).message() +
                    ". Next step: this node's ledger is made; remove that file, so that it is never made "
                    "again, and start the node");
  }
  const fs::path home = fs::absolute(file).parent_path();
  if (const int number = sync_one(home); number != 0)
    return io_error("cannot sync the directory", home, number);
  return {};
}

}  // namespace anta
