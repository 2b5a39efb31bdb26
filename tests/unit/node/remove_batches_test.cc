#include <gmock/gmock.h>

#include "core/env.h"
#include "fakes/fake_store.h"
#include "genro/storage/manager.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;

/// Notes how many paths each call gets.
class Batches final : public test::FakeStore {
 public:
  Batches() : FakeStore(*Env::system().clock) {
    for (int i = 0; i < 7; ++i) store("folder/" + std::to_string(i), Bytes::copy_of("x"));
    mutable_limits().remove_batch_max = 3;
  }
  Task<std::vector<RemoveFailure>> remove_many(std::vector<std::string> paths) override {
    sizes.push_back(paths.size());
    return FakeStore::remove_many(std::move(paths));
  }
  std::vector<std::size_t> sizes;
};

TEST(RemoveBatches, a_folder_goes_in_batches_that_the_store_takes) {
  const auto store = std::make_shared<Batches>();
  StorageManager manager;
  manager.mount("store", store);
  manager.node("store:folder").remove().get();
  EXPECT_THAT(store->sizes, ElementsAre(3, 3, 1));
  EXPECT_TRUE(store->objects.empty());
}

TEST(RemoveBatches, so_do_the_files_of_a_moved_folder) {
  const auto store = std::make_shared<Batches>();
  store->mutable_caps().rename = store->mutable_caps().copy = false;
  StorageManager manager;
  manager.mount("store", store);
  manager.configure({{{"name", "memory"}, {"protocol", "memory"}, {"base_path", "remove batches"}}});
  manager.node("store:folder").move_to("memory:folder").get();
  EXPECT_THAT(store->sizes, ElementsAre(3, 3, 1));
  EXPECT_TRUE(store->objects.empty());
}

}  // namespace
}  // namespace genro::storage
