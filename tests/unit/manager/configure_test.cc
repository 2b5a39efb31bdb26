#include <gmock/gmock.h>

#include "genro/storage/manager.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Configure : public ::testing::Test {
 protected:
  std::string refused(std::vector<MountConfig> mounts, bool strict = false) {
    try {
      storage_.configure(std::move(mounts), options(strict));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config) << error.what();
      return error.what();
    }
    return "no failure";
  }
  ConfigureOptions options(bool strict = false) {
    ConfigureOptions result;
    result.strict = strict;
    result.warn = [this](const std::string& text) { warnings_.push_back(text); };
    return result;
  }
  StorageManager storage_;
  std::vector<std::string> warnings_;
};

TEST_F(Configure, names_what_is_missing_or_unknown) {
  EXPECT_THAT(refused({{{"protocol", "memory"}}}), HasSubstr("missing required field: 'name'"));
  EXPECT_THAT(refused({{{"name", "docs"}}}), HasSubstr("missing required field: 'protocol'"));
  EXPECT_THAT(refused({{{"name", "docs"}}}), HasSubstr("docs"));
  EXPECT_THAT(refused({{{"name", "docs"}, {"protocol", ""}}}), HasSubstr("missing required field: 'protocol'"));
  const std::string unknown = refused({{{"name", "docs"}, {"protocol", "S3"}}});
  EXPECT_THAT(unknown, HasSubstr("Unknown storage type 'S3'"));
  EXPECT_THAT(unknown, HasSubstr("docs"));
  EXPECT_THAT(unknown, HasSubstr("memory"));
  const std::string later = refused({{{"name", "docs"}, {"protocol", "libarchive"}}});
  EXPECT_THAT(later, HasSubstr("protocol 'libarchive' is not available in this version"));
  EXPECT_THAT(later, Not(HasSubstr("Unknown storage type")));
  EXPECT_THAT(refused({{{"name", 7}, {"protocol", "memory"}}}), HasSubstr("'name' must be a string"));
  EXPECT_THAT(refused({{{"name", "a:b"}, {"protocol", "memory"}}}), HasSubstr("'name'"));
  EXPECT_THAT(refused({{{"name", ""}, {"protocol", "memory"}}}), HasSubstr("'name'"));
}

TEST_F(Configure, a_wrong_type_names_key_mount_and_valid_keys) {
  const std::string text = refused({{{"name", "cache"}, {"protocol", "memory"}, {"base_path", 5}}});
  EXPECT_THAT(text, HasSubstr("'base_path'"));
  EXPECT_THAT(text, HasSubstr("'cache'"));
  EXPECT_THAT(text, HasSubstr("Valid keys: base_path"));
}

TEST_F(Configure, an_unknown_key_is_a_warning_or_with_strict_an_error) {
  const MountConfig mount = {{"name", "m"}, {"protocol", "memory"}, {"base_pth", "x"}};
  storage_.configure({mount}, options());
  EXPECT_THAT(warnings_, ElementsAre("mount 'm': unknown key 'base_pth', did you mean 'base_path'?"));
  EXPECT_THAT(refused({mount}, true), HasSubstr("unknown key 'base_pth', did you mean 'base_path'?"));
}

TEST_F(Configure, type_is_a_deprecated_name_for_protocol) {
  storage_.configure({{{"name", "old"}, {"type", "memory"}}}, options());
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("'type' field is deprecated"));
  EXPECT_THAT(warnings_[0], HasSubstr("old"));
  EXPECT_THAT(warnings_[0], HasSubstr("protocol"));
  warnings_.clear();
  storage_.configure({{{"name", "both"}, {"type", "nonsense"}, {"protocol", "memory"}}}, options());
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(Configure, all_mounts_or_none) {
  storage_.configure({{{"name", "kept"}, {"protocol", "memory"}}});
  EXPECT_THAT(refused({{{"name", "fine"}, {"protocol", "memory"}}, {{"name", "bad"}}}), HasSubstr("bad"));
  EXPECT_THAT(storage_.get_mount_names(), ElementsAre("kept"));
}

TEST_F(Configure, replacing_a_mount_keeps_its_position) {
  storage_.configure({{{"name", "a"}, {"protocol", "memory"}}, {{"name", "b"}, {"protocol", "memory"}}});
  storage_.configure({{{"name", "a"}, {"protocol", "base64"}}, {{"name", "c"}, {"protocol", "memory"}}});
  EXPECT_THAT(storage_.get_mount_names(), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(storage_.has_mount("c"));
  storage_.delete_mount("b");
  EXPECT_FALSE(storage_.has_mount("b"));
  EXPECT_THROW(storage_.delete_mount("b"), Error);
}

TEST_F(Configure, a_relative_mount_needs_its_parent_before_it) {
  const std::string text = refused({{{"name", "child"}, {"path", "nobody:x"}}});
  EXPECT_THAT(text, HasSubstr("Parent mount 'nobody' not found"));
  EXPECT_THAT(text, HasSubstr("child"));
  EXPECT_THAT(text, HasSubstr("none"));
  storage_.configure({{{"name", "p"}, {"protocol", "memory"}, {"base_path", "configure_relative"}},
                      {{"name", "c"}, {"path", "p:/sub//deep/"}},
                      {{"name", "g"}, {"path", "c:er"}, {"permissions", "readwrite"}}});
  storage_.node("g:f").write_text("x").get();
  EXPECT_EQ(storage_.node("p:sub/deep/er/f").read_text().get(), "x");
  EXPECT_THAT(refused({{{"name", "e"}, {"path", "p:../x"}}}), HasSubstr("Parent directory traversal"));
  EXPECT_THAT(refused({{{"name", "e"}, {"path", "p:x"}, {"permissions", "none"}}}), HasSubstr("Invalid permissions"));
}

TEST_F(Configure, levels_of_nested_mounts_add_up) {
  storage_.configure(
      {{{"name", "p"}, {"protocol", "memory"}, {"base_path", "configure_levels"}, {"permissions", "readonly"}},
       {{"name", "c"}, {"path", "p:x"}, {"permissions", "delete"}}});
  const Result<bool> written = storage_.node("c:f").write_text("x").result();
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code(), ErrorCode::mount_permission);
  EXPECT_FALSE(storage_.node("c:f").capabilities().write);
}

TEST_F(Configure, permissions_must_be_valid_and_possible) {
  for (const ConfigValue& level : {ConfigValue(), ConfigValue(""), ConfigValue("all"), ConfigValue(1)}) {
    EXPECT_THAT(refused({{{"name", "m"}, {"protocol", "memory"}, {"permissions", level}}}),
                HasSubstr("Invalid permissions"));
  }
  EXPECT_THAT(refused({{{"name", "b"}, {"protocol", "base64"}, {"permissions", "readwrite"}}}), HasSubstr("read-only"));
  storage_.configure({{{"name", "b"}, {"protocol", "base64"}, {"permissions", "readonly"}}});
}

TEST_F(Configure, encryption_that_would_not_happen_is_refused) {
  EXPECT_THAT(refused({{{"name", "m"}, {"protocol", "memory"}, {"encrypted", true}}}), HasSubstr("default_encrypted"));
  storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"default_encrypted", false}}}, options(true));
}

TEST_F(Configure, node_checks_the_mount_before_the_path) {
  storage_.configure({{{"name", "m"}, {"protocol", "memory"}}});
  try {
    storage_.node("nobody:../x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unknown_mount);
    EXPECT_THAT(error.what(), HasSubstr("Mount point 'nobody' not found"));
    EXPECT_THAT(error.what(), HasSubstr("m"));
  }
  EXPECT_THROW(storage_.node("m:a/../b"), Error);
  EXPECT_THROW(storage_.node("m:a", std::vector<std::string>{"b", ".."}), Error);
  EXPECT_EQ(storage_.node("m", std::vector<std::string>{"x/", "/y", "", "z"}).fullpath(), "m:x/y/z");
  EXPECT_EQ(storage_.node("m:a//b/").fullpath(), "m:a/b");
  EXPECT_EQ(storage_.node("m:///").fullpath(), "m:");
  EXPECT_EQ(storage_.node("m").fullpath(), "m:");
  EXPECT_EQ(storage_.node("m:a:b").path(), "a:b");
}

TEST_F(Configure, many_reads_come_back_in_order_with_their_failures) {
  storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", "configure_many"}}});
  std::vector<Node> nodes;
  for (int i = 0; i < 500; ++i) {
    nodes.push_back(storage_.node("m:" + std::to_string(i)));
    if (i != 250) nodes.back().write_text(std::to_string(i)).get();
  }
  std::vector<Result<Bytes>> results = storage_.get_many(nodes).get();
  ASSERT_EQ(results.size(), 500U);
  EXPECT_EQ(results[7].value().view(), "7");
  EXPECT_EQ(results[499].value().view(), "499");
  ASSERT_FALSE(results[250].ok());
  EXPECT_EQ(results[250].error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace genro::storage
