// Files from one local mount into another, many at once: what is copied, what is left to the ordinary way, and when it is safe.
#include "backend/bulk_transfer.h"

#include <gmock/gmock.h>

#include "backends/local/unfinished.h"
#include "core/env.h"
#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class LocalBatch : public HookedLocalFixture {
 protected:
  void SetUp() override {
    LocalFixture::SetUp();
    fs::create_directories(base_ + "/from/sub");
    fs::create_directories(base_ + "/to/sub");
  }
  void TearDown() override {
    target_.reset();
    EXPECT_EQ(files_.open_count(), 0);
    LocalFixture::TearDown();
  }
  /// A second mount of the same folder, its calls on record.
  BulkTransfer& target(bool durable) {
    calls_.clear();
    files_.set_hook([this](const char* call) {
      calls_.emplace_back(call);
      return call == refused_ ? error_ : 0;
    });
    target_ = mount({{"base_path", base_}, {"durable", durable}}, env_);
    calls_.clear();
    return *target_->bulk();
  }
  std::vector<std::string> left(BulkTransfer& bulk, std::vector<BulkTransfer::Folder> folders) {
    std::vector<std::string> names;
    for (const BulkTransfer::Left& one : bulk.copy_files(*target_, folders, stop_))
      names.push_back(folders[one.folder].names[one.name]);
    return names;
  }
  void write(const std::string& path, std::string_view text) { std::ofstream(base_ + "/" + path) << text; }
  std::ptrdiff_t count(std::string_view call) const { return std::count(calls_.begin(), calls_.end(), call); }
  std::ptrdiff_t position(std::string_view call) const {
    return std::find(calls_.begin(), calls_.end(), call) - calls_.begin();
  }

  std::vector<std::string> calls_;
  std::string refused_;
  int error_ = 0;
  std::shared_ptr<Backend> target_;
  std::atomic<bool> stop_{false};
};

TEST_P(LocalBatch, files_of_several_folders_arrive_with_time_and_mode) {
  write("from/a", "A");
  write("from/sub/b", "B");
  fs::permissions(base_ + "/from/a", fs::perms(0751));
  const auto time = fs::file_time_type::clock::now() - std::chrono::hours(50);
  fs::last_write_time(base_ + "/from/a", time);
  for (const bool durable : {true, false}) {
    EXPECT_THAT(left(target(durable), {{"from", "to", {"a"}}, {"from/sub", "to/sub", {"b"}}}), IsEmpty());
    EXPECT_EQ(outside("to/a") + outside("to/sub/b"), "AB");
    EXPECT_EQ(mode("to/a"), 0751U);
    EXPECT_EQ(fs::last_write_time(base_ + "/to/a"), time);
  }
  EXPECT_THAT(really_in("to"), ElementsAre("a", "sub"));
}

TEST_P(LocalBatch, what_is_no_small_plain_file_is_left) {
  write("from/small", "s");
  write("from/large", std::string(BulkTransfer::kSmall + 1, 'l'));
  fs::create_symlink("small", base_ + "/from/link");
  ASSERT_EQ(::mkfifo((base_ + "/from/fifo").c_str(), 0600), 0);
  EXPECT_THAT(left(target(true), {{"from", "to", {"small", "large", "link", "fifo", "sub", "missing"}}}),
              UnorderedElementsAre("large", "link", "fifo", "sub", "missing"));
  EXPECT_THAT(really_in("to"), ElementsAre("small", "sub"));
}

TEST_P(LocalBatch, only_plain_files_are_replaced) {
  write("from/file", "new");
  write("from/sub2", "new");
  write("from/link", "new");
  write("to/file", "old and longer");
  fs::create_directory(base_ + "/to/sub2");
  fs::create_symlink("file", base_ + "/to/link");
  for (const bool durable : {true, false}) {
    EXPECT_THAT(left(target(durable), {{"from", "to", {"file", "sub2", "link"}}}),
                UnorderedElementsAre("sub2", "link"));
    EXPECT_EQ(outside("to/file"), "new");
    write("to/file", "old and longer");
  }
  EXPECT_TRUE(fs::is_symlink(base_ + "/to/link"));
  EXPECT_THAT(really_in("to"), ElementsAre("file", "link", "sub", "sub2"));
}

TEST_P(LocalBatch, folders_that_are_missing_leave_all_their_names) {
  write("from/a", "A");
  EXPECT_THAT(left(target(true), {{"none", "to", {"a"}}, {"from", "nowhere", {"a"}}}), ElementsAre("a", "a"));
}

TEST_P(LocalBatch, a_durable_batch_is_synced_together_before_it_is_named_and_its_folder_after_it) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) {
    names.push_back(std::to_string(i));
    write("from/" + names.back(), names.back());
  }
  EXPECT_THAT(left(target(true), {{"from", "to", names}}), IsEmpty());
  EXPECT_EQ(count("sync_system"), 1);
  EXPECT_EQ(count("sync"), 1);
  EXPECT_LT(position("sync_system"), position("name_file"));
  EXPECT_EQ(calls_.back(), "sync");
  EXPECT_THAT(left(target(false), {{"from", "to", names}}), IsEmpty());
  EXPECT_EQ(count("sync_system") + count("sync"), 0);
}

TEST_P(LocalBatch, where_a_file_system_cannot_be_synced_every_file_is) {
  std::vector<std::string> names;
  for (int i = 0; i < 10; ++i) {
    names.push_back(std::to_string(i));
    write("from/" + names.back(), names.back());
  }
  refused_ = "sync_system";
  error_ = -EOPNOTSUPP;
  EXPECT_THAT(left(target(true), {{"from", "to", names}}), IsEmpty());
  EXPECT_EQ(count("sync"), 10 + 1);
}

TEST_P(LocalBatch, a_failed_sync_fails_the_batch_and_names_nothing) {
  for (int i = 0; i < 10; ++i) write("from/" + std::to_string(i), "x");
  std::vector<std::string> names{"0", "1", "2", "3", "4", "5"};
  refused_ = "sync_system";
  error_ = -EIO;
  BulkTransfer& bulk = target(true);
  EXPECT_THROW(left(bulk, {{"from", "to", names}}), Error);
  EXPECT_THAT(really_in("to"), ElementsAre("sub"));
}

TEST_P(LocalBatch, one_failed_file_is_left_and_the_others_arrive) {
  write("from/a", "A");
  write("from/b", "B");
  for (const char* call : {"copy_range", "open_nameless", "set_mtime", "name_file"}) {
    SCOPED_TRACE(call);
    refused_ = call;
    error_ = -EIO;
    EXPECT_THAT(left(target(true), {{"from", "to", {"a", "b"}}}), UnorderedElementsAre("a", "b"));
    EXPECT_THAT(really_in("to"), ElementsAre("sub"));
  }
}

TEST_P(LocalBatch, nothing_is_named_after_a_stop) {
  write("from/a", "A");
  stop_ = true;
  left(target(true), {{"from", "to", {"a"}}});
  EXPECT_THAT(really_in("to"), ElementsAre("sub"));
}

TEST_P(LocalBatch, names_are_listed_with_their_kinds) {
  write("from/a", "A");
  fs::create_symlink("a", base_ + "/from/link");
  fs::create_symlink("nowhere", base_ + "/from/dangling");
  std::vector<std::string> found;
  for (const Entry& entry : target(true).list_names("from")) {
    found.push_back(entry.path +
                    (entry.is_directory() ? "/"
                     : entry.is_file()    ? ""
                                          : "?") +
                    (entry.is_link ? "@" : ""));
  }
  EXPECT_THAT(found, UnorderedElementsAre("a", "sub/", "link@", "dangling?@"));
  EXPECT_THROW(target(true).list_names("none"), Error);
}

TEST_P(LocalBatch, paths_come_without_unfinished_files_and_only_when_they_are_few_enough) {
  write("from/a", "A");
  write("from/.hidden", "H");
  write("from/" + local::unfinished_name(Env::system(), "a"), "half");
  fs::create_symlink("nowhere", base_ + "/from/dangling");
  BulkTransfer& bulk = target(true);
  const auto found = bulk.paths_in("from", 4);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, UnorderedElementsAre("from/a", "from/.hidden", "from/sub", "from/dangling"));
  EXPECT_FALSE(bulk.paths_in("from", 3));
  EXPECT_EQ(bulk.paths_in("", 10)->size(), 2U);
  EXPECT_THROW(bulk.paths_in("none", 10), Error);
  EXPECT_THROW(bulk.paths_in("from/a", 10), Error);
}

TEST_P(LocalBatch, a_mount_takes_over_files_and_plain_folders_of_another) {
  write("from/a", "A");
  write("from/sub/b", "B");
  BulkTransfer& bulk = target(true);
  EXPECT_TRUE(bulk.rename_from(backend(), "from/a", "to/new/a"));
  EXPECT_TRUE(bulk.rename_from(backend(), "from/sub", "to/moved"));
  EXPECT_EQ(outside("to/new/a") + outside("to/moved/b"), "AB");
  EXPECT_THAT(really_in("from"), IsEmpty());
  fs::create_symlink("../to", base_ + "/from/link");
  EXPECT_FALSE(bulk.rename_from(backend(), "from", "to/other"));
  EXPECT_FALSE(bulk.rename_from(backend(), "from/link", "to/other"));
  EXPECT_FALSE(bulk.rename_from(backend(), "from/none", "to/other"));
}

GENRO_BOTH_DRIVERS(LocalBatch);

}  // namespace
}  // namespace genro::storage::test
