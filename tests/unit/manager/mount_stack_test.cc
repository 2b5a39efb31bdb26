#include "manager/mount_stack.h"

#include <gtest/gtest.h>

#include "genro/storage/error.h"
#include "genro/storage/manager.h"

namespace genro::storage {
namespace {

class MountStack : public ::testing::Test {
 protected:
  void SetUp() override {
    storage_.configure({
        {{"name", "base"}, {"protocol", "memory"}, {"base_path", "stack/of/mounts"}},
        {{"name", "level"}, {"protocol", "memory"}, {"permissions", "readwrite"}},
        {{"name", "part"}, {"path", "base:a/b"}},
        {{"name", "inner"}, {"path", "part:c"}, {"permissions", "readonly"}},
    });
  }
  const Mount& mount(const std::string& name) { return *storage_.node(name).mount(); }
  StorageManager storage_;
};

TEST_F(MountStack, a_plain_mount_has_no_outer_layer_and_knows_its_base) {
  EXPECT_FALSE(outer_layer(mount("base")));
  EXPECT_EQ(mount("base").base, "stack/of/mounts");
}

TEST_F(MountStack, a_level_stands_in_front_of_the_whole_mount) {
  const auto layer = outer_layer(mount("level"));
  ASSERT_TRUE(layer);
  EXPECT_EQ(layer->permission, Permission::readwrite);
  EXPECT_FALSE(layer->folder);
  EXPECT_EQ(layer->below->permission, Permission::remove);
  EXPECT_TRUE(layer->below->capabilities.remove);
  EXPECT_FALSE(outer_layer(*layer->below));
}

TEST_F(MountStack, a_relative_mount_is_its_level_its_folder_and_its_parent) {
  const auto level = outer_layer(mount("inner"));
  ASSERT_TRUE(level);
  EXPECT_EQ(level->permission, Permission::readonly);
  const auto folder = outer_layer(*level->below);
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->folder, "c");
  EXPECT_EQ(folder->below->prefix, "a/b");
  const auto parent = outer_layer(*folder->below);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->folder, "a/b");
  EXPECT_EQ(parent->below->prefix, "");
  EXPECT_FALSE(outer_layer(*parent->below));
}

TEST_F(MountStack, the_mount_below_works_by_itself) {
  const auto level = outer_layer(mount("inner"));
  ASSERT_TRUE(level);
  const MountPointer below = level->below;
  Node writable(storage_.state(), below, "file");
  writable.write_text("x").get();
  EXPECT_EQ(storage_.node("base:a/b/c/file").read_text().get(), "x");
}

TEST_F(MountStack, a_mount_is_added_once_more_under_another_name) {
  StorageManager other;
  other.add_mount_of("same", storage_.node("inner:whatever"));
  EXPECT_EQ(other.get_mount_names(), std::vector<std::string>{"same"});
  storage_.node("part:c/x").write_text("seen").get();
  EXPECT_EQ(other.node("same:x").fullpath(), "same:x");
  EXPECT_EQ(other.node("same:x").read_text().get(), "seen");
  EXPECT_THROW(other.node("same:x").write_text("").get(), Error);
  EXPECT_THROW(other.add_mount_of("none", Node()), Error);
}

TEST_F(MountStack, a_backend_may_be_added_with_capabilities_of_its_own) {
  Capabilities promised;
  promised.mkdir = false;
  promised.metadata = true;
  storage_.mount("own", mount("base").backend, promised);
  EXPECT_EQ(storage_.node("own").capabilities(), promised);
  storage_.configure({{{"name", "part_of_own"}, {"path", "own:x"}},
                      {{"name", "readonly_part"}, {"path", "own:x"}, {"permissions", "readonly"}}});
  EXPECT_EQ(storage_.node("part_of_own").capabilities(), promised);
  const Capabilities limits = storage_.node("readonly_part").capabilities();
  EXPECT_FALSE(limits.write);
  EXPECT_FALSE(limits.remove);
  EXPECT_TRUE(limits.readonly);
  EXPECT_TRUE(limits.metadata);
}

TEST_F(MountStack, a_backend_takes_the_place_of_a_mount_with_its_name) {
  storage_.configure({{{"name", "own"}, {"protocol", "base64"}}, {{"name", "other"}, {"protocol", "base64"}}});
  const std::vector<std::string> names = storage_.get_mount_names();
  storage_.mount("own", mount("base").backend);
  EXPECT_EQ(storage_.get_mount_names(), names);
  EXPECT_TRUE(storage_.node("own").capabilities().write);
}

TEST_F(MountStack, a_backend_is_mounted_under_names_that_addresses_can_have) {
  for (const std::string& name : {std::string(), std::string("a:b"), std::string("a/b"), std::string("a\0b", 3)}) {
    try {
      storage_.mount(name, mount("base").backend);
      ADD_FAILURE() << "mounted as '" << name << "'";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
    }
    EXPECT_FALSE(storage_.has_mount(name));
  }
}

}  // namespace
}  // namespace genro::storage
