// Answers that come late, in pieces, or never, in virtual time.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "backends/azure/azure.h"
#include "fakes/fake_network.h"
#include "genro/storage/error.h"

namespace genro::storage::azure {
namespace {

using namespace std::chrono_literals;
using test::FakeReply;
using test::FakeRequest;

class SlowAzure : public testing::Test {
 protected:
  SlowAzure() {
    config_.login.account = "account";
    config_.container = "box";
    config_.endpoint = "http://10.0.0.1";
    config_.http.proxy = "direct";
  }
  std::shared_ptr<Backend> serving(test::FakeHandler handler) {
    world_.network.serve("10.0.0.1", 80, std::move(handler));
    return make_azure(std::make_shared<Client>(config_, world_.env, nullptr));
  }
  template <class T>
  static ErrorCode failure(Task<T> task) {
    const Result<T> result = std::move(task).result();
    return result.ok() ? ErrorCode::internal : result.error().code();
  }

  test::FakeWorld world_;
  Config config_;
};

FakeReply copy_state(const std::string& state, const std::string& progress) {
  return FakeReply::http(
      200, "",
      "ETag: \"e\"\r\nx-ms-copy-id: c\r\nx-ms-copy-status: " + state + "\r\nx-ms-copy-progress: " + progress + "\r\n");
}

TEST_F(SlowAzure, a_copy_that_comes_no_further_ends_after_half_an_hour_and_is_taken_back) {
  std::string last;
  const auto backend = serving([&last](const FakeRequest& request) {
    last = request.header("x-ms-copy-action");
    if (request.method == "HEAD") return copy_state("pending", "3/9");
    return FakeReply::http(202, "", "x-ms-copy-id: c\r\nx-ms-copy-status: pending\r\n");
  });
  EXPECT_EQ(failure(backend->copy("from", "to", {})), ErrorCode::timeout);
  EXPECT_GE(world_.elapsed(), 30min);
  EXPECT_LT(world_.elapsed(), 32min);
  EXPECT_EQ(last, "abort");
}

TEST_F(SlowAzure, a_copy_that_comes_further_is_waited_for_however_long_it_takes) {
  int looks = 0;
  const auto backend = serving([&looks](const FakeRequest& request) {
    if (request.method != "HEAD") return FakeReply::http(202, "", "x-ms-copy-id: c\r\nx-ms-copy-status: pending\r\n");
    ++looks;
    return copy_state(looks > 2000 ? "success" : "pending", std::to_string(looks / 100) + "/20");
  });
  EXPECT_EQ(backend->copy("from", "to", {}).get().etag, "e");
  EXPECT_GT(world_.elapsed(), 2h);
}

TEST_F(SlowAzure, a_write_whose_answer_never_comes_is_an_error_in_time) {
  const auto backend = serving([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(201, "", "ETag: \"e\"\r\n");
    reply.stall_after = 0;
    return reply;
  });
  EXPECT_EQ(failure(backend->put("f", Body(Bytes::copy_of("content")), {})), ErrorCode::timeout);
  EXPECT_LT(world_.elapsed(), 5min);
}

TEST_F(SlowAzure, a_write_whose_connection_is_cut_is_an_error_and_never_a_success) {
  for (const std::size_t after : {std::size_t{0}, std::size_t{9}, std::size_t{30}}) {
    const auto backend = serving([after](const FakeRequest&) {
      FakeReply reply = FakeReply::http(201, "", "ETag: \"e\"\r\n");
      reply.cut_after = after;
      reply.reset = after == 9;
      return reply;
    });
    EXPECT_EQ(failure(backend->put("f", Body(Bytes::copy_of("content")), {})), ErrorCode::connection) << after;
    const std::unique_ptr<Upload> upload = backend->upload("f", {}).get();
    EXPECT_EQ(failure(upload->part(1, Body(Bytes::copy_of("content")))), ErrorCode::connection) << after;
  }
}

TEST_F(SlowAzure, a_listing_that_is_cut_anywhere_is_never_a_shorter_listing) {
  const std::string page =
      "<EnumerationResults><Blobs><Blob><Name>a</Name><Properties><Content-Length>1</Content-Length></Properties></"
      "Blob>"
      "</Blobs><NextMarker/></EnumerationResults>";
  const std::size_t whole = FakeReply::http(200, page).bytes.size();
  for (const std::size_t after : {std::size_t{0}, std::size_t{20}, whole / 2, whole - page.size(), whole - 1}) {
    const auto backend = serving([&, after](const FakeRequest&) {
      FakeReply reply = FakeReply::http(200, page);
      reply.cut_after = after;
      return reply;
    });
    const ErrorCode code = failure(backend->list("", {}));
    EXPECT_TRUE(code == ErrorCode::truncated || code == ErrorCode::connection) << after << ": " << to_string(code);
  }
  const auto backend = serving([&](const FakeRequest&) { return FakeReply::http(200, page); });
  EXPECT_EQ(backend->list("", {}).get().entries.size(), 1u);
}

}  // namespace
}  // namespace genro::storage::azure
