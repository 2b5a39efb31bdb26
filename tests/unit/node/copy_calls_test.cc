// How many calls of a far store a copy of a tree makes: none for a file that the listings already tell about.
#include <gmock/gmock.h>

#include <algorithm>

#include "core/env.h"
#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"
#include "genro/storage/node.h"
#include "manager/mount_builder.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class CopyCalls : public testing::Test {
 protected:
  CopyCalls() {
    auto table = std::make_shared<MountTable>();
    table->push_back(wrap_backend("one", one, Env::system()));
    table->push_back(wrap_backend("two", two, Env::system()));
    state->replace(std::move(table));
    for (const char* name : {"a", "cache/b", "cache/deep/c", "d/e"}) {
      one->store(std::string("src/") + name, Bytes::copy_of(std::string_view(name)));
    }
  }
  Node at(const std::string& mount, const std::string& path) { return Node(state, state->require(mount), path); }
  /// The calls of one kind since the last copy began.
  std::vector<std::string> calls(const test::FakeStore& store, std::string_view kind) const {
    std::vector<std::string> found;
    for (const std::string& call : store.log) {
      if (call.starts_with(kind)) found.push_back(call);
    }
    return found;
  }
  void copy(CopyOptions options = {}) {
    one->log.clear();
    two->log.clear();
    at("one", "src").copy_to(at("two", "dst"), std::move(options)).get();
  }
  std::vector<std::string> keys(const test::FakeStore& store) const {
    std::vector<std::string> paths;
    for (const auto& [path, object] : store.objects) paths.push_back(path);
    return paths;
  }

  test::VirtualTime time{Loop::Kind::reactor};
  std::shared_ptr<test::FakeStore> one = std::make_shared<test::FakeStore>(time.clock());
  std::shared_ptr<test::FakeStore> two = std::make_shared<test::FakeStore>(time.clock());
  std::shared_ptr<ManagerState> state = std::make_shared<ManagerState>(Env::system(), nullptr);
};

TEST_F(CopyCalls, a_resync_by_size_or_content_asks_for_no_file_by_itself) {
  copy();
  for (const Skip skip : {Skip::size, Skip::hash, Skip::exists}) {
    CopyOptions options;
    options.skip = skip;
    copy(options);
    for (const auto& store : {one, two}) {
      EXPECT_THAT(calls(*store, "read"), IsEmpty());
      EXPECT_THAT(calls(*store, "put"), IsEmpty());
      EXPECT_LE(calls(*store, "stat").size(), 1U);  // of the folder itself
      EXPECT_EQ(calls(*store, "list").size(), 4U);  // one a folder
    }
  }
}

TEST_F(CopyCalls, the_next_folders_are_listed_while_the_walk_is_in_another) {
  for (char folder = 'a'; folder < 'a' + 20; ++folder) {
    one->store(std::string("src/many/") + folder + "/file", Bytes::copy_of(std::string_view("x")));
  }
  copy();
  one->most_running = 0;
  CopyOptions options;
  options.skip = Skip::size;
  copy(options);
  EXPECT_EQ(calls(*one, "list").size(), 25U);
  EXPECT_EQ(one->most_running, 8);
}

TEST_F(CopyCalls, a_folder_that_is_excluded_whole_is_not_looked_into_when_nobody_listens) {
  CopyOptions options;
  options.exclude = {"cache/*"};
  copy(options);
  EXPECT_THAT(keys(*two), ElementsAre("dst/a", "dst/d/e"));
  EXPECT_THAT(calls(*one, "list"), UnorderedElementsAre("list src", "list src/d"));
  std::vector<std::string> told;
  options.on_skip = [&](const Node& node, const std::string&) { told.push_back(node.path()); };
  copy(options);
  EXPECT_THAT(told, ElementsAre("src/cache/b", "src/cache/deep/c"));
}

TEST_F(CopyCalls, a_pattern_that_could_spare_something_below_prunes_nothing) {
  CopyOptions options;
  options.exclude = {"cache/*.o", "*/x", "cach"};
  copy(options);
  EXPECT_EQ(two->objects.size(), 4U);
}

TEST_F(CopyCalls, a_move_takes_away_only_what_it_copied) {
  one->decide = [this](std::string_view call, const std::string& path) {
    if (call == "read" && path == "src/a") one->store("src/late", Bytes::copy_of(std::string_view("late")));
    return test::Trouble::none;
  };
  Node source = at("one", "src");
  source.move_to(at("two", "dst")).get();
  EXPECT_THAT(keys(*two), ElementsAre("dst/a", "dst/cache/b", "dst/cache/deep/c", "dst/d/e"));
  EXPECT_THAT(keys(*one), ElementsAre("src/late"));
}

TEST_F(CopyCalls, an_object_replaced_while_it_was_moved_stays) {
  two->decide = [this](std::string_view call, const std::string& path) {
    if (call == "put" && path == "dst/a") one->store("src/a", Bytes::copy_of(std::string_view("A")));
    return test::Trouble::none;
  };
  Node source = at("one", "src");
  const Result<Node> moved = source.move_to(at("two", "dst")).result();
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().code(), ErrorCode::precondition_failed);
  EXPECT_THAT(keys(*one), ElementsAre("src/a"));
  EXPECT_EQ(one->text("src/a"), "A");
  EXPECT_EQ(two->text("dst/a"), "a");
}

TEST_F(CopyCalls, an_object_replaced_between_the_listing_and_its_copy_is_copied_as_it_is_then) {
  one->decide = [this](std::string_view call, const std::string& path) {
    if (call == "read" && path == "src/a") one->store("src/a", Bytes::copy_of(std::string_view("A")));
    return test::Trouble::none;
  };
  copy();
  EXPECT_EQ(two->text("dst/a"), "A");
}

}  // namespace
}  // namespace genro::storage
