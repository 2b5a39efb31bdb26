// The core of every backend: put, stat, read, remove.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "conformance/conformance.h"

namespace genro::storage::conformance {
namespace {

TEST_P(Conformance, a_put_is_read_back_byte_for_byte) {
  std::string content;
  for (int repeat = 0; repeat < 3; ++repeat) {
    for (int byte = 0; byte < 256; ++byte) content += static_cast<char>(byte);
  }
  EXPECT_EQ(get(put("bytes.bin", content)), content);
}

TEST_P(Conformance, a_put_seen_by_stat_is_whole) {
  const std::string path = put("folder/whole.txt", "twelve bytes");
  const auto entry = stat(path);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->path, path);
  EXPECT_EQ(entry->kind, EntryKind::file);
  EXPECT_EQ(entry->size, 12U);
}

TEST_P(Conformance, a_put_gives_the_entry_that_stat_gives) {
  const Entry given = run(backend().put("entry.txt", Body(bytes("content")), {}));
  const auto seen = stat(given.path);
  ASSERT_TRUE(seen);
  EXPECT_EQ(given.path, seen->path);
  EXPECT_EQ(given.size, seen->size);
  EXPECT_EQ(given.etag, seen->etag);
  EXPECT_FALSE(given.etag.empty());
}

TEST_P(Conformance, an_empty_file_is_a_file) {
  const std::string path = put("empty.txt", "");
  const auto entry = stat(path);
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->is_file());
  EXPECT_EQ(entry->size, 0U);
  EXPECT_EQ(get(path), "");
}

TEST_P(Conformance, a_missing_path_stats_to_nothing) {
  GENRO_NEEDS_NAMES();
  EXPECT_FALSE(stat("nothing"));
  EXPECT_FALSE(stat("no/such/folder/nothing"));
}

TEST_P(Conformance, a_path_under_a_file_stats_to_nothing) {
  GENRO_NEEDS_NAMES();
  put("file", "x");
  EXPECT_FALSE(stat("file/below"));
  EXPECT_FALSE(stat("file/below/deeper"));
}

TEST_P(Conformance, reading_what_is_missing_is_not_found) {
  EXPECT_EQ(read_failure("nothing!"), ErrorCode::not_found);
  EXPECT_EQ(read_failure("no/such/folder!"), ErrorCode::not_found);
}

TEST_P(Conformance, a_put_replaces_the_whole_old_content) {
  GENRO_NEEDS_NAMES();
  put("replaced.txt", "a long old content");
  put("replaced.txt", "short");
  EXPECT_EQ(get("replaced.txt"), "short");
  EXPECT_EQ(stat("replaced.txt")->size, 5U);
  put("replaced.txt", "a much longer new content");
  EXPECT_EQ(get("replaced.txt"), "a much longer new content");
}

TEST_P(Conformance, every_content_has_another_etag) {
  GENRO_NEEDS_NAMES();
  put("etag.txt", "one");
  const std::string first = stat("etag.txt")->etag;
  put("etag.txt", "two");
  EXPECT_NE(stat("etag.txt")->etag, first);
}

TEST_P(Conformance, a_put_of_pieces_is_their_concatenation) {
  const Body body(std::vector<Bytes>{bytes("one "), bytes(""), bytes("two "), bytes("three")});
  const Entry entry = run(backend().put("pieces.txt", body, {}));
  EXPECT_EQ(get(entry.path), "one two three");
}

TEST_P(Conformance, a_put_of_a_part_of_a_file_is_that_part) {
  std::string name = (std::filesystem::temp_directory_path() / "conformance-XXXXXX").string();
  const int descriptor = mkstemp(name.data());
  ASSERT_GE(descriptor, 0);
  unlink(name.c_str());
  ASSERT_EQ(write(descriptor, "0123456789", 10), 10);
  const std::shared_ptr<const int> shared(new int(descriptor), [](const int* number) {
    close(*number);
    delete number;
  });
  const Entry entry = run(backend().put("part.txt", Body(FileSpan{shared, 2, 5}), {}));
  EXPECT_EQ(entry.size, 5U);
  EXPECT_EQ(get(entry.path), "23456");
}

TEST_P(Conformance, a_put_makes_the_folders_above) {
  GENRO_NEEDS_NAMES();
  put("one/two/three/file.txt", "deep");
  EXPECT_EQ(get("one/two/three/file.txt"), "deep");
  EXPECT_TRUE(stat("one/two")->is_directory());
}

TEST_P(Conformance, the_root_is_a_folder) {
  GENRO_NEEDS_NAMES();
  GENRO_NEEDS(list);
  GENRO_NEEDS_ROOT();
  ASSERT_TRUE(stat(""));
  EXPECT_TRUE(stat("")->is_directory());
}

TEST_P(Conformance, the_time_of_a_put_is_now) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const auto entry = stat(put("time.txt", "x"));
  ASSERT_NE(entry->mtime_ns, Entry::kNoTime);
  EXPECT_NEAR(static_cast<double>(entry->mtime_ns) / 1e9, static_cast<double>(now.tv_sec), 5.0);
}

TEST_P(Conformance, a_removed_file_is_absent) {
  GENRO_NEEDS(remove);
  put("removed.txt", "x");
  put("stays.txt", "x");
  run(backend().remove("removed.txt"));
  EXPECT_FALSE(stat("removed.txt"));
  EXPECT_EQ(read_failure("removed.txt"), ErrorCode::not_found);
  EXPECT_TRUE(stat("stays.txt"));
  put("removed.txt", "again");
  EXPECT_EQ(get("removed.txt"), "again");
}

TEST_P(Conformance, removing_what_is_absent_succeeds) {
  GENRO_NEEDS(remove);
  run(backend().remove("nothing"));
  run(backend().remove("no/such/folder/nothing"));
}

TEST_P(Conformance, many_are_removed_at_once_and_absent_ones_are_no_failure) {
  GENRO_NEEDS(remove);
  put("a", "x");
  put("b", "x");
  put("c", "x");
  EXPECT_TRUE(run(backend().remove_many({"a", "nothing", "b"})).empty());
  EXPECT_FALSE(stat("a"));
  EXPECT_FALSE(stat("b"));
  EXPECT_TRUE(stat("c"));
}

TEST_P(Conformance, the_root_stays_among_many_that_are_removed) {
  GENRO_NEEDS(remove);
  put("a", "x");
  put("b", "x");
  put("c", "x");
  for (const RemoveFailure& failure :
       run(backend().remove_many({"a", "", "b"}))) {  // where it is a directory with entries
    EXPECT_EQ(failure.path, "");
    EXPECT_EQ(failure.error.code(), ErrorCode::not_empty);
  }
  EXPECT_FALSE(stat("a"));
  EXPECT_FALSE(stat("b"));
  EXPECT_TRUE(stat("c"));
}

TEST_P(Conformance, what_was_closed_however_often_can_be_used_on) {
  const std::string path = put("closed.txt", "x");
  run(backend().close());
  run(backend().close());
  EXPECT_EQ(get(path), "x");
  EXPECT_EQ(get(put("after.txt", "y")), "y");
}

TEST_P(Conformance, a_big_file_is_read_back_in_any_pieces) {
  const std::string content = pattern((20U << 20) + 12345);
  const std::string path = put("big.bin", content);
  EXPECT_EQ(stat(path)->size, content.size());
  EXPECT_TRUE(get(path) == content);
  const std::unique_ptr<Reader> reader = run(backend().read(path, {}));
  std::string read;
  std::vector<std::byte> buffer(777'777);
  while (const std::size_t count = run(reader->read_into(buffer))) {
    read.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  EXPECT_TRUE(read == content);
  EXPECT_EQ(run(reader->read_into(buffer)), 0U) << "the end stays the end";
}

TEST_P(Conformance, a_reader_describes_the_file_and_itself) {
  const std::string path = put("reader.txt", "0123456789");
  const std::unique_ptr<Reader> reader = run(backend().read(path, {}));
  EXPECT_EQ(reader->entry().path, path);
  EXPECT_EQ(reader->entry().size, 10U);
  EXPECT_EQ(reader->entry().etag, stat(path)->etag);
  EXPECT_EQ(reader->begin(), 0U);
  EXPECT_EQ(reader->size(), 10U);
}

TEST_P(Conformance, readers_of_one_file_do_not_disturb_each_other) {
  const std::string path = put("shared.txt", "0123456789");
  const std::unique_ptr<Reader> first = run(backend().read(path, {}));
  const std::unique_ptr<Reader> second = run(backend().read(path, {}));
  std::byte buffer[4];
  EXPECT_EQ(run(first->read_into(buffer)), 4U);
  EXPECT_EQ(run(second->read_all()).view(), "0123456789");
  EXPECT_EQ(run(first->read_all()).view(), "456789");
}

TEST_P(Conformance, a_dropped_reader_disturbs_nobody) {
  const std::string path = put("dropped.bin", pattern(1 << 20));
  {
    const std::unique_ptr<Reader> reader = run(backend().read(path, {}));
  }
  EXPECT_TRUE(get(path) == pattern(1 << 20));
}

TEST_P(Conformance, a_file_replaced_or_removed_while_it_is_read_never_mixes) {
  GENRO_NEEDS_NAMES();
  GENRO_NEEDS(remove);
  const std::string old_content = pattern(3 << 20, 1);
  const std::string new_content = pattern(2 << 20, 2);
  put("moving.bin", old_content);
  const std::unique_ptr<Reader> reader = run(backend().read("moving.bin", {}));
  std::byte head[1000];
  std::string content(reinterpret_cast<const char*>(head), run(reader->read_into(head)));
  put("moving.bin", new_content);
  run(backend().remove("moving.bin"));
  const Result<Bytes> rest = outcome_of(reader->read_all(), driver());
  if (rest.ok()) {
    content += Result<Bytes>(rest).take().view();
    EXPECT_TRUE(content == old_content);
  }
}

}  // namespace
}  // namespace genro::storage::conformance
