#include "net/content_disposition.h"

#include <gtest/gtest.h>

namespace genro::storage {
namespace {

std::string named(std::string_view name) {
  const std::string value = content_disposition(name);
  EXPECT_EQ(value.find("attachment; filename=\""), 0U) << value;
  for (const char c : value) EXPECT_TRUE(c >= ' ' && c < '\x7f') << value;
  return value.substr(std::string_view("attachment; filename=").size());
}

TEST(ContentDisposition, plain_names_stay) {
  EXPECT_EQ(named("report.pdf"), "\"report.pdf\"");
  EXPECT_EQ(named("my report (1).pdf"), "\"my report (1).pdf\"");
}

TEST(ContentDisposition, quotes_are_escaped) { EXPECT_EQ(named("a\"b;c.txt"), "\"a\\\"b;c.txt\""); }

TEST(ContentDisposition, nothing_breaks_out_of_the_line) {
  EXPECT_EQ(named("a\r\nSet-Cookie: x=1\r\n.txt"), "\"aSet-Cookie: x=1.txt\"");
  EXPECT_EQ(named(std::string_view("a\0b\x1f\x7f.txt", 9)), "\"ab.txt\"");
  EXPECT_EQ(named("a\xC2\x85\x62"), "\"ab\"");  // NEL, a C1 control
}

TEST(ContentDisposition, no_name_has_folders) {
  EXPECT_EQ(named("../../etc/passwd"), "\".._.._etc_passwd\"");
  EXPECT_EQ(named("C:\\boot.ini"), "\"C:_boot.ini\"");
}

TEST(ContentDisposition, other_scripts_get_an_extended_name) {
  EXPECT_EQ(named("caffè.txt"), "\"caff_.txt\"; filename*=UTF-8''caff%C3%A8.txt");
  EXPECT_EQ(named("☕ 😀.txt"), "\"_ _.txt\"; filename*=UTF-8''%E2%98%95%20%F0%9F%98%80.txt");
}

TEST(ContentDisposition, percent_signs_are_never_read_as_escapes) {
  EXPECT_EQ(named("100%25.txt"), "\"100%25.txt\"; filename*=UTF-8''100%2525.txt");
}

TEST(ContentDisposition, names_that_lie_about_their_direction_are_set_straight) {
  EXPECT_EQ(named("a\u202Etxt.exe"), "\"atxt.exe\"");
  EXPECT_EQ(named("a\u2066b\u200Fc"), "\"abc\"");
}

TEST(ContentDisposition, bytes_that_are_no_text_become_underscores) {
  EXPECT_EQ(named("a\xFF\x62.txt"), "\"a_b.txt\"");
}

TEST(ContentDisposition, a_name_of_nothing_is_a_download) {
  EXPECT_EQ(named(""), "\"download\"");
  EXPECT_EQ(named("\r\n"), "\"download\"");
}

}  // namespace
}  // namespace genro::storage
