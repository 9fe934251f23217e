#include "node/views/time_text.h"

#include <gtest/gtest.h>

#include "storage/ledger/schema.h"

namespace anta::views {
namespace {

TEST(TimeText, WritesUtcWithMillisecondsOnlyWhereThereAreSome) {
  // Goal: known instants print as RFC 3339 UTC.
  EXPECT_EQ(time_to_text(Millis{0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_to_text(Millis{1'736'528'400'000}), "2025-01-10T17:00:00Z");
  EXPECT_EQ(time_to_text(Millis{1'736'528'400'007}), "2025-01-10T17:00:00.007Z");
  EXPECT_EQ(time_to_text(Millis{-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(time_to_text(Millis{951'782'400'000}), "2000-02-29T00:00:00Z");
  EXPECT_EQ(time_to_text(Millis{schema::time_min}), "0001-01-01T00:00:00Z");
  EXPECT_EQ(time_to_text(Millis{schema::time_max}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(time_to_text(Millis{schema::time_max + 1}), "253402300800000");
}

TEST(TimeText, ReadsAnyOffset) {
  // Goal: the same instant in several offsets and precisions.
  const Millis noon{1'736'528'400'000};
  for (const char* text : {"2025-01-10T17:00:00Z", "2025-01-10T12:00:00-05:00", "2025-01-11T03:30:00+10:30",
                           "2025-01-10t17:00:00.000z", "2025-01-10T17:00:00.000000+00:00"})
    EXPECT_EQ(time_from_text(text), noon) << text;
  EXPECT_EQ(time_from_text("2025-01-10T17:00:00.25Z"), Millis{noon.value + 250});
}

TEST(TimeText, EveryTimeReadsBack) {
  // Goal: writing and reading are inverse, over a walk of the whole range that hits odd days and
  // milliseconds.
  for (std::int64_t at = schema::time_min; at <= schema::time_max; at += 7'919'999'999'991 / 61) {
    const auto again = time_from_text(time_to_text(Millis{at}));
    ASSERT_TRUE(again.has_value()) << at;
    ASSERT_EQ(again->value, at);
  }
}

TEST(TimeText, RefusesWhatIsNoTime) {
  // Goal: days that do not exist, leap seconds, parts of milliseconds, missing offsets, years out of range.
  for (const char* text : {"",
                           "2025-01-10",
                           "2025-01-10T17:00:00",
                           "2025-02-29T00:00:00Z",
                           "2025-13-01T00:00:00Z",
                           "2025-00-01T00:00:00Z",
                           "2025-01-32T00:00:00Z",
                           "2025-01-10T24:00:00Z",
                           "2025-01-10T23:60:00Z",
                           "2016-12-31T23:59:60Z",
                           "2025-01-10T17:00:00.0001Z",
                           "2025-01-10T17:00:00.Z",
                           "2025-01-10T17:00:00+24:00",
                           "2025-01-10T17:00:00-05",
                           "2025-01-10T17:00:00Zx",
                           "0000-01-01T00:00:00Z",
                           "0001-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "+025-01-10T17:00:00Z",
                           "2025-1-10T17:00:00Z"}) {
    const auto time = time_from_text(text);
    ASSERT_FALSE(time.has_value()) << text;
    EXPECT_EQ(time.error().code, Code::malformed);
  }
}

}  // namespace
}  // namespace anta::views
