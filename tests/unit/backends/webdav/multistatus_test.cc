// The answers of WebDAV servers, as values.
#include "backends/webdav/multistatus.h"

#include <gtest/gtest.h>

#include "genro/storage/error.h"

namespace genro::storage::webdav {
namespace {

std::string response(const std::string& href, const std::string& inside) {
  return "<D:response><D:href>" + href + "</D:href>" + inside + "</D:response>";
}
std::string properties(const std::string& inside, const std::string& status = "200 OK") {
  return "<D:propstat><D:prop>" + inside + "</D:prop><D:status>HTTP/1.1 " + status + "</D:status></D:propstat>";
}
std::vector<Resource> parsed(const std::string& responses) {
  return parse_multistatus("<?xml version=\"1.0\"?>\n<D:multistatus xmlns:D=\"DAV:\">" + responses +
                           "</D:multistatus>");
}

TEST(Multistatus, has_the_properties_that_a_resource_has_and_not_those_that_it_has_not) {
  const auto found = parsed(response(
      "/dav/a",
      properties("<D:resourcetype/><D:getcontentlength> 12 </D:getcontentlength><D:getetag>W/\"x&amp;y\"</D:getetag>"
                 "<D:getlastmodified>Tue, 01 Dec 2026 00:00:00 GMT</D:getlastmodified>"
                 "<D:getcontenttype>text/plain</D:getcontenttype>") +
          properties("<D:getcontentlength>99</D:getcontentlength><D:getetag/>", "404 Not Found")));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].href, "/dav/a");
  EXPECT_TRUE(found[0].entry.is_file());
  EXPECT_EQ(found[0].entry.size, 12U);
  EXPECT_EQ(found[0].entry.etag, "x&y");
  EXPECT_EQ(found[0].entry.mtime_ns, 1'796'083'200LL * 1'000'000'000);
  EXPECT_EQ(found[0].entry.content_type, "text/plain");
}

TEST(Multistatus, takes_a_status_before_or_without_its_properties) {
  const auto found = parsed(
      response("/a",
               "<D:propstat><D:status>HTTP/1.1 404 Not Found</D:status><D:prop><D:getcontentlength>9"
               "</D:getcontentlength></D:prop></D:propstat>" +
                   properties("<D:getcontentlength>3</D:getcontentlength>")) +
      response("/b", "<D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop></D:propstat>") +
      response("/c", "<D:status>HTTP/1.1 423 Locked</D:status>"));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].entry.size, 3U);
  EXPECT_TRUE(found[1].entry.is_directory());
  EXPECT_EQ(found[2].status, 423);
}

TEST(Multistatus, names_the_owner_of_a_lock_and_an_md5) {
  const auto found = parsed(
      response("/a", properties(
                         "<D:lockdiscovery><D:activelock><D:owner>Ada</D:owner></D:activelock></D:lockdiscovery>"
                         "<o:checksums "
                         "xmlns:o=\"http://owncloud.org/ns\"><o:checksum>SHA1:da39a3ee5e6b4b0d3255bfef95601890afd80709 "
                         "MD5:D41D8CD98F00B204E9800998ECF8427E ADLER32:1</o:checksum></o:checksums>")) +
      response("/b",
               properties("<D:lockdiscovery><D:activelock><D:owner><D:href>mailto:ada@example.org</D:href></D:owner>"
                          "</D:activelock></D:lockdiscovery>")));
  EXPECT_EQ(found[0].lock_owner, "Ada");
  EXPECT_EQ(found[0].entry.md5, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(found[1].lock_owner, "mailto:ada@example.org");
}

TEST(Multistatus, is_whole_or_an_error) {
  for (const char* document : {"", "<html/>", "<multistatus><response>", "<multistatus/>x",
                               "<!DOCTYPE x><multistatus/>", "<a><multistatus/></a>"}) {
    EXPECT_THROW(parse_multistatus(document), Error) << document;
  }
  EXPECT_TRUE(parse_multistatus("<multistatus/>").empty());
}

TEST(Hrefs, lead_to_places_in_every_spelling) {
  const HrefParts expected{"/dav/d", "a b"};
  for (const char* href : {"/dav/d/a%20b", "/dav/d/a b", "http://host/dav/d/a%20b", "HTTPS://h:1/dav/d/a%20b/",
                           "//dav//d/./%61%20b", "a%20b", "./a%20b/"}) {
    EXPECT_EQ(split_href(href, "/dav/d"), expected) << href;
  }
  EXPECT_EQ(split_href("/dav/d/100%", "/dav/d"), (HrefParts{"/dav/d", "100%"})) << "a server that encodes nothing";
  EXPECT_EQ(split_href("/dav/a%2Fb", ""), (HrefParts{"/dav", "a/b"}));
  EXPECT_EQ(split_href("", "/dav/d"), (HrefParts{"/dav", "d"}));
  EXPECT_EQ(split_href("http://host", ""), (HrefParts{"", ""}));
}

std::vector<std::string> paths(const std::vector<std::string>& hrefs, const std::string& asked,
                               const std::string& path) {
  std::string all;
  for (const std::string& href : hrefs) all += response(href, properties("<D:getcontentlength>1</D:getcontentlength>"));
  std::vector<std::string> found;
  for (const Entry& entry : members_of(parsed(all), asked, path).entries) found.push_back(entry.path);
  return found;
}

TEST(Listings, are_of_the_folder_by_whatever_path_the_server_knows_it) {
  using Paths = std::vector<std::string>;
  EXPECT_EQ(paths({"/dav/d/", "/dav/d/b", "/dav/d/a"}, "/dav/d", "d"), (Paths{"d/a", "d/b"}));
  EXPECT_EQ(paths({"/x/y/", "/x/y/a"}, "/dav/d", "d"), Paths{"d/a"}) << "behind a proxy";
  EXPECT_EQ(paths({"/x/y/a", "/x/y/b"}, "/dav/d", "d"), (Paths{"d/a", "d/b"})) << "and without the folder itself";
  EXPECT_EQ(paths({"/", "/a"}, "", ""), Paths{"a"}) << "the root of the server";
  EXPECT_EQ(paths({"/dav/d/", "/dav/d/a/b"}, "/dav/d", "d"), Paths{}) << "a server that knows no depth";
  EXPECT_EQ(paths({"/dav/d/", "/dav/d/a%2Fb"}, "/dav/d", "d"), Paths{"d/./a/b"}) << "which is no path";
  EXPECT_EQ(paths({"/dav/d/a", "/dav/d/a/"}, "/dav/d", "d"), Paths{"d/a"}) << "once";
  EXPECT_EQ(paths({}, "/dav/d", "d"), Paths{});
  EXPECT_THROW(paths({"/dav/d/", "/dav/dx"}, "/dav/d", "d"), Error);
}

TEST(Listings, of_a_file_are_told_apart) {
  EXPECT_TRUE(members_of(parsed(response("/dav/f", properties("<D:resourcetype/>"))), "/dav/f", "f").is_file);
  const std::string folder = properties("<D:resourcetype><D:collection/></D:resourcetype>");
  EXPECT_FALSE(members_of(parsed(response("/dav/d/", folder)), "/dav/d", "d").is_file);
}

TEST(Complaints, are_words_or_nothing) {
  EXPECT_EQ(
      parse_complaint("<d:error xmlns:d='DAV:' xmlns:s='s'><s:message>no &lt;room&gt;</s:message></d:error>").message,
      "no <room>");
  EXPECT_EQ(
      parse_complaint("<D:error><D:lock-token-submitted><D:href>/a%20b</D:href></D:lock-token-submitted></D:error>")
          .href,
      "/a%20b");
  EXPECT_EQ(parse_complaint("<html><body><p>Error</p></body></html>").message, "");
}

}  // namespace
}  // namespace genro::storage::webdav
