// The system's own Files, Linux's and POSIX's alike: what opens where, and how a file without a name gets one.
#include "loop/system_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#ifdef __linux__
#include <linux/capability.h>
#include <sys/syscall.h>
#endif

namespace genro::storage {
namespace {

namespace fs = std::filesystem;

class SystemFiles : public ::testing::TestWithParam<const char*> {
 protected:
  SystemFiles() {
    std::string pattern = (fs::temp_directory_path() / "files_XXXXXX").string();
    top_ = ::mkdtemp(pattern.data());
    fs::create_directories(top_ + "/base/sub");
    std::ofstream(top_ + "/secret") << "secret";
    std::ofstream(top_ + "/base/file") << "content";
#ifdef __linux__
    if (GetParam() == std::string_view("linux")) files_ = std::make_unique<LinuxFiles>();
#endif
    if (!files_) files_ = std::make_unique<PosixFiles>();
    root_ = files_->open_root((top_ + "/base").c_str());
  }
  ~SystemFiles() override {
    files_->close(root_);
    fs::remove_all(top_);
  }
  /// What opening it gives to read, or -errno.
  std::string opened(const char* path, int flags = O_RDONLY) {
    const int file = files_->open_beneath(root_, path, flags, 0, false);
    if (file < 0) return std::to_string(file);
    std::byte bytes[16];
    const long count = files_->pread(file, bytes, 0);
    files_->close(file);
    return count < 0 ? std::to_string(count) : std::string(reinterpret_cast<char*>(bytes), static_cast<size_t>(count));
  }
  std::string refused(int error) const { return std::to_string(-error); }
  std::string content(const std::string& name) const {
    std::string text;
    std::ifstream(top_ + "/base/" + name) >> text;
    return text;
  }

  std::string top_;
  std::unique_ptr<Files> files_;
  int root_ = -1;
};

TEST_P(SystemFiles, without_waiting_nothing_is_opened_that_another_file_system_has) {
  if (!fs::exists("/proc/version")) GTEST_SKIP() << "no other file system is known to be here";
  const int top = files_->open_root("/");
  ASSERT_GE(top, 0);
  const int waiting = files_->open_beneath(top, "proc/version", O_RDONLY, 0, false);
  EXPECT_GE(waiting, 0);
  files_->close(waiting);
  EXPECT_EQ(files_->open_beneath(top, "proc/version", O_RDONLY, 0, true), -EAGAIN);
  files_->close(top);
}

TEST_P(SystemFiles, a_file_system_that_is_not_known_to_be_the_kernels_own_is_not) {
  if (!fs::exists("/proc/self")) GTEST_SKIP() << "no other file system is known to be here";
  const int made_up = files_->open_root("/proc/self");
  ASSERT_GE(made_up, 0);
  struct stat status{};
  ASSERT_EQ(files_->stat(made_up, status), 0);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(files_->kernel_serves(made_up, status.st_dev));
  files_->close(made_up);
  if (GetParam() != std::string_view("linux")) return;
  const int in_memory = files_->open_root("/dev/shm");
  if (in_memory < 0) GTEST_SKIP() << "no /dev/shm";
  ASSERT_EQ(files_->stat(in_memory, status), 0);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(files_->kernel_serves(in_memory, status.st_dev));
  files_->close(in_memory);
}

TEST_P(SystemFiles, one_name_opens_as_a_path_of_several_does) {
  fs::create_symlink("file", top_ + "/base/inside");
  fs::create_symlink("../secret", top_ + "/base/outside");
  fs::create_symlink("none", top_ + "/base/dangling");
  fs::create_symlink("sub", top_ + "/base/folder");
  EXPECT_EQ(opened("file"), "content");
  EXPECT_EQ(opened("inside"), "content");
  EXPECT_EQ(opened("sub/../inside"), "content");
  EXPECT_EQ(opened("outside"), refused(EXDEV));
  EXPECT_EQ(opened(".."), refused(EXDEV));
  EXPECT_EQ(opened("dangling"), refused(ENOENT));
  EXPECT_EQ(opened("none"), refused(ENOENT));
  EXPECT_EQ(opened("folder", O_RDONLY | O_DIRECTORY), refused(EISDIR));  // opened, but no file to read
  EXPECT_EQ(opened("file", O_RDONLY | O_DIRECTORY), refused(ENOTDIR));
  EXPECT_EQ(opened("inside", O_RDONLY | O_NOFOLLOW), refused(ELOOP));
  EXPECT_EQ(opened(std::string(300, 'x').c_str()), refused(ENAMETOOLONG));
}

TEST_P(SystemFiles, what_only_says_where_it_is_follows_links_unless_told_not_to) {
  fs::create_symlink("sub", top_ + "/base/folder");
  struct stat status{};
  int file = files_->open_beneath(root_, "folder", kOpenPath, 0, false);
  EXPECT_EQ(files_->stat(file, status), 0);
  EXPECT_TRUE(S_ISDIR(status.st_mode));
  files_->close(file);
#ifdef O_PATH
  file = files_->open_beneath(root_, "folder", kOpenPath | O_NOFOLLOW, 0, false);
  EXPECT_EQ(files_->stat(file, status), 0);
  EXPECT_TRUE(S_ISLNK(status.st_mode));
  files_->close(file);
#endif
}

#ifdef __linux__
class NamelessFiles : public SystemFiles {
 protected:
  void SetUp() override {
    file_ = files_->open_nameless(root_, 0600);
    if (file_ == -EOPNOTSUPP) GTEST_SKIP() << "no files without names here";
    ASSERT_GE(file_, 0);
    char text[] = "new";
    const iovec piece{text, 3};
    ASSERT_EQ(files_->pwritev(file_, &piece, 1, 0), 3);
  }
  void TearDown() override {
    if (file_ >= 0) files_->close(file_);
  }
  int file_ = -1;
};

/// Takes from this thread the right to find files by their descriptors.
void lose_the_right_to_search() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct rights[2] = {};
  ASSERT_EQ(::syscall(SYS_capget, &header, rights), 0);
  rights[0].effective &= ~(1U << CAP_DAC_READ_SEARCH);
  ASSERT_EQ(::syscall(SYS_capset, &header, rights), 0);
}

TEST_P(NamelessFiles, get_their_name_once_and_never_a_taken_one) {
  EXPECT_EQ(files_->name_file(file_, root_, "file"), -EEXIST);
  EXPECT_EQ(content("file"), "content");
  EXPECT_EQ(files_->name_file(file_, root_, "named"), 0);
  EXPECT_EQ(content("named"), "new");
}

TEST_P(NamelessFiles, get_it_also_from_a_thread_without_the_rights_of_the_one_that_opened_them) {
  std::thread([this] {
    lose_the_right_to_search();
    EXPECT_EQ(files_->name_file(file_, root_, "file"), -EEXIST);
    EXPECT_EQ(files_->name_file(file_, root_, "named"), 0);
    EXPECT_EQ(content("named"), "new");
  }).join();
  EXPECT_EQ(files_->name_file(file_, root_, "again"), 0);
  EXPECT_EQ(content("again"), "new");
}

INSTANTIATE_TEST_SUITE_P(, NamelessFiles, ::testing::Values("linux"), [](const auto& each) { return each.param; });
INSTANTIATE_TEST_SUITE_P(, SystemFiles, ::testing::Values("linux", "posix"),
                         [](const auto& each) { return each.param; });
#else
INSTANTIATE_TEST_SUITE_P(, SystemFiles, ::testing::Values("posix"), [](const auto& each) { return each.param; });
#endif

}  // namespace
}  // namespace genro::storage
