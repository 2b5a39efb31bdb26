#include "backends/s3/requests.h"

#include <gtest/gtest.h>

#include <string>

#include "backend/kept.h"
#include "backends/s3/entry.h"
#include "backends/s3/upload_requests.h"
#include "genro/storage/error.h"
#include "unit/backends/s3/s3_bytes.h"

namespace genro::storage::s3 {
namespace {

std::string body_of(const HttpRequest& request) { return request.body.flatten().to_string(); }

std::shared_ptr<const Metadata> metadata(Metadata values) {
  return std::make_shared<const Metadata>(std::move(values));
}

TEST(S3Requests, a_key_is_encoded_once_and_its_slashes_stay) {
  EXPECT_EQ(object_path("/bucket", "a b/ü+&?#%.txt"), "/bucket/a%20b/%C3%BC%2B%26%3F%23%25.txt");
  EXPECT_EQ(object_path("", "a//b/"), "/a//b/");
  EXPECT_EQ(object_path("", ""), "/");
  EXPECT_EQ(object_path("/bucket", ""), "/bucket");
}

TEST(S3Requests, get_of_a_whole_object_asks_for_its_checksum) {
  const HttpRequest request = get_object("", "a.txt", {}, true);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a.txt");
  EXPECT_EQ(request.headers, "x-amz-checksum-mode: ENABLED\r\n");
  EXPECT_EQ(get_object("", "a.txt", {}, false).headers, "");
}

TEST(S3Requests, half_open_ranges_become_inclusive) {
  ReadOptions options;
  options.range = {2, 5};
  options.if_match = "abc";
  options.version = "v+1";
  const HttpRequest request = get_object("/b", "k", options, true);
  EXPECT_EQ(request.target, "/b/k?versionId=v%2B1");
  EXPECT_EQ(request.headers, "if-match: \"abc\"\r\nrange: bytes=2-4\r\n");
  options.range = {7, ByteRange::kToEnd};
  EXPECT_NE(get_object("/b", "k", options, true).headers.find("range: bytes=7-\r\n"), std::string::npos);
}

TEST(S3Requests, put_carries_conditions_metadata_and_checksum) {
  PutOptions options;
  options.when = When::if_absent();
  options.content_type = "text/plain";
  options.metadata = metadata({{"Author", "Zoë"}, {"plain", "x y"}});
  const HttpRequest request =
      put_object("", "k", Body(Bytes::copy_of("hello")), options, {ChecksumAlgorithm::crc32c, "AAAAAA=="});
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.headers,
            "content-type: text/plain\r\nx-amz-meta-author: =?UTF-8?B?Wm/Dqw==?=\r\nx-amz-meta-plain: x y\r\n"
            "if-none-match: *\r\nx-amz-checksum-crc32c: AAAAAA==\r\n");
  EXPECT_EQ(body_of(request), "hello");
  EXPECT_FALSE(request.idempotent);  // sent twice, the second answer would be "exists already"
  options.when = When::if_match("e");
  EXPECT_NE(put_object("", "k", Body(), options, {}).headers.find("if-match: \"e\"\r\n"), std::string::npos);
  EXPECT_TRUE(put_object("", "k", Body(), {}, {}).idempotent);
}

TEST(S3Requests, a_metadata_name_or_type_cannot_smuggle_a_header_line) {
  PutOptions options;
  options.metadata = metadata({{"a\r\nx-evil", "1"}});
  EXPECT_THROW(put_object("", "k", Body(), options, {}), Error);
  options.metadata = nullptr;
  options.content_type = "text/plain\r\nx-evil: 1";
  EXPECT_THROW(put_object("", "k", Body(), options, {}), Error);
}

TEST(S3Requests, listing_sorts_and_encodes_its_query) {
  FlatQuery query;
  query.prefix = "a b/";
  query.limit = 1000;
  query.token = "t/1=";
  const HttpRequest request = list_objects("/bucket", query);
  EXPECT_EQ(
      request.target,
      "/bucket?continuation-token=t%2F1%3D&delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000&prefix=a%20b%2F");
  EXPECT_EQ(list_objects("", {"", true, false, 1, ""}).target, "/?encoding-type=url&list-type=2&max-keys=1&prefix=");
}

TEST(S3Requests, version_listing_takes_both_markers) {
  EXPECT_EQ(list_versions("", "k", "", "").target, "/?encoding-type=url&prefix=k&versions=");
  EXPECT_EQ(list_versions("", "k", "k", "v1").target,
            "/?encoding-type=url&key-marker=k&prefix=k&version-id-marker=v1&versions=");
}

TEST(S3Requests, upload_listing_takes_both_markers) {
  EXPECT_EQ(list_uploads("/b", "p/", "", "").target, "/b?encoding-type=url&prefix=p%2F&uploads=");
  EXPECT_EQ(list_uploads("", "p/", "p/k", "u1").target,
            "/?encoding-type=url&key-marker=p%2Fk&prefix=p%2F&upload-id-marker=u1&uploads=");
}

TEST(S3Requests, copy_names_its_source_encoded_and_pinned) {
  const CopySource source{"bucket", "a b/ü", "v1", "e1"};
  EXPECT_EQ(copy_object("/bucket", "to", source, {}, false).headers,
            "x-amz-copy-source: /bucket/a%20b/%C3%BC?versionId=v1\r\nx-amz-copy-source-if-match: \"e1\"\r\n"
            "x-amz-metadata-directive: COPY\r\n");
  PutOptions options;
  options.metadata = metadata({{"a", "1"}});
  options.content_type = "text/csv";
  options.metadata = with_kept({{"a", "1"}}, {{"cache-control", "no-store"}, {"x-amz-storage-class", "STANDARD_IA"}});
  EXPECT_EQ(copy_object("", "to", {"bucket", "k", "", ""}, options, true).headers,
            "x-amz-copy-source: /bucket/k\r\nx-amz-metadata-directive: REPLACE\r\ncontent-type: "
            "text/csv\r\nx-amz-meta-a: 1\r\n"
            "cache-control: no-store\r\nx-amz-storage-class: STANDARD_IA\r\n");
  EXPECT_EQ(copy_object("", "to", {"bucket", "k", "", ""}, options, false).headers,
            "x-amz-copy-source: /bucket/k\r\nx-amz-metadata-directive: COPY\r\nx-amz-storage-class: STANDARD_IA\r\n");
}

TEST(S3Requests, multipart_requests) {
  EXPECT_EQ(create_upload("", "k", {}, ChecksumAlgorithm::crc64nvme).target, "/k?uploads=");
  EXPECT_NE(
      create_upload("", "k", {}, ChecksumAlgorithm::crc64nvme).headers.find("x-amz-checksum-algorithm: CRC64NVME\r\n"),
      std::string::npos);
  EXPECT_EQ(create_upload("", "k", {}, ChecksumAlgorithm::none).headers, "content-type: application/octet-stream\r\n");
  EXPECT_EQ(upload_part("", "k", "u/1", 3, Body(), {}).target, "/k?partNumber=3&uploadId=u%2F1");
  EXPECT_EQ(upload_part_copy("", "k", "u", 1, {"b", "s", "", "e"}, {0, 10}).headers,
            "x-amz-copy-source: /b/s\r\nx-amz-copy-source-if-match: \"e\"\r\nx-amz-copy-source-range: bytes=0-9\r\n");
  EXPECT_EQ(abort_upload("", "k", "u").target, "/k?uploadId=u");
  const std::vector<PartTag> parts = {{"e1", 5, {ChecksumAlgorithm::crc32c, "AAAAAA=="}}, {"e2", 6, {}}};
  const HttpRequest complete =
      complete_upload("", "k", "u", parts, When::if_absent(), {ChecksumAlgorithm::crc32c, "BBBBBB=="});
  EXPECT_EQ(
      body_of(complete),
      "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag><ChecksumCRC32C>AAAAAA==</ChecksumCRC32C></Part>"
      "<Part><PartNumber>2</PartNumber><ETag>&quot;e2&quot;</ETag></Part></CompleteMultipartUpload>");
  EXPECT_EQ(complete.headers,
            "if-none-match: *\r\nx-amz-checksum-crc32c: BBBBBB==\r\nx-amz-checksum-type: FULL_OBJECT\r\n"
            "content-type: application/xml\r\n");
  EXPECT_FALSE(complete.idempotent);
}

TEST(S3Requests, headers_of_checksums_can_be_taken_away_and_others_stay) {
  HttpRequest request = put_object("", "k", Body(), {}, {ChecksumAlgorithm::crc32c, "AAAAAA=="});
  strip_checksums(request);
  EXPECT_EQ(request.headers, "content-type: application/octet-stream\r\n");
}

TEST(S3Requests, what_an_object_had_beside_its_content_goes_with_what_is_written_in_its_place) {
  const HttpHead head = head_of(
      "HTTP/1.1 200 OK\nCache-Control: no-store\nETag: x\nx-amz-storage-class: GLACIER_IR\nContent-Type: a/b\n"
      "X-Amz-Tagging-Count: 2\nContent-Encoding: gzip\nContent-Language: \n");
  PutOptions options;
  options.metadata = with_kept({}, kept_of(head));
  const std::string lines =
      "content-type: application/octet-stream\r\ncache-control: no-store\r\ncontent-encoding: gzip\r\n"
      "x-amz-storage-class: GLACIER_IR\r\n";
  EXPECT_EQ(put_object("", "k", Body(), options, {}).headers, lines);
  EXPECT_EQ(create_upload("", "k", options, ChecksumAlgorithm::none).headers, lines);
  EXPECT_EQ(kept_with(options.metadata)->at("x-amz-tagging-count"), "2");
  EXPECT_TRUE(kept_of(head_of("HTTP/1.1 200 OK\nETag: x\nContent-Type: a/b\n")).empty());
  EXPECT_EQ(kept_with(metadata({{"a", "1"}})), nullptr);
  EXPECT_EQ(kept_with(nullptr), nullptr);
  EXPECT_EQ(get_tags("/b", "k", "v/1").target, "/b/k?tagging=&versionId=v%2F1");
}

TEST(S3Requests, bulk_delete_of_versions_names_each_with_its_key) {
  const std::vector<std::string> ids = {"v1", "a<b"};
  const HttpRequest request = delete_versions("/bucket", "k&", ids);
  EXPECT_EQ(request.target, "/bucket?delete=");
  EXPECT_EQ(request.body.flatten().view(),
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
            "<Object><Key>k&amp;</Key><VersionId>v1</VersionId></Object>"
            "<Object><Key>k&amp;</Key><VersionId>a&lt;b</VersionId></Object></Delete>");
}

TEST(S3Requests, a_metadata_name_that_is_no_token_is_refused) {
  for (const char* name : {"", "a b", "a:b", "a\r\nb", "\xC3\xA9"}) {
    PutOptions options;
    options.metadata = std::make_shared<const Metadata>(Metadata{{name, "value"}});
    EXPECT_THROW(put_object("/bucket", "k", Body(), options, {}), Error) << name;
  }
}

TEST(S3Requests, bulk_delete_escapes_keys_and_carries_their_digest) {
  const std::vector<std::string> keys = {"a&b", "<c>\n"};
  const HttpRequest request = delete_objects("/bucket", keys);
  EXPECT_EQ(request.target, "/bucket?delete=");
  EXPECT_EQ(body_of(request),
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
            "<Object><Key>a&amp;b</Key></Object><Object><Key>&lt;c&gt;&#10;</Key></Object></Delete>");
  EXPECT_NE(request.headers.find("content-md5: "), std::string::npos);
}

TEST(S3Checksum, passes_through_a_tag_and_combines_to_the_whole) {
  const std::string whole = "The quick brown fox jumps over the lazy dog";
  for (const ChecksumAlgorithm algorithm :
       {ChecksumAlgorithm::crc64nvme, ChecksumAlgorithm::crc32c, ChecksumAlgorithm::crc32}) {
    const auto checksum = [algorithm](std::string_view text) {
      Checksummer summer(algorithm);
      summer.update(std::as_bytes(std::span(text)));
      return summer.finish();
    };
    std::vector<PartTag> parts;
    for (const std::size_t cut : {std::size_t{0}, std::size_t{10}, std::size_t{20}}) {
      const std::string piece = whole.substr(cut, cut == 20 ? std::string::npos : 10);
      const PartTag tag{"etag " + std::to_string(cut), piece.size(), checksum(piece)};
      parts.push_back(PartTag::parse(tag.to_string()));
      EXPECT_EQ(parts.back().etag, tag.etag);
      EXPECT_EQ(parts.back().checksum, tag.checksum);
    }
    EXPECT_EQ(combine(parts), checksum(whole));
    parts[1].checksum = {};
    EXPECT_FALSE(combine(parts).known());
  }
  EXPECT_THROW(PartTag::parse("nonsense"), Error);
  EXPECT_EQ(PartTag::parse(PartTag{"e", 3, {}}.to_string()).etag, "e");
}

TEST(S3Checksum, knows_the_published_values) {
  const auto of = [](ChecksumAlgorithm algorithm) {
    Checksummer summer(algorithm);
    summer.update(std::as_bytes(std::span(std::string_view("123456789"))));
    return summer.finish().text;
  };
  EXPECT_EQ(of(ChecksumAlgorithm::crc64nvme), "rosUhgp5mIg=");
  EXPECT_EQ(of(ChecksumAlgorithm::crc32c), "4waSgw==");
  EXPECT_EQ(of(ChecksumAlgorithm::crc32), "y/Q5Jg==");
  EXPECT_EQ(of(ChecksumAlgorithm::sha1), "98O8HYCOBHMq32eZZczDTKeuNEE=");
  EXPECT_EQ(of(ChecksumAlgorithm::none), "");
}

}  // namespace
}  // namespace genro::storage::s3
