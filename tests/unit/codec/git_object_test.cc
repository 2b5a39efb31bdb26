#include "codec/git_object.h"

#include <gtest/gtest.h>

namespace genro::storage {
namespace {

TEST(GitObject, of_a_blob_is_named_as_git_names_it) {
  constexpr std::string_view kHello = "hello\n";
  GitBlobId id(kHello.size());
  id.update(std::as_bytes(std::span(kHello)));
  EXPECT_EQ(id.finish(), "ce013625030ba8dba906f756967f9e9ca394464a");  // echo hello | git hash-object --stdin
  EXPECT_EQ(GitBlobId(0).finish(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_TRUE(is_git_object_id("ce013625030ba8dba906f756967f9e9ca394464a"));
  for (const std::string_view other :
       {"", "main", "CE013625030ba8dba906f756967f9e9ca394464a", "ce013625030ba8dba906f756967f9e9ca394464",
        "ce013625030ba8dba906f756967f9e9ca394464a "}) {
    EXPECT_FALSE(is_git_object_id(other)) << other;
  }
}

TEST(GitObject, only_a_whole_pointer_is_one_of_git_lfs) {
  const std::string version = "version https://git-lfs.github.com/spec/v1\n";
  EXPECT_EQ(git_lfs_target(version + "oid sha256:4d7a\nsize 12345\n"), "sha256:4d7a, 12345 bytes");
  EXPECT_EQ(git_lfs_target(version + "oid sha256:4d7a\n"), "");
  EXPECT_EQ(git_lfs_target(version + "oid sha256:<b>\nsize 1\n"), "");
  EXPECT_EQ(git_lfs_target("# " + version + "oid sha256:4d7a\nsize 12345\n"), "");
}

}  // namespace
}  // namespace genro::storage
