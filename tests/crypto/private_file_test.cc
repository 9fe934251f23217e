#include "crypto/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/crypto/outcome.h"
#include "tests/crypto/temporary_directory.h"

namespace anta {
namespace {

using test::outcome;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

std::size_t entries(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(PrivateFile, IsReadableByItsOwnerOnlyWhateverTheUmask) {
  // Goal: mode 0600 exactly, with a generous umask and with a strict one.
  test::TemporaryDirectory directory;
  for (mode_t mask : {mode_t{0}, mode_t{0277}}) {
    const auto path = directory.path() / std::to_string(mask);
    const mode_t before = ::umask(mask);
    auto written = write_private_file(path, as_bytes("secret"));
    ::umask(before);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(mode_of(path), 0600U);
    EXPECT_EQ(as_text(*read_private_file(path)), "secret");
  }
}

TEST(PrivateFile, LeavesAnExistingFileUnlessToldToReplace) {
  // Goal: without Replace::yes the old content stays and the error says why; no unfinished file is left
  // either way.
  test::TemporaryDirectory directory;
  const auto path = directory.path() / "key";
  ASSERT_TRUE(write_private_file(path, as_bytes("first")));
  auto refused = write_private_file(path, as_bytes("second"));
  EXPECT_EQ(outcome(refused), "file.exists");
  EXPECT_EQ(as_text(*read_private_file(path)), "first");
  EXPECT_EQ(entries(directory.path()), 1U);
  ASSERT_TRUE(write_private_file(path, as_bytes("second"), Replace::yes));
  EXPECT_EQ(as_text(*read_private_file(path)), "second");
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(entries(directory.path()), 1U);
}

TEST(PrivateFile, RefusesWhatOthersMayTouch) {
  // Goal: any permission of group or others is an error, the owner's own are not.
  test::TemporaryDirectory directory;
  const auto path = directory.path() / "key";
  ASSERT_TRUE(write_private_file(path, as_bytes("secret")));
  for (mode_t mode :
       {mode_t{0640}, mode_t{0620}, mode_t{0610}, mode_t{0604}, mode_t{0602}, mode_t{0601}, mode_t{0644}}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_EQ(outcome(read_private_file(path)), "file.mode") << std::oct << mode;
  }
  for (mode_t mode : {mode_t{0600}, mode_t{0400}}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_EQ(outcome(read_private_file(path)), "ok") << std::oct << mode;
  }
}

TEST(PrivateFile, RefusesOtherThings) {
  // Goal: a missing file, a directory, a FIFO, a file over the limit, and a directory that is not there.
  test::TemporaryDirectory directory;
  auto missing = read_private_file(directory.path() / "none");
  EXPECT_EQ(outcome(missing), "file.not_found");
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_EQ(outcome(read_private_file(directory.path())), "file.kind");
  const auto fifo = directory.path() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(outcome(read_private_file(fifo)), "file.kind");
  const auto path = directory.path() / "key";
  ASSERT_TRUE(write_private_file(path, as_bytes("12345")));
  EXPECT_EQ(outcome(read_private_file(path, 5)), "ok");
  EXPECT_EQ(outcome(read_private_file(path, 4)), "file.too_large");
  EXPECT_EQ(outcome(write_private_file(directory.path() / "no" / "key", as_bytes("x"))), "file.io");
}

}  // namespace
}  // namespace anta
