// base64 mounts: the path is the content.
#include "backends/protocols.h"
#include "core/env.h"
#include "unit/both_drivers.h"

namespace genro::storage::test {
namespace {

class Base64 : public BothDrivers {
 protected:
  Bytes get(const std::string& path) {
    const std::unique_ptr<Reader> reader = run(backend_->read(path, {}));
    return run(reader->read_all());
  }
  std::shared_ptr<Backend> backend_ =
      find_protocol("base64")->make({MountOptions("inline", "base64", {}), Env::system()});
};
GENRO_BOTH_DRIVERS(Base64);

TEST_P(Base64, the_path_of_a_put_is_the_encoded_content) {
  const Entry entry = run(backend_->put("whatever", Body(Bytes::copy_of("hello")), {}));
  EXPECT_EQ(entry.path, "aGVsbG8=");
  EXPECT_EQ(entry.size, 5U);
  EXPECT_EQ(get(entry.path).view(), "hello");
}

TEST_P(Base64, payloads_with_slashes_survive) {
  const std::string content("\xff\xff\xff\xff\xff\xff\x00\xff\xef\xbf\xff", 11);
  const Entry entry = run(backend_->put("", Body(Bytes::copy_of(content)), {}));
  EXPECT_NE(entry.path.find("//"), std::string::npos);
  EXPECT_EQ(get(entry.path).view(), content);
}

TEST_P(Base64, white_space_of_wrapped_text_is_ignored_and_other_characters_are_not) {
  EXPECT_EQ(get(" aGVs\nbG8= \n").view(), "hello");
  for (const char* path : {"aGVs\rbG8=", "aGVsbG8", "aGV_bG8=", "not base64", "a"}) {
    EXPECT_FALSE(run(backend_->stat(path))) << path;
    EXPECT_EQ(failure(backend_->read(path, {})), ErrorCode::not_found) << path;
    EXPECT_NE(message(backend_->read(path, {})).find("Invalid base64"), std::string::npos) << path;
  }
}

TEST_P(Base64, the_empty_path_is_a_file_only_after_an_empty_put) {
  EXPECT_FALSE(run(backend_->stat("")));
  EXPECT_NE(message(backend_->read("", {})).find("cannot be empty"), std::string::npos);
  EXPECT_EQ(run(backend_->put("aGVsbG8=", Body(), {})).path, "");
  EXPECT_EQ(run(backend_->stat(""))->size, 0U);
  EXPECT_EQ(get("").size(), 0U);
}

TEST_P(Base64, the_time_is_that_of_the_mount) {
  const std::int64_t first = run(backend_->stat("aGVsbG8="))->mtime_ns;
  EXPECT_GT(first, 0);
  EXPECT_EQ(run(backend_->put("", Body(Bytes::copy_of("x")), {})).mtime_ns, first);
}

TEST_P(Base64, there_are_no_folders_and_nothing_is_removed) {
  EXPECT_NE(message(backend_->list("", {})).find("no directory structure"), std::string::npos);
  EXPECT_NE(message(backend_->remove("aGVsbG8=")).find("read-only"), std::string::npos);
  EXPECT_NE(message(backend_->make_dir("dir")).find("read-only"), std::string::npos);
}

}  // namespace
}  // namespace genro::storage::test
