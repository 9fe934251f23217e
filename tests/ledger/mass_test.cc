#include "storage/ledger/mass.h"

#include <gtest/gtest.h>

#include <limits>

namespace anta {
namespace {

// Goal: ties go to the even neighbour, on both sides of zero, and everything else to the nearest.
TEST(Mass, RoundsHalfToEven) {
  EXPECT_EQ(half_even(1, 1, 2), 0);
  EXPECT_EQ(half_even(3, 1, 2), 2);
  EXPECT_EQ(half_even(5, 1, 2), 2);
  EXPECT_EQ(half_even(-1, 1, 2), 0);
  EXPECT_EQ(half_even(-3, 1, 2), -2);
  EXPECT_EQ(half_even(-5, 1, 2), -2);
  EXPECT_EQ(half_even(499999, 1, 1000000), 0);
  EXPECT_EQ(half_even(500001, 1, 1000000), 1);
  EXPECT_EQ(half_even(-500001, 1, 1000000), -1);
  EXPECT_EQ(half_even(7, 1, 3), 2);
  EXPECT_EQ(half_even(8, 1, 3), 3);
}

// Goal: the intermediate product may be far above 64 bits.
TEST(Mass, KeepsLargeProducts) {
  EXPECT_EQ(half_even(grams_max, 999999, 1000000), 9007190247541736);  // ....736.259
}

// Goal: dry and Cu are each rounded once, Cu from the rounded dry.
TEST(Mass, ComputesDryAndCopper) {
  payload::Measurement m;
  m.wet_g = Grams{21700241};
  m.moisture_ppm = Ppm{86000};
  m.cu_ppm = Ppm{246000};
  const state::Figures figures = figures_of(m);
  EXPECT_EQ(figures.dry_g.value, 19834020);
  EXPECT_EQ(figures.cu_g.value, 4879169);
  EXPECT_EQ(dry_of(Grams{5}, Ppm{500000}).value, 2);  // 2.5
  EXPECT_EQ(dry_of(Grams{7}, Ppm{500000}).value, 4);  // 3.5
  EXPECT_EQ(cu_of(Grams{100}, Ppm{5000}).value, 0);   // 0.5
  EXPECT_EQ(cu_of(Grams{300}, Ppm{5000}).value, 2);   // 1.5
}

// Goal: a limit is included, the next gram is not, and nothing is rounded before the comparison.
TEST(Mass, ComparesLimitsExactly) {
  EXPECT_TRUE(within(20, 20000, 1000));
  EXPECT_TRUE(within(-20, 20000, 1000));
  EXPECT_FALSE(within(21, 20000, 1000));
  EXPECT_FALSE(within(20, 20000, 999));  // 19.98 allowed
  EXPECT_TRUE(within(0, 0, 0));
  EXPECT_FALSE(within(1, 1000000, 0));
  EXPECT_TRUE(ratio_between(80, 100, 800000, 940000));
  EXPECT_TRUE(ratio_between(94, 100, 800000, 940000));
  EXPECT_FALSE(ratio_between(95, 100, 800000, 940000));
  EXPECT_FALSE(ratio_between(79, 100, 800000, 940000));
  EXPECT_TRUE(ratio_between(0, 0, 800000, 940000));
}

// Goal: a draw keeps its lot's grade within half a percent of its own copper.
TEST(Mass, KeepsTheGrade) {
  const auto keeps = [](std::int64_t dry, std::int64_t cu) {
    return keeps_grade(Grams{dry}, Grams{cu}, Grams{1000000}, Grams{50000}, 5000);
  };
  EXPECT_TRUE(keeps(100000, 5000));
  EXPECT_TRUE(keeps(100000, 5025));
  EXPECT_FALSE(keeps(100000, 5026));
  EXPECT_TRUE(keeps(100000, 4975));
  EXPECT_FALSE(keeps(100000, 4974));
  EXPECT_TRUE(keeps(0, 0));
  EXPECT_FALSE(keeps(0, 1));
  const Grams most{grams_max};
  EXPECT_TRUE(keeps_grade(most, most, most, most, 5000));
}

// Goal: no sum leaves what a record can hold.
TEST(Mass, ChecksSums) {
  EXPECT_EQ(add(Grams{grams_max - 1}, Grams{1}), Grams{grams_max});
  EXPECT_EQ(add(Grams{grams_max}, Grams{1}), std::nullopt);
  EXPECT_EQ(subtract(Grams{1}, Grams{1}), Grams{0});
  EXPECT_EQ(subtract(Grams{1}, Grams{2}), std::nullopt);
  EXPECT_EQ(shifted(Grams{1}, std::numeric_limits<std::int64_t>::min()), std::nullopt);
  EXPECT_EQ(checked_sum(std::numeric_limits<std::int64_t>::max(), 1), std::nullopt);
  EXPECT_EQ(checked_sum(std::numeric_limits<std::int64_t>::min(), -1), std::nullopt);
  EXPECT_EQ(checked_sum(-5, 3), -2);
}

}  // namespace
}  // namespace anta
