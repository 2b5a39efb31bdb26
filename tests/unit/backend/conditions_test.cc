// ETags as a client of a store over HTTP takes them.
#include "backend/http/conditions.h"

#include <gtest/gtest.h>

#include "genro/storage/error.h"
#include "net/http_parser.h"

namespace genro::storage {
namespace {

HttpHead head_with(const std::string& line) {
  const std::string text = "HTTP/1.1 200 OK\r\n" + line + "Content-Length: 0\r\n\r\n";
  HttpHead head;
  HttpHeadParser parser;
  EXPECT_EQ(parser.parse(text, head), text.size());
  return head;
}

TEST(StrongEtag, is_given_without_its_quotes) { EXPECT_EQ(strong_etag(head_with("ETag: \"a-1\"\r\n")), "a-1"); }

TEST(StrongEtag, is_nothing_where_the_tag_is_weak_or_missing) {
  EXPECT_EQ(strong_etag(head_with("ETag: W/\"a-1\"\r\n")), "");
  EXPECT_EQ(strong_etag(head_with("")), "");
}

TEST(RequireEtag, refuses_an_answer_of_another_version) {
  EXPECT_NO_THROW(require_etag(head_with("ETag: \"1\"\r\n"), "1", "f"));
  EXPECT_NO_THROW(require_etag(head_with("ETag: \"2\"\r\n"), "", "f"));
  try {
    require_etag(head_with("ETag: \"2\"\r\n"), "1", "f");
    ADD_FAILURE() << "another version was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::precondition_failed);
  }
}

}  // namespace
}  // namespace genro::storage
