#include "backends/s3_client.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "auth/credentials.h"
#include "backends/s3.h"
#include "backends/s3_requests.h"
#include "codec/http_date.h"
#include "core/env.h"
#include "fakes/scripted_transport.h"
#include "genro/storage/error.h"

namespace genro::storage::s3 {
namespace {

using test::Asked;
using test::ScriptedAnswer;

constexpr std::int64_t kNow = 1'700'000'000LL * 1'000'000'000;

class FixedClock final : public Clock {
 public:
  TimePoint now() noexcept override { return {}; }
  std::int64_t wall_ns() noexcept override { return kNow; }
};

// Gives the keys one after the other; invalidate() moves on.
class Rotating final : public CredentialsProvider {
 public:
  explicit Rotating(std::vector<std::string> access_keys) : keys_(std::move(access_keys)) { make(); }
  Task<std::shared_ptr<const Credentials>> get() override { co_return current_; }
  void invalidate(const std::shared_ptr<const Credentials>& refused) noexcept override {
    if (refused != current_ || next_ == keys_.size()) return;
    make();
  }

 private:
  void make() {
    Credentials credentials;
    credentials.access_key = keys_[next_++];
    credentials.secret_key = "secret";
    credentials.session_token = "token-of-" + credentials.access_key;
    current_ = std::make_shared<const Credentials>(std::move(credentials));
  }
  std::vector<std::string> keys_;
  std::size_t next_ = 0;
  std::shared_ptr<const Credentials> current_;
};

class S3ClientTest : public testing::Test {
 protected:
  S3ClientTest() {
    config_.bucket = "bucket";
    env_.clock = &clock_;
  }
  void start(std::function<ScriptedAnswer(const Asked&)> answer,
             std::shared_ptr<CredentialsProvider> credentials = nullptr) {
    script_->answer = std::move(answer);
    if (!credentials) credentials = std::make_shared<Rotating>(std::vector<std::string>{"AKID"});
    const std::shared_ptr<test::Script> script = script_;
    client_ = std::make_shared<Client>(
        config_, env_, std::move(credentials), [script](const HttpEndpoint& endpoint, const HttpOptions&) {
          return std::make_shared<test::ScriptedTransport>(script, endpoint.host_header());
        });
    backend_ = make_s3(client_);
  }
  ErrorCode failure(auto task) {
    const auto result = std::move(task).result();
    if (result.ok()) return ErrorCode::internal;
    message_ = result.error().what();
    return result.error().code();
  }
  std::string get(const std::string& path, ReadOptions options = {}) {
    const std::unique_ptr<Reader> reader = backend_->read(path, std::move(options)).get();
    return reader->read_all().get().to_string();
  }

  Config config_;
  FixedClock clock_;
  Env env_ = Env::system();
  std::shared_ptr<test::Script> script_ = std::make_shared<test::Script>();
  std::shared_ptr<Client> client_;
  std::shared_ptr<Backend> backend_;
  std::string message_;
};

ScriptedAnswer error(int status, const std::string& code, const std::string& more = {},
                     const std::string& headers = {}) {
  return {"HTTP/1.1 " + std::to_string(status) + " No\n" + headers,
          "<Error><Code>" + code + "</Code><Message>told so</Message>" + more + "</Error>"};
}

TEST_F(S3ClientTest, a_request_is_signed_with_its_token_for_the_bucket_as_a_host) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", "content"}; });
  EXPECT_EQ(get("a b"), "content");
  const Asked& asked = script_->asked.at(0);
  EXPECT_EQ(asked.host, "bucket.s3.us-east-1.amazonaws.com");
  EXPECT_EQ(asked.target, "/a%20b");
  EXPECT_TRUE(asked.has("x-amz-date: 20231114T221320Z\r\n"));
  EXPECT_TRUE(asked.has("x-amz-security-token: token-of-AKID\r\n"));
  EXPECT_TRUE(asked.has(
      "authorization: AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1/s3/aws4_request,"
      "SignedHeaders=host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date;x-amz-security-token,Signature="));
}

TEST_F(S3ClientTest, a_bucket_of_another_region_is_found_once_and_remembered) {
  start([](const Asked& asked) {
    if (asked.host.find("eu-west-3") == std::string::npos)
      return error(301, "PermanentRedirect", "", "x-amz-bucket-region: eu-west-3\n");
    return ScriptedAnswer{"HTTP/1.1 200 OK\n", "content"};
  });
  EXPECT_EQ(get("k"), "content");
  EXPECT_EQ(get("k"), "content");
  ASSERT_EQ(script_->asked.size(), 3u);
  EXPECT_EQ(script_->asked[1].host, "bucket.s3.eu-west-3.amazonaws.com");
  EXPECT_TRUE(script_->asked[1].has("/eu-west-3/s3/aws4_request"));
  EXPECT_EQ(script_->asked[2].host, "bucket.s3.eu-west-3.amazonaws.com");
}

TEST_F(S3ClientTest, the_region_in_an_error_document_changes_the_signature_of_another_endpoint) {
  config_.endpoint_url = "http://storage.example:9000";
  start([](const Asked& asked) {
    if (!asked.has("/eu-south-2/s3/")) return error(400, "AuthorizationHeaderMalformed", "<Region>eu-south-2</Region>");
    return ScriptedAnswer{"HTTP/1.1 200 OK\n", "content"};
  });
  EXPECT_EQ(get("k"), "content");
  EXPECT_EQ(script_->asked.at(1).host, "storage.example:9000");
  EXPECT_EQ(script_->asked.at(1).target, "/bucket/k");
}

TEST_F(S3ClientTest, a_head_that_fails_without_words_is_explained_by_a_second_question) {
  start([](const Asked& asked) {
    if (asked.has("/ap-south-1/s3/")) return ScriptedAnswer{"HTTP/1.1 200 OK\nContent-Length: 7\nETag: \"e\"\n", ""};
    if (asked.method == "HEAD") return ScriptedAnswer{"HTTP/1.1 400 Bad Request\n", ""};
    return error(400, "AuthorizationHeaderMalformed", "<Region>ap-south-1</Region>");
  });
  EXPECT_EQ(backend_->stat("k").get()->size, 7u);
  EXPECT_EQ(script_->asked.at(1).target, "/?location=");
}

TEST_F(S3ClientTest, a_head_refused_for_the_name_itself_is_explained_by_a_read) {
  std::string code;
  start([&](const Asked& asked) {
    if (asked.target.starts_with("/?location")) return ScriptedAnswer{"HTTP/1.1 200 OK\n", "<LocationConstraint/>"};
    if (asked.method == "HEAD") return ScriptedAnswer{"HTTP/1.1 400 Bad Request\n", ""};
    if (code.empty()) return ScriptedAnswer{"HTTP/1.1 206 Partial Content\nContent-Length: 1\n", "x"};
    return error(code == "NoSuchKey" ? 404 : 400, code);
  });
  EXPECT_EQ(failure(backend_->stat("k")), ErrorCode::invalid_argument);  // the read found nothing wrong
  code = "KeyTooLongError";
  EXPECT_EQ(failure(backend_->stat("k")), ErrorCode::name_too_long);
  EXPECT_NE(message_.find("told so"), std::string::npos);
  code = "XMinioInvalidObjectName";
  EXPECT_EQ(failure(backend_->stat("k")), ErrorCode::invalid_path);
  code = "InvalidRequest";  // encrypted with a key of the owner's: there, but not for this request
  EXPECT_EQ(failure(backend_->stat("k")), ErrorCode::invalid_argument);
}

TEST_F(S3ClientTest, a_region_that_is_no_name_never_becomes_a_host) {
  start([](const Asked&) { return error(301, "PermanentRedirect", "", "x-amz-bucket-region: evil.example/\n"); });
  EXPECT_NE(failure(backend_->read("k", {})), ErrorCode::internal);
  EXPECT_EQ(script_->asked.size(), 1u);
}

TEST_F(S3ClientTest, a_server_that_sends_regions_in_a_circle_is_given_up) {
  start([](const Asked& asked) {
    return error(301, "PermanentRedirect", "",
                 asked.host.find("us-east-1") != std::string::npos ? "x-amz-bucket-region: us-west-1\n"
                                                                   : "x-amz-bucket-region: us-east-1\n");
  });
  EXPECT_NE(failure(backend_->read("k", {})), ErrorCode::internal);
  EXPECT_EQ(script_->asked.size(), 2u);
}

TEST_F(S3ClientTest, a_wrong_clock_is_put_right_by_the_servers_date) {
  constexpr std::int64_t kHour = 3600LL * 1'000'000'000;
  start([](const Asked& asked) {
    if (!asked.has("x-amz-date: 20231114T231320Z"))
      return error(403, "RequestTimeTooSkewed", "", "Date: " + http_date(kNow + kHour) + "\n");
    return ScriptedAnswer{"HTTP/1.1 200 OK\n", "content"};
  });
  EXPECT_EQ(get("k"), "content");
  EXPECT_EQ(get("k"), "content");
  EXPECT_EQ(script_->asked.size(), 3u);
}

TEST_F(S3ClientTest, a_refusal_by_a_server_of_the_same_time_is_not_repeated) {
  start([](const Asked&) { return error(403, "AccessDenied", "", "Date: " + http_date(kNow) + "\n"); });
  EXPECT_EQ(failure(backend_->read("k", {})), ErrorCode::permission_denied);
  EXPECT_EQ(script_->asked.size(), 1u);
  EXPECT_EQ(message_, "read k: AccessDenied: told so");
}

TEST_F(S3ClientTest, expired_credentials_are_replaced_and_the_request_repeated) {
  start(
      [](const Asked& asked) {
        if (asked.has("Credential=OLD/")) return error(400, "ExpiredToken");
        return ScriptedAnswer{"HTTP/1.1 200 OK\n", "content"};
      },
      std::make_shared<Rotating>(std::vector<std::string>{"OLD", "NEW"}));
  EXPECT_EQ(get("k"), "content");
  EXPECT_EQ(script_->asked.size(), 2u);
}

TEST_F(S3ClientTest, credentials_that_cannot_be_replaced_fail_at_once) {
  start([](const Asked&) { return error(400, "ExpiredToken"); });
  EXPECT_EQ(failure(backend_->read("k", {})), ErrorCode::unauthenticated);
  EXPECT_EQ(script_->asked.size(), 1u);
}

TEST_F(S3ClientTest, a_server_that_knows_no_checksums_is_spared_them_from_then_on) {
  config_.endpoint_url = "http://storage.example";
  start([](const Asked& asked) {
    if (asked.has("x-amz-checksum-")) return error(501, "NotImplemented");
    return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"e\"\n", ""};
  });
  backend_->put("k", Body(Bytes::copy_of("x")), {}).get();
  EXPECT_EQ(script_->asked.size(), 2u);
  backend_->put("k", Body(Bytes::copy_of("x")), {}).get();
  EXPECT_EQ(script_->asked.size(), 3u);
}

TEST_F(S3ClientTest, a_checksum_asked_for_by_name_is_never_dropped) {
  config_.endpoint_url = "http://storage.example";
  config_.checksum_may_fall = false;
  start([](const Asked&) { return error(501, "NotImplemented"); });
  EXPECT_EQ(failure(backend_->put("k", Body(Bytes::copy_of("x")), {})), ErrorCode::unsupported);
  EXPECT_EQ(script_->asked.size(), 1u);
}

TEST_F(S3ClientTest, a_request_refused_for_another_reason_keeps_the_checksums) {
  config_.endpoint_url = "http://storage.example";
  start([](const Asked&) { return error(400, "InvalidArgument"); });
  EXPECT_EQ(failure(backend_->put("k", Body(Bytes::copy_of("x")), {})), ErrorCode::invalid_argument);
  EXPECT_EQ(client_->checksum(), ChecksumAlgorithm::crc64nvme);
}

TEST_F(S3ClientTest, a_flipped_byte_under_a_checksum_is_corrupt_however_it_is_read) {
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

TEST_F(S3ClientTest, an_object_that_came_with_its_head_is_verified_and_at_hand_when_it_is_open) {
  bool flipped = false;
  start([&](const Asked&) {
    const std::string head = "HTTP/1.1 200 OK\nETag: \"e\"\nx-amz-checksum-crc64nvme: rosUhgp5mIg=\n";
    return ScriptedAnswer{head, flipped ? "123456780" : "123456789", true};
  });
  const std::unique_ptr<Reader> reader = backend_->read("k", {}).get();
  ASSERT_NE(reader->at_hand(), nullptr);
  EXPECT_EQ(reader->at_hand()->view(), "123456789");
  EXPECT_EQ(reader->size(), 9u);
  EXPECT_EQ(reader->entry().etag, "e");
  EXPECT_EQ(reader->entry().path, "k");
  std::array<std::byte, 4> buffer;
  EXPECT_EQ(reader->read_into(buffer).get(), 4u);
  EXPECT_EQ(reader->at_hand()->view(), "56789");
  EXPECT_EQ(reader->read_all().get().view(), "56789");
  EXPECT_EQ(reader->read_into(buffer).get(), 0u);
  flipped = true;
  EXPECT_EQ(failure(backend_->read("k", {})), ErrorCode::corrupt);
}

TEST_F(S3ClientTest, a_request_sent_again_carries_one_signature) {
  start(
      [](const Asked& asked) {
        if (asked.has("Credential=OLD/")) return error(403, "ExpiredToken");
        return ScriptedAnswer{"HTTP/1.1 200 OK\n", "content"};
      },
      std::make_shared<Rotating>(std::vector<std::string>{"OLD", "NEW"}));
  EXPECT_EQ(get("k"), "content");
  const std::string& headers = script_->asked.at(1).headers;
  for (const std::string_view name : {"authorization: ", "x-amz-date: ", "x-amz-security-token: "}) {
    EXPECT_NE(headers.find(name), std::string::npos) << name;
    EXPECT_EQ(headers.find(name), headers.rfind(name)) << name;
  }
}

TEST_F(S3ClientTest, checksums_of_parts_are_not_taken_for_one_of_the_whole) {
  start(
      [](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\nx-amz-checksum-crc32c: AAAAAA==-2\n", "123456789"}; });
  EXPECT_EQ(get("k"), "123456789");
}

TEST_F(S3ClientTest, a_store_that_acknowledges_other_bytes_is_corrupt) {
  start([](const Asked&) {
    return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"e\"\nx-amz-checksum-crc64nvme: AAAAAAAAAAA=\n", ""};
  });
  EXPECT_EQ(failure(backend_->put("k", Body(Bytes::copy_of("x")), {})), ErrorCode::corrupt);
}

TEST_F(S3ClientTest, ok_with_an_error_inside_is_an_error) {
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

TEST_F(S3ClientTest, an_upload_sends_and_checks_the_checksum_of_the_whole) {
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

TEST_F(S3ClientTest, a_server_that_ignores_ranges_is_read_from_the_right_place) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", "0123456789"}; });
  ReadOptions options;
  options.range = {3, 6};
  EXPECT_EQ(get("k", options), "345");
}

TEST_F(S3ClientTest, a_server_that_sends_another_range_is_refused) {
  start([](const Asked&) {
    return ScriptedAnswer{"HTTP/1.1 206 Partial Content\nContent-Range: bytes 4-6/10\n", "456"};
  });
  ReadOptions options;
  options.range = {3, 6};
  EXPECT_EQ(failure(backend_->read("k", options)), ErrorCode::protocol);
}

TEST_F(S3ClientTest, a_failed_bulk_delete_names_each_key) {
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

TEST_F(S3ClientTest, bulk_deletes_go_in_thousands_and_odd_keys_alone) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", "<DeleteResult></DeleteResult>"}; });
  std::vector<std::string> paths(2500, "k");
  paths[7] = "odd\x01";
  EXPECT_TRUE(backend_->remove_many(paths).get().empty());
  EXPECT_EQ(script_->asked.size(), 4u);
  EXPECT_EQ(script_->asked.at(0).method, "DELETE");
  EXPECT_EQ(script_->asked.at(0).target, "/odd%01");
}

TEST_F(S3ClientTest, versions_that_never_end_are_an_error) {
  start([](const Asked&) {
    return ScriptedAnswer{"HTTP/1.1 200 OK\n",
                          "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</"
                          "NextKeyMarker><NextVersionIdMarker>1</NextVersionIdMarker></ListVersionsResult>"};
  });
  EXPECT_EQ(failure(backend_->versions("k")), ErrorCode::protocol);
}

TEST_F(S3ClientTest, without_credentials_nothing_is_signed_and_urls_are_plain) {
  config_.anonymous = true;
  script_->answer = [](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", "content"}; };
  const std::shared_ptr<test::Script> script = script_;
  backend_ = make_s3(
      std::make_shared<Client>(config_, env_, nullptr, [script](const HttpEndpoint& endpoint, const HttpOptions&) {
        return std::make_shared<test::ScriptedTransport>(script, endpoint.host_header());
      }));
  EXPECT_EQ(get("k"), "content");
  EXPECT_FALSE(script_->asked.at(0).has("authorization"));
  EXPECT_EQ(backend_->url("a b", {}), "https://bucket.s3.us-east-1.amazonaws.com/a%20b");
}

TEST_F(S3ClientTest, a_presigned_url_is_bound_to_its_method_time_and_end) {
  start([](const Asked&) { return ScriptedAnswer{}; });
  const std::string url = *backend_->url("k", {});
  EXPECT_TRUE(url.starts_with("https://bucket.s3.us-east-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&"));
  EXPECT_NE(url.find("X-Amz-Expires=3600&"), std::string::npos);
  UrlOptions put;
  put.method = "PUT";
  EXPECT_NE(*backend_->url("k", put), url);
  EXPECT_FALSE(backend_->url("", {}));
  UrlOptions wrong;
  wrong.expires_in = 604801;
  EXPECT_THROW(backend_->url("k", wrong), Error);
  wrong = {};
  wrong.method = "DELETE";
  EXPECT_THROW(backend_->url("k", wrong), Error);
  EXPECT_TRUE(script_->asked.empty());
}

TEST_F(S3ClientTest, a_conditional_copy_is_refused_before_anything_is_asked) {
  start([](const Asked&) { return ScriptedAnswer{}; });
  PutOptions options;
  options.when = When::if_absent();
  EXPECT_EQ(failure(backend_->copy("a", "b", options)), ErrorCode::unsupported);
  EXPECT_TRUE(script_->asked.empty());
}

// --- configuration ---

Config parsed(ConfigMap values) { return parse_config(MountOptions("m", "s3", std::move(values), kS3Keys)); }

std::string refused(ConfigMap values) {
  try {
    parsed(std::move(values));
  } catch (const Error& error) {
    return error.code() == ErrorCode::config ? error.message() : "another code";
  }
  return "accepted";
}

TEST(S3Config, keys_and_their_older_names) {
  const Config config =
      parsed({{"bucket", "b"}, {"prefix", "/a/b/"}, {"key", "K"}, {"secret", "S"}, {"region", "eu-west-1"}});
  EXPECT_EQ(config.prefix, "a/b/");
  EXPECT_EQ(config.access_key, "K");
  EXPECT_EQ(config.secret_key, "S");
  EXPECT_TRUE(config.version_aware);
  EXPECT_EQ(parsed({{"bucket", "b"}, {"base_path", "x"}, {"prefix", "y"}}).prefix, "x/");
}

TEST(S3Config, what_is_wrong_is_named_and_no_secret_is_told) {
  EXPECT_NE(refused({}).find("missing required field: 'bucket'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b/../c"}}).find("'bucket'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"access_key", "K"}}).find("'secret_key'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"secret_key", "hush"}}).find("'access_key'"), std::string::npos);
  EXPECT_EQ(refused({{"bucket", "b"}, {"secret_key", "hush"}}).find("hush"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"checksum", "md5"}}).find("'checksum'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"addressing_style", "x"}}).find("'addressing_style'"), std::string::npos);
  EXPECT_NE(refused({{"bucket", "b"}, {"part_size", 1}}).find("'part_size'"), std::string::npos);
  const std::string url = refused({{"bucket", "b"}, {"endpoint_url", "ftp://u:hush@h"}});
  EXPECT_NE(url.find("'endpoint_url'"), std::string::npos);
  EXPECT_EQ(url.find("hush"), std::string::npos);
}

TEST(S3Config, where_a_bucket_answers) {
  const auto address = [](ConfigMap values, const std::string& region) {
    values.emplace_back("bucket", "b.c");
    const Address found = address_of(parsed(std::move(values)), region);
    return found.endpoint.to_string() + found.base;
  };
  EXPECT_EQ(address({}, "eu-west-1"), "https://s3.eu-west-1.amazonaws.com:443/b.c");  // dots: no certificate covers it
  EXPECT_EQ(address({{"addressing_style", "virtual"}}, "cn-north-1"), "https://b.c.s3.cn-north-1.amazonaws.com.cn:443");
  EXPECT_EQ(address({{"endpoint_url", "http://h:9000/s3/"}}, "x"), "http://h:9000/s3/b.c");
  EXPECT_EQ(address({{"endpoint_url", "https://h"}, {"addressing_style", "virtual"}}, "x"), "https://b.c.h:443");
  const Address plain = address_of(parsed({{"bucket", "b"}}), "eu-west-1");
  EXPECT_EQ(plain.endpoint.to_string() + plain.base, "https://b.s3.eu-west-1.amazonaws.com:443");
}

}  // namespace
}  // namespace genro::storage::s3
