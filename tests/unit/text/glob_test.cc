#include "text/glob.h"

#include <gtest/gtest.h>

namespace genro::storage {
namespace {

bool matches(const char* pattern, std::string_view text) { return Glob(pattern).matches(text); }

TEST(Glob, a_star_matches_any_run_slashes_included) {
  EXPECT_TRUE(matches("*.py", "deep/in/a.py"));
  EXPECT_TRUE(matches("cache/*", "cache/a/b"));
  EXPECT_FALSE(matches("cache/*", "cached/a"));
  EXPECT_TRUE(matches("**", ""));
  EXPECT_TRUE(matches("a*b*c", "axxbyybzzc"));
  EXPECT_FALSE(matches("a*b*c", "axxbyybzz"));
  EXPECT_FALSE(matches("test_*.py", "sub/test_a.py"));
}

TEST(Glob, a_question_mark_is_one_character_not_one_byte) {
  EXPECT_TRUE(matches("?.txt", "☕.txt"));
  EXPECT_FALSE(matches("?.txt", "ab.txt"));
  EXPECT_TRUE(matches("?", "\xFF"));
  EXPECT_FALSE(matches("?", ""));
}

TEST(Glob, sets_have_ranges_and_negation) {
  EXPECT_TRUE(matches("[a-c]x", "bx"));
  EXPECT_FALSE(matches("[a-c]x", "dx"));
  EXPECT_TRUE(matches("[!a-c]x", "dx"));
  EXPECT_TRUE(matches("[]]", "]"));
  EXPECT_TRUE(matches("[!]]", "a"));
  EXPECT_TRUE(matches("[a-]", "-"));
  EXPECT_FALSE(matches("[z-a]", "m"));
  EXPECT_TRUE(matches("[!z-a]", "m"));
  EXPECT_TRUE(matches("[", "["));
  EXPECT_TRUE(matches("a[bc", "a[bc"));
  EXPECT_TRUE(matches("[*]", "*"));
  EXPECT_FALSE(matches("[*]", "x"));
}

TEST(Glob, case_counts) { EXPECT_FALSE(matches("*.TXT", "a.txt")); }

TEST(Glob, many_stars_take_no_exponential_time) {
  const std::string text(5000, 'a');
  EXPECT_FALSE(Glob("*a*a*a*a*a*a*a*a*a*a*a*a*b").matches(text));
}

}  // namespace
}  // namespace genro::storage
