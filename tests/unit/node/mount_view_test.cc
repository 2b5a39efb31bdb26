#include "node/mount_view.h"

#include <gtest/gtest.h>

#include "node/node_reuse.h"

namespace genro::storage {
namespace {

MountPointer mount(std::string name) {
  auto made = std::make_shared<Mount>(*detached_mount());
  made->name = std::move(name);
  return made;
}

std::shared_ptr<const MountTable> table(MountTable mounts) {
  return std::make_shared<const MountTable>(std::move(mounts));
}

TEST(MountView, finds_what_the_manager_finds_also_after_the_table_was_replaced) {
  ManagerState manager(Env::system(), nullptr);
  MountView view;
  EXPECT_EQ(view.find(manager, "a"), nullptr);
  const MountPointer a = mount("a");
  const MountPointer b = mount("b");
  manager.replace(table({a}));
  ASSERT_NE(view.find(manager, "a"), nullptr);
  EXPECT_EQ(*view.find(manager, "a"), a);
  EXPECT_EQ(view.find(manager, "b"), nullptr);
  const MountPointer other = mount("a");
  manager.replace(table({other, b}));
  EXPECT_EQ(*view.find(manager, "a"), other);
  EXPECT_EQ(*view.find(manager, "b"), b);
  EXPECT_EQ(manager.find("b"), b);
  manager.replace(table({}));
  EXPECT_EQ(view.find(manager, "a"), nullptr);
}

TEST(MountView, lets_go_of_mounts_that_are_gone_when_told_to_forget) {
  ManagerState manager(Env::system(), nullptr);
  MountView view;
  MountPointer a = mount("a");
  const std::weak_ptr<const Mount> seen = a;
  manager.replace(table({std::move(a)}));
  EXPECT_NE(view.find(manager, "a"), nullptr);
  manager.replace(table({}));
  EXPECT_FALSE(seen.expired());
  view.forget();
  EXPECT_TRUE(seen.expired());
  EXPECT_EQ(view.find(manager, "a"), nullptr);
}

TEST(NodeReuse, gives_a_node_another_path_on_its_mount) {
  const MountPointer a = mount("a");
  Node node(nullptr, a, "one/name.txt");
  ASSERT_TRUE(NodeReuse::possible(node));
  NodeReuse::become(node, "another.bin");
  EXPECT_EQ(node, Node(nullptr, a, "another.bin"));
  EXPECT_EQ(node.suffix(), ".bin");
}

TEST(NodeReuse, leaves_nodes_with_a_media_type_of_their_own_or_a_long_path_alone) {
  const Node node(nullptr, mount("a"), "name.txt");
  EXPECT_FALSE(NodeReuse::possible(node.with_mimetype("text/x-own")));
  EXPECT_FALSE(NodeReuse::possible(Node(nullptr, mount("a"), std::string(1000, 'x'))));
}

}  // namespace
}  // namespace genro::storage
