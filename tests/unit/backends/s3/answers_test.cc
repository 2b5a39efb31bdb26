#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "backend/http/content_range.h"
#include "backends/s3/entry.h"
#include "backends/s3/error.h"
#include "backends/s3/pages.h"
#include "genro/storage/error.h"
#include "unit/backends/s3/s3_bytes.h"

namespace genro::storage::s3 {
namespace {

ErrorCode thrown(auto function) {
  try {
    function();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

std::string object(const std::string& key, int size = 3) {
  return "<Contents><Key>" + key +
         "</Key><LastModified>2009-10-12T17:50:30.000Z</"
         "LastModified><ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag>"
         "<Size>" +
         std::to_string(size) + "</Size><Owner><ID>x</ID></Owner><StorageClass>STANDARD</StorageClass></Contents>";
}

std::string listing(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>" +
         inside + "</ListBucketResult>";
}

std::string paths_of(const Page& page) {
  std::string paths;
  for (const Entry& entry : page.entries) paths += entry.path + (entry.is_directory() ? "/ " : " ");
  return paths;
}

TEST(S3Pages, a_page_gives_objects_and_folders_in_order_without_the_mounts_prefix) {
  const ObjectPage page = parse_object_page(
      listing("<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>" +
              object("base/d/") + object("base/d/a") + object("base/d/z") +
              "<CommonPrefixes><Prefix>base/d/m/</Prefix></CommonPrefixes>"),
      "base/");
  EXPECT_EQ(paths_of(page.page), "d/ d/a d/m/ d/z ");
  EXPECT_EQ(page.page.next_token, "t&1");
  EXPECT_TRUE(page.found);
  const Entry& first = page.page.entries.front();
  EXPECT_EQ(first.size, 3u);
  EXPECT_EQ(first.mtime_ns, 1255369830LL * 1'000'000'000);
  EXPECT_EQ(first.etag, "fba9dede5f27731c9771645a39863328");
  EXPECT_EQ(first.md5, "");  // a listing does not say whether the object is encrypted with KMS
}

TEST(S3Pages, encoded_keys_are_decoded_only_when_the_server_says_so) {
  const ObjectPage encoded = parse_object_page(listing("<EncodingType>url</EncodingType>" + object("a+b%2Bc%0A")), "");
  EXPECT_EQ(encoded.page.entries.at(0).path, "a b+c\n");
  const ObjectPage plain = parse_object_page(listing(object("a+b%2Bc &amp; &#13;")), "");
  EXPECT_EQ(plain.page.entries.at(0).path, "a+b%2Bc & \r");
  EXPECT_EQ(thrown([] { parse_object_page(listing(object("%zz") + "<EncodingType>url</EncodingType>"), ""); }),
            ErrorCode::protocol);
}

TEST(S3Pages, marks_of_folders_keep_the_name_by_which_they_can_be_removed) {
  const ObjectPage page = parse_object_page(listing(object("d/", 0) + object("d/e/", 0) + object("d/f/", 9)), "");
  EXPECT_EQ(page.page.entries.size(), 3u);
  EXPECT_EQ(page.page.entries.at(1).path, "d/e/");
  EXPECT_TRUE(page.page.entries.at(1).is_directory());
  EXPECT_TRUE(page.page.entries.at(2).is_file());
  const ObjectPage only_mark = parse_object_page(listing(object("d/", 0)), "");
  EXPECT_TRUE(only_mark.found);
  EXPECT_EQ(only_mark.page.entries.at(0).path, "d/");
  EXPECT_TRUE(parse_object_page(listing(object("base/", 0)), "base/").page.entries.empty());
  EXPECT_FALSE(parse_object_page(listing(""), "").found);
}

TEST(S3Pages, a_folder_that_no_path_can_name_keeps_the_name_of_its_keys) {
  const ObjectPage page = parse_object_page(listing("<CommonPrefixes><Prefix>d//</Prefix></CommonPrefixes>"), "");
  EXPECT_EQ(page.page.entries.at(0).path, "d//");
}

TEST(S3Pages, a_page_that_lies_is_an_error) {
  const std::string whole = listing(object("k"));
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_EQ(thrown([&] { parse_object_page(whole.substr(0, size), ""); }), ErrorCode::protocol) << size;
  }
  EXPECT_EQ(thrown([] { parse_object_page(listing(object("other/k")), "base/"); }), ErrorCode::protocol);
  EXPECT_EQ(thrown([] { parse_object_page(listing("<IsTruncated>true</IsTruncated>"), ""); }), ErrorCode::protocol);
  EXPECT_EQ(thrown([] { parse_object_page(listing("<Contents><Key>k</Key></Contents>"), ""); }), ErrorCode::protocol);
  EXPECT_EQ(thrown([] { parse_object_page(listing("<Contents><Key>k</Key><Size>x</Size></Contents>"), ""); }),
            ErrorCode::protocol);
  EXPECT_EQ(thrown([] { parse_object_page("<Error><Code>SlowDown</Code></Error>", ""); }), ErrorCode::protocol);
  EXPECT_EQ(thrown([] { parse_object_page("<html></html>", ""); }), ErrorCode::protocol);
}

TEST(S3Pages, a_hundred_pages_of_a_thousand_keys_take_milliseconds) {
  std::string inside = "<EncodingType>url</EncodingType>";
  for (int i = 0; i < 1000; ++i)
    inside += object("some/folder/of/objects/object-" + std::to_string(100000 + i) + ".bin", i);
  const std::string document = listing(inside);
  const std::clock_t begin = std::clock();  // of the processor: the same on a busy machine
  std::size_t count = 0;
  for (int i = 0; i < 100; ++i) count += parse_object_page(document, "some/").page.entries.size();
  const double milliseconds = 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_EQ(count, 100'000u);
  RecordProperty("milliseconds", static_cast<int>(milliseconds));
  EXPECT_LT(milliseconds, 5000) << "an order of magnitude beyond a slow machine under a sanitizer";
}

TEST(S3Pages, versions_of_exactly_one_key_newest_first) {
  const auto version = [](const std::string& tag, const std::string& key, const std::string& id, bool latest) {
    return "<" + tag + "><Key>" + key + "</Key><VersionId>" + id + "</VersionId><IsLatest>" +
           (latest ? "true" : "false") + "</IsLatest><LastModified>2009-10-12T17:50:30Z</LastModified>" +
           (tag == "Version" ? "<ETag>\"e\"</ETag><Size>4</Size>" : "") + "<Owner><ID>1</ID></Owner></" + tag + ">";
  };
  const VersionPage page = parse_version_page(
      "<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>a+b</"
      "NextKeyMarker>"
      "<NextVersionIdMarker>2</NextVersionIdMarker>" +
          version("DeleteMarker", "a+b", "3", true) + version("Version", "a+b", "2", false) +
          version("Version", "a+bc", "1", true) + "</ListVersionsResult>",
      "a b");
  ASSERT_EQ(page.versions.size(), 2u);
  EXPECT_TRUE(page.versions[0].is_delete_marker);
  EXPECT_TRUE(page.versions[0].is_latest);
  EXPECT_EQ(page.versions[1].version_id, "2");
  EXPECT_EQ(page.versions[1].size, 4u);
  EXPECT_EQ(page.versions[1].etag, "e");
  EXPECT_TRUE(page.beyond);
  EXPECT_TRUE(page.truncated);
  EXPECT_EQ(page.next_key, "a b");
  EXPECT_EQ(page.next_version, "2");
}

TEST(S3Pages, a_page_of_open_uploads_has_their_keys_ids_and_beginnings) {
  const std::string upload =
      "<Upload><Key>p/a+b%25</Key><UploadId>u1</UploadId><Initiator><ID>x</ID></Initiator>"
      "<Initiated>2010-11-10T20:48:33.000Z</Initiated></Upload>";
  const UploadPage page = parse_upload_page(
      "<ListMultipartUploadsResult><EncodingType>url</EncodingType><NextKeyMarker>p/a+b</NextKeyMarker>"
      "<NextUploadIdMarker>u1</NextUploadIdMarker><IsTruncated>true</IsTruncated>" +
      upload + "</ListMultipartUploadsResult>");
  ASSERT_EQ(page.uploads.size(), 1u);
  EXPECT_EQ(page.uploads[0].key, "p/a b%");
  EXPECT_EQ(page.uploads[0].upload_id, "u1");
  EXPECT_EQ(page.uploads[0].begun_ns, 1289422113'000'000'000);
  EXPECT_TRUE(page.truncated);
  EXPECT_EQ(page.next_key, "p/a b");
  EXPECT_EQ(page.next_upload, "u1");
  EXPECT_THROW(parse_upload_page("<ListMultipartUploadsResult>" + upload), Error);
  EXPECT_THROW(
      parse_upload_page("<ListMultipartUploadsResult><Upload><Key>k</Key></Upload></ListMultipartUploadsResult>"),
      Error);
}

TEST(S3Pages, results_of_copies_uploads_and_bulk_deletes) {
  EXPECT_EQ(
      parse_upload_id(
          "<InitiateMultipartUploadResult><Bucket>b</Bucket><UploadId>u-1</UploadId></InitiateMultipartUploadResult>"),
      "u-1");
  EXPECT_EQ(thrown([] { parse_upload_id("<InitiateMultipartUploadResult></InitiateMultipartUploadResult>"); }),
            ErrorCode::protocol);
  const StoredResult copy = parse_stored(
      "<CopyObjectResult><LastModified>2009-10-28T22:32:00Z</LastModified><ETag>\"9b2cf5\"</ETag></CopyObjectResult>");
  EXPECT_EQ(copy.etag, "9b2cf5");
  EXPECT_EQ(copy.mtime_ns, 1256769120LL * 1'000'000'000);
  const StoredResult complete = parse_stored(
      "<CompleteMultipartUploadResult><ETag>&quot;x-2&quot;</ETag><ChecksumCRC64NVME>AAAA</ChecksumCRC64NVME>"
      "<ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>");
  EXPECT_EQ(complete.checksum, (Checksum{ChecksumAlgorithm::crc64nvme, "AAAA"}));
  EXPECT_FALSE(parse_stored("<CompleteMultipartUploadResult><ETag>x</ETag><ChecksumCRC32C>AAAA-2</ChecksumCRC32C></"
                            "CompleteMultipartUploadResult>")
                   .checksum.known());
  EXPECT_EQ(thrown([] { parse_stored("<Error><Code>InternalError</Code></Error>"); }), ErrorCode::protocol);
  EXPECT_EQ(thrown([] { parse_stored(""); }), ErrorCode::protocol);
  const std::vector<std::string> asked = {"b&c"};
  const std::string document =
      "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b&amp;c</Key><VersionId>v1</"
      "VersionId><Code>AccessDenied</Code><Message>no</"
      "Message></Error></DeleteResult>";
  const auto errors = parse_delete_errors(document, &DeleteError::key, asked);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].key, "b&c");
  EXPECT_EQ(errors[0].version, "v1");
  EXPECT_EQ(error_of(errors[0]).code(), ErrorCode::permission_denied);
}

TEST(S3Answers, a_failed_deletion_of_what_nobody_asked_for_is_no_answer) {
  const std::vector<std::string> asked = {"a", "b"};
  for (const char* what : {"", "<Key></Key>", "<Key>c</Key>", "<Key>A</Key>"}) {
    const std::string document =
        std::string("<DeleteResult><Error>") + what + "<Code>InternalError</Code></Error></DeleteResult>";
    EXPECT_EQ(thrown([&] { parse_delete_errors(document, &DeleteError::key, asked); }), ErrorCode::protocol) << what;
  }
}

TEST(S3Error, codes_of_the_document_decide_and_the_status_stands_in) {
  EXPECT_EQ(code_of("NoSuchKey", 404), ErrorCode::not_found);
  EXPECT_EQ(code_of("NoSuchBucket", 404), ErrorCode::not_found);
  EXPECT_EQ(code_of("AccessDenied", 403), ErrorCode::permission_denied);
  EXPECT_EQ(code_of("SignatureDoesNotMatch", 403), ErrorCode::unauthenticated);
  EXPECT_EQ(code_of("InvalidAccessKeyId", 403), ErrorCode::unauthenticated);
  EXPECT_EQ(code_of("RequestTimeTooSkewed", 403), ErrorCode::unauthenticated);
  EXPECT_EQ(code_of("ExpiredToken", 400), ErrorCode::unauthenticated);
  EXPECT_EQ(code_of("SlowDown", 503), ErrorCode::throttled);
  EXPECT_EQ(code_of("PreconditionFailed", 412), ErrorCode::precondition_failed);
  EXPECT_EQ(code_of("InternalError", 200), ErrorCode::unavailable);
  EXPECT_EQ(code_of("SomethingNew", 403), ErrorCode::permission_denied);
  EXPECT_EQ(code_of("", 404), ErrorCode::not_found);
}

TEST(S3Error, a_failure_keeps_its_message_id_and_wait_but_nothing_that_was_signed) {
  const HttpHead head = head_of("HTTP/1.1 503 Slow Down\nx-amz-request-id: R1\nRetry-After: 2\n");
  const ErrorDocument document = parse_error_document(
      "<Error><Code>SlowDown</Code><Message>Reduce your request "
      "rate.</Message><StringToSign>secret</StringToSign><RequestId>R2</RequestId></Error>");
  const Error error = error_of(head, document, 0);
  EXPECT_EQ(error.code(), ErrorCode::throttled);
  EXPECT_EQ(error.message(), "SlowDown: Reduce your request rate.");
  EXPECT_EQ(error.request_id(), "R1");
  EXPECT_EQ(error.retry_after(), 2);
  EXPECT_TRUE(error.retryable());
}

TEST(S3Error, a_conflict_of_conditional_writes_may_be_repeated_and_a_delete_marker_is_absence) {
  const HttpHead conflict = head_of("HTTP/1.1 409 Conflict\n");
  EXPECT_TRUE(error_of(conflict, {"ConditionalRequestConflict", "", "", ""}, 0).retryable());
  const HttpHead marker = head_of("HTTP/1.1 405 Method Not Allowed\nx-amz-delete-marker: true\n");
  EXPECT_EQ(error_of(marker, {"MethodNotAllowed", "", "", ""}, 0).code(), ErrorCode::not_found);
}

TEST(S3Error, a_body_that_is_no_error_document_is_none) {
  EXPECT_FALSE(parse_error_document("").is_error());
  EXPECT_FALSE(parse_error_document("<html>oops</html>").is_error());
  EXPECT_EQ(parse_error_document("<Error><Code>SlowDown</Code><Mess").code, "SlowDown");
}

constexpr const char* kHead =
    "HTTP/1.1 200 OK\nETag: \"FBA9DEDE5F27731C9771645A39863328\"\nContent-Length: 434234\nContent-Type: text/plain\n"
    "Last-Modified: Mon, 12 Oct 2009 17:50:30 GMT\nx-amz-version-id: v1\nX-Amz-Meta-Author: "
    "=?UTF-8?B?Wm/Dqw==?=\nx-amz-meta-n: 1\n";

TEST(S3Entry, everything_that_a_head_says) {
  const Entry entry = entry_of(head_of(kHead), "a/b", true);
  EXPECT_EQ(entry.path, "a/b");
  EXPECT_EQ(entry.size, 434234u);
  EXPECT_EQ(entry.mtime_ns, 1255369830LL * 1'000'000'000);
  EXPECT_EQ(entry.etag, "FBA9DEDE5F27731C9771645A39863328");
  EXPECT_EQ(entry.md5, "fba9dede5f27731c9771645a39863328");
  EXPECT_EQ(entry.version_id, "v1");
  EXPECT_EQ(entry.content_type, "text/plain");
  EXPECT_EQ(*entry.metadata, (Metadata{{"author", "Zoë"}, {"n", "1"}}));
}

TEST(S3Entry, an_etag_is_an_md5_only_where_s3_says_so) {
  EXPECT_EQ(entry_of(head_of(kHead), "", false).md5, "");
  EXPECT_EQ(entry_of(head_of(std::string(kHead) + "x-amz-server-side-encryption: aws:kms\n"), "", true).md5, "");
  EXPECT_EQ(entry_of(head_of(std::string(kHead) + "x-amz-server-side-encryption: aws:kms:dsse\n"), "", true).md5, "");
  EXPECT_EQ(
      entry_of(head_of(std::string(kHead) + "x-amz-server-side-encryption-customer-algorithm: AES256\n"), "", true).md5,
      "");
  EXPECT_NE(entry_of(head_of(std::string(kHead) + "x-amz-server-side-encryption: AES256\n"), "", true).md5, "");
  EXPECT_EQ(
      entry_of(head_of("HTTP/1.1 200 OK\nContent-Length: 1\nETag: \"fba9dede5f27731c9771645a39863328-3\"\n"), "", true)
          .md5,
      "");
}

TEST(S3Entry, a_part_knows_the_size_of_the_whole) {
  EXPECT_EQ(
      entry_of(head_of("HTTP/1.1 206 Partial Content\nContent-Length: 3\nContent-Range: bytes 2-4/10\n"), "", true)
          .size,
      10u);
  EXPECT_EQ(thrown([] { entry_of(head_of("HTTP/1.1 206 Partial Content\nContent-Length: 3\n"), "", true); }),
            ErrorCode::protocol);
  EXPECT_EQ(thrown([] { entry_of(head_of("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n"), "", true); }),
            ErrorCode::protocol);
  const auto range = parse_content_range("bytes 2-4/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->begin, 2u);
  EXPECT_EQ(range->end, 5u);
  for (const char* text :
       {"", "bytes 4-2/10", "bytes 2-10/10", "bytes */10", "bytes 2-4/*", "bytes 2-4/10x", "2-4/10"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

TEST(S3Checksums, only_those_of_the_whole_object_count) {
  EXPECT_EQ(object_checksum(
                head_of("HTTP/1.1 200 OK\nx-amz-checksum-crc32: AAAAAA==\nx-amz-checksum-crc64nvme: AAAAAAAAAAA=\n"))
                .algorithm,
            ChecksumAlgorithm::crc64nvme);
  EXPECT_FALSE(object_checksum(head_of("HTTP/1.1 200 OK\nx-amz-checksum-crc32: AAAAAA==-2\n")).known());
  EXPECT_FALSE(
      object_checksum(head_of("HTTP/1.1 200 OK\nx-amz-checksum-crc32: AAAAAA==\nx-amz-checksum-type: COMPOSITE\n"))
          .known());
  EXPECT_FALSE(object_checksum(head_of("HTTP/1.1 200 OK\n")).known());
  EXPECT_FALSE(object_checksum(head_of("HTTP/1.1 200 OK\nx-amz-checksum-crc64nvme: AAAAAA==\n")).known())
      << "a CRC32 under another name says nothing";
}

}  // namespace
}  // namespace genro::storage::s3
