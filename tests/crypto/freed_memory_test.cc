// What secrets leave in memory that went back to the heap. This program's operator delete looks at every
// block while a test asks it to.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "crypto/sealed.h"
#include "crypto/text.h"
#include "tests/crypto/outcome.h"
#include "tests/crypto/temporary_directory.h"

namespace {

// 40 hex digits of a seed: plain memory, so that looking for them allocates nothing.
char looked_for[40] = {};
std::atomic<bool> looking = false;
std::atomic<int> found = 0;

void look(void* block) {
  if (!looking || !block) return;
  const std::size_t size = ::malloc_usable_size(block);
  if (::memmem(block, size, looked_for, sizeof looked_for) != nullptr) ++found;
  std::memset(block, 0, size);  // whoever gets the block next does not own what was in it
}

}  // namespace

void* operator new(std::size_t size) {
  void* block = std::malloc(size == 0 ? 1 : size);
  if (!block) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept {
  look(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace anta {
namespace {

// A seed of 32 equal bytes, whose two hex digits these are.
void begin_looking_for(const char (&digits)[3]) {
  for (std::size_t i = 0; i < sizeof looked_for; ++i)
    looked_for[i] = digits[i % 2];
  found = 0;
  looking = true;
}

TEST(FreedMemory, TheWatchFindsWhatIsLeft) {
  // Goal: the watch itself works, so that its silence below means something.
  begin_looking_for("a5");
  {
    const std::string left = to_hex(test::seed(0xA5).view());
  }
  looking = false;
  EXPECT_EQ(found, 1);
}

TEST(FreedMemory, SeedFilesLeaveNoHexOfTheSeed) {
  // Goal: writing and reading a seed file leave no copy of its digits in freed memory.
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "node.seed";
  begin_looking_for("c3");
  const auto written = write_seed_file(path, test::seed(0xC3));
  const auto read = read_seed_file(path);
  looking = false;
  ASSERT_TRUE(written && read);
  EXPECT_TRUE(same_secret(*read, test::seed(0xC3)));
  EXPECT_EQ(found, 0);
}

}  // namespace
}  // namespace anta
