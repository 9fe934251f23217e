#include "crypto/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace anta::test {
namespace {

TEST(KeyedHash, IsTheSameForTheSameBytesAndSpreads) {
  // Goal: equal for equal bytes in one process, and no collision among some thousand that differ little.
  std::set<std::size_t> seen;
  for (int i = 0; i < 5'000; ++i) {
    const std::string text = "L-" + std::to_string(i);
    EXPECT_EQ(keyed_hash(as_bytes(text)), keyed_hash(as_bytes(std::string(text))));
    seen.insert(keyed_hash(as_bytes(text)));
  }
  EXPECT_EQ(seen.size(), 5'000u);
  EXPECT_EQ(keyed_hash({}), keyed_hash(as_bytes("")));
}

}  // namespace
}  // namespace anta::test
