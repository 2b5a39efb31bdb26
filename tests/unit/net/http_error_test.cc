#include "net/http_error.h"

#include <gtest/gtest.h>

#include "net/http_parser.h"

namespace genro::storage {
namespace {

HttpHead head_of(const std::string& lines) {
  HttpHead head;
  HttpHeadParser().parse("HTTP/1.1 " + lines + "\r\n", head);
  return head;
}

TEST(HttpError, maps_statuses_to_codes) {
  EXPECT_EQ(code_of_status(404), ErrorCode::not_found);
  EXPECT_EQ(code_of_status(401), ErrorCode::unauthenticated);
  EXPECT_EQ(code_of_status(403), ErrorCode::permission_denied);
  EXPECT_EQ(code_of_status(412), ErrorCode::precondition_failed);
  EXPECT_EQ(code_of_status(416), ErrorCode::out_of_range);
  EXPECT_EQ(code_of_status(429), ErrorCode::throttled);
  EXPECT_EQ(code_of_status(500), ErrorCode::unavailable);
  EXPECT_EQ(code_of_status(507), ErrorCode::no_space);
  EXPECT_EQ(code_of_status(418), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of_status(302), ErrorCode::protocol);
}

TEST(HttpError, carries_request_id_and_the_wait_that_the_server_asks_for) {
  const Error error = error_of_response(head_of("503 Slow Down\r\nRetry-After: 7\r\nX-Amz-Request-Id: ABC\r\n"), {}, 0);
  EXPECT_EQ(error.code(), ErrorCode::throttled);
  EXPECT_EQ(error.request_id(), "ABC");
  EXPECT_DOUBLE_EQ(error.retry_after(), 7);
  EXPECT_NE(std::string(error.what()).find("503 Slow Down"), std::string::npos);
  EXPECT_EQ(error_of_response(head_of("503 Oops\r\n"), "why", 0).code(), ErrorCode::unavailable);
}

TEST(HttpError, understands_retry_after_as_a_date_and_distrusts_nonsense) {
  const std::int64_t now = 784111777LL * 1'000'000'000;  // Sun, 06 Nov 1994 08:49:37 GMT
  EXPECT_DOUBLE_EQ(retry_after(head_of("503 X\r\nRetry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n"), now), 10);
  EXPECT_DOUBLE_EQ(retry_after(head_of("503 X\r\nRetry-After: Sun, 06 Nov 1994 08:00:00 GMT\r\n"), now), 0);
  EXPECT_DOUBLE_EQ(retry_after(head_of("503 X\r\nRetry-After: 4000000000\r\n"), now), 86400);
  EXPECT_LT(retry_after(head_of("503 X\r\nRetry-After: soon\r\n"), now), 0);
  EXPECT_LT(retry_after(head_of("503 X\r\nRetry-After: -5\r\n"), now), 0);
  EXPECT_LT(retry_after(head_of("503 X\r\n"), now), 0);
}

}  // namespace
}  // namespace genro::storage
