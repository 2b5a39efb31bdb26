// What the gcs backend asks, and what it makes of answers that real servers do not give.
#include "backends/gcs/gcs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "auth/google/signed_url.h"
#include "backend/http/batch.h"
#include "backends/gcs/answers.h"
#include "fakes/scripted_transport.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {
namespace {

using test::Asked;
using test::ScriptedAnswer;
using testing::HasSubstr;

constexpr const char* kObject =
    R"({"name":"p/k","size":"9","generation":"17","metageneration":"1","crc32c":"4waSgw==","md5Hash":"JfnnlDI7RTiF9RgfG2JNCw=="})";

class ScriptedGcs : public testing::Test {
 protected:
  ScriptedGcs() {
    config_.bucket = "bucket";
    config_.prefix = "p/";
    config_.server = Uri::parse("http://server");
    config_.anonymous = true;
  }
  void start(std::function<ScriptedAnswer(const Asked&)> answer) {
    script_->answer = std::move(answer);
    const std::shared_ptr<test::Script> script = script_;
    auto client = std::make_shared<Client>(
        config_, Env::system(), nullptr, [script](const HttpEndpoint& endpoint, const HttpOptions&) {
          return std::make_shared<test::ScriptedTransport>(script, endpoint.host_header());
        });
    backend_ = make_gcs(std::move(client));
  }
  ErrorCode failure(auto task) {
    const auto result = std::move(task).result();
    if (result.ok()) return ErrorCode::internal;
    message_ = result.error().what();
    return result.error().code();
  }
  const Asked& asked(std::size_t index = 0) const { return script_->asked.at(index); }

  Config config_;
  std::shared_ptr<test::Script> script_ = std::make_shared<test::Script>();
  std::shared_ptr<Backend> backend_;
  std::string message_;
};

TEST_F(ScriptedGcs, a_put_is_one_request_of_fields_and_content) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", kObject}; });
  PutOptions options;
  options.when = When::if_absent();
  options.content_type = "text/plain";
  const Entry stored = backend_->put("k", Bytes::copy_of("123456789"), options).get();
  EXPECT_EQ(stored.path, "k");
  EXPECT_EQ(stored.etag, "17");
  EXPECT_EQ(stored.md5, "25f9e794323b453885f5181f1b624d0b");
  EXPECT_EQ(asked().target, "/upload/storage/v1/b/bucket/o?uploadType=multipart&ifGenerationMatch=0");
  EXPECT_THAT(asked().body, HasSubstr(R"("crc32c":"4waSgw==")"));
  EXPECT_THAT(asked().body, HasSubstr(R"("name":"p/k")"));
  EXPECT_THAT(asked().body, HasSubstr("\r\n\r\n123456789\r\n--"));
}

TEST_F(ScriptedGcs, a_store_that_acknowledges_other_bytes_is_corrupt) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", kObject}; });
  EXPECT_EQ(failure(backend_->put("k", Bytes::copy_of("123456780"), {})), ErrorCode::corrupt);
}

TEST_F(ScriptedGcs, names_are_encoded_once) {
  start([](const Asked&) { return ScriptedAnswer{"HTTP/1.1 404 No\n", ""}; });
  EXPECT_FALSE(backend_->stat("a/b#?%*[]").get());
  EXPECT_EQ(asked().target, "/storage/v1/b/bucket/o/p%2Fa%2Fb%23%3F%25%2A%5B%5D");
}

TEST_F(ScriptedGcs, a_read_is_pinned_to_its_generation_whatever_the_server_knows_of_conditions) {
  std::string generation = "17";
  start([&](const Asked&) {
    return ScriptedAnswer{"HTTP/1.1 206 OK\nContent-Range: bytes 2-4/9\nx-goog-generation: " + generation + "\n",
                          "345"};
  });
  ReadOptions options;
  options.range = {2, 5};
  options.if_match = "17";
  EXPECT_EQ(backend_->read("k", options).get()->read_all().get().view(), "345");
  EXPECT_THAT(asked().target, HasSubstr("ifGenerationMatch=17"));
  EXPECT_TRUE(asked().has("range: bytes=2-4"));
  generation = "18";
  EXPECT_EQ(failure(backend_->read("k", options)), ErrorCode::precondition_failed);
  options.if_match = "no generation";
  EXPECT_EQ(failure(backend_->read("k", options)), ErrorCode::precondition_failed);
}

TEST_F(ScriptedGcs, hashes_may_stand_in_one_field_or_in_two) {
  for (const std::string hashes : {"x-goog-hash: crc32c=4waSgw==,md5=JfnnlDI7RTiF9RgfG2JNCw==\n",
                                   "X-Goog-Hash: md5=JfnnlDI7RTiF9RgfG2JNCw==\nX-Goog-Hash: crc32c=4waSgw==\n"}) {
    start([&](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n" + hashes, "123456789"}; });
    const std::unique_ptr<Reader> reader = backend_->read("k", {}).get();
    EXPECT_EQ(reader->entry().md5, "25f9e794323b453885f5181f1b624d0b");
    EXPECT_EQ(reader->read_all().get().view(), "123456789");
    start([&](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n" + hashes, "123456780"}; });
    EXPECT_EQ(failure(backend_->read("k", {}).get()->read_all()), ErrorCode::corrupt);
  }
}

TEST_F(ScriptedGcs, a_listing_that_is_no_json_or_strays_from_its_folder_is_refused) {
  for (const char* page : {"", "[]", "{\"items\":[", R"({"items":[{"name":"q/x","size":"1","generation":"1"}]})",
                           R"({"items":[{"name":"p/x"}]})", R"({"items":{}})", R"({"prefixes":[1]})"}) {
    start([&](const Asked&) { return ScriptedAnswer{"HTTP/1.1 200 OK\n", page}; });
    EXPECT_EQ(failure(backend_->list("", {})), ErrorCode::protocol) << page;
  }
}

TEST_F(ScriptedGcs, reasons_say_what_may_be_tried_again) {
  const auto refused = [this](int status, const std::string& reason) {
    start([&](const Asked&) {
      return ScriptedAnswer{"HTTP/1.1 " + std::to_string(status) + " No\n",
                            R"({"error":{"message":"why","errors":[{"reason":")" + reason + R"("}]}})"};
    });
    const Result<std::optional<Entry>> result = std::move(backend_->stat("k")).result();
    return std::pair(result.error().code(), result.error().retryable());
  };
  EXPECT_EQ(refused(403, "rateLimitExceeded"), std::pair(ErrorCode::throttled, true));
  EXPECT_EQ(refused(403, "quotaExceeded"), std::pair(ErrorCode::throttled, false));
  EXPECT_EQ(refused(403, "forbidden"), std::pair(ErrorCode::permission_denied, false));
  EXPECT_EQ(refused(500, "backendError"), std::pair(ErrorCode::unavailable, true));
  EXPECT_EQ(refused(412, "conditionNotMet"), std::pair(ErrorCode::precondition_failed, false));
}

TEST_F(ScriptedGcs, an_upload_that_the_server_makes_senseless_answers_to_is_an_error) {
  for (const char* answer : {"HTTP/1.1 308 On\nRange: bytes=5-9\n", "HTTP/1.1 308 On\nRange: bytes=0-99999999\n",
                             "HTTP/1.1 308 On\nRange: junk\n", "HTTP/1.1 308 On\n"}) {
    start([&](const Asked& asked) {
      if (asked.method == "POST")
        return ScriptedAnswer{"HTTP/1.1 200 OK\nLocation: http://x/session?upload_id=1\n", ""};
      return ScriptedAnswer{answer, ""};
    });
    const std::unique_ptr<Upload> upload = backend_->upload("k", {}).get();
    const ErrorCode code = failure(upload->part(1, Bytes::copy_of(std::string(1 << 19, 'x'))));
    EXPECT_TRUE(code == ErrorCode::protocol || code == ErrorCode::unavailable) << answer << message_;
  }
}

TEST(GcsBatch, answers_are_found_by_their_numbers_whatever_their_order) {
  const std::string document =
      "--b\r\nContent-Type: application/http\r\nContent-ID: <response-1>\r\n\r\nHTTP/1.1 404 No\r\n\r\nwhy\r\n"
      "--b\r\nContent-Type: application/http\r\nContent-ID: <response-0>\r\n\r\nHTTP/1.1 204 OK\r\n\r\n\r\n--b--\r\n";
  const std::vector<BatchAnswer> answers = parse_batch(document, "multipart/mixed; boundary=\"b\"", 2);
  EXPECT_EQ(answers[0].head.status, 204);
  EXPECT_EQ(answers[1].head.status, 404);
  EXPECT_THROW(parse_batch(document, "multipart/mixed; boundary=b", 3), Error);
  EXPECT_THROW(parse_batch(document.substr(0, 100), "multipart/mixed; boundary=b", 2), Error);
  EXPECT_THROW(parse_batch(document, "multipart/mixed", 2), Error);
}

TEST(GcsVersions, only_those_of_the_name_itself_are_taken) {
  const VersionPage page = parse_version_page(
      R"({"items":[{"name":"k","size":"1","generation":"1","timeCreated":"2026-01-31T12:00:00Z","timeDeleted":"2026-01-31T13:00:00Z"},
          {"name":"k","size":"2","generation":"2"},{"name":"k2","size":"3","generation":"3"}],"nextPageToken":"t"})",
      "k");
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_FALSE(page.items[0].version.is_latest);
  EXPECT_TRUE(page.items[1].version.is_latest);
  EXPECT_TRUE(page.beyond);
}

}  // namespace
}  // namespace genro::storage::gcs
