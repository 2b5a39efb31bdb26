#include "net/fetch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "fakes/fake_network.h"
#include "genro/storage/error.h"
#include "net/public_network.h"

namespace genro::storage {
namespace {

using test::FakeReply;
using test::FakeRequest;

Address address(const std::string& text) {
  std::string raw(16, '\0');
  if (inet_pton(AF_INET, text.c_str(), raw.data()) == 1) return {AF_INET, 80, raw.substr(0, 4)};
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), raw.data()), 1) << text;
  return {AF_INET6, 80, raw};
}

TEST(PublicAddress, is_none_of_a_private_or_special_network) {
  for (const char* closed :
       {"0.0.0.0",         "10.1.2.3",      "100.64.0.1",      "100.100.100.200", "127.0.0.1",
        "127.255.255.255", "168.63.129.16", "169.254.169.254", "172.16.0.1",      "172.31.255.255",
        "192.0.0.192",     "192.0.2.1",     "192.168.1.1",     "198.18.0.1",      "198.51.100.7",
        "203.0.113.7",     "224.0.0.1",     "239.255.255.250", "240.0.0.1",       "255.255.255.255"}) {
    EXPECT_FALSE(is_public(address(closed))) << closed;
  }
  for (const char* closed : {"::",
                             "::1",
                             "::ffff:127.0.0.1",
                             "::ffff:8.8.8.8",
                             "::127.0.0.1",
                             "fe80::1",
                             "fec0::1",
                             "fc00::1",
                             "fd00:ec2::254",
                             "ff02::1",
                             "100::1",
                             "2001:db8::1",
                             "3fff::1",
                             "2001::1",
                             "2001:2::1",
                             "2002:7f00:1::",
                             "2002:a9fe:a9fe::",
                             "64:ff9b::7f00:1",
                             "64:ff9b::a9fe:a9fe",
                             "64:ff9b:1::1",
                             "5f00::1"}) {
    EXPECT_FALSE(is_public(address(closed))) << closed;
  }
}

TEST(PublicAddress, is_what_the_open_internet_has) {
  for (const char* open :
       {"1.1.1.1", "8.8.8.8", "100.63.0.1", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.0.1", "223.255.255.255",
        "2606:4700:4700::1111", "2a00:1450::1", "2002:808:808::", "64:ff9b::808:808"}) {
    EXPECT_TRUE(is_public(address(open))) << open;
  }
}

class Fetch : public testing::Test {
 protected:
  Fetch() {
    world.network.serve("93.184.216.34", 80, [this](const FakeRequest& request) {
      last = request;
      if (request.target == "/moved") return FakeReply::http(302, "gone", "Location: /file?x=1\r\n");
      if (request.target == "/inside") return FakeReply::http(302, {}, "Location: http://10.0.0.1/secret\r\n");
      if (request.target == "/metadata") return FakeReply::http(307, {}, "Location: http://169.254.169.254/\r\n");
      if (request.target == "/by-name") return FakeReply::http(302, {}, "Location: http://inside.example/\r\n");
      if (request.target == "/other") return FakeReply::http(302, {}, "Location: http://93.184.216.35/\r\n");
      if (request.target == "/circle") return FakeReply::http(302, {}, "Location: /circle\r\n");
      if (request.target == "/disk") return FakeReply::http(302, {}, "Location: file:///etc/passwd\r\n");
      if (request.target == "/ftp") return FakeReply::http(302, {}, "Location: ftp://93.184.216.34/\r\n");
      if (request.target.starts_with("/missing")) return FakeReply::http(404);
      if (request.target == "/forbidden") return FakeReply::http(403);
      if (request.target == "/teapot") return FakeReply::http(418);
      if (request.target == "/busy") return FakeReply::http(503, {}, "Retry-After: 7\r\n");
      return FakeReply::http(200, "content");
    });
    for (const char* host : {"93.184.216.35", "10.0.0.1", "169.254.169.254", "inside.example"}) {
      world.network.serve(host, 80, [this](const FakeRequest& request) {
        last = request;
        return FakeReply::http(200, "other");
      });
    }
  }
  Result<std::string> get(const std::string& url) {
    return [](Env& env, std::string from, FetchOptions with) -> Task<std::string> {
      Task<std::unique_ptr<HttpResponse>> fetching = fetch(env, std::move(from), with);
      const std::unique_ptr<HttpResponse> response = co_await fetching;
      Task<Bytes> reading = response->read_all(1000);
      const Bytes body = co_await reading;
      co_return body.to_string();
    }(world.env, url, options)
                                                                    .result();
  }
  ErrorCode failure(const std::string& url) {
    const Result<std::string> result = get(url);
    if (result.ok()) return ErrorCode::internal;
    message = result.error().what();
    return result.error().code();
  }
  test::FakeWorld world;
  FetchOptions options;
  FakeRequest last;
  std::string message;
};

TEST_F(Fetch, gives_the_response_after_redirects) {
  EXPECT_EQ(get("http://93.184.216.34/file").take(), "content");
  EXPECT_EQ(get("HTTP://93.184.216.34/moved").take(), "content");
  EXPECT_EQ(last.target, "/file?x=1");
}

TEST_F(Fetch, encodes_letters_beyond_ascii) {
  EXPECT_EQ(get("http://93.184.216.34/caff\xc3\xa8").take(), "content");
  EXPECT_EQ(last.target, "/caff%C3%A8");
}

TEST_F(Fetch, sends_the_password_of_a_url_to_its_own_host_only_and_shows_it_nowhere) {
  EXPECT_EQ(get("http://me:pass%21@93.184.216.34/file").take(), "content");
  EXPECT_EQ(last.header("authorization"), "Basic bWU6cGFzcyE=");
  EXPECT_EQ(get("http://me:pass@93.184.216.34/other").take(), "other");
  EXPECT_EQ(last.header("authorization"), "");
  EXPECT_EQ(failure("http://me:pass@93.184.216.34/missing?token=secret"), ErrorCode::not_found);
  EXPECT_EQ(message.substr(0, message.find("404")), "Failed to download http://93.184.216.34/missing: HTTP ");
}

TEST_F(Fetch, refuses_what_is_no_http_url) {
  for (const char* url : {"", "ftp://host/a", "file:///etc/passwd", "http://", "http:///path", "//host", "a b",
                          "http://host/a b", "http://host:99999/", "http://ho\r\nst/", "data:text/plain,x"}) {
    EXPECT_EQ(failure(url), ErrorCode::invalid_argument) << url;
    EXPECT_NE(message.find("Invalid URL"), std::string::npos) << message;
  }
}

TEST_F(Fetch, refuses_limits_that_make_no_sense) {
  options.timeout = 0;
  EXPECT_EQ(failure("http://93.184.216.34/"), ErrorCode::invalid_argument);
  options = {};
  options.total_timeout = -1;
  EXPECT_EQ(failure("http://93.184.216.34/"), ErrorCode::invalid_argument);
  options = {};
  options.max_redirects = -1;
  EXPECT_EQ(failure("http://93.184.216.34/"), ErrorCode::invalid_argument);
}

TEST_F(Fetch, follows_only_so_many_redirects) {
  EXPECT_EQ(failure("http://93.184.216.34/circle"), ErrorCode::protocol);
  EXPECT_NE(message.find("Failed to download http://93.184.216.34/circle"), std::string::npos);
  EXPECT_EQ(world.network.requests(), 11U);
  options.max_redirects = 0;
  EXPECT_EQ(failure("http://93.184.216.34/moved"), ErrorCode::protocol);
}

TEST_F(Fetch, follows_a_redirect_to_http_and_https_only) {
  EXPECT_EQ(failure("http://93.184.216.34/disk"), ErrorCode::protocol);
  EXPECT_EQ(failure("http://93.184.216.34/ftp"), ErrorCode::protocol);
}

TEST_F(Fetch, of_public_addresses_only_refuses_others_by_number_and_by_name) {
  options.public_only = true;
  EXPECT_EQ(get("http://93.184.216.34/file").take(), "content");
  const std::size_t before = world.network.opened();
  // The fake network gives a name the address 10.x.
  for (const char* url : {"http://10.0.0.1/", "http://169.254.169.254/latest", "http://inside.example/",
                          "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/"}) {
    EXPECT_EQ(failure(url), ErrorCode::permission_denied) << url << " " << message;
    EXPECT_NE(message.find("Failed to download"), std::string::npos);
  }
  EXPECT_EQ(world.network.opened(), before);
}

TEST_F(Fetch, of_public_addresses_only_refuses_them_on_redirects_too) {
  EXPECT_EQ(get("http://93.184.216.34/inside").take(), "other");
  options.public_only = true;
  EXPECT_EQ(get("http://93.184.216.34/other").take(), "other");
  EXPECT_EQ(failure("http://93.184.216.34/inside"), ErrorCode::permission_denied);
  EXPECT_EQ(failure("http://93.184.216.34/metadata"), ErrorCode::permission_denied);
  EXPECT_EQ(failure("http://93.184.216.34/by-name"), ErrorCode::permission_denied);
}

TEST_F(Fetch, does_not_reuse_a_connection_to_an_inner_address_for_public_only) {
  EXPECT_EQ(get("http://10.0.0.1/").take(), "other");
  options.public_only = true;
  EXPECT_EQ(failure("http://10.0.0.1/"), ErrorCode::permission_denied);
}

TEST_F(Fetch, types_the_failures_of_servers) {
  EXPECT_EQ(failure("http://93.184.216.34/missing"), ErrorCode::not_found);
  EXPECT_EQ(failure("http://93.184.216.34/forbidden"), ErrorCode::io);
  EXPECT_EQ(failure("http://93.184.216.34/teapot"), ErrorCode::io);
  EXPECT_EQ(failure("http://93.184.216.34/busy"), ErrorCode::throttled);
  EXPECT_EQ(failure("http://93.184.216.99/"), ErrorCode::connection);
  EXPECT_NE(message.find("Failed to download http://93.184.216.99/"), std::string::npos);
}

}  // namespace
}  // namespace genro::storage
