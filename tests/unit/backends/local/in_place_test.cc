// Files of the local backend that cannot be replaced are written in place; what refuses even that stays as it was.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

using ::testing::ElementsAre;

class LocalInPlace : public HookedLocalFixture {
 protected:
  /// From now on these calls fail.
  void refuse(std::map<std::string, int, std::less<>> calls, bool durable = true) {
    files_.set_hook([calls = std::move(calls)](const char* call) {
      const auto found = calls.find(std::string_view(call));
      return found == calls.end() ? 0 : -found->second;
    });
    backend_ = mount({{"base_path", base_}, {"durable", durable}}, env_);
  }
  /// From now on the mount's folders take no new file; the one for temporary files does.
  void refuse_new_files() {
    files_.set_hook([calls = 0](const char* call) mutable {
      return std::string_view(call) == "open_nameless" && ++calls % 2 == 1 ? -EACCES : 0;
    });
    backend_ = mount({{"base_path", base_}}, env_);
  }
  ino_t inode(const std::string& path) const {
    struct stat status{};
    EXPECT_EQ(::stat((base_ + "/" + path).c_str(), &status), 0);
    return status.st_ino;
  }
};
GENRO_BOTH_DRIVERS(LocalInPlace);

TEST_P(LocalInPlace, a_mount_point_gets_its_new_content_in_place) {
  for (const int error : {EBUSY, EACCES, EPERM}) {
    for (const std::size_t size : {std::size_t{5}, std::size_t{3000}, std::size_t{2} << 20}) {
      put("file", std::string(1000, 'o'));
      const ino_t before = inode("file");
      refuse({{"rename", error}});
      const std::string content(size, 'n');
      const Entry entry = put("file", content);
      EXPECT_EQ(outside("file"), content);
      EXPECT_EQ(entry.size, size);
      EXPECT_EQ(entry.etag, stat("file")->etag);
      EXPECT_EQ(inode("file"), before);
      EXPECT_THAT(really_in(""), ElementsAre("file"));
      refuse({});
    }
  }
}

TEST_P(LocalInPlace, so_does_a_file_in_a_folder_that_takes_no_new_ones) {
  put("file", "old");
  refuse_new_files();
  const std::string large(3 << 20, 'n');
  put("file", large);  // a large content, which comes in pieces
  EXPECT_EQ(outside("file"), large);
  const std::unique_ptr<StagedFile> staged = run(backend().stage("file", {}));
  ASSERT_EQ(::pwrite(staged->descriptor(), "draft", 5, 0), 5);
  EXPECT_EQ(outside("file"), large);  // until it is committed
  run(staged->commit());
  EXPECT_EQ(outside("file"), "draft");
  EXPECT_EQ(failure(backend().put("none", Body(Bytes::copy_of("x")), {})), ErrorCode::permission_denied);
}

TEST_P(LocalInPlace, conditions_hold_there_too) {
  const Entry old = put("file", "old");
  refuse_new_files();
  PutOptions options;
  options.when = When::if_match("another");
  EXPECT_EQ(failure(backend().put("file", Body(Bytes::copy_of("x")), options)), ErrorCode::precondition_failed);
  options.when = When::if_match(old.etag);
  run(backend().put("file", Body(Bytes::copy_of(std::string(2 << 20, 'n'))), options));
  EXPECT_EQ(failure(backend().put("file", Body(Bytes::copy_of("x")), options)), ErrorCode::precondition_failed);
}

TEST_P(LocalInPlace, what_does_not_fit_leaves_the_old_content) {
  put("file", "old");
  int copies = 0;
  files_.set_hook([&](const char* call) {
    if (std::string_view(call) == "rename") return -EBUSY;
    return std::string_view(call) == "copy_range" && ++copies == 1 ? -ENOSPC : 0;
  });
  backend_ = mount({{"base_path", base_}}, env_);
  EXPECT_EQ(put_failure("file", "a longer content"), ErrorCode::no_space);
  EXPECT_EQ(outside("file"), "old");
  EXPECT_THAT(really_in(""), ElementsAre("file"));
}

TEST_P(LocalInPlace, a_file_that_only_one_may_make_needs_neither_links_nor_careful_renames) {
  int renames = 0;
  files_.set_hook([&](const char* call) {
    if (std::string_view(call) == "open_nameless") return -EOPNOTSUPP;
    return std::string_view(call) == "rename" && ++renames % 2 == 1 ? -EPERM : 0;  // the one that may not replace
  });
  backend_ = mount({{"base_path", base_}}, env_);
  PutOptions options;
  options.when = When::if_absent();
  run(backend().put("file", Body(Bytes::copy_of("one")), options));
  EXPECT_EQ(outside("file"), "one");
  EXPECT_EQ(failure(backend().put("file", Body(Bytes::copy_of("two")), options)), ErrorCode::precondition_failed);
  EXPECT_EQ(outside("file"), "one");
  EXPECT_THAT(really_in(""), ElementsAre("file"));
}

TEST_P(LocalInPlace, bits_and_times_that_the_file_system_does_not_keep_fail_no_write) {
  put("source", "content");
  ASSERT_EQ(chmod((base_ + "/source").c_str(), 0666), 0);
  refuse({{"set_mode", EPERM}, {"set_mtime", EPERM}});
  run(backend().copy("source", "copy", {}));
  EXPECT_EQ(outside("copy"), "content");
  refuse({{"set_mode", EIO}});
  EXPECT_EQ(failure(backend().copy("source", "another", {})), ErrorCode::io);
}

TEST_P(LocalInPlace, an_error_that_only_closing_tells_fails_the_write_and_leaves_the_old_content) {
  put("file", "old");
  refuse({{"flush", EDQUOT}}, false);
  EXPECT_EQ(put_failure("file", "new"), ErrorCode::no_space);
  EXPECT_EQ(put_failure("other", "new"), ErrorCode::no_space);
  EXPECT_EQ(failure(backend().append("file", Body(Bytes::copy_of("new")))), ErrorCode::no_space);
  EXPECT_EQ(outside("file"), "old");
  EXPECT_THAT(really_in(""), ElementsAre("file"));
}

TEST_P(LocalInPlace, between_two_file_systems_a_rename_says_that_it_cannot) {
  put("file", "x");
  for (const int error : {EXDEV, EBUSY}) {
    refuse({{"rename", error}});
    EXPECT_EQ(failure(backend().rename("file", "other")), ErrorCode::unsupported);
  }
}

/// Files whose size says nothing.
class LocalMadeUp : public LocalFixture {};
GENRO_BOTH_DRIVERS(LocalMadeUp);

TEST_P(LocalMadeUp, files_of_proc_and_sys_are_read_to_their_end) {
  const std::shared_ptr<Backend> proc = mount({{"base_path", "/proc"}});
  const std::shared_ptr<Backend> sys = mount({{"base_path", "/sys"}});
  const auto read = [this](Backend& from, const std::string& path, ReadOptions options) {
    const std::unique_ptr<Reader> reader = run(from.read(path, std::move(options)));
    const std::string text = run(reader->read_all()).to_string();
    EXPECT_EQ(text.size(), reader->size());
    return text;
  };
  const std::string version = read(*proc, "version", {});
  EXPECT_EQ(version.substr(0, 14), "Linux version ");
  ReadOptions word;
  word.range = {6, 13};
  EXPECT_EQ(read(*proc, "version", word), "version");
  EXPECT_GT(read(*proc, "self/maps", {}).size(), 4096U);
  std::ifstream real("/sys/kernel/mm/transparent_hugepage/enabled");
  if (real) {
    std::ostringstream text;
    text << real.rdbuf();
    EXPECT_EQ(read(*sys, "kernel/mm/transparent_hugepage/enabled", {}), text.str());
  }
  EXPECT_FALSE(proc->immediate()->try_read("version", true));
}

TEST_P(LocalMadeUp, really_empty_and_really_sparse_files_are_what_they_say) {
  put("empty", "");
  std::ofstream(base_ + "/sparse") << "";
  fs::resize_file(base_ + "/sparse", 4096);
  EXPECT_EQ(get("empty"), "");
  EXPECT_EQ(get("sparse"), std::string(4096, '\0'));
  EXPECT_TRUE(backend().immediate()->try_read("empty", true));
}

}  // namespace
}  // namespace genro::storage::test
