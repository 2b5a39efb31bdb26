#include "text/path_glob.h"

#include <gtest/gtest.h>

namespace genro::storage {
namespace {

bool path_matches(const char* pattern, std::string_view path) { return PathGlob(pattern).matches(path); }

TEST(PathGlob, a_star_a_question_mark_and_a_set_stay_within_a_component) {
  EXPECT_TRUE(path_matches("*.py", "a.py"));
  EXPECT_FALSE(path_matches("*.py", "deep/a.py"));
  EXPECT_TRUE(path_matches("*/*.py", "deep/a.py"));
  EXPECT_FALSE(path_matches("a?b", "a/b"));
  EXPECT_FALSE(path_matches("a[/]b", "a/b"));
  EXPECT_TRUE(path_matches("*", ".hidden"));
}

TEST(PathGlob, two_stars_stand_for_any_folders_also_none) {
  EXPECT_TRUE(path_matches("**/a", "a"));
  EXPECT_TRUE(path_matches("**/a", "x/y/a"));
  EXPECT_TRUE(path_matches("x/**/a", "x/a"));
  EXPECT_TRUE(path_matches("x/**/a", "x/y/z/a"));
  EXPECT_FALSE(path_matches("x/**/a", "y/x/a"));
  EXPECT_TRUE(path_matches("**/x/**/a", "1/x/2/x/3/a"));
  EXPECT_TRUE(path_matches("**/**/a", "a"));
}

TEST(PathGlob, two_stars_at_the_end_stand_for_something) {
  EXPECT_TRUE(path_matches("x/**", "x/a"));
  EXPECT_TRUE(path_matches("x/**", "x/y/a"));
  EXPECT_FALSE(path_matches("x/**", "x"));
  EXPECT_TRUE(path_matches("**", "a/b"));
  EXPECT_FALSE(path_matches("**", ""));
}

TEST(PathGlob, two_stars_beside_other_characters_are_a_star) {
  EXPECT_TRUE(path_matches("a**", "abc"));
  EXPECT_FALSE(path_matches("a**", "a/b"));
}

TEST(PathGlob, slashes_at_the_ends_and_double_ones_do_not_count) {
  EXPECT_TRUE(path_matches("/a//b/", "a/b"));
  EXPECT_EQ(PathGlob("/a//b/").pattern(), "/a//b/");
}

TEST(PathGlob, the_pattern_of_nothing_matches_nothing_but_the_top) {
  EXPECT_FALSE(path_matches("", "a"));
  EXPECT_TRUE(path_matches("", ""));
}

TEST(PathGlob, a_hard_pattern_is_not_slow) {
  std::string path;
  for (int i = 0; i < 200; ++i) path += "a/";
  EXPECT_FALSE(path_matches("**/a/**/a/**/a/**/a/**/b", path + "c"));
}

}  // namespace
}  // namespace genro::storage
