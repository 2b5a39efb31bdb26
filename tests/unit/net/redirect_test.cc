#include "net/redirect.h"

#include <gtest/gtest.h>

#include "fakes/fake_network.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

using test::FakeReply;
using test::FakeRequest;

class Redirect : public testing::Test {
 protected:
  Redirect() {
    options.proxy = "direct";
    world.network.serve("10.0.0.1", 80, [this](const FakeRequest& request) {
      if (request.target == "/here") return FakeReply::http(302, "moved", "Location: there?x=1\r\n");
      if (request.target == "/away") return FakeReply::http(307, {}, "Location: http://10.0.0.2/other\r\n");
      if (request.target == "/loop") return FakeReply::http(301, {}, "Location: /loop\r\n");
      if (request.target == "/ftp") return FakeReply::http(301, {}, "Location: ftp://10.0.0.2/\r\n");
      if (request.target == "/folder?x=1") return FakeReply::http(301, {}, "Location: /folder/?x=1\r\n");
      if (request.target == "/a/folder") return FakeReply::http(301, {}, "Location: /folder/\r\n");
      last = request;
      return FakeReply::http(200, "home");
    });
    world.network.serve("10.0.0.2", 80, [this](const FakeRequest& request) {
      last = request;
      return FakeReply::http(200, "away");
    });
  }
  Result<int> status(std::string_view method, std::string target) {
    HttpRequest request;
    request.method = method;
    request.target = std::move(target);
    request.add_header("Authorization", "secret")
        .add_header("Private-Token", "secret")
        .add_header("Range", "bytes=0-1");
    const auto transport =
        make_redirecting_client(world.env, HttpEndpoint::parse("http://10.0.0.1"), options, redirects);
    return [](std::shared_ptr<HttpTransport> by, HttpRequest sent) -> Task<int> {
      Task<std::unique_ptr<HttpResponse>> sending = by->send(std::move(sent));
      const std::unique_ptr<HttpResponse> response = co_await sending;
      co_return response->status();
    }(transport, std::move(request))
                                                                          .result();
  }
  test::FakeWorld world;
  HttpOptions options;
  RedirectOptions redirects;
  FakeRequest last;
};

TEST_F(Redirect, is_followed_on_the_same_host_with_everything) {
  EXPECT_EQ(status("GET", "/here").take(), 200);
  EXPECT_EQ(last.target, "/there?x=1");
  EXPECT_EQ(last.header("authorization"), "secret");
  EXPECT_EQ(world.network.opened(), 1U);
}

TEST_F(Redirect, leaves_all_but_the_question_behind_when_it_goes_to_another_host) {
  EXPECT_EQ(status("GET", "/away").take(), 200);
  EXPECT_EQ(last.target, "/other");
  EXPECT_EQ(last.header("host"), "10.0.0.2");
  EXPECT_EQ(last.header("authorization"), "");
  EXPECT_EQ(last.header("private-token"), "");
  EXPECT_EQ(last.header("range"), "bytes=0-1");
}

TEST_F(Redirect, is_not_followed_for_a_request_that_changes_something) {
  EXPECT_EQ(status("PUT", "/here").take(), 302);
}

TEST_F(Redirect, that_only_adds_a_slash_is_an_answer_for_who_wants_to_know_folders) {
  EXPECT_EQ(status("GET", "/folder?x=1").take(), 200);
  redirects.return_folder_redirects = true;
  EXPECT_EQ(status("GET", "/folder?x=1").take(), 301);
  EXPECT_EQ(status("GET", "/here").take(), 200);
  EXPECT_EQ(status("GET", "/a/folder").take(), 200);
  redirects.return_misplaced_folders = true;
  EXPECT_EQ(status("GET", "/a/folder").take(), 301) << "the server forgets what its own path begins with";
}

TEST_F(Redirect, ends_with_an_error_when_it_goes_in_circles_or_nowhere) {
  EXPECT_EQ(status("GET", "/loop").error().code(), ErrorCode::protocol);
  EXPECT_EQ(status("GET", "/ftp").error().code(), ErrorCode::protocol);
}

}  // namespace
}  // namespace genro::storage
