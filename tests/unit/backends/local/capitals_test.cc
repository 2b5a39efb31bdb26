// Names that differ in capitals only, on a file system that takes them for one and keeps inodes as usual (APFS, NTFS, or ext4
// with casefold). Such a one can hardly be mounted where tests run: the seam below the backend plays it.
#include <dirent.h>
#include <gmock/gmock.h>
#include <strings.h>

#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Finds the names of one folder by whatever capitals; makes new ones as they are spelled.
class CaselessFiles final : public PosixFiles {
 public:
  bool keeps_spelling = false;  ///< As ext4: a rename to another spelling of itself does nothing.

  /// Else files would be closed later, by helper threads, when this one is gone.
  bool kernel_serves(int, dev_t) noexcept override { return true; }
  int open_beneath(int root, const char* path, int flags, mode_t mode, bool cached_only) noexcept override {
    return PosixFiles::open_beneath(root, spelled(root, path).c_str(), flags, mode, cached_only);
  }
  int open_name(int folder, const char* name, int flags, mode_t mode) noexcept override {
    return PosixFiles::open_name(folder, spelled(folder, name).c_str(), flags, mode);
  }
  int stat_name(int folder, const char* name, struct stat& result) noexcept override {
    return PosixFiles::stat_name(folder, spelled(folder, name).c_str(), result);
  }
  int unlink(int folder, const char* name) noexcept override {
    return PosixFiles::unlink(folder, spelled(folder, name).c_str());
  }
  int rename(int from_folder, const char* from, int to_folder, const char* to, bool replace) noexcept override {
    const std::string old_name = spelled(from_folder, from);
    struct stat a{};
    struct stat b{};
    const bool same = stat_name(from_folder, from, a) == 0 && stat_name(to_folder, to, b) == 0 && a.st_ino == b.st_ino;
    if (same && keeps_spelling) return 0;
    const std::string new_name = same && spelled(to_folder, to) == old_name ? to : spelled(to_folder, to);
    return PosixFiles::rename(from_folder, old_name.c_str(), to_folder, new_name.c_str(), replace);
  }

 private:
  static std::string spelled(int folder, const std::string& path) {
    if (folder < 0 || path.empty() || path.front() == '/') return path;  // not below the mount
    std::string here = "/proc/self/fd/" + std::to_string(folder);
    std::string found;
    for (std::size_t begin = 0; begin <= path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string name = entry_of(here, path.substr(begin, end - begin));
      found += (found.empty() ? "" : "/") + name;
      here += "/" + name;
      begin = end + 1;
    }
    return found;
  }
  static std::string entry_of(const std::string& folder, const std::string& name) {
    std::string found = name;
    DIR* const open = ::opendir(folder.c_str());
    if (!open) return name;
    while (const dirent* entry = ::readdir(open)) {
      if (::strcasecmp(entry->d_name, name.c_str()) == 0) found = entry->d_name;
    }
    ::closedir(open);
    return found;
  }
};

class LocalCapitals : public LocalFixture {
 protected:
  void SetUp() override {
    LocalFixture::SetUp();
    backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  }
  ~LocalCapitals() override { backend_.reset(); }
  CaselessFiles files_;
  Env env_{Env::system().clock, Env::system().random, &files_, Env::system().network};
};
GENRO_BOTH_DRIVERS(LocalCapitals);

TEST_P(LocalCapitals, another_spelling_of_a_file_is_the_file_and_stays) {
  for (const bool keeps : {false, true}) {
    files_.keeps_spelling = keeps;
    put("report.txt", "content");
    run(backend().rename("report.txt", "Report.txt"));
    EXPECT_THAT(really_in(""), ElementsAre(keeps ? "report.txt" : "Report.txt"));
    EXPECT_EQ(get("REPORT.TXT"), "content");
    run(backend().rename("Report.txt", "report.txt"));
    EXPECT_EQ(get("report.txt"), "content");
    run(backend().remove("REPORT.txt"));
    EXPECT_THAT(really_in(""), IsEmpty());
  }
}

TEST_P(LocalCapitals, so_it_is_in_a_folder_that_is_spelled_in_two_ways) {
  for (const bool keeps : {false, true}) {
    files_.keeps_spelling = keeps;
    put("Folder/file", "content");
    run(backend().rename("Folder/file", "folder/file"));
    run(backend().rename("FOLDER/file", "folder/FILE"));
    EXPECT_EQ(get("folder/file"), "content");
    EXPECT_EQ(really_in("Folder").size(), 1U);
  }
}

TEST_P(LocalCapitals, two_names_of_one_file_are_still_two) {
  put("a", "content");
  fs::create_hard_link(base_ + "/a", base_ + "/b");
  run(backend().rename("a", "b"));
  EXPECT_THAT(really_in(""), ElementsAre("b"));
  fs::create_hard_link(base_ + "/b", base_ + "/other");
  for (const bool keeps : {false, true}) {
    files_.keeps_spelling = keeps;
    run(backend().rename("b", "B"));
    EXPECT_EQ(get("B"), "content");
    run(backend().rename("B", "b"));
    EXPECT_EQ(get("b"), "content");
  }
}

TEST_P(LocalCapitals, a_folder_moves_into_itself_under_no_spelling) {
  put("Folder/sub/file", "content");
  for (const char* target : {"folder/inner", "FOLDER/SUB/inner", "folder/none/inner"}) {
    EXPECT_EQ(failure(backend().rename("Folder", target)), ErrorCode::invalid_argument) << target;
  }
  EXPECT_THAT(really_in("Folder"), ElementsAre("sub"));
  run(backend().rename("Folder", "folder"));
  EXPECT_EQ(get("FOLDER/sub/file"), "content");
}

}  // namespace
}  // namespace genro::storage::test
