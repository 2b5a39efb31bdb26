// Answers that never stop coming and never come to an end: each byte is in time, so only a bound on the whole ends them.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "backends/s3/client.h"
#include "backends/s3/s3.h"
#include "fakes/fake_network.h"
#include "genro/storage/backend.h"
#include "genro/storage/error.h"

namespace genro::storage::s3 {
namespace {

using namespace std::chrono_literals;
using test::FakeReply;
using test::FakeRequest;

class SlowAnswers : public testing::Test {
 protected:
  SlowAnswers() {
    config_.bucket = "bucket";
    config_.endpoint_url = "http://10.0.0.1";
    config_.http.proxy = "direct";
  }
  /// What begins with `text` goes on in spaces, five bytes a second.
  static FakeReply dripping(int status, const std::string& text, const std::string& lines = {}) {
    FakeReply reply = FakeReply::http(status, text + std::string(std::size_t{1} << 16, ' '), lines);
    reply.bytes_per_second = 5;
    return reply;
  }
  std::shared_ptr<Backend> serving(test::FakeHandler handler) {
    world_.network.serve("10.0.0.1", 80, std::move(handler));
    return make_s3(std::make_shared<Client>(config_, world_.env, nullptr));
  }
  template <class T>
  static ErrorCode failure(Task<T> task) {
    const Result<T> result = std::move(task).result();
    return result.ok() ? ErrorCode::internal : result.error().code();
  }

  test::FakeWorld world_;
  Config config_;
};

TEST_F(SlowAnswers, a_copy_that_is_being_made_for_ever_ends_after_half_an_hour) {
  const auto backend = serving([](const FakeRequest& request) {
    return request.method == "HEAD" ? FakeReply::http(200, "", "ETag: \"e\"\r\n") : dripping(200, "");
  });
  EXPECT_EQ(failure(backend->copy("from", "to", {})), ErrorCode::timeout);
  EXPECT_GE(world_.elapsed(), 30min);
  EXPECT_LT(world_.elapsed(), 32min);
}

TEST_F(SlowAnswers, a_listing_that_never_ends_does) {
  const auto backend = serving([](const FakeRequest&) { return dripping(200, "<ListBucketResult>"); });
  EXPECT_EQ(failure(backend->list("d", {})), ErrorCode::timeout);
  EXPECT_LT(world_.elapsed(), 32min);
}

TEST_F(SlowAnswers, a_refusal_whose_words_never_end_is_a_refusal) {
  const auto backend = serving([](const FakeRequest&) { return dripping(403, "<Error><Code>AccessDenied</Code>"); });
  EXPECT_EQ(failure(backend->list("d", {})), ErrorCode::permission_denied);
  EXPECT_LT(world_.elapsed(), 3min);
}

TEST_F(SlowAnswers, what_follows_the_answer_to_a_write_does_not_hold_it_up) {
  const auto backend = serving([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, std::string(60'000, ' '), "ETag: \"e\"\r\n");
    reply.bytes_per_second = 5;
    return reply;
  });
  EXPECT_EQ(backend->put("k", Body(Bytes::copy_of("content")), {}).get().etag, "e");
  EXPECT_LT(world_.elapsed(), 2min);
}

}  // namespace
}  // namespace genro::storage::s3
