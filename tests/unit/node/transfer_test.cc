#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "genro/storage/manager.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Transfer : public test::BothDrivers {
 protected:
  Transfer() {
    std::string pattern = (fs::temp_directory_path() / "transfer_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(folder_ + "/one");
    fs::create_directories(folder_ + "/two");
    storage_.configure({{{"name", "one"}, {"protocol", "local"}, {"base_path", folder_ + "/one"}, {"durable", false}},
                        {{"name", "two"}, {"protocol", "local"}, {"base_path", folder_ + "/two"}, {"durable", false}},
                        {{"name", "all"}, {"protocol", "local"}, {"base_path", folder_}, {"durable", false}},
                        {{"name", "m"}, {"protocol", "memory"}, {"base_path", folder_}},
                        {{"name", "part"}, {"path", "m:part"}},
                        {{"name", "fixed"}, {"path", "m:"}, {"permissions", "readonly"}},
                        {{"name", "nodelete"}, {"path", "m:"}, {"permissions", "readwrite"}},
                        {{"name", "b"}, {"protocol", "base64"}}});
  }
  ~Transfer() override { fs::remove_all(folder_); }

  Node at(std::string_view address) { return storage_.node(address); }
  void put(std::string_view address, std::string_view text) { run(at(address).write_bytes(Bytes::copy_of(text))); }
  std::string get(std::string_view address) { return run(at(address).read_bytes()).to_string(); }
  bool there(std::string_view address) { return run(at(address).exists()); }
  /// Everything below, as "path=content" and "path/".
  std::vector<std::string> tree(const Node& root, const std::string& below = {}) {
    std::vector<std::string> result;
    for (const Node& child : run(root.children())) {
      const std::string path = below + std::string(child.basename());
      if (run(child.is_dir())) {
        result.push_back(path + "/");
        for (std::string& deeper : tree(child, path + "/")) result.push_back(std::move(deeper));
      } else {
        result.push_back(path + "=" + run(child.read_bytes()).to_string());
      }
    }
    return result;
  }
  void make_tree(const std::string& root) {
    put(root + "/a.txt", "A");
    put(root + "/b/c.txt", "C");
    put(root + "/b/d/e.py", "E");
    put(root + "/z.py", "Z");
    run(at(root + "/empty").mkdir(true, true));
  }
  static std::vector<std::string> expected_tree() {
    return {"a.txt=A", "b/", "b/c.txt=C", "b/d/", "b/d/e.py=E", "empty/", "z.py=Z"};
  }

  std::string folder_;
  StorageManager storage_;
};

TEST_P(Transfer, a_file_is_copied_between_any_two_mounts) {
  for (const char* from : {"one:f", "m:f", "part:f"}) {
    for (const char* to : {"one:x/y/g", "two:g", "m:g", "part:deep/g"}) {
      SCOPED_TRACE(std::string(from) + " -> " + to);
      put(from, "content");
      EXPECT_EQ(run(at(from).copy_to(to)).fullpath(), to);
      EXPECT_EQ(get(to), "content");
      EXPECT_EQ(get(from), "content");
      run(at(to).remove());
    }
  }
}

TEST_P(Transfer, base64_takes_copies_and_gives_them) {
  put("one:f", "hello");
  EXPECT_EQ(run(at("one:f").copy_to("b:")).path(), "aGVsbG8=");
  run(at("b:aGVsbG8=").copy_to("m:decoded"));
  EXPECT_EQ(get("m:decoded"), "hello");
}

TEST_P(Transfer, time_and_permission_bits_stay_between_local_mounts) {
  put("one:f", "x");
  fs::permissions(folder_ + "/one/f", fs::perms(0640));
  fs::last_write_time(folder_ + "/one/f", fs::file_time_type::clock::now() - std::chrono::hours(50));
  const auto time = fs::last_write_time(folder_ + "/one/f");
  for (const char* to : {"one:copy", "two:copy"}) {
    run(at("one:f").copy_to(to));
    const std::string path = *at(to).resolved_path();
    EXPECT_EQ(fs::status(path).permissions(), fs::perms(0640));
    EXPECT_EQ(fs::last_write_time(path), time);
  }
}

TEST_P(Transfer, a_tree_is_copied_with_empty_folders_and_merged) {
  for (const char* from : {"one:src", "m:src", "part:src"}) {
    for (const char* to : {"two:dst", "one:dst", "m:dst", "part:dst"}) {
      SCOPED_TRACE(std::string(from) + " -> " + to);
      make_tree(from);
      run(at(from).copy_to(to));
      EXPECT_EQ(tree(at(to)), expected_tree());
      put(std::string(to) + "/own", "kept");
      put(std::string(to) + "/a.txt", "older");
      run(at(from).copy_to(to));
      EXPECT_EQ(get(std::string(to) + "/own"), "kept");
      EXPECT_EQ(get(std::string(to) + "/a.txt"), "A");
      run(at(to).remove());
    }
  }
}

TEST_P(Transfer, the_roots_of_mounts_can_be_copied) {
  make_tree("one:");
  run(at("one:").copy_to("two:"));
  EXPECT_EQ(tree(at("two:")), expected_tree());
  run(at("two:").copy_to("m:roots/deep"));
  EXPECT_EQ(tree(at("m:roots/deep")), expected_tree());
}

TEST_P(Transfer, many_and_large_files_arrive_whole) {
  const std::string large(3 << 20, 'L');
  put("one:src/large", large);
  for (int i = 0; i < 500; ++i) put("one:src/" + std::to_string(i % 7) + "/" + std::to_string(i), std::to_string(i));
  run(at("one:src").copy_to("two:dst"));
  EXPECT_TRUE(get("two:dst/large") == large);
  for (int i = 0; i < 500; ++i)
    EXPECT_EQ(get("two:dst/" + std::to_string(i % 7) + "/" + std::to_string(i)), std::to_string(i));
}

TEST_P(Transfer, filters_and_callbacks_follow_the_order_of_the_walk) {
  make_tree("one:src");
  std::vector<std::string> events;
  CopyOptions options;
  options.include = {"*.txt", "*.py"};
  options.exclude = {"b/d/*"};
  options.filter = [](const Node&, const std::string& relative) {
    if (relative == "z.py") throw std::runtime_error("boom");
    return relative != "b/c.txt";
  };
  options.on_skip = [&](const Node& node, const std::string& reason) {
    events.push_back("skip " + node.fullpath() + ": " + reason);
  };
  options.on_file = [&](const Node& node) { events.push_back("file " + node.fullpath()); };
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    events.push_back(std::to_string(done) + "/" + std::to_string(total));
  };
  put("one:src/n.bin", "N");
  run(at("one:src").copy_to(at("two:dst"), options));
  EXPECT_THAT(events, ElementsAre("skip one:src/b/c.txt: filtered by custom function",
                                  "skip one:src/b/d/e.py: matching exclude pattern 'b/d/*'",
                                  "skip one:src/n.bin: not matching include patterns",
                                  "skip one:src/z.py: filter error: boom", "file one:src/a.txt", "1/1"));
  EXPECT_THAT(tree(at("two:dst")), ElementsAre("a.txt=A", "b/", "b/d/", "empty/"));
}

TEST_P(Transfer, skip_strategies_give_their_reasons) {
  put("one:src/a", "same");
  put("one:src/b", "12345");
  put("one:src/c", "new");
  put("m:dst/a", "same");
  put("m:dst/b", "54321");
  std::vector<std::string> events;
  const auto events_of = [&](Skip skip) {
    events.clear();
    CopyOptions options;
    options.skip = skip;
    options.skip_fn = [](const Node& source, const Node& target) {
      if (source.basename() == "a") throw std::runtime_error("cannot compare");
      return source.basename() == target.basename();
    };
    options.on_skip = [&](const Node& node, const std::string& reason) {
      events.push_back(std::string(node.basename()) + ": " + reason);
    };
    options.on_file = [&](const Node& node) { events.push_back(std::string(node.basename())); };
    run(at("one:src").copy_to(at("m:dst"), options));
    return events;
  };
  EXPECT_THAT(events_of(Skip::hash), ElementsAre("a: same content (MD5: 51037a4a...)", "b", "c"));
  put("m:dst/b", "54321");
  run(at("m:dst/c").remove());
  EXPECT_THAT(events_of(Skip::size), ElementsAre("a: same size (4 bytes)", "b: same size (5 bytes)", "c"));
  EXPECT_THAT(events_of(Skip::exists),
              ElementsAre("a: destination exists", "b: destination exists", "c: destination exists"));
  EXPECT_THAT(events_of(Skip::custom),
              ElementsAre("a", "b: custom function returned True", "c: custom function returned True"));
  EXPECT_THAT(events_of(Skip::never), ElementsAre("a", "b", "c"));
  CopyOptions missing;
  missing.skip = Skip::custom;
  EXPECT_THAT(message(at("one:src").copy_to(at("m:dst"), missing)), HasSubstr("skip='custom' requires skip_fn"));
}

TEST_P(Transfer, skipping_without_callbacks_copies_only_what_is_new) {
  make_tree("one:src");
  run(at("one:src").copy_to("two:dst"));
  put("two:dst/a.txt", "B");
  put("one:src/late", "L");
  CopyOptions options;
  options.skip = Skip::exists;
  run(at("one:src").copy_to(at("two:dst"), options));
  EXPECT_EQ(get("two:dst/a.txt"), "B");
  EXPECT_EQ(get("two:dst/late"), "L");
}

TEST_P(Transfer, a_first_copy_is_the_same_whatever_it_would_compare) {
  make_tree("one:src");
  put("one:src/b/large", std::string(3 << 20, 'l'));
  fs::create_symlink("c.txt", folder_ + "/one/src/b/link");
  fs::create_symlink("nowhere", folder_ + "/one/src/b/dangling");
  fs::permissions(folder_ + "/one/src/b/c.txt", fs::perms(0751));
  run(at("one:src").copy_to("two:never"));
  const std::vector<std::string> wanted = tree(at("two:never"));
  EXPECT_THAT(wanted, Contains("b/link=C"));
  for (const auto& [name, skip] :
       std::map<std::string, Skip>{{"exists", Skip::exists}, {"size", Skip::size}, {"hash", Skip::hash}}) {
    CopyOptions options;
    options.skip = skip;
    run(at("one:src").copy_to("two:" + name, options));
    EXPECT_EQ(tree(at("two:" + name)), wanted) << name;
    EXPECT_EQ(fs::status(folder_ + "/two/" + name + "/b/c.txt").permissions(), fs::perms(0751));
    EXPECT_EQ(fs::last_write_time(folder_ + "/two/" + name + "/b/c.txt"),
              fs::last_write_time(folder_ + "/one/src/b/c.txt"));
  }
}

TEST_P(Transfer, folders_that_are_there_are_compared_and_new_ones_are_not) {
  make_tree("one:src");
  put("two:dst/b/c.txt", "B");    // of the same size
  put("two:dst/b/d/e.py", "EE");  // of another
  CopyOptions options;
  options.skip = Skip::size;
  run(at("one:src").copy_to(at("two:dst"), options));
  EXPECT_THAT(tree(at("two:dst")), ElementsAre("a.txt=A", "b/", "b/c.txt=B", "b/d/", "b/d/e.py=E", "empty/", "z.py=Z"));
}

TEST_P(Transfer, one_file_has_its_skip_test_and_callbacks_too) {
  put("one:f", "x");
  std::vector<std::string> events;
  CopyOptions options;
  options.skip = Skip::exists;
  options.include = {"nothing"};
  options.on_file = [&](const Node&) { events.push_back("copied"); };
  options.on_skip = [&](const Node&, const std::string& reason) { events.push_back(reason); };
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    events.push_back(std::to_string(done) + "/" + std::to_string(total));
  };
  run(at("one:f").copy_to(at("m:g"), options));
  run(at("one:f").copy_to(at("m:g"), options));
  EXPECT_THAT(events, ElementsAre("copied", "1/1", "destination exists", "1/1"));
}

TEST_P(Transfer, a_callback_that_throws_ends_the_copy_with_its_exception) {
  for (int i = 0; i < 200; ++i) put("one:src/" + std::to_string(i), "x");
  CopyOptions options;
  options.on_file = [](const Node&) { throw std::logic_error("enough"); };
  Result<Node> result = outcome(at("one:src").copy_to(at("two:dst"), options));
  ASSERT_FALSE(result.ok());
  EXPECT_THROW(std::rethrow_exception(result.exception()), std::logic_error);
  EXPECT_EQ(run(at("two:dst").children()).size(), 1U);
}

TEST_P(Transfer, what_cannot_be_copied_is_refused_before_anything_is_touched) {
  put("one:f", "x");
  make_tree("one:d");
  put("two:file", "y");
  run(at("two:folder").mkdir());
  EXPECT_THAT(message(at("one:no").copy_to("two:x")), HasSubstr("Source not found: one:no"));
  EXPECT_EQ(failure(at("one:no").copy_to("two:x")), ErrorCode::not_found);
  EXPECT_EQ(failure(at("one:f").copy_to("two:folder")), ErrorCode::is_directory);
  EXPECT_EQ(failure(at("one:d").copy_to("two:file")), ErrorCode::not_directory);
  EXPECT_EQ(failure(at("one:d").copy_to("one:d/b/inside")), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(at("one:d").copy_to("all:one/d/inside")), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(at("one:f").copy_to("fixed:x")), ErrorCode::mount_permission);
  EXPECT_EQ(failure(at("one:f").copy_to("nobody:x")), ErrorCode::unknown_mount);
  EXPECT_EQ(failure(at("one:f").copy_to("one:f")), ErrorCode::same_file);
  fs::create_hard_link(folder_ + "/one/f", folder_ + "/two/f");
  EXPECT_EQ(failure(at("one:f").copy_to("two:f")), ErrorCode::same_file);
  EXPECT_EQ(get("one:f"), "x");
  put("m:f", "x");
  run(at("m:f").copy_to("m:f"));
  EXPECT_EQ(get("m:f"), "x");
  EXPECT_EQ(tree(at("one:d")), expected_tree());
}

TEST_P(Transfer, a_failing_file_is_named) {
  make_tree("one:src");
  run(at("two:dst/b/c.txt").mkdir(true));
  EXPECT_EQ(failure(at("one:src").copy_to("two:dst")), ErrorCode::is_directory);
  EXPECT_THAT(message(at("one:src").copy_to("two:dst")), HasSubstr("two:dst/b/c.txt"));
}

TEST_P(Transfer, links_that_lead_nowhere_outside_or_back_do_not_stop_a_copy) {
  make_tree("one:src");
  fs::create_symlink("nowhere", folder_ + "/one/src/dangling");
  fs::create_symlink(folder_ + "/two", folder_ + "/one/src/outside");
  fs::create_symlink(".", folder_ + "/one/src/b/self");
  fs::create_symlink("../b", folder_ + "/one/src/b/back");
  fs::create_symlink("a.txt", folder_ + "/one/src/link.txt");
  run(at("one:src").copy_to("m:dst"));
  EXPECT_EQ(get("m:dst/link.txt"), "A");
  EXPECT_EQ(get("m:dst/b/d/e.py"), "E");
  EXPECT_FALSE(there("m:dst/dangling"));
  EXPECT_FALSE(there("m:dst/outside/anything"));
  std::vector<std::string> skipped;
  CopyOptions options;
  options.on_skip = [&](const Node& node, const std::string& reason) {
    skipped.push_back(std::string(node.basename()) + ": " + reason);
  };
  run(at("one:src").copy_to(at("m:dst"), options));
  EXPECT_THAT(skipped, ElementsAre("dangling: a link that leads nowhere or out of the mount",
                                   "outside: a link that leads nowhere or out of the mount"));
}

TEST_P(Transfer, a_move_takes_the_node_along) {
  for (const char* to : {"one:g", "two:g", "m:g", "all:two/g"}) {
    SCOPED_TRACE(to);
    put("one:f", "moved");
    Node node = at("one:f");
    EXPECT_EQ(run(node.move_to(to)).fullpath(), to);
    EXPECT_EQ(node.fullpath(), to);
    EXPECT_EQ(run(node.read_text()), "moved");
    EXPECT_FALSE(there("one:f"));
  }
}

TEST_P(Transfer, a_folder_moves_with_all_below_and_merges) {
  for (const char* to : {"one:dst", "two:dst", "m:dst"}) {
    SCOPED_TRACE(to);
    make_tree("one:src");
    put(std::string(to) + "/own", "kept");
    run(at("one:src").move_to(to));
    EXPECT_FALSE(there("one:src"));
    EXPECT_EQ(get(std::string(to) + "/own"), "kept");
    run(at(std::string(to) + "/own").remove());
    EXPECT_EQ(tree(at(to)), expected_tree());
    run(at(to).remove());
    make_tree("one:src");
    run(at("one:src").move_to(to));
    EXPECT_EQ(tree(at(to)), expected_tree());
    EXPECT_FALSE(there("one:src"));
    run(at(to).remove());
  }
}

TEST_P(Transfer, a_move_onto_itself_or_without_the_right_changes_nothing) {
  for (const char* place : {"one:f", "m:f"}) {
    put(place, "x");
    Node node = at(place);
    run(node.move_to(place));
    EXPECT_EQ(get(place), "x");
  }
  Node locked = at("nodelete:f");
  EXPECT_EQ(failure(locked.move_to("two:f")), ErrorCode::mount_permission);
  EXPECT_FALSE(there("two:f"));
  EXPECT_EQ(locked.fullpath(), "nodelete:f");
  Node missing = at("one:missing");
  EXPECT_EQ(failure(missing.move_to("two:f")), ErrorCode::not_found);
}

TEST_P(Transfer, nodes_are_equal_by_place_or_by_content) {
  put("one:a", "same");
  put("m:b", "same");
  put("m:c", "othr");
  EXPECT_TRUE(run(at("one:a").equals(at("m:b"))));
  EXPECT_FALSE(run(at("m:b").equals(at("m:c"))));
  EXPECT_TRUE(run(at("m:gone").equals(at("m:gone"))));
  EXPECT_FALSE(run(at("m:gone").equals(at("one:gone"))));
  EXPECT_FALSE(run(at("one:").equals(at("m:"))));
  EXPECT_TRUE(at("m:b") == at("m:b"));
  EXPECT_FALSE(at("m:b") == at("one:a"));
}

GENRO_BOTH_DRIVERS(Transfer);

}  // namespace
}  // namespace genro::storage
