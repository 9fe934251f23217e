#include "cli/backup_target.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

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

}  // namespace
}  // namespace anta::test
