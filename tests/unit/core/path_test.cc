#include "core/path.h"

#include <gtest/gtest.h>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

TEST(Path, cleaning_drops_empty_and_dot_components_and_nothing_else) {
  EXPECT_EQ(path::clean("a//b/"), "a/b");
  EXPECT_EQ(path::clean("///"), "");
  EXPECT_EQ(path::clean("./a/./b"), "a/b");
  EXPECT_EQ(path::clean(" a /~/b\\c/%2e%2e/...\n"), " a /~/b\\c/%2e%2e/...\n");
  EXPECT_EQ(path::clean("\xff\xfe/x"), "\xff\xfe/x");
}

TEST(Path, a_parent_component_or_a_nul_is_refused_anywhere) {
  for (std::string_view bad : {"..", "a/..", "../a", "a/../b", "/../"}) {
    EXPECT_THROW((void)path::clean(bad), Error) << bad;
    EXPECT_FALSE(path::is_clean(bad)) << bad;
  }
  EXPECT_THROW((void)path::clean(std::string_view("a\0b", 3)), Error);
  EXPECT_EQ(path::clean("..a/a../..."), "..a/a../...");
}

TEST(Path, names_follow_pathlib) {
  struct Case {
    const char *name, *stem, *suffix;
  };
  for (const Case& c : {Case{"report.tar.gz", "report.tar", ".gz"},
                        {".profile", ".profile", ""},
                        {".cfg.ini", ".cfg", ".ini"},
                        {"name.", "name.", ""},
                        {"a..b", "a.", ".b"},
                        {"", "", ""}}) {
    EXPECT_EQ(path::stem(c.name), c.stem);
    EXPECT_EQ(path::suffix(c.name), c.suffix);
  }
}

TEST(Path, a_neighbour_with_the_same_beginning_is_not_within) {
  EXPECT_TRUE(path::is_within("a/b", "a"));
  EXPECT_TRUE(path::is_within("a", "a"));
  EXPECT_TRUE(path::is_within("a", ""));
  EXPECT_FALSE(path::is_within("ab", "a"));
  EXPECT_EQ(path::relative_to("a/b/c", "a"), "b/c");
}

}  // namespace
}  // namespace genro::storage
