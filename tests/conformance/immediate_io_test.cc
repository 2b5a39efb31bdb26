// ImmediateIo: what answers without a task says the same as the task, and listings of names the same as whole listings.
#include <algorithm>
#include <string>

#include "conformance/conformance.h"

namespace genro::storage::conformance {
namespace {

TEST_P(Conformance, try_stat_says_what_stat_says) {
  ImmediateIo* const io = backend().immediate();
  if (!io) GTEST_SKIP() << backend().protocol() << ": nothing is immediate";
  const std::string path = put("file.txt", "content");
  if (caps().make_dir) run(backend().make_dir("folder"));
  for (const std::string& at : {path, std::string("folder"), std::string("missing"), std::string("missing/below"),
                                path + "/below", std::string()}) {
    for (const bool may_block : {false, true}) {
      const std::optional<StatLite> seen = io->try_stat(at, may_block);
      if (!seen) continue;
      const std::optional<Entry> entry = stat(at);
      ASSERT_EQ(seen->there, entry.has_value()) << at;
      if (!entry) continue;
      EXPECT_EQ(seen->kind, entry->kind) << at;
      EXPECT_EQ(seen->size, entry->size) << at;
      EXPECT_EQ(seen->mtime_ns, entry->mtime_ns) << at;
    }
  }
}

TEST_P(Conformance, what_try_read_gives_is_the_content) {
  ImmediateIo* const io = backend().immediate();
  if (!io) GTEST_SKIP() << backend().protocol() << ": nothing is immediate";
  for (const std::size_t size : {0U, 1U, 4096U, 100'000U, 3'000'000U}) {
    if (caps().content_addressed && size > 4096) continue;
    const std::string content = pattern(size);
    const std::string path = put("file.bin", content);
    for (const bool may_block : {false, true}) {
      const std::optional<Bytes> bytes = io->try_read(path, may_block);
      if (bytes) {
        EXPECT_TRUE(bytes->view() == content) << size;
      }
    }
  }
}

TEST_P(Conformance, try_read_gives_nothing_where_no_file_is) {
  ImmediateIo* const io = backend().immediate();
  if (!io) GTEST_SKIP() << backend().protocol() << ": nothing is immediate";
  GENRO_NEEDS_NAMES();
  put("folder/file", "x");
  for (const std::string at : {"missing", "folder", "folder/missing", "folder/file/below", ""}) {
    EXPECT_FALSE(io->try_read(at, true)) << at;
  }
  EXPECT_FALSE(io->try_read(std::string("folder/file\0x", 13), true));
  const std::optional<StatLite> seen = io->try_stat(std::string("folder/file\0x", 13), true);
  if (seen) {
    EXPECT_FALSE(seen->there);
  }
}

TEST_P(Conformance, what_try_put_does_is_a_put) {
  ImmediateIo* const io = backend().immediate();
  if (!io) GTEST_SKIP() << backend().protocol() << ": nothing is immediate";
  GENRO_NEEDS_NAMES();
  put("folder/file", "old");
  const std::string etag = stat("folder/file")->etag;
  if (io->try_put("folder/file", bytes("a new content"), true)) {
    EXPECT_EQ(get("folder/file"), "a new content");
    EXPECT_NE(stat("folder/file")->etag, etag);
    EXPECT_EQ(stat("folder/file")->size, 13U);
  } else {
    EXPECT_EQ(get("folder/file"), "old");
  }
  // Elsewhere it either makes a file, whole, or does nothing.
  for (const std::string at : {"fresh", "folder", "folder/file/below", ""}) {
    const bool done = io->try_put(at, bytes("x"), true);
    if (at == "fresh") {
      EXPECT_EQ(stat(at).has_value(), done);
    } else {
      EXPECT_FALSE(done) << at;
    }
  }
  EXPECT_TRUE(stat("folder")->is_directory());
}

TEST_P(Conformance, a_reader_keeps_what_try_put_replaces) {
  ImmediateIo* const io = backend().immediate();
  if (!io) GTEST_SKIP() << backend().protocol() << ": nothing is immediate";
  GENRO_NEEDS_NAMES();
  put("file", "old");
  const std::unique_ptr<Reader> reader = run(backend().read("file", {}));
  io->try_put("file", bytes("new content"), true);
  EXPECT_EQ(run(reader->read_all()).view(), "old");
}

TEST_P(Conformance, a_listing_of_names_has_the_paths_of_a_whole_one) {
  GENRO_NEEDS(list);
  for (const char* name : {"dir/b", "dir/a", "dir/sub/x", "dir/.hidden"}) put(name, "x");
  ListOptions options;
  options.names_only = true;
  std::vector<std::string> found;
  do {
    Page page = run(backend().list("dir", options));
    for (const Entry& entry : page.entries) found.push_back(entry.path);
    options.token = page.next_token;
  } while (!options.token.empty());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, names("dir"));
}

TEST_P(Conformance, read_some_gives_everything_and_then_nothing) {
  const std::string content = pattern(2500);
  const std::string path = put("file.bin", content);
  const std::unique_ptr<Reader> reader = run(backend().read(path, {}));
  std::string got;
  for (;;) {
    const Bytes some = run(reader->read_some(1000));
    if (some.empty()) break;
    EXPECT_LE(some.size(), 1000U);
    got.append(some.view());
  }
  EXPECT_TRUE(got == content);
}

}  // namespace
}  // namespace genro::storage::conformance
