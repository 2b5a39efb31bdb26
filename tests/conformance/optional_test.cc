// What only some backends can do, and that the others say so.
#include <unistd.h>

#include <string>

#include "conformance/conformance.h"

namespace genro::storage::conformance {
namespace {

TEST_P(Conformance, what_caps_deny_is_unsupported) {
  const std::string path = put("file.txt", "content");
  if (!caps().remove) {
    EXPECT_EQ(failure(backend().remove(path)), ErrorCode::unsupported);
  }
  if (!caps().upload) {
    EXPECT_EQ(failure(backend().upload("up", {})), ErrorCode::unsupported);
  }
  if (!caps().stage) {
    EXPECT_EQ(failure(backend().stage("draft", {})), ErrorCode::unsupported);
  }
  if (!caps().copy) {
    EXPECT_EQ(failure(backend().copy(path, "copy", {})), ErrorCode::unsupported);
  }
  if (!caps().rename) {
    EXPECT_EQ(failure(backend().rename(path, "renamed")), ErrorCode::unsupported);
  }
  if (!caps().append) {
    EXPECT_EQ(failure(backend().append(path, Body(bytes("x")))), ErrorCode::unsupported);
  }
  if (!caps().make_dir) {
    EXPECT_EQ(failure(backend().make_dir("made")), ErrorCode::unsupported);
  }
  if (!caps().versions) {
    EXPECT_EQ(failure(backend().versions(path)), ErrorCode::unsupported);
    EXPECT_EQ(failure(backend().remove_version(path, "1")), ErrorCode::unsupported);
  }
  if (!caps().metadata) {
    EXPECT_EQ(failure(backend().set_metadata(path, {{"a", "b"}})), ErrorCode::unsupported);
  }
  EXPECT_EQ(get(path), "content");
}

TEST_P(Conformance, a_staged_file_is_seen_when_it_is_committed_and_never_when_it_is_dropped) {
  GENRO_NEEDS(stage);
  for (const std::string path : {"dir/fresh.txt", "dir/there.txt"}) {
    const bool there = path == "dir/there.txt";
    if (there) put(path, "old");
    for (const bool committed : {false, true}) {
      const std::unique_ptr<StagedFile> staged = run(backend().stage(path, {}));
      ASSERT_EQ(::pwrite(staged->descriptor(), "content", 7, 0), 7);
      EXPECT_EQ(stat(path).has_value(), there);
      if (!committed) continue;
      const Entry entry = run(staged->commit());
      EXPECT_EQ(entry.path, path);
      EXPECT_EQ(entry.size, 7U);
    }
    EXPECT_EQ(get(path), "content");
  }
}

TEST_P(Conformance, an_append_adds_at_the_end_and_makes_the_file) {
  GENRO_NEEDS(append);
  run(backend().append("dir/log.txt", Body(bytes("one "))));
  run(backend().append("dir/log.txt", Body(bytes(""))));
  run(backend().append("dir/log.txt", Body(bytes("two "))));
  EXPECT_EQ(get("dir/log.txt"), "one two ");
  put("dir/log.txt", "fresh ");
  run(backend().append("dir/log.txt", Body(bytes("three"))));
  EXPECT_EQ(get("dir/log.txt"), "fresh three");
  EXPECT_EQ(stat("dir/log.txt")->size, 11U);
}

TEST_P(Conformance, a_reader_does_not_see_what_is_appended_later) {
  GENRO_NEEDS(append);
  put("log.txt", "one");
  const std::unique_ptr<Reader> reader = run(backend().read("log.txt", {}));
  EXPECT_EQ(reader->size(), 3U);
  run(backend().append("log.txt", Body(bytes(" two"))));
  EXPECT_EQ(run(reader->read_all()).view(), "one");
}

TEST_P(Conformance, many_appends_are_all_there) {
  GENRO_NEEDS(append);
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    run(backend().append("log.txt", Body(bytes(line))));
    expected += line;
  }
  EXPECT_EQ(get("log.txt"), expected);
}

TEST_P(Conformance, an_append_to_a_folder_is_refused) {
  GENRO_NEEDS(append);
  GENRO_NEEDS(make_dir);
  put("dir/file", "x");
  EXPECT_EQ(failure(backend().append("dir", Body(bytes("x")))), ErrorCode::is_directory);
  EXPECT_EQ(failure(backend().append("dir/file/below", Body(bytes("x")))), ErrorCode::not_directory);
  EXPECT_EQ(get("dir/file"), "x");
}

TEST_P(Conformance, a_copy_is_equal_and_independent) {
  GENRO_NEEDS(copy);
  const std::string content = pattern(2'500'000);
  put("from.bin", content);
  put("dir/to.bin", "old");
  const Entry entry = run(backend().copy("from.bin", "dir/to.bin", {}));
  EXPECT_EQ(entry.path, "dir/to.bin");
  EXPECT_EQ(entry.size, content.size());
  EXPECT_TRUE(get("dir/to.bin") == content);
  put("from.bin", "changed");
  EXPECT_TRUE(get("dir/to.bin") == content);
  run(backend().copy("from.bin", "new/folder/to.bin", {}));
  EXPECT_EQ(get("new/folder/to.bin"), "changed");
}

TEST_P(Conformance, a_copy_of_nothing_is_not_found_and_changes_nothing) {
  GENRO_NEEDS(copy);
  put("to.txt", "old");
  EXPECT_EQ(failure(backend().copy("nothing", "to.txt", {})), ErrorCode::not_found);
  EXPECT_EQ(get("to.txt"), "old");
}

TEST_P(Conformance, an_empty_file_can_be_copied) {
  GENRO_NEEDS(copy);
  put("from.txt", "");
  run(backend().copy("from.txt", "to.txt", {}));
  EXPECT_EQ(get("to.txt"), "");
}

TEST_P(Conformance, a_renamed_file_is_only_at_its_new_name) {
  GENRO_NEEDS(rename);
  put("from.txt", "content");
  put("dir/to.txt", "old");
  run(backend().rename("from.txt", "dir/to.txt"));
  EXPECT_FALSE(stat("from.txt"));
  EXPECT_EQ(get("dir/to.txt"), "content");
  run(backend().rename("dir/to.txt", "new/folder/name.txt"));
  EXPECT_EQ(get("new/folder/name.txt"), "content");
  run(backend().rename("new/folder/name.txt", "new/folder/name.txt"));
  EXPECT_EQ(get("new/folder/name.txt"), "content");
}

TEST_P(Conformance, a_rename_of_nothing_is_not_found) {
  GENRO_NEEDS(rename);
  put("to.txt", "old");
  EXPECT_EQ(failure(backend().rename("nothing", "to.txt")), ErrorCode::not_found);
  EXPECT_EQ(get("to.txt"), "old");
}

TEST_P(Conformance, a_renamed_folder_takes_everything_along) {
  GENRO_NEEDS(rename);
  GENRO_NEEDS(make_dir);
  put("from/a", "1");
  put("from/b/c", "2");
  run(backend().make_dir("from/empty"));
  run(backend().rename("from", "some/to"));
  EXPECT_EQ(get("some/to/a"), "1");
  EXPECT_EQ(get("some/to/b/c"), "2");
  EXPECT_TRUE(stat("some/to/empty")->is_directory());
  EXPECT_FALSE(stat("from"));
}

TEST_P(Conformance, a_rename_replaces_nothing_of_another_kind) {
  GENRO_NEEDS(rename);
  GENRO_NEEDS(make_dir);
  put("file", "content");
  put("full/file", "x");
  put("other/file", "y");
  EXPECT_EQ(failure(backend().rename("file", "full")), ErrorCode::is_directory);
  EXPECT_EQ(failure(backend().rename("full", "file")), ErrorCode::not_directory);
  EXPECT_EQ(failure(backend().rename("full", "other")), ErrorCode::not_empty);
  EXPECT_EQ(failure(backend().rename("full", "full/inside")), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(backend().rename("file", "file/below")), ErrorCode::not_directory);
  EXPECT_EQ(get("file"), "content");
  EXPECT_EQ(get("full/file"), "x");
  EXPECT_EQ(get("other/file"), "y");
}

TEST_P(Conformance, a_tree_is_removed_with_all_below_it_and_nothing_beside_it) {
  GENRO_NEEDS(remove_tree);
  for (const char* name : {"tree/a", "tree/deep/b", "tree/deep/er/c", "tree2", "other/d"}) put(name, "x");
  if (caps().make_dir) run(backend().make_dir("tree/empty"));
  run(backend().remove_tree("tree"));
  EXPECT_FALSE(stat("tree"));
  EXPECT_FALSE(stat("tree/deep/er/c"));
  std::vector<std::string> left{"other/d", "tree2"};
  if (caps().make_dir) left.insert(left.begin(), "other");  // else a listing of all below has files only
  EXPECT_EQ(names("", true), left);
  put("tree/again", "y");
  EXPECT_EQ(names("tree"), std::vector<std::string>{"tree/again"});
}

TEST_P(Conformance, a_tree_may_be_a_file_an_empty_folder_or_nothing) {
  GENRO_NEEDS(remove_tree);
  put("file", "x");
  put("other", "y");
  run(backend().remove_tree("file"));
  EXPECT_FALSE(stat("file"));
  run(backend().remove_tree("missing"));
  run(backend().remove_tree("missing/below"));
  if (caps().make_dir) {
    run(backend().make_dir("empty"));
    run(backend().remove_tree("empty"));
    EXPECT_FALSE(stat("empty"));
  }
  EXPECT_EQ(get("other"), "y");
}

TEST_P(Conformance, the_root_as_a_tree_is_emptied_and_stays) {
  GENRO_NEEDS(remove_tree);
  GENRO_NEEDS_ROOT();
  put("a", "x");
  put("folder/b", "x");
  run(backend().remove_tree(""));
  EXPECT_TRUE(stat(""));
  EXPECT_EQ(names("", true), std::vector<std::string>{});
  put("again", "y");
  EXPECT_EQ(get("again"), "y");
}

TEST_P(Conformance, an_upload_is_seen_when_it_is_complete) {
  GENRO_NEEDS(upload);
  const std::string first = pattern(static_cast<std::size_t>(backend().limits().part_size_min), 1);
  const std::string last = pattern(1000, 2);
  const std::unique_ptr<Upload> upload = run(backend().upload("up.bin", {}));
  const std::string second_tag = run(upload->part(2, Body(bytes(last))));
  const std::string first_tag = run(upload->part(1, Body(bytes(first))));
  EXPECT_FALSE(stat("up.bin"));
  const Entry entry = run(upload->complete({first_tag, second_tag}));
  EXPECT_EQ(entry.path, "up.bin");
  EXPECT_TRUE(get("up.bin") == first + last);
}

TEST_P(Conformance, a_part_that_was_sent_again_counts_once) {
  GENRO_NEEDS(upload);
  const auto size = std::max<std::size_t>(1000, static_cast<std::size_t>(backend().limits().part_size_min));
  const std::unique_ptr<Upload> upload = run(backend().upload("up.bin", {}));
  run(upload->part(1, Body(bytes(pattern(size, 1)))));
  const Result<std::string> again = outcome_of(upload->part(1, Body(bytes(pattern(size, 2)))), driver());
  if (!again.ok()) {  // a store that has one part after the other can only refuse
    EXPECT_EQ(again.error().code(), ErrorCode::unsupported);
    run(upload->abort());
    return;
  }
  std::string tag = Result<std::string>(again).take();
  const Entry entry = run(upload->complete({tag}));
  EXPECT_EQ(entry.size, size);
  EXPECT_TRUE(get("up.bin") == pattern(size, 2));
}

TEST_P(Conformance, an_aborted_upload_leaves_nothing) {
  GENRO_NEEDS(upload);
  put("up.bin", "old");
  const std::unique_ptr<Upload> upload = run(backend().upload("up.bin", {}));
  run(upload->part(1, Body(bytes(pattern(static_cast<std::size_t>(backend().limits().part_size_min))))));
  run(upload->abort());
  EXPECT_EQ(get("up.bin"), "old");
}

}  // namespace
}  // namespace genro::storage::conformance
