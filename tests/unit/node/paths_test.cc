#include <gmock/gmock.h>

#include <algorithm>

#include "genro/storage/node.h"
#include "node/mount.h"
#include "node/tree/folder_pages.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Node node_at(std::string path, const char* name = "m") {
  auto mount = std::make_shared<Mount>(*detached_mount());
  mount->name = name;
  return Node(nullptr, mount, std::move(path));
}

template <class Change>
ErrorCode refusal(Change change) {
  try {
    change();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

TEST(Paths, parts_are_the_components) {
  EXPECT_THAT(node_at("a/b/c.txt").parts(), ElementsAre("a", "b", "c.txt"));
  EXPECT_THAT(node_at("").parts(), IsEmpty());
  EXPECT_EQ(node_at("a/b").name(), "b");
}

TEST(Paths, relatives_below_and_beside) {
  EXPECT_EQ((node_at("a") / "b/c").path(), "a/b/c");
  EXPECT_EQ(node_at("a").joinpath({"b", "", "c/d"}).path(), "a/b/c/d");
  EXPECT_EQ(node_at("a").joinpath({}).path(), "a");
  EXPECT_EQ(node_at("a/b.txt").with_name("c").path(), "a/c");
  EXPECT_EQ(node_at("a/b.tar.gz").with_stem("c").path(), "a/c.gz");
  EXPECT_EQ(node_at("b.tar.gz").with_suffix(".txt").path(), "b.tar.txt");
  EXPECT_EQ(node_at("b.txt").with_suffix("").path(), "b");
}

TEST(Paths, what_is_not_one_name_is_refused) {
  for (const char* name : {"", ".", "..", "a/b", "a/"}) {
    EXPECT_EQ(refusal([&] { node_at("x").with_name(name); }), ErrorCode::invalid_argument) << name;
  }
  EXPECT_EQ(refusal([] { node_at("").with_name("a"); }), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal([] { node_at("a.txt").with_stem(""); }), ErrorCode::invalid_argument);
  for (const char* suffix : {"txt", ".", "./a"}) {
    EXPECT_EQ(refusal([&] { node_at("a").with_suffix(suffix); }), ErrorCode::invalid_argument) << suffix;
  }
  EXPECT_EQ(refusal([] { Node().with_name("a"); }), ErrorCode::invalid_argument);
}

TEST(Paths, relative_to_needs_the_same_mount) {
  EXPECT_EQ(node_at("a/b/c").relative_to(node_at("a")), "b/c");
  EXPECT_EQ(node_at("a/b").relative_to(node_at("a/b")), "");
  EXPECT_EQ(node_at("a/b").relative_to(node_at("")), "a/b");
  EXPECT_EQ(refusal([] { node_at("ab").relative_to(node_at("a")); }), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal([] { node_at("a/b").relative_to(node_at("a", "other")); }), ErrorCode::invalid_argument);
}

TEST(Paths, match_is_from_the_right_or_of_the_whole_path) {
  EXPECT_TRUE(node_at("x/a/b.py").match("a/*.py"));
  EXPECT_FALSE(node_at("x/a/b.py").match("/a/*.py"));
  EXPECT_TRUE(node_at("a/b.py").match("/a/*.py"));
  EXPECT_EQ(refusal([] { node_at("a").match(""); }), ErrorCode::invalid_argument);
}

TEST(Paths, a_folder_comes_directly_before_what_is_in_it) {
  std::vector<std::string> paths{"a.txt", "a/b", "b", "a-b", "a", "a/b/c", "a\xC3\xA9", "a/b-c"};
  std::sort(paths.begin(), paths.end(), tree_order);
  EXPECT_THAT(paths, ElementsAre("a", "a/b", "a/b/c", "a/b-c", "a-b", "a.txt", "a\xC3\xA9", "b"));
  EXPECT_FALSE(tree_order("a", "a"));
}

}  // namespace
}  // namespace genro::storage
