#include "net/serve_ranges.h"

#include <gtest/gtest.h>

#include <string>

namespace genro::storage {
namespace {

/// "0-4 7-9" (half-open ends made inclusive), "whole" or "none".
std::string asked(std::string_view field, std::uint64_t size = 10) {
  const AskedRanges found = parse_ranges(field, size);
  if (found.kind == AskedRanges::Kind::whole) return "whole";
  if (found.kind == AskedRanges::Kind::unsatisfiable) return "none";
  std::string text;
  for (const ByteRange& range : found.ranges) {
    text += (text.empty() ? "" : " ") + std::to_string(range.begin) + '-' + std::to_string(range.end - 1);
  }
  return text;
}

TEST(ServeRanges, a_range_ends_where_it_says_or_where_the_file_does) {
  EXPECT_EQ(asked("bytes=0-4"), "0-4");
  EXPECT_EQ(asked("bytes=3-"), "3-9");
  EXPECT_EQ(asked("bytes=9-9"), "9-9");
  EXPECT_EQ(asked("bytes=5-100"), "5-9");
  EXPECT_EQ(asked("bytes=0-99999999999999999999999999"), "0-9");
  EXPECT_EQ(asked("BYTES = 0-4"), "0-4");
}

TEST(ServeRanges, a_suffix_is_counted_from_the_end) {
  EXPECT_EQ(asked("bytes=-3"), "7-9");
  EXPECT_EQ(asked("bytes=-10"), "0-9");
  EXPECT_EQ(asked("bytes=-99999999999999999999"), "0-9");
  EXPECT_EQ(asked("bytes=-0"), "none");
}

TEST(ServeRanges, several_keep_their_order) {
  EXPECT_EQ(asked("bytes=0-1,4-5,-1"), "0-1 4-5 9-9");
  EXPECT_EQ(asked("bytes=8-9, 0-1 ,4-4"), "8-9 0-1 4-4");
  EXPECT_EQ(asked("bytes=,0-1,,"), "0-1");
  EXPECT_EQ(asked("bytes=0-1,50-60"), "0-1");
  EXPECT_EQ(asked("bytes=50-60,70-"), "none");
}

TEST(ServeRanges, overlapping_ones_become_one) {
  EXPECT_EQ(asked("bytes=0-4,2-6"), "0-6");
  EXPECT_EQ(asked("bytes=5-9,0-1,4-6"), "4-9 0-1");
  EXPECT_EQ(asked("bytes=0-,0-,0-"), "0-9");
  EXPECT_EQ(asked("bytes=0-4,5-9"), "0-4 5-9");  // they only touch
}

TEST(ServeRanges, what_is_no_range_is_ignored) {
  for (const char* field :
       {"", "bytes", "bytes=", "bytes=,", "bytes=a-b", "bytes=1", "bytes=4-2", "bytes=--1", "bytes=-", "bytes=1-2x",
        "bytes=0-1;2-3", "lines=0-1", "=0-1", "bytes=+1-2", "bytes=0-1,x"}) {
    EXPECT_EQ(asked(field), "whole") << field;
  }
}

TEST(ServeRanges, more_than_a_few_are_not_served) {
  std::string field = "bytes=0-0";
  for (std::size_t i = 1; i < kMostRanges; ++i) field += ',' + std::to_string(2 * i) + '-' + std::to_string(2 * i);
  EXPECT_EQ(parse_ranges(field, 1000).ranges.size(), kMostRanges);
  EXPECT_EQ(asked(field + ",900-", 1000), "whole");
}

TEST(ServeRanges, an_empty_file_has_no_parts) {
  EXPECT_EQ(asked("bytes=0-", 0), "none");
  EXPECT_EQ(asked("bytes=0-0", 0), "none");
  EXPECT_EQ(asked("bytes=-5", 0), "whole");
}

}  // namespace
}  // namespace genro::storage
