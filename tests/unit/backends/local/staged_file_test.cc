// StagedFiles of the local backend: the file that is written is the one that becomes the target, and nothing else is ever left.
#include <array>
#include <atomic>

#include "backend/edit_buffer.h"
#include "core/write_fully.h"
#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

class LocalStagedFiles : public HookedLocalFixture {
 protected:
  std::unique_ptr<StagedFile> begin(const std::string& path, PutOptions options = {}) {
    return run(backend().stage(path, std::move(options)));
  }
  void write(const StagedFile& staged, std::uint64_t offset, std::string_view text) {
    ASSERT_EQ(write_fully(files_, staged.descriptor(), std::as_bytes(std::span(text)), offset), 0);
  }
};
GENRO_BOTH_DRIVERS(LocalStagedFiles);

TEST_P(LocalStagedFiles, become_the_file_at_commit_whatever_wrote_to_them) {
  for (const std::string name : {"fresh", "there"}) {
    if (name == "there") put("dir/there", "old");
    const auto staged = begin("dir/" + name);
    write(*staged, 4, "two");
    write(*staged, 0, "one ");
    EXPECT_EQ(really_in("dir"),
              name == "there" ? (std::vector<std::string>{"fresh", "there"}) : std::vector<std::string>());
    const Entry entry = run(staged->commit());
    EXPECT_EQ(entry.size, 7U);
    EXPECT_EQ(entry.path, "dir/" + name);
    EXPECT_EQ(entry.etag, stat("dir/" + name)->etag);
    EXPECT_EQ(outside("dir/" + name), "one two");
  }
}

TEST_P(LocalStagedFiles, leave_nothing_when_they_are_dropped) {
  put("dir/file", "old");
  {
    const auto staged = begin("dir/file");
    write(*staged, 0, "new");
  }
  EXPECT_EQ(really_in("dir"), (std::vector<std::string>{"file"}));
  EXPECT_EQ(outside("dir/file"), "old");
}

TEST_P(LocalStagedFiles, keep_the_permission_bits_and_the_conditions) {
  put("file", "old");
  ASSERT_EQ(::chmod((base_ + "/file").c_str(), 0640), 0);
  const auto staged = begin("file");
  run(staged->commit());
  EXPECT_EQ(mode("file"), 0640U);
  PutOptions if_absent;
  if_absent.when = When::if_absent();
  EXPECT_EQ(failure(backend().stage("file", if_absent)), ErrorCode::precondition_failed);
  const auto late = begin("late", if_absent);
  put("late", "early");
  EXPECT_EQ(failure(late->commit()), ErrorCode::precondition_failed);
  EXPECT_EQ(outside("late"), "early");
}

TEST_P(LocalStagedFiles, are_written_once_and_copied_never) {
  std::atomic<int> copies = 0;
  std::atomic<int> nameless = 0;
  files_.set_hook([&](const char* call) {
    const std::string_view name(call);
    if (name == "copy_range" || name == "clone") ++copies;
    if (name == "open_nameless") ++nameless;
    return 0;
  });
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  EditBuffer buffer(&files_, [&] { return backend_->stage("file", {}); });
  const std::string piece(700'000, 'x');
  for (std::uint64_t at = 0; at < 3 * piece.size(); at += piece.size()) {
    run(buffer.write_at(at, Bytes::copy_of(piece)));
  }
  run(buffer.write_at(1, Bytes::copy_of("yz")));
  run(buffer.resize(2 * piece.size()));
  std::array<std::byte, 4> read{};
  EXPECT_EQ(run(buffer.read_at(0, read)), 4U);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(read.data()), 4), "xyzx");
  const std::unique_ptr<StagedFile> staged = buffer.take_staged();
  ASSERT_TRUE(staged);
  EXPECT_EQ(run(staged->commit()).size, 2 * piece.size());
  EXPECT_EQ(outside("file").substr(0, 4), "xyzx");
  EXPECT_EQ(copies, 0);
  EXPECT_EQ(nameless, 1);
}

}  // namespace
}  // namespace genro::storage::test
