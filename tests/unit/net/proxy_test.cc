#include "net/proxy.h"

#include <gtest/gtest.h>

#include <map>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

Environment of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  };
}
const HttpEndpoint kPlain = HttpEndpoint::parse("http://files.example.com");
const HttpEndpoint kSecure = HttpEndpoint::parse("https://files.example.com");

TEST(Proxy, comes_from_the_variable_of_the_scheme) {
  const Environment environment = of({{"http_proxy", "http://one:3128"}, {"HTTPS_PROXY", "two:8080"}});
  EXPECT_EQ(choose_proxy("", kPlain, environment).host, "one");
  EXPECT_EQ(choose_proxy("", kPlain, environment).port, 3128);
  EXPECT_EQ(choose_proxy("", kSecure, environment).host, "two");
  EXPECT_EQ(choose_proxy("", kSecure, environment).port, 8080);
  EXPECT_EQ(choose_proxy("", kSecure, of({{"ALL_PROXY", "http://all"}})).host, "all");
  EXPECT_FALSE(choose_proxy("", kSecure, of({})).used());
}

TEST(Proxy, reads_http_proxy_in_capitals_but_not_where_a_web_server_could_have_set_it) {
  EXPECT_EQ(choose_proxy("", kPlain, of({{"HTTP_PROXY", "http://one"}})).host, "one");
  EXPECT_EQ(choose_proxy("", kPlain, of({{"HTTP_PROXY", "http://one"}, {"http_proxy", "http://two"}})).host, "two");
  EXPECT_FALSE(choose_proxy("", kPlain, of({{"HTTP_PROXY", "http://one"}, {"REQUEST_METHOD", "GET"}})).used());
  EXPECT_FALSE(choose_proxy("", kSecure, of({{"HTTP_PROXY", "http://one"}})).used());
}

TEST(Proxy, is_overruled_by_the_option) {
  const Environment environment = of({{"http_proxy", "http://one:3128"}, {"no_proxy", "*"}});
  EXPECT_FALSE(choose_proxy("direct", kPlain, environment).used());
  EXPECT_EQ(choose_proxy("http://mine:1", kPlain, environment).host, "mine");
}

TEST(Proxy, sends_its_password_as_basic_authorisation) {
  EXPECT_EQ(choose_proxy("http://us%40er:p%3Aw@h", kPlain, of({})).authorization, "Basic dXNAZXI6cDp3");
  EXPECT_EQ(choose_proxy("http://h", kPlain, of({})).authorization, "");
}

TEST(Proxy, refuses_other_kinds_without_showing_the_password) {
  try {
    choose_proxy("socks5://user:secret@h", kPlain, of({}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

TEST(Proxy, is_not_used_for_hosts_in_no_proxy) {
  const HttpEndpoint host = HttpEndpoint::parse("http://a.b.example.com:9000");
  for (const char* list : {"*", "example.com", ".example.com", "*.example.com", "b.example.com", "x, a.b.example.com",
                           "A.B.Example.COM", "a.b.example.com:9000", "x y example.com"}) {
    EXPECT_TRUE(bypasses_proxy(list, host)) << list;
  }
  for (const char* list : {"", "ample.com", "example.org", "a.b.example.com:80", "c.b.example.com", ","}) {
    EXPECT_FALSE(bypasses_proxy(list, host)) << list;
  }
}

TEST(Proxy, is_not_used_for_addresses_and_networks_in_no_proxy) {
  const HttpEndpoint four = HttpEndpoint::parse("http://10.1.2.3:9000");
  for (const char* list : {"10.1.2.3", "10.0.0.0/8", "10.1.2.0/23", "10.1.2.3/32", "0.0.0.0/0", "10.1.2.3:9000"})
    EXPECT_TRUE(bypasses_proxy(list, four)) << list;
  for (const char* list : {"10.1.2.4", "10.2.0.0/16", "1.2.3", "10.1.2.3/33", "::/0", "10.1.2.3:1"})
    EXPECT_FALSE(bypasses_proxy(list, four)) << list;
  const HttpEndpoint six = HttpEndpoint::parse("http://[fd00::1]:9000");
  for (const char* list : {"fd00::1", "fd00::/8", "[fd00::1]", "[fd00::1]:9000"})
    EXPECT_TRUE(bypasses_proxy(list, six)) << list;
  for (const char* list : {"fd00::2", "fe00::/16", "[fd00::1]:1"}) EXPECT_FALSE(bypasses_proxy(list, six)) << list;
}

}  // namespace
}  // namespace genro::storage
