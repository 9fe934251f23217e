// What --out and --evidence write over (cli/text_file.h, cli/replaced_file.h).
#include "cli/replaced_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "cli/text_file.h"
#include "tests/crypto/temporary_directory.h"

namespace anta::test {
namespace {

namespace fs = std::filesystem;

struct Written : testing::Test {
  std::string at(const std::string& name) const { return directory.path() / name; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory.path()), {}));
  }
  static std::string text_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static mode_t kind_of(const std::string& path) {
    struct stat found = {};
    EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
    return found.st_mode;
  }
  TemporaryDirectory directory = {};
};

Result<void> write_text(const std::string& path, std::string_view text) {
  return write_file(path, as_bytes(text));
}

// Goal: --out on a link replaces the file that it leads to, also one that is not there yet; the link was
// replaced by a file.
TEST_F(Written, ASymlinkStaysOne) {
  fs::create_directory(at("etc"));
  std::ofstream(at("etc/policy.txt")) << "old";
  fs::create_symlink("etc/policy.txt", at("policy.txt"));
  fs::create_symlink("policy.txt", at("second.txt"));
  ASSERT_TRUE(write_text(at("second.txt"), "new"));
  EXPECT_TRUE(S_ISLNK(kind_of(at("second.txt"))) && S_ISLNK(kind_of(at("policy.txt"))));
  EXPECT_EQ(text_of(at("etc/policy.txt")), "new");
  fs::create_symlink("etc/later.txt", at("later.txt"));
  ASSERT_TRUE(write_text(at("later.txt"), "made"));
  EXPECT_TRUE(S_ISLNK(kind_of(at("later.txt"))));
  EXPECT_EQ(text_of(at("etc/later.txt")), "made");
  fs::create_symlink("loop.txt", at("loop.txt"));
  EXPECT_FALSE(write_text(at("loop.txt"), "never"));
}

// Goal: a device is written to (as root, --out /dev/null made a regular file of it), a pipe, and the standard
// output whatever it is.
TEST_F(Written, WhatIsNoRegularFileIsWrittenTo) {
  fs::create_symlink("/dev/null", at("null"));
  ASSERT_TRUE(write_text(at("null"), "gone"));
  EXPECT_TRUE(S_ISLNK(kind_of(at("null"))));
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  const int reader = ::open(at("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(write_text(at("pipe"), "through"));
  ASSERT_TRUE(S_ISFIFO(kind_of(at("pipe"))));
  char got[16] = {};
  EXPECT_EQ(::read(reader, got, sizeof got), 7);
  EXPECT_STREQ(got, "through");
  ::close(reader);
  fs::create_symlink("/dev/stdout", at("stdout"));
  testing::internal::CaptureStdout();
  const auto written = write_text(at("stdout"), "to the file that stdout is");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "to the file that stdout is");
  EXPECT_TRUE(written);
  EXPECT_TRUE(S_ISLNK(kind_of(at("stdout"))));
  EXPECT_EQ(files(), 3u);
  EXPECT_FALSE(write_text(directory.path(), "a directory"));
}

// Goal: `certificate refresh` leaves a file of mode 0600 to its owner; it made it readable by all.
TEST_F(Written, TheModeOfAFileStays) {
  for (const mode_t mode : {mode_t{0600}, mode_t{0640}, mode_t{0666}}) {
    std::ofstream(at("lot.anta")) << "old";
    ASSERT_EQ(::chmod(at("lot.anta").c_str(), mode), 0);
    ASSERT_TRUE(write_text(at("lot.anta"), "new"));
    EXPECT_EQ(kind_of(at("lot.anta")) & 07777, mode);
    EXPECT_EQ(text_of(at("lot.anta")), "new");
  }
}

// Goal: the name beside was FILE.new for all: two runs wrote one file, and a link that another had laid there
// was followed.
TEST_F(Written, TwoRunsDoNotMeet) {
  std::ofstream(at("secret")) << "untouched";
  fs::create_symlink("secret", at("out.new"));
  ReplacedFile first(at("out")), second(at("out"));
  ASSERT_TRUE(first.open() && second.open());
  ASSERT_TRUE(first.write(as_bytes("the first, which is longer")) && second.write(as_bytes("the second")));
  ASSERT_TRUE(first.finish(true));
  EXPECT_EQ(text_of(at("out")), "the first, which is longer");
  ASSERT_TRUE(second.finish(true));
  EXPECT_EQ(text_of(at("out")), "the second");
  ASSERT_TRUE(write_text(at("out"), "a third"));
  EXPECT_EQ(text_of(at("secret")), "untouched");
}

// Goal: where the disk is full the old file is whole, and nothing half written stays beside it.
TEST_F(Written, AFullDiskLeavesNothing) {
  std::ofstream(at("out")) << "old";
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1'000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = write_text(at("out"), std::string(100'000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::io);
  EXPECT_EQ(text_of(at("out")), "old");
  EXPECT_EQ(files(), 1u);
}

// Goal: a directory that is not there is told as that.
TEST_F(Written, WhereNoDirectoryIsIsNotFound) {
  EXPECT_EQ(write_text(at("nowhere/out"), "x").error().code, Code::not_found);
}

}  // namespace
}  // namespace anta::test
