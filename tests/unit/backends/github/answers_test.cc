#include "backends/github/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/github/blob.h"
#include "genro/storage/error.h"

namespace genro::storage::github {
namespace {

const std::string kId(40, 'a');

std::string item(const std::string& path, const std::string& rest) {
  return R"({"path":")" + path + R"(","sha":")" + kId + "\"," + rest + "}";
}

std::string tree(const std::string& items) { return "{\"tree\":[" + items + "],\"truncated\":false}"; }

constexpr const char* kFile = R"("mode":"100644","type":"blob","size":3)";

TEST(GithubAnswers, a_tree_has_its_items_in_the_order_of_paths) {
  const Tree parsed = parse_tree(
      tree(item("d/f", kFile) + "," + item("d", R"("mode":"040000","type":"tree")") + "," + item("d-e", kFile)));
  ASSERT_EQ(parsed.items.size(), 3U);
  EXPECT_EQ(parsed.items[0].path, "d");
  EXPECT_EQ(parsed.items[0].kind, ItemKind::folder);
  EXPECT_EQ(parsed.items[1].path, "d-e");
  ASSERT_TRUE(parsed.find("d/f"));
  EXPECT_EQ(parsed.find("d/f")->size, 3U);
  EXPECT_FALSE(parsed.find("d/"));
  EXPECT_FALSE(parsed.truncated);
}

TEST(GithubAnswers, a_tree_says_what_is_a_link_a_submodule_or_executable) {
  const Tree parsed = parse_tree(tree(item("l", R"("mode":"120000","type":"blob","size":3)") + "," +
                                      item("m", R"("mode":"160000","type":"commit")") + "," +
                                      item("x", R"("mode":"100755","type":"blob","size":3)")));
  EXPECT_EQ(parsed.find("l")->kind, ItemKind::link);
  EXPECT_EQ(parsed.find("m")->kind, ItemKind::submodule);
  EXPECT_TRUE(parsed.find("x")->executable);
}

TEST(GithubAnswers, a_tree_whose_items_have_no_paths_sizes_or_ids_is_refused) {
  for (const std::string& items :
       {item("../x", kFile), item("a//b", kFile), item("", kFile), item("/a", kFile), item("a\\u0000", kFile),
        item("x", R"("mode":"100644","type":"blob","size":-1)"), item("x", R"("mode":"100644","type":"blob")"),
        item("x", R"("mode":"100644","type":"tag","size":1)"), item("x", kFile) + "," + item("x", kFile),
        std::string(R"({"path":"x","sha":"abc","type":"blob","size":1})"), std::string("1")}) {
    EXPECT_THROW(parse_tree(tree(items)), Error) << items;
  }
  EXPECT_THROW(parse_tree(R"({"tree":)"), Error);
}

TEST(GithubAnswers, a_commit_is_read_in_both_of_its_forms) {
  const std::string facts = R"("tree":{"sha":")" + kId + R"("},"committer":{"date":"2026-11-30T10:00:00Z"})";
  for (const std::string& text :
       {"{\"sha\":\"" + kId + "\"," + facts + "}", "{\"sha\":\"" + kId + "\",\"commit\":{" + facts + "}}"}) {
    const Commit commit = parse_commit(text);
    EXPECT_EQ(commit.tree, kId);
    EXPECT_EQ(commit.time_ns, 1'796'032'800LL * 1'000'000'000);
  }
  EXPECT_THROW(parse_commit("{\"sha\":\"" + kId + "\"}"), Error);
}

TEST(GithubBlob, is_named_as_git_names_it) {
  Entry entry;
  entry.size = 6;
  entry.etag = "ce013625030ba8dba906f756967f9e9ca394464a";  // echo hello | git hash-object --stdin
  const Bytes content = Bytes::copy_of("hello\n");
  require_blob(entry, content.span());
  EXPECT_THROW(require_blob(entry, Bytes::copy_of("hellO\n").span()), Error);
  EXPECT_THROW(require_blob(entry, Bytes::copy_of("hello").span()), Error);
}

}  // namespace
}  // namespace genro::storage::github
