#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "genro/storage/storage.h"
#include "unit/both_drivers.h"

namespace genro::storage {
namespace {

using ::testing::HasSubstr;

ServeOptions as_download(std::string name) {
  ServeOptions options;
  options.download = name.empty();
  options.download_name = std::move(name);
  return options;
}
ServeOptions cached_for(std::uint64_t age) {
  ServeOptions options;
  options.cache_max_age = age;
  return options;
}
ServeOptions of_type(std::string type) {
  ServeOptions options;
  options.mimetype = std::move(type);
  return options;
}

class Serve : public test::BothDrivers {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "serve-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    static int next = 0;
    storage_.configure({{{"name", "m"}, {"protocol", "memory"}, {"base_path", "serve_" + std::to_string(next++)}},
                        {{"name", "l"}, {"protocol", "local"}, {"base_path", folder_}, {"durable", false}},
                        {{"name", "view"}, {"path", "l:sub"}, {"permissions", "readonly"}}});
    for (std::size_t i = 0; i < 200'000; ++i) large_ += static_cast<char>('a' + i % 23);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Node write(const std::string& address, std::string_view text) {
    Node node = storage_.node(address);
    run(node.write_bytes(Bytes::copy_of(text)));
    return node;
  }
  ServeResponse get(const Node& node, HeaderFields headers = {}, ServeOptions options = {}) {
    return run(node.serve({"GET", std::move(headers)}, std::move(options)));
  }
  std::string content(const ServeBody& body) {
    std::string text;
    for (std::size_t i = 0; i < body.chunk_count(); ++i) {
      const Bytes chunk = run(body.chunk(i));
      EXPECT_LE(chunk.size(), ServeBody::kChunk);
      text += chunk.view();
    }
    EXPECT_EQ(text.size(), body.size());
    return text;
  }
  static std::string field(const ServeResponse& response, std::string_view name) {
    for (const auto& [field, value] : response.headers) {
      if (field == name) return value;
    }
    return "(none)";
  }

  StorageManager storage_;
  std::string folder_;
  std::string large_;
};

TEST_P(Serve, a_file_is_sent_whole_in_chunks_of_any_order) {
  for (const char* address : {"m:large.txt", "l:large.txt"}) {
    const Node node = write(address, large_);
    const ServeResponse response = get(node);
    EXPECT_EQ(response.status_line(), "200 OK");
    EXPECT_EQ(field(response, "Content-Type"), "text/plain");
    EXPECT_EQ(field(response, "Content-Length"), "200000");
    EXPECT_EQ(field(response, "Accept-Ranges"), "bytes");
    ASSERT_EQ(response.body.chunk_count(), 4U);
    EXPECT_EQ(content(response.body), large_);
    EXPECT_EQ(run(response.body.chunk(3)).view(), std::string_view(large_).substr(3 * 65536));
    EXPECT_EQ(run(response.body.chunk(1)).view(), std::string_view(large_).substr(65536, 65536));
    response.body.close();
    EXPECT_EQ(content(response.body), large_);
    EXPECT_EQ(failure(response.body.chunk(4)), ErrorCode::out_of_range);
  }
}

TEST_P(Serve, a_head_has_the_fields_of_a_get_and_no_content) {
  const Node node = write("l:a.txt", "hello");
  const ServeResponse head = run(node.serve({"HEAD", {}}));
  EXPECT_EQ(head.headers, get(node).headers);
  EXPECT_EQ(head.body.size(), 0U);
}

TEST_P(Serve, other_methods_are_not_allowed) {
  const ServeResponse response = run(write("m:a", "x").serve({"POST", {}}));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(field(response, "Allow"), "GET, HEAD");
}

TEST_P(Serve, what_is_missing_is_a_404_and_a_folder_is_refused) {
  write("m:d/f", "x");
  write("l:d/f", "x");
  for (const char* mount : {"m", "l"}) {
    const ServeResponse missing = get(storage_.node(std::string(mount) + ":no"));
    EXPECT_EQ(missing.status_line(), "404 Not Found");
    EXPECT_EQ(content(missing.body), "Not Found");
    for (const char* method : {"GET", "HEAD"}) {
      EXPECT_EQ(failure(storage_.node(std::string(mount) + ":d").serve({method, {}})), ErrorCode::invalid_argument);
    }
    EXPECT_EQ(get(storage_.node(std::string(mount) + ":d/f/below")).status, 404);
  }
  EXPECT_EQ(get(Node()).status, 404);
}

TEST_P(Serve, the_tag_of_an_answer_makes_the_next_one_not_modified) {
  const Node node = write("l:a.txt", "hello");
  const std::string tag = field(get(node), "ETag");
  const ServeResponse response = get(node, {{"If-None-Match", tag}}, cached_for(60));
  EXPECT_EQ(response.status_line(), "304 Not Modified");
  EXPECT_EQ(response.headers, (HeaderFields{{"ETag", tag}, {"Cache-Control", "max-age=60"}}));
  EXPECT_EQ(response.body.size(), 0U);
  EXPECT_EQ(get(node, {{"If-Match", "\"other\""}}).status, 412);
  run(Node(node).write_bytes(Bytes::copy_of("HELLO")));
  EXPECT_EQ(get(node, {{"If-None-Match", tag}}).status, 200);
}

TEST_P(Serve, one_range_is_a_part_of_the_content) {
  for (const char* address : {"m:large.bin", "l:large.bin"}) {
    const Node node = write(address, large_);
    const ServeResponse response = get(node, {{"Range", "bytes=70000-150000"}});
    EXPECT_EQ(response.status_line(), "206 Partial Content");
    EXPECT_EQ(field(response, "Content-Range"), "bytes 70000-150000/200000");
    EXPECT_EQ(field(response, "Content-Length"), "80001");
    EXPECT_EQ(content(response.body), large_.substr(70'000, 80'001));
    EXPECT_EQ(content(get(node, {{"Range", "bytes=-3"}}).body), large_.substr(199'997));
    const ServeResponse none = get(node, {{"Range", "bytes=200000-"}});
    EXPECT_EQ(none.status, 416);
    EXPECT_EQ(field(none, "Content-Range"), "bytes */200000");
  }
}

TEST_P(Serve, several_ranges_are_parts_of_one_message) {
  for (const char* address : {"m:large.bin", "l:large.bin"}) {
    const ServeResponse response = get(write(address, large_), {{"Range", "bytes=0-2,100000-180000,-2"}});
    EXPECT_EQ(response.status, 206);
    const std::string type = field(response, "Content-Type");
    ASSERT_THAT(type, HasSubstr("multipart/byteranges; boundary="));
    const std::string boundary = type.substr(type.find('=') + 1);
    const auto part = [&](const char* range, const std::string& text) {
      return "--" + boundary + "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes " + range +
             "/200000\r\n\r\n" + text + "\r\n";
    };
    EXPECT_EQ(content(response.body), part("0-2", large_.substr(0, 3)) +
                                          part("100000-180000", large_.substr(100'000, 80'001)) +
                                          part("199998-199999", large_.substr(199'998)) + "--" + boundary + "--\r\n");
    EXPECT_EQ(field(response, "Content-Range"), "(none)");
  }
}

TEST_P(Serve, a_range_of_another_file_gets_all_of_this_one) {
  const Node node = write("l:a", "0123456789");
  const std::string tag = field(get(node), "ETag");
  EXPECT_EQ(get(node, {{"Range", "bytes=0-1"}, {"If-Range", tag}}).status, 206);
  EXPECT_EQ(get(node, {{"Range", "bytes=0-1"}, {"If-Range", "\"other\""}}).status, 200);
}

TEST_P(Serve, a_file_replaced_while_it_is_sent_is_sent_as_it_was) {
  for (const char* address : {"m:large.txt", "l:large.txt"}) {
    Node node = write(address, large_);
    const ServeResponse response = get(node);
    EXPECT_EQ(run(response.body.chunk(0)).view(), std::string_view(large_).substr(0, 65536));
    run(node.write_bytes(Bytes::copy_of(std::string(200'000, 'Z'))));
    EXPECT_EQ(run(response.body.chunk(1)).view(), std::string_view(large_).substr(65536, 65536)) << address;
    response.body.close();  // the old content is gone with it
    EXPECT_EQ(failure(response.body.chunk(2)), ErrorCode::precondition_failed) << address;
  }
}

TEST_P(Serve, a_file_written_over_in_place_is_not_sent_as_a_mixture) {
  const Node node = write("l:large.txt", large_);
  const std::string path = folder_ + "/large.txt";
  const ServeResponse shorter = get(node);
  const ServeResponse changed = get(node);
  const ServeResponse longer = get(node);
  {
    std::ofstream(path, std::ios::app) << "more";
  }
  EXPECT_EQ(content(longer.body), large_);
  {
    std::fstream file(path, std::ios::in | std::ios::out);
    file.seekp(100'000);
    file << "other";
  }
  std::filesystem::resize_file(path, 200'000);
  EXPECT_EQ(failure(changed.body.chunk(3)), ErrorCode::precondition_failed);
  std::filesystem::resize_file(path, 100'000);
  EXPECT_EQ(failure(shorter.body.chunk(3)), ErrorCode::truncated);
}

TEST_P(Serve, only_one_part_of_a_local_file_is_given_as_its_span) {
  const Node node = write("l:sub/large.txt", large_);
  const std::optional<FileSpan> span =
      get(storage_.node("view:large.txt"), {{"Range", "bytes=65536-199999"}}).body.file_span();
  ASSERT_TRUE(span);
  EXPECT_EQ(span->offset, 65536U);
  EXPECT_EQ(span->size, 134'464U);
  EXPECT_FALSE(get(node, {{"Range", "bytes=0-99999,100001-"}}).body.file_span());
  EXPECT_FALSE(get(write("m:large", large_)).body.file_span());
}

TEST_P(Serve, a_download_has_a_name) {
  const Node node = write("m:d/caffè.txt", "x");
  EXPECT_EQ(field(get(node), "Content-Disposition"), "(none)");
  EXPECT_THAT(field(get(node, {}, as_download("")), "Content-Disposition"), HasSubstr("filename*=UTF-8''caff%C3%A8"));
  EXPECT_EQ(field(get(node, {}, as_download("b.txt")), "Content-Disposition"), "attachment; filename=\"b.txt\"");
}

TEST_P(Serve, the_media_type_may_be_given_but_breaks_no_line) {
  const Node node = write("m:a.txt", "x");
  EXPECT_EQ(field(get(node, {}, of_type("text/plain; charset=utf-8")), "Content-Type"), "text/plain; charset=utf-8");
  for (const char* bad : {"text/plain\r\nX: y", "nonsense"}) {
    EXPECT_THROW((void)node.serve({}, of_type(bad)), Error) << bad;
  }
}

GENRO_BOTH_DRIVERS(Serve);

}  // namespace
}  // namespace genro::storage
