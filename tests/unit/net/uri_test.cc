#include "net/uri.h"

#include <gtest/gtest.h>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

TEST(Uri, is_cut_into_its_parts) {
  const Uri uri = Uri::parse("HTTPS://us%20er:pw@Example.COM:8443/a%2Fb/c?x=1&y#part");
  EXPECT_EQ(uri.scheme, "https");
  EXPECT_EQ(uri.user_info, "us%20er:pw");
  EXPECT_EQ(uri.host, "example.com");
  EXPECT_EQ(uri.port, 8443);
  EXPECT_EQ(uri.path, "/a%2Fb/c");
  EXPECT_EQ(uri.query, "x=1&y");
  EXPECT_EQ(uri.target(), "/a%2Fb/c?x=1&y");
  EXPECT_EQ(uri.safe_text(), "https://example.com:8443/a%2Fb/c");
}

TEST(Uri, knows_addresses_in_brackets) {
  const Uri uri = Uri::parse("http://[::1]:9000");
  EXPECT_EQ(uri.host, "::1");
  EXPECT_EQ(uri.port, 9000);
  EXPECT_EQ(uri.target(), "/");
  EXPECT_EQ(HttpEndpoint::from(uri).host_header(), "[::1]:9000");
}

TEST(Uri, refuses_what_is_no_reference) {
  for (const char* bad : {"http://a b/", "http://h:0/", "http://h:65536/", "http://h:8x/", "http://[::1",
                          "http://[::1]x/", "http://[zz]/", "http://a\n/", "http://a{b}/", "http://a%20b/"}) {
    EXPECT_THROW(Uri::parse(bad), Error) << bad;
  }
}

// The examples of RFC 3986 section 5.4.
TEST(Uri, resolves_references_as_the_standard_shows) {
  const Uri base = Uri::parse("http://a/b/c/d;p?q");
  const std::pair<const char*, const char*> cases[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"g;x", "http://a/b/c/g;x"},
      {"", "http://a/b/c/d;p"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"?y", "http://a/b/c/d;p"},
  };
  for (const auto& [reference, expected] : cases)
    EXPECT_EQ(base.resolve(Uri::parse(reference)).safe_text(), expected) << reference;
  EXPECT_EQ(base.resolve(Uri::parse("?y")).query, "y");
  EXPECT_EQ(base.resolve(Uri::parse("")).query, "q");
}

TEST(HttpEndpoint, leaves_the_usual_port_out_of_the_host_header) {
  EXPECT_EQ(HttpEndpoint::parse("http://Example.com").host_header(), "example.com");
  EXPECT_EQ(HttpEndpoint::parse("https://example.com:443/x").host_header(), "example.com");
  EXPECT_EQ(HttpEndpoint::parse("https://example.com:80").host_header(), "example.com:80");
  EXPECT_EQ(HttpEndpoint::parse("http://h:9000").to_string(), "http://h:9000");
}

TEST(HttpEndpoint, refuses_other_schemes_and_missing_hosts) {
  EXPECT_THROW(HttpEndpoint::parse("ftp://h/"), Error);
  EXPECT_THROW(HttpEndpoint::parse("example.com:9000"), Error);
  EXPECT_THROW(HttpEndpoint::parse("http:///path"), Error);
}

}  // namespace
}  // namespace genro::storage
