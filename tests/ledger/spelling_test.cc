#include "storage/ledger/spelling.h"

#include <gtest/gtest.h>

#include <array>

namespace anta {
namespace {

constexpr std::array<std::string_view, 4> known = {"lot", "dispatch", "receipt", "receipt-answer"};

TEST(Spelling, FindsWhatWasMeant) {
  // Goal: one letter missing, doubled, changed or swapped leads to the word that was meant.
  EXPECT_EQ(nearest_word("dispach", known), "dispatch");
  EXPECT_EQ(nearest_word("dispattch", known), "dispatch");
  EXPECT_EQ(nearest_word("reciept", known), "receipt");
  EXPECT_EQ(nearest_word("lots", known), "lot");
  EXPECT_EQ(suggestion("recept", known), "; did you mean \"receipt\"?");
}

TEST(Spelling, StaysSilentWhereNothingIsNear) {
  // Goal: far words and overlong ones get no suggestion.
  EXPECT_EQ(nearest_word("weighbridge", known), std::nullopt);
  EXPECT_EQ(nearest_word("xy", known), std::nullopt);
  EXPECT_EQ(suggestion(std::string(5000, 'l'), known), "");
}

}  // namespace
}  // namespace anta
