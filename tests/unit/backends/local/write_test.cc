// Writes of the local backend: whole or not at all, nothing left behind, permission bits and times as promised.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <mutex>

#include "backends/local/unfinished.h"
#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

class LocalWrites : public HookedLocalFixture {
 protected:
  /// A mount of the same folder whose system calls the test sees and fails.
  void hook(HookedFiles::Hook hook, bool durable = true) {
    files_.set_hook(std::move(hook));
    backend_ = mount({{"base_path", base_}, {"durable", durable}}, env_);
  }
};
GENRO_BOTH_DRIVERS(LocalWrites);

TEST_P(LocalWrites, the_permission_bits_of_a_replaced_file_stay) {
  put("file", "old");
  for (const mode_t bits : {0640U, 0600U, 0444U, 0755U}) {
    ASSERT_EQ(chmod((base_ + "/file").c_str(), bits), 0);
    put("file", "new");
    EXPECT_EQ(mode("file"), bits);
    EXPECT_EQ(outside("file"), "new");
  }
}

TEST_P(LocalWrites, new_content_is_never_open_to_more_people_than_what_it_replaces) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{2} << 20}) {  // with a name meanwhile, and without
    put("file", "old");
    ASSERT_EQ(chmod((base_ + "/file").c_str(), 0600), 0);
    std::atomic<int> seen = 0;
    std::atomic<mode_t> open_bits = 0;
    hook([&](const char* call) {
      if (std::string_view(call) != "pwritev") return 0;  // whoever opens it now reads on later
      for (const auto& link : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const std::string target = std::filesystem::read_symlink(link.path(), gone).string();
        struct stat status{};
        if (!target.starts_with(base_ + "/") || ::stat(link.path().c_str(), &status) != 0) continue;
        if (!S_ISREG(status.st_mode)) continue;
        ++seen;
        open_bits |= status.st_mode & 0777;
      }
      return 0;
    });
    put("file", std::string(size, 'x'));
    hook({});
    EXPECT_GE(seen, 1) << size;
    EXPECT_EQ(open_bits, 0600U) << size;
    EXPECT_EQ(mode("file"), 0600U) << size;
  }
}

TEST_P(LocalWrites, bits_that_the_mask_takes_away_are_given_back) {
  put("file", "old");
  ASSERT_EQ(chmod((base_ + "/file").c_str(), 0666), 0);
  const mode_t before = umask(077);
  const Entry small = put("file", "new");
  umask(before);
  EXPECT_EQ(mode("file"), 0666U);
  EXPECT_EQ(small.mode, 0666U);
}

TEST_P(LocalWrites, a_new_file_follows_the_umask_or_the_wish) {
  const mode_t before = umask(027);
  put("by_umask", "x");
  put("big_by_umask", std::string(2 << 20, 'x'));
  umask(before);
  EXPECT_EQ(mode("by_umask"), 0640U);
  EXPECT_EQ(mode("big_by_umask"), 0640U);
  PutOptions options;
  options.mode = 0604;
  put("by_wish", "x", options);
  EXPECT_EQ(mode("by_wish"), 0604U);
}

TEST_P(LocalWrites, a_copy_keeps_time_and_permission_bits) {
  PutOptions options;
  options.mode = 0611;
  options.mtime_ns = 1'234'567'890'123'456'789;
  put("from", "content", options);
  const Entry copied = run(backend().copy("from", "to", {}));
  EXPECT_EQ(copied.mtime_ns, options.mtime_ns);
  EXPECT_EQ(mode("to"), 0611U);
  EXPECT_EQ(stat("to")->mtime_ns, options.mtime_ns);
}

TEST_P(LocalWrites, contents_written_in_one_tick_of_the_clock_have_different_etags) {
  std::vector<std::string> etags;
  for (int i = 0; i < 50; ++i) etags.push_back(put("file", std::string(1, static_cast<char>('a' + i))).etag);
  std::sort(etags.begin(), etags.end());
  EXPECT_EQ(std::unique(etags.begin(), etags.end()), etags.end());
}

TEST_P(LocalWrites, what_is_no_regular_file_is_never_opened_for_its_content) {
  ASSERT_EQ(mkfifo((base_ + "/fifo").c_str(), 0666), 0);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = base_ + "/socket";
  ASSERT_LT(name.size(), sizeof address.sun_path);
  std::copy(name.begin(), name.end(), address.sun_path);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  for (const char* path : {"fifo", "socket"}) {
    EXPECT_EQ(stat(path)->kind, EntryKind::other) << path;
    EXPECT_EQ(failure(backend().read(path, {})), ErrorCode::invalid_argument) << path;
    EXPECT_EQ(put_failure(path), ErrorCode::invalid_argument) << path;
    EXPECT_TRUE(failure(backend().append(path, Body(Bytes::copy_of("x"))))) << path;
    EXPECT_EQ(failure(backend().copy(path, "copy", {})), ErrorCode::invalid_argument) << path;
  }
  EXPECT_EQ(listed(""), (std::vector<std::string>{"fifo", "socket"}));
  for (const char* path : {"fifo", "socket"}) run(backend().remove(path));
  EXPECT_TRUE(really_in("").empty());
  close(listener);
}

TEST_P(LocalWrites, a_full_disk_keeps_the_old_file_and_leaves_nothing) {
  put("file", "old");
  const std::string big(3 << 20, 'n');
  for (const char* failing : {"pwritev", "sync"}) {
    hook([failing](const char* call) { return std::string_view(call) == failing ? -ENOSPC : 0; });
    EXPECT_EQ(put_failure("file", "new"), ErrorCode::no_space) << failing;
    EXPECT_EQ(put_failure("file", big), ErrorCode::no_space) << failing;
    EXPECT_EQ(put_failure("other", "new"), ErrorCode::no_space) << failing;
    EXPECT_EQ(outside("file"), "old");
    if (std::string_view(failing) == "sync")
      fs::remove(base_ + "/other");  // published before its folder failed to sync
    EXPECT_EQ(really_in(""), std::vector<std::string>{"file"}) << failing;
  }
}

TEST_P(LocalWrites, an_append_that_fails_half_way_is_taken_back) {
  put("log", "old ");
  int writes = 0;
  hook([&writes](const char* call) { return std::string_view(call) == "sync" && ++writes ? -EIO : 0; });
  EXPECT_EQ(failure(backend().append("log", Body(Bytes::copy_of("new")))), ErrorCode::io);
  EXPECT_EQ(outside("log"), "old ");
}

TEST_P(LocalWrites, whichever_call_fails_the_target_is_whole_and_nothing_stays) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{3} << 20}) {
    for (const bool replaces : {false, true}) {
      for (int failing = 0;; ++failing) {
        fs::remove_all(base_);
        fs::create_directory(base_);
        if (replaces) std::ofstream(base_ + "/file") << "old";
        std::atomic<int> number{0};
        std::atomic<bool> failed{false};
        std::mutex mutex;
        std::string failed_call;
        hook({});
        files_.set_hook([&](const char* call) {
          if (number++ != failing) return 0;
          std::lock_guard lock(mutex);
          failed_call = call;
          failed = true;
          return -EIO;
        });
        const std::string content(size, 'n');
        const Result<Entry> result = outcome(backend().put("file", Body(Bytes::copy_of(content)), {}));
        files_.set_hook({});
        const std::vector<std::string> left = really_in("");
        const std::string now = left.empty() ? "" : outside("file");
        if (result.ok()) {
          EXPECT_TRUE(now == content) << failed_call;
        } else {
          EXPECT_TRUE(now == (replaces ? "old" : "") || now == content) << failed_call;
        }
        EXPECT_LE(left.size(), 1U) << failed_call << " left " << (left.empty() ? "" : left.front());
        backend_.reset();
        EXPECT_EQ(files_.open_count(), 0) << failed_call;
        if (!failed) break;
        ASSERT_LT(failing, 100);
      }
    }
  }
}

TEST_P(LocalWrites, a_durable_write_syncs_the_file_before_its_name_and_the_folder_after) {
  std::mutex mutex;
  std::vector<std::string> calls;
  const auto record = [&](const char* call) {
    std::lock_guard lock(mutex);
    const std::string name = call;
    if (name == "sync" || name == "rename" || name == "name_file" || name == "pwritev") calls.push_back(name);
    return 0;
  };
  hook(record);
  put("file", "one");
  EXPECT_EQ(calls, (std::vector<std::string>{"pwritev", "sync", "name_file", "sync"}));
  calls.clear();
  put("file", "two");
  EXPECT_EQ(calls, (std::vector<std::string>{"pwritev", "sync", "rename", "sync"}));
  calls.clear();
  hook(record, false);
  put("file", "three");
  EXPECT_EQ(calls, (std::vector<std::string>{"pwritev", "rename"}));
}

TEST_P(LocalWrites, unfinished_files_of_killed_writers_are_hidden_and_go_with_their_folder) {
  put("dir/file", "x");
  std::ofstream(base_ + "/dir/" + local::unfinished_name(Env::system(), "file")) << "half";
  std::ofstream(base_ + "/dir/" + local::unfinished_name(Env::system(), std::string(250, 'f'))) << "half";
  std::ofstream(base_ + "/dir/.file.tmp") << "a user's own";
  EXPECT_EQ(listed("dir"), (std::vector<std::string>{"dir/.file.tmp", "dir/file"}));
  EXPECT_EQ(failure(backend().remove("dir")), ErrorCode::not_empty);
  run(backend().remove("dir/file"));
  run(backend().remove("dir/.file.tmp"));
  run(backend().remove("dir"));
  EXPECT_TRUE(really_in("").empty());
}

TEST_P(LocalWrites, where_files_need_names_and_links_the_long_way_works_too) {
  hook([](const char* call) {
    return std::string_view(call) == "open_nameless" || std::string_view(call) == "clone" ? -EOPNOTSUPP : 0;
  });
  put("new", "one");
  put("new", "two");
  put("big", std::string(2 << 20, 'b'));
  PutOptions options;
  options.when = When::if_absent();
  EXPECT_EQ(failure(backend().put("new", Body(Bytes::copy_of("x")), options)), ErrorCode::precondition_failed);
  EXPECT_EQ(outside("new"), "two");
  EXPECT_EQ(really_in(""), (std::vector<std::string>{"big", "new"}));
}

TEST_P(LocalWrites, nothing_stays_open) {
  hook({}, false);
  put("dir/file", "x");
  get("dir/file");
  stat("dir/file");
  listed("dir");
  run(backend().copy("dir/file", "other/copy", {}));
  run(backend().rename("other/copy", "third/copy"));
  run(backend().append("third/copy", Body(Bytes::copy_of("x"))));
  run(backend().remove("third/copy"));
  put_failure("dir");
  failure(backend().read("dir", {}));
  backend_.reset();
  EXPECT_EQ(files_.open_count(), 0);
}

TEST_P(LocalWrites, names_of_one_file_can_be_renamed_onto_each_other) {
  put("a", "content");
  fs::create_hard_link(base_ + "/a", base_ + "/b");
  run(backend().rename("a", "b"));
  EXPECT_EQ(really_in(""), std::vector<std::string>{"b"});
  EXPECT_EQ(get("b"), "content");
}

TEST_P(LocalWrites, a_removal_is_durable_when_the_folder_was_synced) {
  std::atomic<int> syncs = 0;
  put("dir/file", "x");
  hook([&](const char* call) {
    if (std::string_view(call) == "sync") ++syncs;
    return 0;
  });
  run(backend().remove("dir/file"));
  EXPECT_EQ(syncs, 1);
  run(backend().remove("dir/file"));  // nothing there: nothing to keep
  EXPECT_EQ(syncs, 1);
  run(backend().remove("dir"));
  EXPECT_EQ(syncs, 2);
  hook([&](const char* call) { return std::string_view(call) == "sync" ? -EIO : 0; }, false);
  put("file", "x");
  EXPECT_EQ(failure(backend().remove("file")), std::nullopt);
}

TEST_P(LocalWrites, many_removals_sync_each_folder_once) {
  std::atomic<int> syncs = 0;
  std::vector<std::string> paths;
  for (const std::string folder : {"a", "b"}) {
    for (int i = 0; i < 150; ++i) put(paths.emplace_back(folder + "/" + std::to_string(i)), "x");
  }
  paths.emplace_back("a");
  put("stays/file", "x");
  paths.emplace_back("stays");
  hook([&](const char* call) {
    if (std::string_view(call) == "sync") ++syncs;
    return 0;
  });
  const std::vector<RemoveFailure> failures = run(backend().remove_many(paths));
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].path, "stays");
  EXPECT_EQ(failures[0].error.code(), ErrorCode::not_empty);
  EXPECT_EQ(syncs, 2);  // of b, and of the root, which lost a
  EXPECT_EQ(really_in("."), (std::vector<std::string>{"b", "stays"}));
}

TEST_P(LocalWrites, a_removal_that_may_be_lost_is_an_error) {
  put("file", "x");
  hook([&](const char* call) { return std::string_view(call) == "sync" ? -EIO : 0; });
  EXPECT_EQ(failure(backend().remove("file")), ErrorCode::io);
}

}  // namespace
}  // namespace genro::storage::test
