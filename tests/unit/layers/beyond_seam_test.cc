// What each layer passes on of that which only some backends can do.
#include <gmock/gmock.h>

#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"
#include "layers/permission.h"
#include "layers/prefix.h"
#include "layers/retry.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;

class AbleStore final : public test::FakeStore, private ImmediateIo, private ServerCopy, private KeyRule {
 public:
  using FakeStore::FakeStore;
  ImmediateIo* immediate() noexcept override { return this; }
  ServerCopy* server_copy() noexcept override { return this; }
  const KeyRule* key_rule() const noexcept override { return this; }
  Task<void> clean(std::string folder, double, std::vector<std::string>* removed) override {
    removed->push_back(folder + "/left");
    if (folder == "docs/broken") throw Error(ErrorCode::io, "cleanup", folder, "half of it is gone");
    co_return;
  }
  Task<void> close() override {
    ++closed;
    co_return;
  }
  Task<void> remove_tree(std::string path) override {
    trees.push_back(std::move(path));
    co_return;
  }
  std::vector<std::string> asked;
  std::vector<std::string> trees;
  int closed = 0;

 private:
  std::optional<StatLite> try_stat(const std::string& path, bool) override {
    asked.push_back("stat " + path);
    return StatLite{true, EntryKind::file, 7, 0};
  }
  std::optional<Bytes> try_read(const std::string& path, bool) override {
    asked.push_back("read " + path);
    return Bytes::copy_of("content");
  }
  bool try_put(const std::string& path, const Bytes&, bool) override {
    asked.push_back("put " + path);
    return true;
  }
  bool reaches(const Backend&) const noexcept override { return true; }
  Task<Entry> copy_from(std::shared_ptr<Backend>, std::string, std::string, PutOptions) override { co_return Entry(); }
  std::string_view fault_of(std::string_view path) const noexcept override {
    return path.size() > 10 ? "it is too long" : "";
  }
};

class BeyondSeam : public ::testing::Test {
 protected:
  test::VirtualTime time;
  Env env{&time.clock(), nullptr, nullptr, nullptr};
  std::shared_ptr<AbleStore> store = std::make_shared<AbleStore>(time.clock());
  std::shared_ptr<Backend> plain = std::make_shared<test::FakeStore>(time.clock());
};

TEST_F(BeyondSeam, a_backend_that_has_none_of_it_has_none_behind_any_layer) {
  for (const std::shared_ptr<Backend>& layered :
       {with_prefix(plain, "docs"), with_permission(plain, Permission::remove), with_retry(plain, env)}) {
    EXPECT_EQ(layered->immediate(), nullptr);
    EXPECT_EQ(layered->bulk(), nullptr);
    EXPECT_EQ(layered->server_copy(), nullptr);
    EXPECT_EQ(layered->key_rule(), nullptr);
    std::vector<std::string> removed;
    layered->clean("docs", 0, &removed).get();
    EXPECT_TRUE(removed.empty());
  }
}

TEST_F(BeyondSeam, a_relative_mount_asks_below_its_folder_and_nothing_outside) {
  const auto docs = with_prefix(store, "docs");
  ImmediateIo* const io = docs->immediate();
  ASSERT_NE(io, nullptr);
  EXPECT_TRUE(io->try_stat("a", true));
  EXPECT_TRUE(io->try_read("a", true));
  EXPECT_TRUE(io->try_put("a", Bytes(), true));
  EXPECT_FALSE(io->try_stat("../a", true));
  EXPECT_FALSE(io->try_read("../a", true));
  EXPECT_FALSE(io->try_put("../a", Bytes(), true));
  EXPECT_THAT(store->asked, ElementsAre("stat docs/a", "read docs/a", "put docs/a"));
  EXPECT_EQ(docs->key_rule()->fault_of("short"), "");
  EXPECT_EQ(docs->key_rule()->fault_of("longer"), "it is too long");  // with the folder
  EXPECT_EQ(docs->server_copy(), nullptr);
  docs->remove_tree("a").get();
  EXPECT_THAT(store->trees, ElementsAre("docs/a"));
}

TEST_F(BeyondSeam, what_is_cleaned_below_a_relative_mount_has_its_paths_also_when_cleaning_fails) {
  const auto docs = with_prefix(store, "docs");
  std::vector<std::string> removed;
  docs->clean("a", 0, &removed).get();
  EXPECT_FALSE(docs->clean("broken", 0, &removed).result().ok());
  EXPECT_THAT(removed, ElementsAre("a/left", "broken/left"));
}

TEST_F(BeyondSeam, a_mount_that_may_not_write_reads_at_once_and_puts_nothing) {
  const auto readonly = with_permission(store, Permission::readonly);
  EXPECT_TRUE(readonly->immediate()->try_stat("a", true));
  EXPECT_TRUE(readonly->immediate()->try_read("a", true));
  EXPECT_FALSE(readonly->immediate()->try_put("a", Bytes(), true));
  EXPECT_THAT(store->asked, ElementsAre("stat a", "read a"));
  EXPECT_TRUE(with_permission(store, Permission::readwrite)->immediate()->try_put("a", Bytes(), true));
}

TEST_F(BeyondSeam, removing_a_tree_and_cleaning_need_the_right_to_remove) {
  store->mutable_caps().remove_tree = true;
  const auto mount = with_permission(store, Permission::readwrite);
  EXPECT_FALSE(mount->caps().remove_tree);
  std::vector<std::string> removed;
  EXPECT_EQ(mount->remove_tree("a").result().error().code(), ErrorCode::mount_permission);
  EXPECT_EQ(mount->clean("a", 0, &removed).result().error().code(), ErrorCode::mount_permission);
  EXPECT_TRUE(store->trees.empty());
  with_permission(store, Permission::remove)->remove_tree("a").get();
  EXPECT_THAT(store->trees, ElementsAre("a"));
}

TEST_F(BeyondSeam, what_may_have_to_be_repeated_is_not_immediate) {
  const auto retried = with_retry(store, env);
  EXPECT_EQ(retried->immediate(), nullptr);
  EXPECT_NE(retried->server_copy(), nullptr);
  EXPECT_EQ(retried->key_rule(), store->key_rule());
}

TEST_F(BeyondSeam, closing_goes_through_layers_but_not_through_a_part_of_a_mount_that_others_use) {
  with_permission(with_retry(store, env), Permission::readonly)->close().get();
  EXPECT_EQ(store->closed, 1);
  with_prefix(store, "docs")->close().get();
  EXPECT_EQ(store->closed, 1);
}

}  // namespace
}  // namespace genro::storage
