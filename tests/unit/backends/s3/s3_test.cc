// What the S3 backend makes of a server's answers, good and bad.
#include "backends/s3/s3.h"

#include <array>

#include "scripted_s3.h"

namespace genro::storage::s3 {
namespace {

class S3BackendTest : public ScriptedS3 {};

TEST_F(S3BackendTest, a_flipped_byte_under_a_checksum_is_corrupt_however_it_is_read) {
  const std::string checksum = "x-amz-checksum-crc64nvme: rosUhgp5mIg=\n";  // of "123456789"
  for (const bool flipped : {false, true}) {
    start([&](const Asked&) {
      return ScriptedAnswer{"HTTP/1.1 200 OK\n" + checksum, flipped ? "123456780" : "123456789"};
    });
    const ErrorCode expected = flipped ? ErrorCode::corrupt : ErrorCode::internal;
    const std::unique_ptr<Reader> whole = backend_->read("k", {}).get();
    EXPECT_EQ(failure(whole->read_all()), expected);
    const std::unique_ptr<Reader> pieces = backend_->read("k", {}).get();
    std::array<std::byte, 4> buffer;
    pieces->read_into(buffer).get();
    pieces->read_into(buffer).get();
    EXPECT_EQ(failure(pieces->read_into(buffer)), expected);
  }
}

TEST_F(S3BackendTest, an_object_that_came_with_its_head_is_verified_and_at_hand_when_it_is_open) {
  bool flipped = false;
  start([&](const Asked&) {
    const std::string head = "HTTP/1.1 200 OK\nETag: \"e\"\nx-amz-checksum-crc64nvme: rosUhgp5mIg=\n";
    return ScriptedAnswer{head, flipped ? "123456780" : "123456789", true};
  });
  const std::unique_ptr<Reader> reader = backend_->read("k", {}).get();
  ASSERT_NE(reader->buffered(), nullptr);
  EXPECT_EQ(reader->buffered()->view(), "123456789");
  EXPECT_EQ(reader->size(), 9u);
  EXPECT_EQ(reader->entry().etag, "e");
  EXPECT_EQ(reader->entry().path, "k");
  std::array<std::byte, 4> buffer;
  EXPECT_EQ(reader->read_into(buffer).get(), 4u);
  EXPECT_EQ(reader->buffered()->view(), "56789");
  EXPECT_EQ(reader->read_all().get().view(), "56789");
  EXPECT_EQ(reader->read_into(buffer).get(), 0u);
  flipped = true;
  EXPECT_EQ(failure(backend_->read("k", {})), ErrorCode::corrupt);
}

TEST_F(S3BackendTest, checksums_of_parts_are_not_taken_for_one_of_the_whole) {
  start(
      [](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\nx-amz-checksum-crc32c: AAAAAA==-2\n", "123456789"}; });
  EXPECT_EQ(get("k"), "123456789");
}

TEST_F(S3BackendTest, a_store_that_acknowledges_other_bytes_is_corrupt) {
  start([](const Asked&) {
    return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"e\"\nx-amz-checksum-crc64nvme: AAAAAAAAAAA=\n", ""};
  });
  EXPECT_EQ(failure(backend_->put("k", Body(Bytes::copy_of("x")), {})), ErrorCode::corrupt);
}

TEST_F(S3BackendTest, ok_with_an_error_inside_is_an_error) {
  start([](const Asked& asked) {
    if (asked.method == "HEAD") return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 3\nETag: \"e\"\n", ""};
    if (asked.target.ends_with("?uploads="))
      return ScriptedAnswer{"HTTP/1.1 200 OK\n",
                            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"};
    if (asked.method == "PUT" && asked.target.find("partNumber") != std::string::npos)
      return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"p\"\n", ""};
    return ScriptedAnswer{
        "HTTP/1.1 200 OK\n",
        "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>We failed.</Message></Error>"};
  });
  EXPECT_EQ(failure(backend_->copy("from", "to", {})), ErrorCode::unavailable);
  const std::unique_ptr<Upload> upload = backend_->upload("k", {}).get();
  const std::string tag = upload->part(1, Body(Bytes::copy_of("abc"))).get();
  EXPECT_EQ(failure(upload->complete({tag})), ErrorCode::unavailable);
  EXPECT_EQ(failure(backend_->remove_many({"a"})), ErrorCode::unavailable);
}

TEST_F(S3BackendTest, a_copy_in_parts_of_an_older_version_takes_the_tags_of_that_one) {
  config_.single_copy_max = 10;
  start([](const Asked& asked) {
    if (asked.method == "HEAD")
      return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 20\nETag: \"e\"\nx-amz-tagging-count: 1\n", ""};
    return error(500, "InternalError");
  });
  PutOptions options;
  options.source_version = "older";
  EXPECT_EQ(failure(backend_->copy("from", "to", options)), ErrorCode::unavailable);
  EXPECT_EQ(script_->asked.back().target, "/from?tagging=&versionId=older");
}

TEST_F(S3BackendTest, an_upload_sends_and_checks_the_checksum_of_the_whole) {
  std::string answered = "rosUhgp5mIg=";
  start([&](const Asked& asked) {
    if (asked.target.ends_with("?uploads="))
      return ScriptedAnswer{"HTTP/1.1 200 OK\n",
                            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"};
    if (asked.method == "PUT") return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"p\"\n", ""};
    return ScriptedAnswer{"HTTP/1.1 200 OK\n",
                          "<CompleteMultipartUploadResult><ETag>\"w-2\"</ETag><ChecksumCRC64NVME>" + answered +
                              "</ChecksumCRC64NVME></CompleteMultipartUploadResult>"};
  });
  for (const bool good : {true, false}) {
    if (!good) answered = "AAAAAAAAAAA=";
    const std::unique_ptr<Upload> upload = backend_->upload("k", {}).get();
    const std::string first = upload->part(1, Body(Bytes::copy_of("12345"))).get();
    const std::string second = upload->part(2, Body(Bytes::copy_of("6789"))).get();
    EXPECT_EQ(failure(upload->complete({first, second})), good ? ErrorCode::internal : ErrorCode::corrupt);
    EXPECT_TRUE(script_->asked.back().has("x-amz-checksum-crc64nvme: rosUhgp5mIg=\r\n"));
  }
}

TEST_F(S3BackendTest, a_server_that_ignores_ranges_is_read_from_the_right_place) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", "0123456789"}; });
  ReadOptions options;
  options.range = {3, 6};
  EXPECT_EQ(get("k", options), "345");
}

TEST_F(S3BackendTest, a_server_that_sends_another_range_is_refused) {
  start([](const Asked&) {
    return ScriptedAnswer{"HTTP/1.1 206 Partial Content\nContent-Range: bytes 4-6/10\n", "456"};
  });
  ReadOptions options;
  options.range = {3, 6};
  EXPECT_EQ(failure(backend_->read("k", options)), ErrorCode::protocol);
}

TEST_F(S3BackendTest, a_failed_bulk_delete_names_each_key) {
  config_.prefix = "base/";
  start([](const Asked&) {
    return ScriptedAnswer{
        "HTTP/1.1 200 OK\n",
        "<DeleteResult><Error><Key>base/b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"};
  });
  const std::vector<RemoveFailure> failures = backend_->remove_many({"a", "b"}).get();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0].path, "b");
  EXPECT_EQ(failures[0].error.code(), ErrorCode::permission_denied);
}

TEST_F(S3BackendTest, bulk_deletes_go_in_thousands_and_odd_keys_alone) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", "<DeleteResult></DeleteResult>"}; });
  std::vector<std::string> paths(2500, "k");
  paths[7] = "odd\x01";
  EXPECT_TRUE(backend_->remove_many(paths).get().empty());
  EXPECT_EQ(script_->asked.size(), 4u);
  EXPECT_EQ(script_->asked.at(0).method, "DELETE");
  EXPECT_EQ(script_->asked.at(0).target, "/odd%01");
}

TEST_F(S3BackendTest, versions_that_never_end_are_an_error) {
  start([](const Asked&) {
    return ScriptedAnswer{"HTTP/1.1 200 OK\n",
                          "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</"
                          "NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker></ListVersionsResult>"};
  });
  EXPECT_EQ(failure(backend_->versions("k")), ErrorCode::protocol);
}

TEST_F(S3BackendTest, open_uploads_that_are_listed_in_a_circle_are_an_error) {
  int pages = 0;
  start([&pages](const Asked&) {
    const std::string marker = ++pages % 2 == 0 ? "a" : "b";
    return ScriptedAnswer{
        "HTTP/1.1 200 OK\n",
        "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>" + marker +
            "</NextKeyMarker><NextUploadIdMarker>1</NextUploadIdMarker></ListMultipartUploadsResult>"};
  });
  std::vector<std::string> removed;
  EXPECT_EQ(failure(backend_->clean("", 0, &removed)), ErrorCode::protocol);
  EXPECT_LT(pages, 10);
}

TEST_F(S3BackendTest, the_root_is_no_file_to_copy_or_to_describe) {
  start([](const Asked&) { return ScriptedAnswer{}; });
  EXPECT_EQ(failure(backend_->copy("", "b", {})), ErrorCode::is_directory);
  EXPECT_EQ(failure(backend_->copy("a", "", {})), ErrorCode::is_directory);
  EXPECT_EQ(failure(backend_->set_metadata("", {})), ErrorCode::is_directory);
  EXPECT_EQ(failure(backend_->remove_versions("a", {""})), ErrorCode::internal);
  EXPECT_TRUE(script_->asked.empty());
}

TEST_F(S3BackendTest, a_presigned_url_is_bound_to_its_method_time_and_end) {
  start([](const Asked&) { return ScriptedAnswer{}; });
  const std::string url = *backend_->url("k", {}).get();
  EXPECT_TRUE(url.starts_with("https://bucket.s3.us-east-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&"));
  EXPECT_NE(url.find("X-Amz-Expires=3600&"), std::string::npos);
  UrlOptions put;
  put.method = "PUT";
  EXPECT_NE(*backend_->url("k", put).get(), url);
  EXPECT_FALSE(backend_->url("", {}).get());
  UrlOptions wrong;
  wrong.expires_in = 604801;
  EXPECT_THROW(backend_->url("k", wrong).get(), Error);
  wrong = {};
  wrong.method = "DELETE";
  EXPECT_THROW(backend_->url("k", wrong).get(), Error);
  EXPECT_TRUE(script_->asked.empty());
}

TEST_F(S3BackendTest, a_conditional_copy_is_refused_before_anything_is_asked) {
  start([](const Asked&) { return ScriptedAnswer{}; });
  PutOptions options;
  options.when = When::if_absent();
  EXPECT_EQ(failure(backend_->copy("a", "b", options)), ErrorCode::unsupported);
  EXPECT_TRUE(script_->asked.empty());
}

TEST_F(S3BackendTest, the_root_among_others_keeps_none_of_them_from_being_removed) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", "<DeleteResult></DeleteResult>"}; });
  for (const std::vector<std::string>& paths :
       {std::vector<std::string>{"a", ""}, {"", "a"}, {"a", "", ""}, {"a", "b\x01", ""}, {"a", "b\x01"}}) {
    script_->asked.clear();
    EXPECT_TRUE(backend_->remove_many(paths).get().empty());
    std::string bodies;
    for (const Asked& asked : script_->asked) bodies += asked.body;
    EXPECT_NE(bodies.find("<Key>a</Key>"), std::string::npos);
    EXPECT_EQ(bodies.find("<Key></Key>"), std::string::npos);
  }
  script_->asked.clear();
  EXPECT_TRUE(backend_->remove_many({"", ""}).get().empty());
  EXPECT_TRUE(script_->asked.empty());
}

TEST_F(S3BackendTest, a_bulk_deletion_whose_answer_says_nothing_sensible_is_no_success) {
  std::string answer;
  start([&answer](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", answer}; });
  for (const char* text :
       {"", "deleted", "<DeleteResult>", "<DeleteResult><Error><Code>InternalError</Code></Error></DeleteResult>",
        "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>",
        "<ListBucketResult></ListBucketResult>"}) {
    answer = text;
    EXPECT_EQ(failure(backend_->remove_many({"a"})), ErrorCode::protocol) << text;
  }
}

TEST_F(S3BackendTest, an_answer_of_another_version_than_the_one_asked_for_is_refused) {
  start([](const Asked& asked) {
    const bool whole = !asked.has("range: ");
    return ScriptedAnswer{whole ? "HTTP/1.1 200 OK\nETag: \"other\"\n"
                                : "HTTP/1.1 206 Partial\nETag: \"other\"\nContent-Range: bytes 0-2/9\n",
                          whole ? "123456789" : "123"};
  });
  ReadOptions options;
  options.if_match = "mine";
  EXPECT_EQ(failure(backend_->read("k", options)), ErrorCode::precondition_failed);
  options.range = {0, 3};
  EXPECT_EQ(failure(backend_->read("k", options)), ErrorCode::precondition_failed);
  options.range = {3, 3};
  EXPECT_EQ(failure(backend_->read("k", options)), ErrorCode::precondition_failed);
  options.if_match = "other";
  options.range = {0, 3};
  EXPECT_EQ(get("k", options), "123");
}

}  // namespace
}  // namespace genro::storage::s3
