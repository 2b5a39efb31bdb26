// What the backend makes of answers that a good server would not give at will: limits, refusals, other sizes.
#include "backends/github/github.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "backends/github/options.h"
#include "fakes/scripted_transport.h"

namespace genro::storage::github {
namespace {

using test::Asked;
using test::ScriptedAnswer;
using testing::HasSubstr;

constexpr std::int64_t kWall = 1'700'000'000;

class SetClock final : public Clock {
 public:
  TimePoint now() noexcept override { return TimePoint(Duration(std::chrono::seconds(passed))); }
  std::int64_t wall_ns() noexcept override { return (kWall + passed) * 1'000'000'000; }
  std::int64_t passed = 0;
};

const std::string kCommit(40, 'c');
const std::string kTree(40, 'd');
const std::string kHello = "ce013625030ba8dba906f756967f9e9ca394464a";

std::string commit_text(const std::string& id = kCommit) {
  return R"({"sha":")" + id + R"(","commit":{"tree":{"sha":")" + kTree +
         R"("},"committer":{"date":"2023-11-14T00:00:00Z"}}})";
}

class ScriptedGithub : public testing::Test {
 protected:
  /// Answers as a repository with the file "hello" whatever `special` leaves to it.
  void start(std::function<std::optional<ScriptedAnswer>(const Asked&)> special, ConfigMap more = {}) {
    env_.clock = &clock_;
    script_->answer = [special](const Asked& asked) -> ScriptedAnswer {
      if (std::optional<ScriptedAnswer> answer = special(asked)) return *answer;
      if (asked.target.find("/commits/") != std::string::npos)
        return {"HTTP/1.1 200 OK\nETag: W/\"1\"\n", commit_text()};
      if (asked.target.find("/commits") != std::string::npos)
        return {"HTTP/1.1 200 OK\nETag: W/\"1\"\n", "[" + commit_text() + "]"};
      if (asked.target.find("/git/trees/") != std::string::npos) {
        return {"HTTP/1.1 200 OK\n", R"({"tree":[{"path":"hello","mode":"100644","type":"blob","size":6,"sha":")" +
                                         kHello + R"("}],"truncated":false})"};
      }
      return {"HTTP/1.1 200 OK\n", "hello\n"};
    };
    ConfigMap values{{"org", "o"}, {"repo", "r"}};
    for (auto& value : more) values.push_back(std::move(value));
    const std::shared_ptr<test::Script> script = script_;
    backend_ = make_github({MountOptions("gh", "github", std::move(values), kGithubOptions), env_},
                           [script](const HttpEndpoint& endpoint, const HttpOptions&) {
                             return std::make_shared<test::ScriptedTransport>(script, endpoint.host_header());
                           });
  }
  Error failure(const std::string& path = "hello") {
    const auto result = backend_->read(path, {}).result();
    if (result.ok()) return Error(ErrorCode::internal, "no failure");
    return result.error();
  }
  std::string get(const std::string& path = "hello") {
    const std::unique_ptr<Reader> reader = backend_->read(path, {}).get();
    return reader->read_all().get().to_string();
  }

  SetClock clock_;
  Env env_ = Env::system();
  std::shared_ptr<test::Script> script_ = std::make_shared<test::Script>();
  std::shared_ptr<Backend> backend_;
};

std::optional<ScriptedAnswer> nothing_special(const Asked&) { return std::nullopt; }

auto refusing(std::string head, std::string message) {
  return [head = std::move(head), message = std::move(message)](const Asked&) -> std::optional<ScriptedAnswer> {
    return ScriptedAnswer{head, "{\"message\":\"" + message + "\"}"};
  };
}

TEST_F(ScriptedGithub, reads_a_file_with_three_requests_and_asks_again_for_none_of_them_but_the_content) {
  start(nothing_special);
  EXPECT_EQ(get(), "hello\n");
  EXPECT_EQ(script_->asked.size(), 3U);
  EXPECT_EQ(get(), "hello\n");
  EXPECT_EQ(script_->asked.size(), 4U);
  EXPECT_EQ(script_->asked[0].host, "api.github.com");
  EXPECT_EQ(script_->asked[0].target, "/repos/o/r/commits?per_page=1");
  EXPECT_TRUE(script_->asked[0].has("accept: application/vnd.github+json"));
  EXPECT_TRUE(script_->asked[2].has("accept: application/vnd.github.raw+json"));
}

TEST_F(ScriptedGithub, looks_a_branch_up_again_when_it_is_old_by_a_conditional_request) {
  start(
      [](const Asked& asked) -> std::optional<ScriptedAnswer> {
        if (!asked.has("if-none-match: W/\"1\"")) return std::nullopt;
        return ScriptedAnswer{"HTTP/1.1 304 Not Modified\n", ""};
      },
      {{"sha", "feature/x y"}, {"token", "t"}});
  EXPECT_TRUE(backend_->stat("hello").get());
  EXPECT_EQ(script_->asked[0].target, "/repos/o/r/commits/feature/x%20y?per_page=1");
  clock_.passed = 59;
  EXPECT_TRUE(backend_->stat("hello").get());
  EXPECT_EQ(script_->asked.size(), 2U);
  clock_.passed = 61;
  EXPECT_TRUE(backend_->stat("hello").get());
  EXPECT_EQ(script_->asked.size(), 3U);
  EXPECT_TRUE(script_->asked[2].has("if-none-match: W/\"1\""));
  clock_.passed = 100;
  EXPECT_TRUE(backend_->stat("hello").get());
  EXPECT_EQ(script_->asked.size(), 3U);
}

TEST_F(ScriptedGithub, never_looks_up_again_what_is_a_commit_or_is_not_to_be_refreshed) {
  for (ConfigMap more :
       {ConfigMap{{"sha", kCommit}}, ConfigMap{{"refresh", std::numeric_limits<double>::infinity()}}}) {
    script_->asked.clear();
    start(nothing_special, std::move(more));
    for (clock_.passed = 0; clock_.passed < 1'000'000; clock_.passed += 500'000) backend_->stat("hello").get();
    EXPECT_EQ(script_->asked.size(), 2U);
  }
}

TEST_F(ScriptedGithub, a_limit_that_is_used_up_names_its_end_and_nothing_more_is_sent_until_then) {
  start(refusing(
      "HTTP/1.1 403 Forbidden\nX-RateLimit-Limit: 60\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1700000090\n",
      "API rate limit exceeded"));
  const Error first = failure();
  EXPECT_EQ(first.code(), ErrorCode::throttled);
  EXPECT_NEAR(first.retry_after(), 90, 0.001);
  EXPECT_THAT(first.what(), HasSubstr("2023-11-14T22:14:50Z"));
  EXPECT_THAT(first.what(), HasSubstr("(60)"));
  EXPECT_THAT(first.what(), HasSubstr("with a 'token'"));
  clock_.passed = 30;
  const Error second = failure();
  EXPECT_EQ(second.code(), ErrorCode::throttled);
  EXPECT_NEAR(second.retry_after(), 60, 0.001);
  EXPECT_THAT(second.what(), HasSubstr("2023-11-14T22:14:50Z"));
  EXPECT_EQ(script_->asked.size(), 1U);
  clock_.passed = 91;
  EXPECT_EQ(failure().code(), ErrorCode::throttled);
  EXPECT_EQ(script_->asked.size(), 2U);
}

TEST_F(ScriptedGithub, the_end_of_a_limit_is_told_by_the_servers_clock) {
  start(
      refusing("HTTP/1.1 429 Too Many\nDate: Tue, 14 Nov 2023 22:14:20 GMT\nX-RateLimit-Remaining: 0\n"
               "X-RateLimit-Reset: 1700000090\n",
               "limit"));
  EXPECT_NEAR(failure().retry_after(), 30, 0.001);
}

TEST_F(ScriptedGithub, a_secondary_limit_is_waited_for_as_it_says_or_a_minute) {
  start(refusing("HTTP/1.1 403 Forbidden\nRetry-After: 7\n", "You have exceeded a secondary rate limit"),
        {{"token", "t"}});
  EXPECT_NEAR(failure().retry_after(), 7, 0.001);
  clock_.passed = 8;
  script_->answer = [](const Asked&) {
    return ScriptedAnswer{"HTTP/1.1 403 Forbidden\n", R"({"message":"You have exceeded a secondary rate limit"})"};
  };
  const Error error = failure();
  EXPECT_EQ(error.code(), ErrorCode::throttled);
  EXPECT_NEAR(error.retry_after(), 60, 0.001);
  EXPECT_THAT(error.what(), HasSubstr("secondary"));
}

TEST_F(ScriptedGithub, other_refusals_are_told_apart_and_show_no_token) {
  struct Case {
    const char* head;
    const char* message;
    ErrorCode code;
    const char* says;
  };
  for (const Case& refusal : {
           Case{"HTTP/1.1 401 No\n", "Bad credentials", ErrorCode::unauthenticated, "wrong, expired or revoked"},
           Case{"HTTP/1.1 403 No\nX-RateLimit-Remaining: 12\n", "Resource not accessible", ErrorCode::permission_denied,
                "Resource not accessible"},
           Case{"HTTP/1.1 404 No\n", "Not Found", ErrorCode::not_found, "no repository o/r that the 'token' may read"},
           Case{"HTTP/1.1 409 No\n", "Git Repository is empty.", ErrorCode::not_found, "o/r is empty"},
           Case{"HTTP/1.1 451 No\n", "blocked", ErrorCode::permission_denied, "law"},
           Case{"HTTP/1.1 502 No\n", "", ErrorCode::unavailable, "502"},
       }) {
    start(refusing(refusal.head, refusal.message), {{"token", "very-secret"}});
    const Error error = failure();
    EXPECT_EQ(error.code(), refusal.code) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(refusal.says));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("very-secret")));
  }
}

TEST_F(ScriptedGithub, a_content_that_is_not_its_blob_is_corrupt) {
  start([](const Asked& asked) -> std::optional<ScriptedAnswer> {
    if (asked.target.find("/git/blobs/") == std::string::npos) return std::nullopt;
    return ScriptedAnswer{"HTTP/1.1 200 OK\n", "hellO\n"};
  });
  EXPECT_EQ(failure().code(), ErrorCode::corrupt);
}

TEST_F(ScriptedGithub, a_token_goes_with_each_request_and_a_user_makes_it_a_password) {
  start(nothing_special, {{"token", "t"}});
  get();
  for (const Asked& asked : script_->asked) EXPECT_TRUE(asked.has("authorization: Bearer t\r\n"));
  script_->asked.clear();
  start(nothing_special, {{"token", "t"}, {"username", "u"}});
  get();
  EXPECT_TRUE(script_->asked[0].has("authorization: Basic dTp0\r\n"));
}

TEST_F(ScriptedGithub, links_for_others_are_those_of_raw_files) {
  start(nothing_special, {{"sha", "v1"}, {"base_path", "docs"}});
  EXPECT_EQ(backend_->url("a b.txt", {}).get(), "https://raw.githubusercontent.com/o/r/v1/docs/a%20b.txt");
  start(nothing_special, {{"endpoint_url", "https://git.example.com/api/v3/"}});
  EXPECT_EQ(backend_->url("a", {}).get(), "https://git.example.com/o/r/raw/HEAD/a");
  EXPECT_TRUE(script_->asked.empty());
}

TEST_F(ScriptedGithub, a_file_above_what_the_api_gives_comes_from_the_host_of_raw_files_of_its_very_commit) {
  start(
      [](const Asked& asked) -> std::optional<ScriptedAnswer> {
        if (asked.target.find("/git/trees/") != std::string::npos) {
          return ScriptedAnswer{"HTTP/1.1 200 OK\n", R"({"tree":[{"path":"a b","mode":"100644","type":"blob",)"
                                                     R"("size":100000001,"sha":")" +
                                                         kHello + R"("}],"truncated":false})"};
        }
        if (asked.host != "raw.githubusercontent.com") return std::nullopt;
        return ScriptedAnswer{"HTTP/1.1 206 Partial Content\nContent-Range: bytes 99999996-100000000/100000001\n",
                              "tail!"};
      },
      {{"token", "t"}});
  ReadOptions options;
  options.range = {99'999'996, UINT64_MAX};
  const std::unique_ptr<Reader> reader = backend_->read("a b", options).get();
  EXPECT_EQ(reader->read_all().get().view(), "tail!");
  EXPECT_EQ(script_->asked.back().target, "/o/r/" + kCommit + "/a%20b");
  EXPECT_TRUE(script_->asked.back().has("range: bytes=99999996-"));
  EXPECT_TRUE(script_->asked.back().has("authorization: Bearer t\r\n"));
}

TEST_F(ScriptedGithub, of_a_repository_too_large_to_be_listed_at_once_a_folder_is) {
  const std::string folder(40, 'e');
  start([&](const Asked& asked) -> std::optional<ScriptedAnswer> {
    if (asked.target.find("/git/trees/" + folder + "?recursive=1") != std::string::npos) {
      return ScriptedAnswer{"HTTP/1.1 200 OK\n",
                            R"({"tree":[{"path":"b/hello","mode":"100644","type":"blob","size":6,"sha":")" + kHello +
                                R"("}],"truncated":false})"};
    }
    if (asked.target.find("/git/trees/") == std::string::npos) return std::nullopt;
    const bool whole = asked.target.find("recursive") != std::string::npos;
    return ScriptedAnswer{"HTTP/1.1 200 OK\n", R"({"tree":[{"path":"a","mode":"040000","type":"tree","sha":")" +
                                                   folder + R"("}],"truncated":)" + (whole ? "true}" : "false}")};
  });
  ListOptions all;
  all.recursive = true;
  const Page page = backend_->list("a", all).get();
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_EQ(page.entries[0].path, "a/b/hello");
  const Result<Page> root = backend_->list("", all).result();
  ASSERT_FALSE(root.ok());
  EXPECT_EQ(root.error().code(), ErrorCode::unsupported) << "so that whoever lists goes folder by folder";
}

TEST_F(ScriptedGithub, wrong_options_are_named) {
  for (const auto& [key, value] : ConfigMap{{"org", "a/b"},
                                            {"repo", ".."},
                                            {"endpoint_url", "ftp://x"},
                                            {"endpoint_url", "https://me:secret@host"},
                                            {"refresh", -1},
                                            {"token", "a\nb"},
                                            {"base_path", "../x"},
                                            {"username", "alone"}}) {
    ConfigMap values{{"org", "o"}, {"repo", "r"}};
    std::erase_if(values, [&key](const auto& pair) { return pair.first == key; });
    values.emplace_back(key, value);
    try {
      make_github({MountOptions("gh", "github", values, kGithubOptions), env_}, {});
      ADD_FAILURE() << key;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::config);
      EXPECT_THAT(error.what(), HasSubstr("'" + key + "'"));
      EXPECT_THAT(error.what(), testing::Not(HasSubstr("secret")));
    }
  }
}

}  // namespace
}  // namespace genro::storage::github
