#include "cli/backup_target.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/crypto/temporary_directory.h"

namespace {
std::atomic<int> link_error = 0;  // what link(2) fails with, as where there are no hard links
}

// In the place of the C library's, for this program.
extern "C" int link(const char* from, const char* to) noexcept {
  if (link_error != 0) {
    errno = link_error;
    return -1;
  }
  return ::linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

namespace anta::test {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat found = {};
  EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

TEST(BackupTarget, ItsFilesAreItsOwnersFromTheBeginning) {
  // Goal: FILE.part has mode 0600 before it holds anything, also where somebody made it with another mode.
  std::string directory = testing::TempDir() + "anta-backup-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  for (const bool found : {false, true}) {
    const std::string file = directory + (found ? "/found" : "/new");
    if (found) {
      std::ofstream(file + ".part") << "left by another";
      ASSERT_EQ(::chmod((file + ".part").c_str(), 0644), 0);
    }
    const auto target = BackupTarget::open(file, false);
    ASSERT_EQ(mode_of(file + ".part"), 0600u) << found;
  }
  std::filesystem::remove_all(directory);
}

// A whole backup of a ledger of one entry, and what comes before its end.
struct Whole {
  Whole() {
    const Bytes genesis = to_bytes(as_bytes("a genesis"));
    bytes = backup_beginning(genesis);
    const LogEntry entry = make_entry(LogIndex{1}, {}, std::make_shared<const Bytes>());
    EXPECT_TRUE(append_backup_entry(bytes, entry));
    beginning = bytes;
    append_backup_end(bytes, LogIndex{1}, entry.hash, "a note");
    end.assign(bytes.begin() + static_cast<std::ptrdiff_t>(beginning.size()), bytes.end());
  }
  Bytes bytes = {}, beginning = {}, end = {};
};

struct BackupNamed : testing::Test {
  // As a call does that carries what is not there yet.
  Result<void> finish(bool replace) {
    target.reset();
    auto opened = BackupTarget::open(file, replace);
    if (!opened) return pass(opened);
    target = std::move(*opened);
    const Bytes& part = target->found() == whole.beginning.size() ? whole.end : whole.bytes;
    if (auto put = target->append(part); !put) return put;
    if (appears) std::ofstream(file) << "another's";
    return target->finish();
  }
  Bytes content(const std::string& ending = {}) const {
    std::ifstream in(file + ending, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  const TemporaryDirectory directory = {};
  const std::string file = directory.path() / "ledger.backup";
  const Whole whole = {};
  std::unique_ptr<BackupTarget> target = {};
  bool appears = false;
};

TEST_F(BackupNamed, AFinishedPartIsNotThrownAway) {
  // Goal: a backup that could not get its name stays whole in FILE.part, and the next call goes on from
  // before its end: who obeyed backup.exists by --replace saw it cut to nothing, before any node had
  // answered.
  appears = true;
  const auto refused = finish(false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().rule, "backup.exists");
  EXPECT_EQ(content(".part"), whole.bytes);
  target.reset();
  target = *BackupTarget::open(file, true);  // and no node answers
  EXPECT_EQ(content(".part"), whole.bytes);
  EXPECT_EQ(target->found(), whole.beginning.size());
  EXPECT_FALSE(target->reader().ended());
  EXPECT_EQ(target->reader().last(), LogIndex{1});
  appears = false;
  ASSERT_TRUE(finish(true));
  EXPECT_EQ(content(), whole.bytes);
  EXPECT_FALSE(std::filesystem::exists(file + ".part"));
}

TEST_F(BackupNamed, WhereThereAreNoHardLinksItIsRenamed) {
  // Goal: link fails with EPERM or EOPNOTSUPP (vfat, some network file systems); the error was "No such file
  // or directory". What has appeared meanwhile stays here, too.
  for (const int error : {EPERM, EOPNOTSUPP}) {
    link_error = error;
    appears = true;
    EXPECT_EQ(finish(false).error().rule, "backup.exists");
    std::filesystem::remove(file);
    appears = false;
    const auto named = finish(false);
    link_error = 0;
    ASSERT_TRUE(named) << named.error().message;
    EXPECT_EQ(content(), whole.bytes);
    EXPECT_FALSE(std::filesystem::exists(file + ".part"));
    std::filesystem::remove(file);
  }
}

TEST_F(BackupNamed, APartThatIsTheFileIsNotWrittenInto) {
  // Goal: after a crash between link and unlink both names are one file; the next call with --replace cut the
  // good backup short before it had another.
  ASSERT_TRUE(finish(false));
  std::filesystem::create_hard_link(file, file + ".part");
  target = *BackupTarget::open(file, true);
  EXPECT_FALSE(target->reader().ended());
  ASSERT_TRUE(target->append(as_bytes("the next one's beginning")));
  EXPECT_EQ(content(), whole.bytes);
}

}  // namespace
}  // namespace anta::test
