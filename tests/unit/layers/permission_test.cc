#include "layers/permission.h"

#include <gtest/gtest.h>

#include "fakes/fake_store.h"
#include "fakes/virtual_time.h"
#include "layers/prefix.h"

namespace genro::storage {
namespace {

class PermissionTest : public testing::Test {
 protected:
  std::shared_ptr<Backend> at(Permission level) { return with_permission(store, level); }
  template <class T>
  static std::string refusal(Task<T> task) {
    const Result<T> result = std::move(task).result();
    if (result.ok()) return "it was allowed";
    EXPECT_EQ(result.error().code(), ErrorCode::mount_permission);
    return result.error().what();
  }
  test::VirtualTime time;
  std::shared_ptr<test::FakeStore> store = std::make_shared<test::FakeStore>(time.clock());
};

TEST_F(PermissionTest, AReadonlyMountReadsAndRefusesEveryChange) {
  store->store("a", Bytes::copy_of("old"));
  const auto mount = at(Permission::readonly);
  EXPECT_TRUE(mount->stat("a").get());
  EXPECT_EQ(mount->read("a", {}).get()->read_all().get().view(), "old");
  for (const std::string& text : {refusal(mount->put("a", Bytes::copy_of("new"), {})), refusal(mount->upload("a", {})),
                                  refusal(mount->stage("a", {})), refusal(mount->copy("a", "b", {})),
                                  refusal(mount->append("a", Bytes::copy_of("x"))), refusal(mount->make_dir("d")),
                                  refusal(mount->set_metadata("a", {}))}) {
    EXPECT_NE(text.find("read-only"), std::string::npos) << text;
  }
  EXPECT_EQ(store->text("a"), "old");
}

TEST_F(PermissionTest, DeletingNeedsItsOwnLevelAndTheRefusalNamesTheMountsLevel) {
  store->store("a", Bytes::copy_of("old"));
  const auto mount = at(Permission::readwrite);
  mount->put("b", Bytes::copy_of("x"), {}).get();
  for (const std::string& text :
       {refusal(mount->remove("a")), refusal(mount->remove_many({"a"})), refusal(mount->rename("a", "c")),
        refusal(mount->remove_version("a", "1")), refusal(mount->remove_versions("a", {"1", "2"}))}) {
    EXPECT_NE(text.find("does not have delete permission"), std::string::npos) << text;
    EXPECT_NE(text.find("readwrite"), std::string::npos) << text;
  }
  EXPECT_TRUE(store->objects.contains("a"));
  at(Permission::remove)->remove("a").get();
  EXPECT_FALSE(store->objects.contains("a"));
}

TEST_F(PermissionTest, ARefusalComesBeforeAnyLookAtTheStorage) {
  refusal(at(Permission::readonly)->remove("missing"));
  refusal(at(Permission::readonly)->put("missing", {}, {}));
  EXPECT_TRUE(store->log.empty());
}

TEST_F(PermissionTest, ATaskThatIsRefusedFailsWhenItIsRunNotWhenItIsMade) {
  Task<void> task = at(Permission::readonly)->remove("a");  // must not throw here: callers look at results
  EXPECT_FALSE(std::move(task).result().ok());
}

TEST_F(PermissionTest, CapsSayNoMoreThanTheLevelAllows) {
  const Caps readonly = at(Permission::readonly)->caps();
  EXPECT_TRUE(readonly.read && readonly.list && readonly.seek);
  EXPECT_FALSE(readonly.write || readonly.remove || readonly.upload || readonly.copy || readonly.append ||
               readonly.rename || readonly.make_dir || readonly.conditional_put || readonly.checked_put);
  EXPECT_TRUE(at(Permission::readwrite)->caps().write);
  EXPECT_FALSE(at(Permission::readwrite)->caps().remove);
  EXPECT_EQ(at(Permission::remove)->caps(), store->caps());
}

TEST_F(PermissionTest, TheStrictestLevelOfAChainCounts) {
  const auto chain = with_permission(with_prefix(at(Permission::readonly), "docs"), Permission::remove);
  EXPECT_EQ(effective_permission(*chain), Permission::readonly);
  EXPECT_EQ(effective_permission(*store), Permission::remove);
  EXPECT_NE(refusal(chain->put("a", {}, {})).find("read-only"), std::string::npos);
  EXPECT_THROW(require_write(*chain, "open", "a"), Error);
  EXPECT_NO_THROW(require_write(*at(Permission::readwrite), "open", "a"));
  EXPECT_THROW(require_remove(*at(Permission::readwrite), "delete", "a"), Error);
}

TEST_F(PermissionTest, ASignedPutWouldWritePastTheMountAndIsRefused) {
  UrlOptions put;
  put.method = "PUT";
  EXPECT_THROW(at(Permission::readonly)->url("a", put).get(), Error);
}

TEST(Permission, LevelsAreNamedAsInTheConfiguration) {
  for (const std::string_view name : {"readonly", "readwrite", "delete"})
    EXPECT_EQ(to_string(*permission_from(name)), name);
  EXPECT_FALSE(permission_from("write"));
  EXPECT_FALSE(permission_from(""));
}

}  // namespace
}  // namespace genro::storage
