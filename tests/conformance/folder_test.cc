// Folders and listings, and what happens when a name is the other kind of thing.
#include <algorithm>
#include <set>

#include "conformance/conformance.h"

namespace genro::storage::conformance {
namespace {

using Names = std::vector<std::string>;

TEST_P(Conformance, a_listing_gives_the_entries_one_level_below) {
  GENRO_NEEDS(list);
  put("dir/a.txt", "1");
  put("dir/b/c.txt", "12");
  put("dir/b/d/e.txt", "123");
  put("dirx", "other");
  EXPECT_EQ(names("dir"), (Names{"dir/a.txt", "dir/b"}));
  EXPECT_EQ(names("dir/b"), (Names{"dir/b/c.txt", "dir/b/d"}));
  EXPECT_EQ(names(""), (Names{"dir", "dirx"}));
}

TEST_P(Conformance, a_listed_entry_is_what_stat_says) {
  GENRO_NEEDS(list);
  put("dir/a.txt", "twelve bytes");
  put("dir/b/c.txt", "x");
  for (const Entry& entry : list("dir")) {
    const auto seen = stat(entry.path);
    ASSERT_TRUE(seen) << entry.path;
    EXPECT_EQ(entry.kind, seen->kind);
    EXPECT_EQ(entry.size, seen->size);
    if (!entry.is_file()) continue;
    EXPECT_EQ(entry.etag, seen->etag);
    if (caps().coarse_times) continue;  // one of the two may be rounded
    EXPECT_EQ(entry.mtime_ns, seen->mtime_ns);
  }
}

TEST_P(Conformance, an_empty_mount_lists_nothing) {
  GENRO_NEEDS(list);
  GENRO_NEEDS_ROOT();
  EXPECT_EQ(names(""), Names{});
}

TEST_P(Conformance, pages_give_every_entry_once) {
  GENRO_NEEDS(list);
  if (!std::get<0>(GetParam()).pages) GTEST_SKIP() << "its server tells folders on other pages than their own";
  std::set<std::string> expected;
  for (int i = 0; i < 50; ++i) expected.insert("dir/file" + std::to_string(i));
  for (int i = 0; i < 10; ++i) expected.insert("dir/sub" + std::to_string(i));
  for (const std::string& path : expected) put(path.starts_with("dir/sub") ? path + "/x" : path, "x");
  for (const std::uint32_t limit : {1U, 7U, 59U, 60U, 61U, 1000U}) {
    EXPECT_EQ(names("dir", false, limit), Names(expected.begin(), expected.end())) << "pages of " << limit;
  }
}

TEST_P(Conformance, a_page_keeps_to_the_limit) {
  GENRO_NEEDS(list);
  for (int i = 0; i < 5; ++i) put("dir/" + std::to_string(i), "x");
  ListOptions options;
  options.limit = 2;
  const Page page = run(backend().list("dir", options));
  EXPECT_LE(page.entries.size(), 2U);
  EXPECT_FALSE(page.next_token.empty());
}

TEST_P(Conformance, a_recursive_listing_gives_every_file_below_once) {
  GENRO_NEEDS(list);
  const Names files{"t/a",      "t/a.b",    "t/ab.c/x", "t/ab/c",
                    "t/ab/d/e", "t/ab/d/f", "t/b",      "t/z/y/x/w"};  // in the order of bytes
  for (const std::string& path : files) put(path, path);
  put("tx/outside", "x");
  for (const std::uint32_t limit : {0U, 1U, 3U, 5U}) {
    Names found;
    for (const Entry& entry : list("t", true, limit)) {
      if (!entry.is_file()) continue;
      found.push_back(entry.path);
      EXPECT_EQ(entry.size, entry.path.size());
    }
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, files) << "pages of " << limit;
  }
}

TEST_P(Conformance, entries_that_stay_are_listed_while_others_come_and_go) {
  GENRO_NEEDS(list);
  GENRO_NEEDS(remove);
  std::set<std::string> staying;
  for (int i = 0; i < 40; ++i) {
    staying.insert("dir/stays" + std::to_string(i));
    put("dir/stays" + std::to_string(i), "x");
    put("dir/goes" + std::to_string(i), "x");
  }
  std::multiset<std::string> seen;
  ListOptions options;
  options.limit = 9;
  int page_number = 0;
  do {
    const Page page = run(backend().list("dir", options));
    for (const Entry& entry : page.entries) seen.insert(entry.path);
    options.token = page.next_token;
    run(backend().remove("dir/goes" + std::to_string(page_number)));
    put("dir/new" + std::to_string(page_number++), "x");
  } while (!options.token.empty());
  for (const std::string& path : staying) EXPECT_EQ(seen.count(path), 1U) << path;
}

TEST_P(Conformance, listing_what_is_missing_is_not_found) {
  GENRO_NEEDS(list);
  EXPECT_EQ(failure(backend().list("nothing", {})), ErrorCode::not_found);
  EXPECT_EQ(failure(backend().list("no/such/folder", {})), ErrorCode::not_found);
}

TEST_P(Conformance, listing_a_file_is_not_a_directory) {
  GENRO_NEEDS(list);
  put("file", "x");
  EXPECT_EQ(failure(backend().list("file", {})), ErrorCode::not_directory);
}

TEST_P(Conformance, a_folder_that_was_made_is_there_while_it_is_empty) {
  GENRO_NEEDS(make_dir);
  run(backend().make_dir("made"));
  ASSERT_TRUE(stat("made"));
  EXPECT_TRUE(stat("made")->is_directory());
  EXPECT_EQ(names("made"), Names{});
  EXPECT_EQ(names(""), Names{"made"});
  put("made/file", "x");
  run(backend().remove("made/file"));
  EXPECT_TRUE(stat("made"));
  run(backend().remove("made"));
  EXPECT_FALSE(stat("made"));
}

TEST_P(Conformance, a_recursive_listing_gives_empty_folders_too) {
  GENRO_NEEDS(make_dir);
  run(backend().make_dir("top"));
  run(backend().make_dir("top/empty"));
  EXPECT_EQ(names("", true), (Names{"top", "top/empty"}));
}

TEST_P(Conformance, making_a_folder_where_something_is_already_exists) {
  GENRO_NEEDS(make_dir);
  put("file", "x");
  put("implied/file", "x");
  run(backend().make_dir("made"));
  EXPECT_EQ(failure(backend().make_dir("made")), ErrorCode::already_exists);
  EXPECT_EQ(failure(backend().make_dir("implied")), ErrorCode::already_exists);
  EXPECT_EQ(failure(backend().make_dir("file")), ErrorCode::already_exists);
  EXPECT_EQ(failure(backend().make_dir("")), ErrorCode::already_exists);
}

TEST_P(Conformance, making_a_folder_needs_its_parent) {
  GENRO_NEEDS(make_dir);
  put("file", "x");
  EXPECT_EQ(failure(backend().make_dir("no/parent")), ErrorCode::not_found);
  EXPECT_EQ(failure(backend().make_dir("file/below")), ErrorCode::not_directory);
  EXPECT_EQ(get("file"), "x");
}

TEST_P(Conformance, a_folder_with_entries_is_not_removed) {
  GENRO_NEEDS(make_dir);
  put("full/file", "x");
  EXPECT_EQ(failure(backend().remove("full")), ErrorCode::not_empty);
  EXPECT_EQ(get("full/file"), "x");
}

TEST_P(Conformance, after_the_empty_root_was_removed_a_write_succeeds) {
  GENRO_NEEDS(make_dir);
  run(backend().remove(""));
  put("after", "x");
  EXPECT_EQ(get("after"), "x");
  EXPECT_TRUE(stat("")->is_directory());
}

TEST_P(Conformance, a_folder_is_neither_read_nor_written_as_a_file) {
  GENRO_NEEDS(make_dir);
  run(backend().make_dir("made"));
  put("implied/file", "x");
  for (const char* folder : {"made", "implied", ""}) {
    EXPECT_EQ(read_failure(folder), ErrorCode::is_directory) << folder;
    EXPECT_EQ(failure(backend().put(folder, Body(bytes("x")), {})), ErrorCode::is_directory) << folder;
  }
  EXPECT_EQ(get("implied/file"), "x");
  EXPECT_EQ(names("made"), Names{});
}

TEST_P(Conformance, nothing_is_written_or_read_under_a_file) {
  GENRO_NEEDS(make_dir);
  put("file", "content");
  EXPECT_EQ(failure(backend().put("file/below", Body(bytes("x")), {})), ErrorCode::not_directory);
  EXPECT_EQ(failure(backend().put("file/two/below", Body(bytes("x")), {})), ErrorCode::not_directory);
  const auto code = read_failure("file/below");
  EXPECT_TRUE(code == ErrorCode::not_found || code == ErrorCode::not_directory);
  EXPECT_EQ(failure(backend().list("file/below", {})).value_or(ErrorCode::internal) == ErrorCode::internal, false);
  run(backend().remove("file/below"));
  EXPECT_EQ(get("file"), "content");
}

TEST_P(Conformance, a_failed_write_leaves_nothing_in_the_folder) {
  GENRO_NEEDS(make_dir);
  put("dir/file", "x");
  run(backend().make_dir("dir/sub"));
  failure(backend().put("dir/sub", Body(bytes("x")), {}));
  failure(backend().put("dir/file/below", Body(bytes("x")), {}));
  EXPECT_EQ(names("dir"), (Names{"dir/file", "dir/sub"}));
}

}  // namespace
}  // namespace genro::storage::conformance
