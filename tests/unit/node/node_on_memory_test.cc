#include <gmock/gmock.h>

#include "genro/storage/manager.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NodeOnMemory : public test::BothDrivers {
 protected:
  NodeOnMemory() {
    static int next = 0;
    // All memory mounts share one tree: each test gets a corner of its own.
    storage_.configure(
        {{{"name", "m"}, {"protocol", "memory"}, {"base_path", "node_on_memory_" + std::to_string(next++)}},
         {{"name", "b"}, {"protocol", "base64"}},
         {{"name", "view"}, {"path", "m:sub"}, {"permissions", "readonly"}}});
  }
  Node at(std::string_view address) { return storage_.node(address); }
  void put(std::string_view address, std::string_view text) { run(at(address).write_bytes(Bytes::copy_of(text))); }
  std::string get(std::string_view address) { return run(at(address).read_bytes()).to_string(); }
  std::vector<std::string> names(std::string_view address) {
    std::vector<std::string> result;
    for (const Node& child : run(at(address).children())) result.emplace_back(child.basename());
    return result;
  }

  StorageManager storage_;
};

TEST_P(NodeOnMemory, what_was_written_is_read_back) {
  EXPECT_TRUE(run(at("m:a/b.txt").write_bytes(Bytes::copy_of("hello"))));
  EXPECT_EQ(get("m:a/b.txt"), "hello");
  EXPECT_TRUE(run(at("m:a/b.txt").exists()));
  EXPECT_TRUE(run(at("m:a/b.txt").is_file()));
  EXPECT_FALSE(run(at("m:a/b.txt").is_dir()));
  EXPECT_TRUE(run(at("m:a").is_dir()));
  EXPECT_TRUE(run(at("m:").is_dir()));
  EXPECT_EQ(run(at("m:a/b.txt").size()), 5U);
  EXPECT_GT(run(at("m:a/b.txt").mtime()), 1.6e9);
  EXPECT_EQ(run(at("m:a/b.txt").md5hash()), "5d41402abc4b2a76b9719d911017c592");
}

TEST_P(NodeOnMemory, a_missing_file_is_not_there_and_cannot_be_read) {
  EXPECT_FALSE(run(at("m:no").exists()));
  EXPECT_FALSE(run(at("m:no/deeper").is_file()));
  EXPECT_EQ(failure(at("m:no").read_bytes()), ErrorCode::not_found);
  EXPECT_EQ(failure(at("m:no").size()), ErrorCode::not_found);
  EXPECT_EQ(failure(at("m:no").mtime()), ErrorCode::not_found);
  EXPECT_THAT(message(at("m:no").md5hash()), HasSubstr("File not found: m:no"));
  EXPECT_THAT(message(at("m:no").read_bytes()), HasSubstr("m:no"));
}

TEST_P(NodeOnMemory, a_folder_has_no_size_hash_or_content) {
  put("m:d/f", "x");
  EXPECT_THAT(message(at("m:d").size()), HasSubstr("directory"));
  EXPECT_EQ(failure(at("m:d").size()), ErrorCode::invalid_argument);
  EXPECT_THAT(message(at("m:d").md5hash()), HasSubstr("Cannot compute hash of directory: m:d"));
  EXPECT_EQ(failure(at("m:d").write_bytes(Bytes())), ErrorCode::is_directory);
  EXPECT_EQ(failure(at("m:").write_bytes(Bytes())), ErrorCode::is_directory);
}

TEST_P(NodeOnMemory, text_keeps_its_newlines_and_must_be_utf8) {
  EXPECT_TRUE(run(at("m:t").write_text("a\r\nb\rc ☕")));
  EXPECT_EQ(run(at("m:t").read_text()), "a\r\nb\rc ☕");
  put("m:bad", "ok\xFFno");
  EXPECT_THAT(message(at("m:bad").read_text()), HasSubstr("offset 2"));
  EXPECT_EQ(failure(at("m:t").write_text("\xED\xA0\x80")), ErrorCode::invalid_argument);
  EXPECT_EQ(get("m:t"), "a\r\nb\rc ☕");
}

TEST_P(NodeOnMemory, large_text_survives_without_a_copy_of_its_own) {
  const std::string text(300'000, 'x');
  run(at("m:large").write_text(text));
  EXPECT_EQ(run(at("m:large").read_text()), text);
}

TEST_P(NodeOnMemory, an_identical_write_is_skipped_when_asked_to) {
  WriteOptions options;
  options.skip_if_unchanged = true;
  EXPECT_TRUE(run(at("m:s").write_bytes(Bytes::copy_of("one"), options)));
  EXPECT_FALSE(run(at("m:s").write_bytes(Bytes::copy_of("one"), options)));
  EXPECT_TRUE(run(at("m:s").write_bytes(Bytes::copy_of("two"), options)));
  EXPECT_TRUE(run(at("m:s").write_bytes(Bytes::copy_of("longer"), options)));
  EXPECT_EQ(get("m:s"), "longer");
}

TEST_P(NodeOnMemory, a_read_only_view_reads_but_refuses_every_change_before_it_looks) {
  put("m:sub/f", "content");
  EXPECT_EQ(get("view:f"), "content");
  EXPECT_EQ(failure(at("view:f").write_bytes(Bytes())), ErrorCode::mount_permission);
  EXPECT_THAT(message(at("view:f").write_bytes(Bytes())), HasSubstr("read-only"));
  EXPECT_EQ(failure(at("view:missing").remove()), ErrorCode::mount_permission);
  EXPECT_THAT(message(at("view:missing").remove()), HasSubstr("does not have delete permission"));
  EXPECT_EQ(failure(at("view:").mkdir(false, true)), ErrorCode::mount_permission);
  WriteOptions same;
  same.skip_if_unchanged = true;
  EXPECT_FALSE(run(at("view:f").write_bytes(Bytes::copy_of("content"), same)));
  EXPECT_TRUE(at("view:").capabilities().readonly);
  EXPECT_FALSE(at("m:").capabilities().readonly);
}

TEST_P(NodeOnMemory, a_range_is_read_into_the_callers_memory) {
  put("m:r", "0123456789");
  std::array<std::byte, 4> target{};
  EXPECT_EQ(run(at("m:r").read_into(target, 3)), 4U);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(target.data()), 4), "3456");
  EXPECT_EQ(run(at("m:r").read_into(target, 8)), 2U);
  EXPECT_EQ(run(at("m:r").read_into(target, 10)), 0U);
  EXPECT_EQ(run(at("m:r").read_into(target, 99)), 0U);
  const std::vector<Bytes> parts = run(at("m:r").read_ranges({{7, 9}, {0, 2}}));
  EXPECT_EQ(parts[0].view(), "78");
  EXPECT_EQ(parts[1].view(), "01");
}

TEST_P(NodeOnMemory, children_are_sorted_direct_entries) {
  put("m:z", "");
  put("m:a/deep/x", "");
  put("m:.hidden", "");
  run(at("m:empty").mkdir());
  EXPECT_THAT(names("m:"), ElementsAre(".hidden", "a", "empty", "z"));
  EXPECT_THAT(names("m:a"), ElementsAre("deep"));
  EXPECT_THAT(names("m:empty"), ElementsAre());
  EXPECT_EQ(failure(at("m:no").children()), ErrorCode::not_found);
  EXPECT_EQ(failure(at("m:z").children()), ErrorCode::invalid_argument);
  EXPECT_THAT(message(at("b:").children()), HasSubstr("no directory structure"));
}

TEST_P(NodeOnMemory, mkdir_follows_parents_and_exist_ok) {
  EXPECT_EQ(failure(at("m:p/q").mkdir()), ErrorCode::not_found);
  EXPECT_THAT(message(at("m:p/q").mkdir()), HasSubstr("Parent directory does not exist"));
  EXPECT_EQ(failure(at("m:p/q").mkdir(false, true)), ErrorCode::not_found);
  run(at("m:p/q").mkdir(true));
  EXPECT_EQ(failure(at("m:p/q").mkdir(true)), ErrorCode::already_exists);
  run(at("m:p/q").mkdir(false, true));
  put("m:f", "");
  EXPECT_EQ(failure(at("m:f").mkdir(false, true)), ErrorCode::already_exists);
  EXPECT_EQ(failure(at("m:f/below").mkdir(true)), ErrorCode::not_directory);
  EXPECT_EQ(failure(at("m:").mkdir()), ErrorCode::already_exists);
}

TEST_P(NodeOnMemory, a_mount_on_a_missing_folder_can_be_used_at_once) {
  storage_.add_mount({{"name", "new"}, {"path", "m:not/there/yet"}});
  run(at("new:d").mkdir());
  EXPECT_TRUE(run(at("m:not/there/yet/d").is_dir()));
  EXPECT_EQ(failure(at("new:x/y").mkdir()), ErrorCode::not_found);
}

TEST_P(NodeOnMemory, remove_takes_a_folder_with_all_below_and_names_are_literal) {
  put("m:d/a", "");
  put("m:d/deep/er/b", "");
  run(at("m:d/empty").mkdir());
  put("m:d*", "star");
  put("m:dx", "kept");
  run(at("m:d*").remove());
  EXPECT_FALSE(run(at("m:d*").exists()));
  EXPECT_TRUE(run(at("m:dx").exists()));
  run(at("m:d").remove());
  EXPECT_FALSE(run(at("m:d").exists()));
  EXPECT_FALSE(run(at("m:d/deep/er/b").exists()));
  EXPECT_EQ(get("m:dx"), "kept");
  run(at("m:d").remove());
}

TEST_P(NodeOnMemory, removing_the_root_empties_the_mount_and_it_stays_usable) {
  put("m:a/b", "1");
  put("m:c", "2");
  run(at("m:").remove());
  EXPECT_THAT(names("m:"), ElementsAre());
  put("m:again", "3");
  EXPECT_EQ(get("m:again"), "3");
}

TEST_P(NodeOnMemory, writing_a_base64_node_changes_its_path) {
  Node node = at("b:");
  EXPECT_TRUE(run(node.write_bytes(Bytes::copy_of("hello"))));
  EXPECT_EQ(node.path(), "aGVsbG8=");
  EXPECT_EQ(run(node.read_text()), "hello");
  EXPECT_EQ(run(at("b:Pz8/Pz8//w==").read_bytes()).size(), 7U);
  EXPECT_EQ(failure(node.remove()), ErrorCode::unsupported);
  EXPECT_THAT(message(node.remove()), HasSubstr("read-only"));
  EXPECT_TRUE(node.capabilities().readonly);
}

TEST_P(NodeOnMemory, a_detached_node_prints_and_fails) {
  Node node;
  EXPECT_EQ(node.fullpath(), "None:");
  EXPECT_TRUE(node.detached());
  EXPECT_EQ(failure(node.read_bytes()), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(node.write_bytes(Bytes())), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(node.children()), ErrorCode::invalid_argument);
}

TEST_P(NodeOnMemory, a_node_goes_on_after_its_mount_was_deleted) {
  Node node = at("m:kept");
  storage_.delete_mount("m");
  run(node.write_text("still"));
  EXPECT_EQ(run(node.read_text()), "still");
  EXPECT_THROW(at("m:kept"), Error);
}

GENRO_BOTH_DRIVERS(NodeOnMemory);

}  // namespace
}  // namespace genro::storage
