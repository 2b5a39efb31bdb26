#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "genro/storage/storage.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

namespace fs = std::filesystem;

class LocalPaths : public test::BothDrivers {
 protected:
  void SetUp() override {
    folder_ = (fs::temp_directory_path() / "local-path-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    static int next = 0;
    storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", "path_" + std::to_string(next++)}},
                        {{"name", "l"}, {"protocol", "local"}, {"base_path", folder_}, {"durable", false}},
                        {{"name", "b"}, {"protocol", "base64"}},
                        {{"name", "view"}, {"path", "m:"}, {"permissions", "readonly"}}});
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const std::string& address, std::string_view text) {
    run(storage_.node(address).write_bytes(Bytes::copy_of(text)));
  }
  std::string get(const std::string& address) { return run(storage_.node(address).read_bytes()).to_string(); }
  static std::string in(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  std::optional<ErrorCode> refused(const std::string& address, const char* mode) {
    try {
      (void)storage_.node(address).local_path(mode);
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }

  StorageManager storage_;
  std::string folder_;
};

TEST_P(LocalPaths, on_a_local_mount_it_is_the_file_itself) {
  for (const char* mode : {"r", "w", "rw"}) {
    LocalPath local = storage_.node("l:d/a.txt").local_path(mode);
    EXPECT_EQ(run(local.open()), fs::canonical(folder_).string() + "/d/a.txt");
    run(local.commit());
    EXPECT_FALSE(fs::exists(folder_ + "/d"));
  }
}

TEST_P(LocalPaths, elsewhere_it_is_a_private_copy_that_goes_with_the_object) {
  const std::string text(3'000'000, 'x');
  put("m:d/a.tar.gz", text);
  std::string path;
  {
    LocalPath local = storage_.node("m:d/a.tar.gz").local_path("r");
    EXPECT_EQ(local.path(), "");
    path = run(local.open());
    EXPECT_EQ(local.path(), path);
    EXPECT_EQ(fs::path(path).extension(), ".gz");
    EXPECT_EQ(in(path), text);
    EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    std::ofstream(path) << "ignored";
    run(local.commit());
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(get("m:d/a.tar.gz"), text);
}

TEST_P(LocalPaths, what_was_written_is_uploaded_by_commit_only) {
  put("m:a", "old");
  LocalPath local = storage_.node("m:a").local_path("rw");
  std::ofstream(run(local.open())) << "new";
  EXPECT_EQ(get("m:a"), "old");
  run(local.commit());
  EXPECT_EQ(get("m:a"), "new");
  local.close();
  std::ofstream(run(local.open())) << "never";
  local.close();
  EXPECT_EQ(get("m:a"), "new");
}

TEST_P(LocalPaths, an_untouched_file_is_not_uploaded) {
  put("m:a", "old");
  for (const char* mode : {"rw", "w"}) {
    LocalPath local = storage_.node("m:a").local_path(mode);
    (void)run(local.open());
    put("m:a", "written by somebody else");
    run(local.commit());
    EXPECT_EQ(get("m:a"), "written by somebody else");
  }
  LocalPath missing = storage_.node("m:none").local_path("rw");
  EXPECT_EQ(in(run(missing.open())), "");
  run(missing.commit());
  EXPECT_FALSE(run(storage_.node("m:none").exists()));
}

TEST_P(LocalPaths, a_change_of_the_same_size_within_one_tick_of_the_clock_is_seen) {
  for (int i = 0; i < 50; ++i) {
    put("m:a", "old");
    LocalPath local = storage_.node("m:a").local_path("rw");
    const std::string path = run(local.open());
    std::ofstream(path) << "new";
    run(local.commit());
    ASSERT_EQ(get("m:a"), "new");
    std::ofstream(path) << "two";
    run(local.commit());
    ASSERT_EQ(get("m:a"), "two");
  }
}

TEST_P(LocalPaths, an_emptied_file_is_uploaded_empty) {
  put("m:a", "old");
  LocalPath local = storage_.node("m:a").local_path("w");
  std::ofstream(run(local.open())).close();
  run(local.commit());
  EXPECT_EQ(get("m:a"), "");
}

TEST_P(LocalPaths, a_file_put_in_its_place_is_uploaded) {
  put("m:a", "old");
  LocalPath local = storage_.node("m:a").local_path("rw");
  const std::string path = run(local.open());
  std::ofstream(path + ".new") << "new";
  fs::rename(path + ".new", path);
  run(local.commit());
  EXPECT_EQ(get("m:a"), "new");
  fs::remove(path);
  EXPECT_EQ(failure(local.commit()), ErrorCode::not_found);
}

TEST_P(LocalPaths, parents_are_made_by_the_upload) {
  LocalPath local = storage_.node("m:x/y/z.txt").local_path("w");
  std::ofstream(run(local.open())) << "deep";
  EXPECT_FALSE(run(storage_.node("m:x").exists()));
  run(local.commit());
  EXPECT_EQ(get("m:x/y/z.txt"), "deep");
}

TEST_P(LocalPaths, refusals_come_with_the_call) {
  EXPECT_EQ(refused("m:a", "x"), ErrorCode::invalid_argument);
  EXPECT_EQ(refused("l:a", ""), ErrorCode::invalid_argument);
  EXPECT_EQ(refused("view:a", "w"), ErrorCode::mount_permission);
  EXPECT_EQ(refused("view:a", "rw"), ErrorCode::mount_permission);
  EXPECT_EQ(refused("view:a", "r"), std::nullopt);
  EXPECT_EQ(refused("b:aGVsbG8=", "rw"), ErrorCode::unsupported);
  EXPECT_THROW((void)Node().local_path(), Error);
}

TEST_P(LocalPaths, a_missing_file_cannot_be_read_and_leaves_nothing) {
  const auto leftovers = [] {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(fs::temp_directory_path())) {
      count += entry.path().extension() == ".serve_leftover";
    }
    return count;
  };
  LocalPath local = storage_.node("m:none.serve_leftover").local_path("r");
  EXPECT_EQ(failure(local.open()), ErrorCode::not_found);
  EXPECT_EQ(leftovers(), 0U);
  EXPECT_EQ(failure(local.commit()), ErrorCode::invalid_argument);
}

TEST_P(LocalPaths, a_base64_node_gives_its_decoded_bytes) {
  LocalPath local = storage_.node("b:aGVsbG8=").local_path();
  EXPECT_EQ(in(run(local.open())), "hello");
}

GENRO_BOTH_DRIVERS(LocalPaths);

}  // namespace
}  // namespace genro::storage
