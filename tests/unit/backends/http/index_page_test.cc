#include "backends/http/index_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "genro/storage/error.h"

namespace genro::storage::http {
namespace {

using testing::ElementsAre;

const Uri kFolder = Uri::parse("http://host/files/a%20b/");

std::vector<std::string> names(std::string_view page, std::string_view type = "text/html") {
  std::vector<std::string> out;
  for (const Entry& entry : parse_index(page, type, kFolder).entries) {
    out.push_back(entry.path + (entry.is_directory() ? "/" : ""));
  }
  return out;
}

TEST(IndexPage, of_links_has_what_lies_right_below) {
  EXPECT_THAT(names("<a href=\"../\">../</a><a href='b.txt'>b</a> <A class=x HREF=\"/files/a%20b/c%2525/\">c</A>"
                    "<a href=http://host/files/a%20b/d>d</a> <a href=\"./caf\xc3\xa9\">e</a>"),
              ElementsAre("b.txt", "c%25/", "caf\xc3\xa9", "d"));
}

TEST(IndexPage, of_links_has_nothing_from_elsewhere) {
  EXPECT_THAT(
      names("<a href=\"?C=N;O=D\">Name</a> <a href=\"/files/\">up</a> <a href=\"http://other/files/a%20b/x\">x</a>"
            "<a href=\"deep/er\">deep</a> <a href=\"%2e%2e\">up</a> <a href=\"x%2fy\">y</a> <a href=\"%zz\">z</a>"
            "<a href=\"javascript:1\">j</a> <abbr href=\"no\">no</abbr> <link href=\"no\"> <a href=\"\">here</a> <a "),
      ElementsAre());
}

TEST(IndexPage, of_links_has_each_name_once) {
  EXPECT_THAT(names("<a href=\"b\"><img></a> <a href=\"b\">b</a> <a href=\"a&amp;b\">a</a>"), ElementsAre("a&b", "b"));
}

TEST(IndexPage, of_nginx_in_json_has_sizes_and_times) {
  const Index index = parse_index(
      R"([{"name":"d","type":"directory","mtime":"Mon, 30 Nov 2026 10:00:00 GMT"},
          {"name":"f","type":"file","mtime":"Mon, 30 Nov 2026 10:00:00 GMT","size":12}])",
      "application/json; charset=utf-8", kFolder);
  ASSERT_TRUE(index.complete);
  ASSERT_EQ(index.entries.size(), 2U);
  EXPECT_TRUE(index.entries[0].is_directory());
  EXPECT_EQ(index.entries[1].size, 12U);
  EXPECT_EQ(index.entries[1].mtime_ns, 1'796'032'800LL * 1'000'000'000);
}

TEST(IndexPage, of_caddy_in_json_is_understood) {
  EXPECT_THAT(names(R"([{"name":"d/","size":4096,"mod_time":"2026-11-30T10:00:00Z","is_dir":true},
                        {"name":"f","size":1,"mod_time":"2026-11-30T10:00:00Z","is_dir":false}])",
                    "application/json"),
              ElementsAre("d/", "f"));
}

TEST(IndexPage, of_json_that_is_none_is_refused) {
  for (const char* text : {"", "{}", "[1]", "[{\"name\":\"f\",\"type\":\"file\"}]", "[{\"name\":"}) {
    EXPECT_THROW(parse_index(text, "application/json", kFolder), Error) << text;
  }
}

}  // namespace
}  // namespace genro::storage::http
