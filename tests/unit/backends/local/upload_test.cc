// Uploads of the local backend: parts go straight into the file that becomes the target, and nothing else is ever left.
#include <atomic>

#include "hooked_local_fixture.h"

namespace genro::storage::test {
namespace {

class LocalUploads : public HookedLocalFixture {
 protected:
  std::unique_ptr<Upload> begin(const std::string& path, PutOptions options = {}) {
    return run(backend().upload(path, std::move(options)));
  }
  std::string part(Upload& upload, int number, std::string_view content) {
    return run(upload.part(number, Body(Bytes::copy_of(content))));
  }
};
GENRO_BOTH_DRIVERS(LocalUploads);

TEST_P(LocalUploads, parts_in_order_are_not_copied_again) {
  std::atomic<int> copies = 0;
  files_.set_hook([&](const char* call) {
    if (std::string_view(call) == "copy_range" || std::string_view(call) == "clone") ++copies;
    return 0;
  });
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  for (const std::string name : {"fresh", "there"}) {
    if (name == "there") put("dir/there", "old");
    const auto upload = begin("dir/" + name);
    const std::vector<std::string> tags{part(*upload, 1, "one "), part(*upload, 2, ""), part(*upload, 3, "three")};
    EXPECT_EQ(run(upload->complete(tags)).size, 9U);
    EXPECT_EQ(outside("dir/" + name), "one three");
  }
  EXPECT_EQ(copies, 0);
  EXPECT_EQ(really_in("dir"), (std::vector<std::string>{"fresh", "there"}));
}

TEST_P(LocalUploads, the_tags_say_the_order_and_which_parts_count) {
  put("file", "old");
  for (int round = 0; round < 2; ++round) {  // over an old file, and over what the first round made
    const auto upload = begin("file");
    const std::string c = part(*upload, 3, "ccc");
    const std::string lost = part(*upload, 1, "not this");
    const std::string a = part(*upload, 1, "a");
    const std::string b = part(*upload, 2, "bb");
    run(upload->complete({a, b, c}));
    EXPECT_EQ(outside("file"), "abbccc");
    EXPECT_NE(lost, a);
  }
  EXPECT_EQ(really_in("."), (std::vector<std::string>{"file"}));
}

TEST_P(LocalUploads, a_part_that_failed_leaves_no_hole) {
  std::atomic<bool> fail = false;
  files_.set_hook([&](const char* call) { return fail && std::string_view(call) == "pwritev" ? -EIO : 0; });
  backend_ = mount({{"base_path", base_}, {"durable", false}}, env_);
  const auto upload = begin("file");
  const std::string first = part(*upload, 1, "first ");
  fail = true;
  EXPECT_EQ(failure(upload->part(2, Body(Bytes::copy_of("second")))), ErrorCode::io);
  fail = false;
  run(upload->complete({first, part(*upload, 2, "again")}));
  EXPECT_EQ(outside("file"), "first again");
}

TEST_P(LocalUploads, nothing_is_left_of_one_that_is_dropped_or_aborted) {
  put("dir/file", "old");
  {
    const auto upload = begin("dir/file");
    part(*upload, 1, "new");
  }
  const auto upload = begin("dir/file");
  const std::string tag = part(*upload, 1, "new");
  run(upload->abort());
  run(upload->abort());
  EXPECT_EQ(failure(upload->complete({tag})), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(upload->part(2, Body(Bytes::copy_of("x")))), ErrorCode::invalid_argument);
  EXPECT_EQ(really_in("dir"), (std::vector<std::string>{"file"}));
  EXPECT_EQ(outside("dir/file"), "old");
}

TEST_P(LocalUploads, conditions_hold_at_the_start_and_at_the_end) {
  PutOptions if_absent;
  if_absent.when = When::if_absent();
  const auto upload = begin("file", if_absent);
  const std::string tag = part(*upload, 1, "late");
  const Entry first = put("file", "early");
  EXPECT_EQ(failure(upload->complete({tag})), ErrorCode::precondition_failed);
  EXPECT_EQ(failure(backend().upload("file", if_absent)), ErrorCode::precondition_failed);
  PutOptions if_match;
  if_match.when = When::if_match(first.etag);
  const auto second = begin("file", if_match);
  put("file", "meanwhile");
  EXPECT_EQ(failure(second->complete({part(*second, 1, "too late")})), ErrorCode::precondition_failed);
  EXPECT_EQ(outside("file"), "meanwhile");
}

TEST_P(LocalUploads, foreign_tags_and_folders_are_refused) {
  const auto upload = begin("file");
  part(*upload, 1, "content");
  for (const std::string tag : {"", "0", "0+", "+7", "0+8", "8+0x", "18446744073709551615+7", "etag"}) {
    EXPECT_EQ(failure(upload->complete({tag})), ErrorCode::invalid_argument) << tag;
  }
  EXPECT_EQ(failure(upload->part(0, Body())), ErrorCode::invalid_argument);
  run(backend().make_dir("folder"));
  EXPECT_EQ(failure(backend().upload("folder", {})), ErrorCode::is_directory);
  EXPECT_EQ(failure(backend().upload("", {})), ErrorCode::is_directory);
}

TEST_P(LocalUploads, large_parts_and_spans_of_files_arrive_whole) {
  std::string content(20 << 20, '\0');
  for (std::size_t i = 0; i < content.size(); i += 512) content[i] = static_cast<char>(i / 512 % 251);
  put("source", content);
  const std::unique_ptr<Reader> reader = run(backend().read("source", {}));
  const auto upload = begin("target");
  const std::string first = part(*upload, 1, content);
  const std::string second = run(upload->part(2, Body(*reader->file_span())));
  run(upload->complete({first, second}));
  EXPECT_TRUE(outside("target") == content + content);
}

}  // namespace
}  // namespace genro::storage::test
