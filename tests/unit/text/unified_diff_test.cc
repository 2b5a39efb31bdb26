// tests/python/test_diff.py compares with difflib itself over many random inputs; here stand the cases worth reading.
#include "text/unified_diff.h"

#include <gmock/gmock.h>

namespace genro::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string diff_of(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> left = split_lines(a);
  const std::vector<std::string_view> right = split_lines(b);
  SequenceMatcher matcher(left, right);
  while (!matcher.step(1)) {
  }
  return unified_diff(left, right, matcher.blocks(), "a", "b");
}

std::string numbered(int begin, int end) {
  std::string text;
  for (int i = begin; i < end; ++i) text += std::to_string(i) + "\n";
  return text;
}

TEST(UnifiedDiff, of_equal_texts_is_empty) {
  EXPECT_EQ(diff_of("one\ntwo\n", "one\ntwo\n"), "");
  EXPECT_EQ(diff_of("", ""), "");
}

TEST(UnifiedDiff, names_both_sides_without_dates_and_counts_lines_from_one) {
  EXPECT_EQ(diff_of("one\ntwo\nthree\n", "one\n2\nthree\n"), "--- a\n+++ b\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n");
}

TEST(UnifiedDiff, leaves_out_a_count_of_one_and_writes_an_empty_range_before_its_place) {
  EXPECT_EQ(diff_of("", "new\n"), "--- a\n+++ b\n@@ -0,0 +1 @@\n+new\n");
  EXPECT_EQ(diff_of("old\n", ""), "--- a\n+++ b\n@@ -1 +0,0 @@\n-old\n");
}

TEST(UnifiedDiff, keeps_three_lines_of_context_and_joins_changes_at_most_six_lines_apart) {
  const std::string before = numbered(0, 30);
  std::string near = before;
  near.replace(near.find("10\n"), 3, "ten\n");
  near.replace(near.find("17\n"), 3, "seventeen\n");
  EXPECT_EQ(diff_of(before, near).find("@@ -8,14 +8,14 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n"), 12U);
  std::string far = before;
  far.replace(far.find("10\n"), 3, "ten\n");
  far.replace(far.find("18\n"), 3, "eighteen\n");
  const std::string text = diff_of(before, far);
  EXPECT_NE(text.find("@@ -8,7 +8,7 @@\n"), std::string::npos);
  EXPECT_NE(text.find("@@ -16,7 +16,7 @@\n"), std::string::npos);
}

TEST(UnifiedDiff, lets_a_last_line_without_an_end_run_into_the_next) {
  EXPECT_EQ(diff_of("one", "two"), "--- a\n+++ b\n@@ -1 +1 @@\n-one+two");
}

TEST(UnifiedDiff, does_not_anchor_on_lines_that_make_up_more_than_a_hundredth_of_a_long_text) {
  // 200 lines, four of them equal: these start no block, though they join one that begins beside them.
  std::string b;
  for (int i = 0; i < 196; ++i) b += "b" + std::to_string(i) + "\n";
  const std::string popular = "x\nx\nx\nx\n";
  SequenceMatcher junked(split_lines(popular), split_lines(b + popular));
  while (!junked.step(1000)) {
  }
  EXPECT_THAT(junked.blocks(), ElementsAre(MatchingBlock{4, 200, 0}));
  SequenceMatcher shorter(split_lines(popular), split_lines(b.substr(3) + popular));  // 199 lines
  while (!shorter.step(1000)) {
  }
  EXPECT_THAT(shorter.blocks(), ElementsAre(MatchingBlock{0, 195, 4}, MatchingBlock{4, 199, 0}));
}

TEST(UnifiedDiff, stops_and_goes_on_at_any_step_with_the_same_outcome) {
  const std::string a = numbered(0, 60) + numbered(30, 90);
  const std::string b = numbered(20, 80) + numbered(0, 40);
  const std::vector<std::string_view> left = split_lines(a);
  const std::vector<std::string_view> right = split_lines(b);
  SequenceMatcher small(left, right);
  int steps = 1;
  while (!small.step(1)) ++steps;
  SequenceMatcher whole(left, right);
  EXPECT_TRUE(whole.step(UINT64_MAX));
  EXPECT_EQ(small.blocks(), whole.blocks());
  EXPECT_GT(steps, 10);
}

TEST(SplitLines, cuts_where_python_cuts_and_keeps_the_ends) {
  EXPECT_THAT(split_lines("a\nb\r\nc\rd\ve\ff\x1cg\x1dh\x1ei\xc2\x85j\xe2\x80\xa8k\xe2\x80\xa9l"),
              ElementsAre("a\n", "b\r\n", "c\r", "d\v", "e\f", "f\x1c", "g\x1d", "h\x1e", "i\xc2\x85", "j\xe2\x80\xa8",
                          "k\xe2\x80\xa9", "l"));
  EXPECT_THAT(split_lines(""), IsEmpty());
  EXPECT_THAT(split_lines("\n\n"), ElementsAre("\n", "\n"));
  EXPECT_THAT(split_lines("\xc2\x86\xe2\x80\xaa\xe2\x80"), ElementsAre("\xc2\x86\xe2\x80\xaa\xe2\x80"));
  EXPECT_THAT(split_lines("end\r"), ElementsAre("end\r"));
}

}  // namespace
}  // namespace genro::storage
