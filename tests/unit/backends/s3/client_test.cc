#include "backends/s3/client.h"

#include <unistd.h>

#include <cstdio>
#include <future>

#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/http_date.h"
#include "core/mutex.h"
#include "net/wait_queue.h"
#include "scripted_s3.h"

namespace genro::storage::s3 {
namespace {

class S3ClientTest : public ScriptedS3 {};

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
  EXPECT_EQ(script_->asked.size(), 3u);  // twice with one: the first may have been spoilt on its way
  backend_->put("k", Body(Bytes::copy_of("x")), {}).get();
  EXPECT_EQ(script_->asked.size(), 4u);
}

TEST_F(S3ClientTest, a_request_that_was_spoilt_on_its_way_does_not_end_the_checksums) {
  config_.endpoint_url = "http://storage.example";
  start([spoilt = true](const Asked&) mutable {
    if (std::exchange(spoilt, false)) return error(400, "InvalidArgument");
    return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"e\"\n", ""};
  });
  backend_->put("k", Body(Bytes::copy_of("x")), {}).get();
  EXPECT_TRUE(script_->asked.at(1).has("x-amz-checksum-crc64nvme"));
  EXPECT_EQ(client_->checksum(), ChecksumAlgorithm::crc64nvme);
}

TEST_F(S3ClientTest, a_server_that_took_a_checksum_is_always_sent_one) {
  config_.endpoint_url = "http://storage.example";
  start([puts = 0](const Asked&) mutable {
    if (++puts > 1) return error(400, "InvalidArgument");
    return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"e\"\n", ""};
  });
  backend_->put("k", Body(Bytes::copy_of("x")), {}).get();
  EXPECT_EQ(failure(backend_->put("k", Body(Bytes::copy_of("x")), {})), ErrorCode::invalid_argument);
  EXPECT_EQ(script_->asked.size(), 2u);
  EXPECT_EQ(client_->checksum(), ChecksumAlgorithm::crc64nvme);
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
  EXPECT_EQ(backend_->url("a b", {}).get(), "https://bucket.s3.us-east-1.amazonaws.com/a%20b");
}

// Has no credentials before it is given some.
class Late final : public CredentialsProvider {
 public:
  Task<std::shared_ptr<const Credentials>> get() override {
    co_await hop();
    std::unique_lock lock(mutex_);
    if (!known_) {
      WaitQueue::Wait wait = waiting_.wait(std::move(lock), kNever);
      co_await wait;
    }
    co_return known_;
  }
  void give() {
    Credentials credentials;
    credentials.access_key = "LATE";
    credentials.secret_key = "secret";
    const std::lock_guard lock(mutex_);
    known_ = std::make_shared<const Credentials>(std::move(credentials));
    waiting_.wake_all();
  }

 private:
  Mutex mutex_;
  WaitQueue waiting_{mutex_};
  std::shared_ptr<const Credentials> known_;
};

Task<void> a_turn() { co_await hop(); }

TEST_F(S3ClientTest, presigning_on_the_reactor_waits_for_credentials_without_holding_up_others) {
  const auto late = std::make_shared<Late>();
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", ""}; }, late);
  std::promise<std::string> link;
  std::future<std::string> linked = link.get_future();
  for (int i = 0; i < 2; ++i) {
    std::promise<void> turn;
    if (i == 0) {
      backend_->url("k", {}).start({}, [&](Result<std::optional<std::string>> result) {
        link.set_value(std::move(result).take().value_or(""));
      });
    }
    a_turn().start({}, [&](Result<void>) { turn.set_value(); });
    ASSERT_EQ(turn.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  }
  EXPECT_EQ(linked.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  late->give();
  ASSERT_EQ(linked.wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_NE(linked.get().find("X-Amz-Credential=LATE"), std::string::npos);
}

TEST_F(S3ClientTest, a_body_in_a_file_is_signed_as_one_in_memory_is) {
  config_.sign_payload = true;
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\nETag: \"e\"\n", ""}; });
  const std::string content(600'000, 'c');
  std::FILE* const file = std::tmpfile();
  ASSERT_EQ(std::fwrite(content.data(), 1, content.size(), file), content.size());
  std::fflush(file);
  const Body body(FileSpan{std::make_shared<const int>(fileno(file)), 100, content.size() - 100});
  backend_->put("k", body, {}).get();
  std::fclose(file);
  const Sha256::Value hash = Sha256::of(content.substr(100));
  EXPECT_TRUE(script_->asked.at(0).has("x-amz-content-sha256: " + hex_encode(hash) + "\r\n"));
}

TEST_F(S3ClientTest, each_repair_of_a_request_has_one_go) {
  int asked = 0;
  start(
      [&asked](const Asked&) {
        const std::string place = "x-amz-bucket-region: eu-west-" + std::to_string(++asked) + "\n";
        switch (asked % 4) {
          case 0: return error(301, "PermanentRedirect", "", place);
          case 1:
            return error(403, "RequestTimeTooSkewed", "",
                         "Date: Tue, 14 Nov 20" + std::to_string(30 + asked) + " 22:13:20 GMT\n");
          case 2: return error(403, "ExpiredToken", "", place);
          default: return error(400, "InvalidRequest", "", place);
        }
      },
      std::make_shared<Rotating>(std::vector<std::string>(100, "AKID")));
  EXPECT_THROW(get("k"), Error);
  EXPECT_LE(asked, 5);
  asked = 0;
  EXPECT_THROW(backend_->stat("k").get(), Error);
  EXPECT_LE(asked, 6);
}

}  // namespace
}  // namespace genro::storage::s3
