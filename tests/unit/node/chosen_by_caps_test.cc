// What nodes do is chosen by what a backend says of itself, whatever its protocol is called.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/env.h"
#include "fakes/fake_store.h"
#include "genro/storage/manager.h"

namespace genro::storage {
namespace {

class ChosenByCaps : public ::testing::Test {
 protected:
  ChosenByCaps() { manager_.mount("store", store_); }
  Caps& caps() { return store_->mutable_caps(); }
  /// Mounts know the caps that a backend had when it was mounted.
  void mount_again() { manager_.mount("store", store_); }

  std::shared_ptr<test::FakeStore> store_ = std::make_shared<test::FakeStore>(*Env::system().clock);
  StorageManager manager_;
};

TEST_F(ChosenByCaps, a_copy_onto_itself_is_refused_where_a_file_may_have_several_names) {
  store_->store("file", Bytes::copy_of("x"));
  const Node node = manager_.node("store:file");
  EXPECT_TRUE(node.copy_to(node).result().ok());
  caps().hard_links = true;
  mount_again();
  const Node same = manager_.node("store:file");
  const Result<Node> copied = same.copy_to(same).result();
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code(), ErrorCode::same_file);
}

TEST_F(ChosenByCaps, a_large_content_is_read_in_ranges_only_where_a_call_is_a_round_trip) {
  store_->store("file", Bytes::copy_of(std::string(std::size_t{40} << 20, 'x')));
  store_->chunk = std::size_t{8} << 20;
  const auto requests = [&] {
    store_->log.clear();
    manager_.node("store:file").read_bytes().get();
    return std::count(store_->log.begin(), store_->log.end(), "read file");
  };
  EXPECT_GT(requests(), 1);
  caps().remote = false;
  mount_again();
  EXPECT_EQ(requests(), 1);
}

TEST_F(ChosenByCaps, a_backend_waits_for_others_where_its_calls_are_round_trips) {
  EXPECT_TRUE(store_->waits());
  caps().remote = false;
  EXPECT_FALSE(store_->waits());
}

}  // namespace
}  // namespace genro::storage
