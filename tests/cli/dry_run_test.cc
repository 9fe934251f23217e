#include "cli/dry_run.h"

#include <gtest/gtest.h>

#include <vector>

namespace anta {
namespace {

std::vector<std::size_t> ends(const std::vector<std::size_t>& sizes, std::size_t bytes_max) {
  std::vector<std::size_t> all;
  for (std::size_t first = 0; first < sizes.size(); first = all.back())
    all.push_back(dry_run_end(sizes, first, bytes_max));
  return all;
}

TEST(DryRun, APartHoldsAsManyStatementsAsANodeTriesOut) {
  // Goal: 256 are one question, one more is another.
  EXPECT_EQ(ends(std::vector<std::size_t>(256, 1), 1000), (std::vector<std::size_t>{256}));
  EXPECT_EQ(ends(std::vector<std::size_t>(257, 1), 1000), (std::vector<std::size_t>{256, 257}));
  EXPECT_EQ(ends(std::vector<std::size_t>(513, 1), 1000), (std::vector<std::size_t>{256, 512, 513}));
}

TEST(DryRun, APartFitsTheBody) {
  // Goal: a body is full and never over; what alone is over goes alone, for the node to refuse.
  EXPECT_EQ(ends({40, 60}, 100), (std::vector<std::size_t>{2}));
  EXPECT_EQ(ends({40, 60, 1}, 100), (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(ends({40, 61}, 100), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(ends({1, 101, 1, 1}, 100), (std::vector<std::size_t>{1, 2, 4}));
  EXPECT_TRUE(ends({}, 100).empty());
}

}  // namespace
}  // namespace anta
