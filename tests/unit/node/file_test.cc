#include <gmock/gmock.h>

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "core/env.h"
#include "fakes/hooked_files.h"
#include "genro/storage/manager.h"
#include "loop/system_files.h"
#include "node/encryption/key_ring.h"
#include "node/mount.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

using ::testing::HasSubstr;

/// Every test runs on memory and on a local folder, by both drivers.
class OpenFile : public test::BothDrivers {
 protected:
  OpenFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "open_file_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    storage_.configure({{{"name", "memory"}, {"protocol", "memory"}, {"base_path", folder_}},
                        {{"name", "local"}, {"protocol", "local"}, {"base_path", folder_}, {"durable", false}},
                        {{"name", "b"}, {"protocol", "base64"}},
                        {{"name", "fixed"}, {"path", "memory:"}, {"permissions", "readonly"}}});
  }
  ~OpenFile() override { std::filesystem::remove_all(folder_); }

  void write(File& file, std::string_view text) { run(file.write(Bytes::copy_of(text))); }
  std::string read(File& file, std::uint64_t size) { return run(file.read(size)).to_string(); }
  std::string content(const Node& node) { return run(node.read_bytes()).to_string(); }
  template <class Test>
  void on_both(Test test) {
    for (const char* mount : {"memory", "local"}) {
      SCOPED_TRACE(mount);
      test(storage_.node(std::string(mount) + ":d/f"));
    }
  }

  std::string folder_;
  StorageManager storage_;
};

TEST_P(OpenFile, what_is_written_appears_whole_at_close) {
  on_both([&](Node node) {
    File file = run(node.open("wb"));
    EXPECT_TRUE(file.writable());
    EXPECT_FALSE(file.readable());
    write(file, "hello ");
    EXPECT_FALSE(run(node.exists()));
    write(file, "world");
    EXPECT_EQ(file.tell(), 11U);
    EXPECT_EQ(run(file.close()).size, 11U);
    EXPECT_TRUE(file.closed());
    EXPECT_EQ(content(node), "hello world");
    run(file.close());
    EXPECT_EQ(failure(file.write(Bytes::copy_of("x"))), ErrorCode::invalid_argument);
    EXPECT_EQ(content(node), "hello world");
  });
}

TEST_P(OpenFile, a_dropped_or_aborted_file_commits_nothing) {
  on_both([&](Node node) {
    run(node.write_text("old"));
    for (const char* mode : {"w", "a", "r+", "w+", "a+"}) {
      File aborted = run(node.open(mode));
      write(aborted, "new");
      run(aborted.abort());
      {
        File dropped = run(node.open(mode));
      }
      EXPECT_EQ(content(node), "old") << mode;
    }
    EXPECT_EQ(run(node.parent().children()).size(), 1U);
  });
}

TEST_P(OpenFile, reading_seeks_and_tells) {
  on_both([&](Node node) {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + ",";
    run(node.write_text(text));
    File file = run(node.open());
    EXPECT_TRUE(file.seekable());
    EXPECT_EQ(run(file.size()), text.size());
    EXPECT_EQ(read(file, 10), text.substr(0, 10));
    EXPECT_EQ(file.tell(), 10U);
    EXPECT_EQ(run(file.seek(5)), 5U);
    EXPECT_EQ(read(file, 10), text.substr(5, 10));
    EXPECT_EQ(run(file.seek(-7, 2)), text.size() - 7);
    EXPECT_EQ(read(file, 100), text.substr(text.size() - 7));
    EXPECT_EQ(read(file, 100), "");
    EXPECT_EQ(run(file.seek(100'000)), 100'000U);
    EXPECT_EQ(run(file.seek(-50, 1)), 99'950U);
    EXPECT_EQ(read(file, 120'000), text.substr(99'950, 120'000));
    EXPECT_EQ(run(file.seek(0)), 0U);
    EXPECT_EQ(run(file.read_all()).view(), text);
    EXPECT_EQ(run(file.seek(10'000'000)), 10'000'000U);
    EXPECT_EQ(read(file, 5), "");
    EXPECT_EQ(failure(file.seek(-1)), ErrorCode::invalid_argument);
    EXPECT_EQ(failure(file.write(Bytes())), ErrorCode::unsupported);
    run(file.close());
    EXPECT_EQ(failure(file.read(1)), ErrorCode::invalid_argument);
  });
}

TEST_P(OpenFile, a_seek_after_the_file_was_replaced_is_an_error_never_a_mixture) {
  on_both([&](Node node) {
    run(node.write_text(std::string(300'000, 'a')));
    File file = run(node.open());
    EXPECT_EQ(read(file, 2), "aa");
    run(node.write_text(std::string(300'000, 'b')));
    run(file.seek(200'000));
    EXPECT_EQ(failure(file.read(2)), ErrorCode::precondition_failed);
  });
}

TEST_P(OpenFile, x_makes_only_what_is_not_there) {
  on_both([&](Node node) {
    File first = run(node.open("x"));
    File second = run(node.open("x"));
    write(first, "first");
    write(second, "second");
    run(first.close());
    EXPECT_NE(failure(second.close()), std::nullopt);
    EXPECT_EQ(content(node), "first");
    EXPECT_EQ(failure(node.open("x")), ErrorCode::already_exists);
    EXPECT_EQ(failure(node.open("x+")), ErrorCode::already_exists);
  });
}

TEST_P(OpenFile, append_adds_at_the_end_and_makes_the_file) {
  on_both([&](Node node) {
    {
      File file = run(node.open("a"));
      write(file, "one ");
      run(file.close());
    }
    File file = run(node.open("ab"));
    EXPECT_EQ(file.tell(), 4U);
    write(file, "two");
    EXPECT_EQ(content(node), "one ");
    run(file.close());
    EXPECT_EQ(content(node), "one two");
    run(node.append(Bytes::copy_of(" three")));
    EXPECT_EQ(content(node), "one two three");
    run(run(node.parent().child("empty").open("a")).close());
    EXPECT_EQ(content(node.parent().child("empty")), "");
  });
}

TEST_P(OpenFile, plus_modes_read_and_change_anywhere) {
  on_both([&](Node node) {
    EXPECT_EQ(failure(node.open("r+")), ErrorCode::not_found);
    run(node.write_text("0123456789"));
    File file = run(node.open("r+b"));
    EXPECT_EQ(read(file, 2), "01");
    write(file, "AB");
    run(file.seek(-1, 2));
    write(file, "XYZ");
    run(file.seek(0));
    EXPECT_EQ(read(file, 100), "01AB45678XYZ");
    EXPECT_EQ(run(file.truncate(5)), 5U);
    run(file.seek(7));
    write(file, "!");
    EXPECT_EQ(content(node), "0123456789");
    run(file.close());
    EXPECT_EQ(content(node), std::string("01AB4\0\0!", 8));

    File fresh = run(node.open("w+"));
    write(fresh, "new");
    run(fresh.seek(0));
    EXPECT_EQ(read(fresh, 9), "new");
    run(fresh.close());
    EXPECT_EQ(content(node), "new");

    File appending = run(node.open("a+"));
    EXPECT_EQ(appending.tell(), 3U);
    run(appending.seek(0));
    EXPECT_EQ(read(appending, 2), "ne");
    write(appending, "er");
    run(appending.close());
    EXPECT_EQ(content(node), "newer");
  });
}

TEST_P(OpenFile, w_and_x_change_anywhere_too) {
  on_both([&](Node node) {
    for (const char* mode : {"x", "w"}) {
      for (const std::size_t size : {std::size_t{100}, std::size_t{3} << 20}) {
        const Node target = node.parent().child(std::string(mode) + std::to_string(size));
        File file = run(target.open(mode));
        EXPECT_TRUE(file.seekable());
        EXPECT_FALSE(file.readable());
        write(file, std::string(size, 'x'));
        EXPECT_EQ(run(file.seek(1)), 1U);
        write(file, "yz");
        EXPECT_EQ(file.tell(), 3U);
        EXPECT_EQ(run(file.seek(-1, 2)), size - 1);
        write(file, "end");
        EXPECT_EQ(run(file.truncate(size + 1)), size + 1);
        EXPECT_EQ(failure(file.read_all()), ErrorCode::unsupported);
        EXPECT_FALSE(run(target.exists()));
        EXPECT_EQ(run(file.close()).size, size + 1);
        EXPECT_TRUE(content(target) == "xyz" + std::string(size - 4, 'x') + "en");
      }
    }
  });
}

TEST_P(OpenFile, a_descriptor_is_the_file_itself) {
  const Node node = storage_.node("local:d/f");
  File file = run(node.open("w"));
  write(file, "one ");
  const int descriptor = run(file.descriptor());
  EXPECT_EQ(::write(descriptor, "two ", 4), 4);
  EXPECT_EQ(file.tell(), 8U);
  write(file, "three");
  EXPECT_EQ(run(file.size()), 13U);
  EXPECT_FALSE(run(node.exists()));
  run(file.close());
  EXPECT_EQ(content(node), "one two three");
  File reading = run(node.open());
  EXPECT_EQ(read(reading, 4), "one ");
  std::array<char, 4> got{};
  EXPECT_EQ(::read(run(reading.descriptor()), got.data(), got.size()), 4);
  EXPECT_EQ(std::string_view(got.data(), got.size()), "two ");
  EXPECT_EQ(read(reading, 100), "three");
  for (const char* mode : {"w", "r+", "r"}) {
    if (*mode == 'r') run(storage_.node("memory:d/f").write_text("x"));
    File kept = run(storage_.node("memory:d/f").open(mode));
    EXPECT_EQ(failure(kept.descriptor()), ErrorCode::unsupported) << mode;
  }
}

TEST_P(OpenFile, what_could_not_be_written_whole_is_not_stored) {
  test::HookedFiles files(system_files());
  Env env{Env::system().clock, Env::system().random, &files, Env::system().network};
  StorageManager storage(std::make_shared<ManagerState>(env, std::make_shared<KeyRing>(*env.clock)));
  storage.configure({{{"name", "local"}, {"protocol", "local"}, {"base_path", folder_}, {"durable", false}}});
  Node node = storage.node("local:f");
  run(node.write_text("old"));
  for (const char* mode : {"w", "w+", "r+", "a+"}) {
    File file = run(node.open(mode));
    write(file, std::string(2 << 20, 'x'));
    files.set_hook([](const char* call) { return std::string_view(call) == "pwritev" ? -ENOSPC : 0; });
    EXPECT_EQ(failure(file.write(Bytes::copy_of("more"))), ErrorCode::no_space) << mode;
    files.set_hook(nullptr);
    write(file, "and more");
    EXPECT_EQ(failure(file.close()), ErrorCode::invalid_argument) << mode;
    EXPECT_TRUE(file.closed());
    EXPECT_EQ(content(node), "old") << mode;
  }
}

TEST_P(OpenFile, an_update_meets_another_writer_with_an_error) {
  on_both([&](Node node) {
    run(node.write_text("mine"));
    File file = run(node.open("r+"));
    write(file, "M");
    run(node.write_text("theirs"));
    EXPECT_EQ(failure(file.close()), ErrorCode::precondition_failed);
    EXPECT_EQ(content(node), "theirs");
  });
}

TEST_P(OpenFile, large_contents_pass_through_a_file_on_disk) {
  on_both([&](Node node) {
    std::mt19937 random(7);
    std::string text(10 << 20, '\0');
    for (char& c : text) c = static_cast<char>(random());
    File file = run(node.open("w+"));
    for (std::size_t at = 0; at < text.size(); at += 1 << 20) write(file, std::string_view(text).substr(at, 1 << 20));
    run(file.seek(123));
    write(file, "marker");
    text.replace(123, 6, "marker");
    run(file.seek(9 << 20));
    EXPECT_EQ(read(file, 1000), text.substr(9 << 20, 1000));
    run(file.close());
    EXPECT_TRUE(content(node) == text);

    File streamed = run(node.open("w"));
    for (std::size_t at = 0; at < text.size(); at += 100'000)
      write(streamed, std::string_view(text).substr(at, 100'000));
    run(streamed.close());
    EXPECT_TRUE(content(node) == text);
  });
}

TEST_P(OpenFile, bad_modes_and_refusals) {
  on_both([&](Node node) {
    EXPECT_EQ(failure(node.open("rw")), ErrorCode::invalid_argument);
    EXPECT_EQ(failure(node.open("")), ErrorCode::invalid_argument);
    EXPECT_EQ(failure(node.open("r")), ErrorCode::not_found);
    EXPECT_THAT(message(node.open("r")), HasSubstr("d/f"));
    run(node.mkdir(true));
    EXPECT_EQ(failure(node.open("r")), ErrorCode::is_directory);
    EXPECT_EQ(failure(node.open("r+")), ErrorCode::is_directory);
  });
  for (const char* mode : {"w", "a", "x", "xb", "wt", "at", "r+", "+r", "w+b", "r+b"}) {
    EXPECT_EQ(failure(storage_.node("fixed:new").open(mode)), ErrorCode::mount_permission) << mode;
  }
}

TEST_P(OpenFile, closing_a_base64_file_gives_its_new_path) {
  Node node = storage_.node("b:");
  File file = run(node.open("w"));
  write(file, "hello");
  EXPECT_EQ(run(file.close()).path, "aGVsbG8=");
  run(storage_.node("b:aGVsbG8=").exists());
  Node grown = storage_.node("b:aGVsbG8=");
  run(grown.append(Bytes::copy_of("!")));
  EXPECT_EQ(content(grown), "hello!");
}

GENRO_BOTH_DRIVERS(OpenFile);

}  // namespace
}  // namespace genro::storage
