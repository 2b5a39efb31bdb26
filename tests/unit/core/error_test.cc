#include "genro/storage/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace genro::storage {
namespace {

TEST(Error, says_what_where_and_why_in_one_line) {
  const Error error =
      Error(ErrorCode::not_found, "read", "s3:docs/a.txt", "no such key").with_request_id("R1").with_attempts(3, 1.25);
  EXPECT_STREQ(error.what(), "read s3:docs/a.txt: no such key [request id R1, 3 attempts in 1.2 s]");
}

TEST(Error, a_changed_copy_leaves_the_original_alone) {
  const Error inner(ErrorCode::io, "read", "a.txt", "disk");
  const Error outer = inner.with_where("home:a.txt").with_operation("ignored, it has one");
  EXPECT_EQ(inner.where(), "a.txt");
  EXPECT_EQ(outer.where(), "home:a.txt");
  EXPECT_EQ(outer.operation(), "read");
}

TEST(Error, every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code)
    names.insert(to_string(static_cast<ErrorCode>(code)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::internal) + 1);
}

TEST(Error, system_errors_get_the_code_a_user_would_expect) {
  EXPECT_EQ(Error::from_errno(ENOSPC, "write", "a").code(), ErrorCode::no_space);
  EXPECT_EQ(Error::from_errno(EISDIR, "read", "a").code(), ErrorCode::is_directory);
  EXPECT_EQ(Error::from_errno(ECONNREFUSED, "connect", "a").code(), ErrorCode::connection);
}

TEST(Error, foreign_exceptions_become_internal_errors_with_their_cause) {
  const Error error = Error::from(std::make_exception_ptr(std::runtime_error("boom")));
  EXPECT_EQ(error.code(), ErrorCode::internal);
  EXPECT_EQ(error.message(), "boom");
  EXPECT_TRUE(error.cause());
}

}  // namespace
}  // namespace genro::storage
