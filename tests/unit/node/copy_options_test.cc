// What copies and moves tell their callers, and what they leave out or behind.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "genro/storage/error.h"
#include "genro/storage/manager.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class CopyOptionsTest : public test::BothDrivers {
 protected:
  CopyOptionsTest() {
    std::string pattern = (fs::temp_directory_path() / "copying_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(folder_ + "/one");
    fs::create_directories(folder_ + "/two");
    storage_.configure({{{"name", "one"}, {"protocol", "local"}, {"base_path", folder_ + "/one"}},
                        {{"name", "two"}, {"protocol", "local"}, {"base_path", folder_ + "/two"}},
                        {{"name", "m"}, {"protocol", "memory"}, {"base_path", folder_}}});
  }
  ~CopyOptionsTest() override { fs::remove_all(folder_); }

  Node at(std::string_view address) { return storage_.node(address); }
  void put(std::string_view address, std::string_view text) { run(at(address).write_bytes(Bytes::copy_of(text))); }
  std::string get(std::string_view address) { return run(at(address).read_bytes()).to_string(); }
  bool there(std::string_view address) { return run(at(address).exists()); }
  /// Keeps what on_error is told, by name.
  OnCopyError listen() {
    return [this](const Node& node, std::exception_ptr error) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& told) {
        told_[std::string(node.basename())] = told.what();
      }
    };
  }

  std::string folder_;
  StorageManager storage_;
  std::map<std::string, std::string> told_;
};

TEST_P(CopyOptionsTest, a_failed_comparison_copies_and_is_told) {
  for (const char* to : {"two:dst", "m:dst"}) {
    put("one:src/a", "new");
    put(std::string(to) + "/a", "old");
    CopyOptions options;
    options.skip = Skip::custom;
    options.skip_fn = [](const Node&, const Node&) -> bool { throw std::runtime_error("no idea"); };
    options.on_error = listen();
    run(at("one:src").copy_to(to, options));
    EXPECT_THAT(told_, ElementsAre(Pair("a", "no idea")));
    EXPECT_EQ(get(std::string(to) + "/a"), "new");
    told_.clear();
    run(at("one:src/a").copy_to(std::string(to) + "/a", options));
    EXPECT_THAT(told_, ElementsAre(Pair("a", "no idea")));
    options.on_error = nullptr;
    run(at("one:src").copy_to(to, options));
  }
}

TEST_P(CopyOptionsTest, equal_contents_are_skipped_also_without_anybody_to_tell) {
  put("one:src/same", "content");
  put("one:src/other", "changed");
  put("two:dst/same", "content");
  put("two:dst/other", "content");
  const auto before = fs::last_write_time(folder_ + "/two/dst/same");
  CopyOptions options;
  options.skip = Skip::hash;
  run(at("one:src").copy_to("two:dst", options));
  EXPECT_EQ(get("two:dst/other"), "changed");
  EXPECT_EQ(fs::last_write_time(folder_ + "/two/dst/same"), before);
}

TEST_P(CopyOptionsTest, with_glob_an_excluded_folder_is_left_out_whole) {
  for (const char* name : {"keep/a", "build/b", "keep/build/c", "keep/build.txt"})
    put(std::string("one:src/") + name, "x");
  CopyOptions options;
  options.exclude = {"**/build"};
  options.glob = true;
  std::vector<std::string> skipped;
  run(at("one:src").copy_to("two:dst", options));
  EXPECT_TRUE(there("two:dst/keep/build.txt"));
  EXPECT_FALSE(there("two:dst/build"));
  EXPECT_FALSE(there("two:dst/keep/build"));
  options.on_skip = [&](const Node& node, const std::string&) { skipped.push_back(node.path()); };
  run(at("one:src").copy_to("m:dst", options));
  EXPECT_THAT(skipped, ElementsAre("src/build", "src/keep/build"));
}

TEST_P(CopyOptionsTest, what_changed_while_it_was_moved_is_copied_and_stays) {
  put("one:src/changes", "before");
  put("one:src/stays_the_same", "x");
  fs::create_symlink("nowhere", folder_ + "/one/src/dangling");
  MoveOptions options;
  options.on_error = [this](const Node&, const std::exception_ptr&) {
    std::ofstream(folder_ + "/one/src/changes") << "behind";
    fs::last_write_time(folder_ + "/one/src/changes", fs::file_time_type::clock::now() + std::chrono::hours(1));
  };
  Node node = at("one:src");
  EXPECT_EQ(failure(node.move_to(at("m:dst"), options)), ErrorCode::precondition_failed);
  EXPECT_EQ(node.fullpath(), "one:src");
  EXPECT_EQ(get("one:src/changes"), "behind");
  EXPECT_TRUE(there("m:dst/changes"));
  EXPECT_TRUE(there("m:dst/stays_the_same"));
  EXPECT_FALSE(there("one:src/stays_the_same"));
}

TEST_P(CopyOptionsTest, what_cannot_be_moved_is_told_and_stays) {
  put("one:src/a", "x");
  fs::create_symlink("nowhere", folder_ + "/one/src/dangling");
  for (const char* to : {"two:dst", "m:dst"}) {
    told_.clear();
    Node node = at("one:src");
    run(node.move_to(to, {listen()}));
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_EQ(told_.begin()->first, "dangling");
    EXPECT_TRUE(fs::is_symlink(folder_ + "/one/src/dangling"));
    EXPECT_FALSE(there("one:src/a"));
    EXPECT_EQ(get(std::string(to) + "/a"), "x");
    put("one:src/a", "x");
  }
}

TEST_P(CopyOptionsTest, a_move_between_local_mounts_is_a_rename) {
  put("one:src/a", "x");
  put("one:f", "x");
  struct stat before{};
  struct stat after{};
  ASSERT_EQ(::stat((folder_ + "/one/src/a").c_str(), &before), 0);
  Node folder = at("one:src");
  run(folder.move_to("two:new/dst"));
  Node file = at("one:f");
  run(file.move_to("two:f"));
  ASSERT_EQ(::stat((folder_ + "/two/new/dst/a").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_THAT(run(at("one:").children()), IsEmpty());
}

GENRO_BOTH_DRIVERS(CopyOptionsTest);

}  // namespace
}  // namespace genro::storage
