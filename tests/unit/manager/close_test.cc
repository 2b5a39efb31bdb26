#include <string>

#include "core/env.h"
#include "fakes/fake_store.h"
#include "genro/storage/error.h"
#include "genro/storage/manager.h"
#include "manager/mount_builder.h"
#include "manager/resolver.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

class Closing final : public test::FakeStore {
 public:
  Closing() : FakeStore(*Env::system().clock) {}
  Task<void> close() override {
    ++closed;
    log.push_back("close");
    if (fails) throw Error(ErrorCode::io, "close", "the archive", "it cannot be completed");
    co_return;
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

/// What is put here becomes visible at close(), as one file of another mount.
class Archive final : public test::FakeStore {
 public:
  explicit Archive(ResolvedPath file) : FakeStore(*Env::system().clock), file_(std::move(file)) {}
  Task<void> close() override {
    if (stored_ == puts) co_return;
    std::string all;
    for (const auto& [path, object] : objects) all += path + "=" + object.content.to_string() + "\n";
    Task<Entry> storing = file_.backend->put(file_.path, Body(Bytes::copy_of(all)), {});
    co_await storing;
    stored_ = puts;
  }

 private:
  ResolvedPath file_;
  std::uint64_t stored_ = 0;
};

class CloseArchive : public Close {
 protected:
  /// A mount as the manager makes one whose backend asks for an address.
  void add_archive(const std::string& name, const std::string& address) {
    auto table = std::make_shared<MountTable>(*storage_.state()->table());
    std::vector<MountPointer> below;
    auto backend = std::make_shared<Archive>(resolver(name, *table, below)(address));
    auto mount = std::make_shared<Mount>(*wrap_backend(name, std::move(backend), Env::system()));
    mount->stands_on = std::move(below);
    table->insert(table->begin(), std::move(mount));  // before what it stands on, where a mount replaced may be
    storage_.state()->replace(std::move(table));
  }
};

TEST_P(CloseArchive, is_finished_on_the_mount_that_it_lies_on_before_that_is_closed) {
  add_archive("archive", "b:backup.zip");
  run(storage_.node("archive:file").write_bytes(Bytes::copy_of("content")));
  EXPECT_TRUE(b_->objects.empty());
  run(storage_.close());
  EXPECT_EQ(b_->text("backup.zip"), "file=content\n");
  EXPECT_EQ(b_->log, (std::vector<std::string>{"put backup.zip", "close"}));
}

TEST_P(CloseArchive, is_finished_into_the_archive_that_it_lies_in) {
  add_archive("outer", "b:outer.zip");
  add_archive("inner", "outer:inner.zip");
  run(storage_.node("inner:file").write_bytes(Bytes::copy_of("content")));
  run(storage_.close());
  EXPECT_EQ(b_->text("outer.zip"), "inner.zip=file=content\n\n");
}

TEST_P(CloseArchive, is_finished_also_where_its_mount_is_none_of_the_managers_any_more) {
  add_archive("outer", "b:outer.zip");
  add_archive("inner", "outer:inner.zip");
  run(storage_.node("inner:file").write_bytes(Bytes::copy_of("content")));
  storage_.delete_mount("outer");
  storage_.delete_mount("b");
  run(storage_.close());
  EXPECT_EQ(b_->text("outer.zip"), "inner.zip=file=content\n\n");
  EXPECT_EQ(b_->closed, 1);
}

TEST_P(CloseArchive, tells_that_it_could_not_be_finished_and_tries_again_at_the_next_close) {
  add_archive("archive", "b:backup.zip");
  run(storage_.node("archive:file").write_bytes(Bytes::copy_of("content")));
  b_->plan = {1, false, test::Trouble::hard};
  EXPECT_EQ(failure(storage_.close()), ErrorCode::permission_denied);
  EXPECT_EQ(b_->closed, 1);
  EXPECT_TRUE(b_->objects.empty());
  run(storage_.close());
  EXPECT_EQ(b_->text("backup.zip"), "file=content\n");
  run(storage_.close());
  EXPECT_EQ(b_->puts, 1U);
}

GENRO_BOTH_DRIVERS(Close);
GENRO_BOTH_DRIVERS(CloseArchive);

}  // namespace
}  // namespace genro::storage
