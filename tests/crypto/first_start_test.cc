#include "crypto/first_start.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "crypto/private_file.h"
#include "crypto/sealed.h"
#include "tests/crypto/temporary_directory.h"

namespace anta {
namespace {

Secret32 some_seed() { return *Secret32::random(); }

TEST(FirstStart, PermissionIsGivenOnceWithTheSeed) {
  // Goal: a new seed has it, taking it is for ever, and making the seed again does not give it back.
  const test::TemporaryDirectory directory;
  const auto seed = directory.path() / "node.seed";
  EXPECT_FALSE(*may_begin(seed));
  ASSERT_TRUE(write_new_seed(seed, some_seed()));
  EXPECT_TRUE(*may_begin(seed));
  struct stat status = {};
  ASSERT_EQ(::stat(first_start_file(seed).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  const auto data = directory.path() / "a" / "b";
  std::filesystem::create_directories(data);
  ASSERT_TRUE(end_first_start(seed, data));
  EXPECT_FALSE(*may_begin(seed));
  EXPECT_TRUE(end_first_start(seed, data));  // a second time changes nothing
  const auto again = write_new_seed(seed, some_seed());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().rule, "file.exists");
  EXPECT_FALSE(*may_begin(seed));
}

TEST(FirstStart, ACrashBetweenPermissionAndSeedLeavesBothToBeMade) {
  // Goal: the permission without a seed is what step 1 leaves; the same command completes it.
  const test::TemporaryDirectory directory;
  const auto seed = directory.path() / "node.seed";
  ASSERT_TRUE(write_private_file(first_start_file(seed), as_bytes("new"), Replace::no));
  ASSERT_TRUE(write_new_seed(seed, some_seed()));
  EXPECT_TRUE(*may_begin(seed));
  EXPECT_TRUE(read_seed_file(seed));
}

TEST(FirstStart, APermissionThatCannotBeRemovedIsNamed) {
  // Goal: what cannot be taken away stops the start, with the file's name and the next step.
  const test::TemporaryDirectory directory;
  const auto seed = directory.path() / "node.seed";
  std::filesystem::create_directory(first_start_file(seed));  // unlink(2) refuses a directory, for root too
  const auto ended = end_first_start(seed, directory.path());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().rule, "store.first_start");
  EXPECT_NE(ended.error().message.find(first_start_file(seed).string()), std::string::npos);
  EXPECT_NE(ended.error().message.find("Next step"), std::string::npos);
}

}  // namespace
}  // namespace anta
