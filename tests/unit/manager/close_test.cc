#include <string>

#include "core/env.h"
#include "fakes/fake_store.h"
#include "genro/storage/error.h"
#include "genro/storage/manager.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

class Closing final : public test::FakeStore {
 public:
  Closing() : FakeStore(*Env::system().clock) {}
  void close() override {
    ++closed;
    if (fails) throw Error(ErrorCode::io, "close", "the archive", "it cannot be completed");
  }
  int closed = 0;
  bool fails = false;
};

class Close : public test::BothDrivers {
 protected:
  Close() {
    for (const auto& [name, store] : {std::pair("a", a_), std::pair("b", b_), std::pair("c", c_)}) {
      storage_.add_backend(name, store);
    }
  }
  std::shared_ptr<Closing> a_ = std::make_shared<Closing>();
  std::shared_ptr<Closing> b_ = std::make_shared<Closing>();
  std::shared_ptr<Closing> c_ = std::make_shared<Closing>();
  StorageManager storage_;
};

TEST_P(Close, closes_each_backend_once_on_however_many_mounts_it_is) {
  storage_.add_mount({{"name", "part"}, {"path", "a:folder"}});
  storage_.add_mount_of("again", storage_.node("a:"));
  run(storage_.close());
  EXPECT_EQ(a_->closed, 1);
  EXPECT_EQ(b_->closed, 1);
  EXPECT_EQ(c_->closed, 1);
}

TEST_P(Close, closes_the_others_when_one_fails_and_tells_the_first_failure) {
  a_->fails = c_->fails = true;
  EXPECT_EQ(message(storage_.close()), "close the archive: it cannot be completed");
  EXPECT_EQ(a_->closed, 1);
  EXPECT_EQ(b_->closed, 1);
  EXPECT_EQ(c_->closed, 1);
}

TEST_P(Close, leaves_alone_what_is_no_mount_any_more_and_lets_nodes_work_on) {
  storage_.delete_mount("b");
  Node node = storage_.node("a:file");
  run(storage_.close());
  EXPECT_EQ(b_->closed, 0);
  run(node.write_bytes(Bytes::copy_of("content")));
  EXPECT_EQ(run(node.read_bytes()).view(), "content");
  run(storage_.close());
  EXPECT_EQ(a_->closed, 2);
}

GENRO_BOTH_DRIVERS(Close);

}  // namespace
}  // namespace genro::storage
