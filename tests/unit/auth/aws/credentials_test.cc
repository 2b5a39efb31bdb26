#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include "auth/aws/credentials_chain.h"
#include "auth/aws/credentials_sources.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "fakes/loopback_http.h"
#include "fakes/virtual_time.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

using test::FakeAnswer;
using test::FakeRequest;
using test::LoopbackHttp;
using testing::HasSubstr;

constexpr const char* kStsAnswer =
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>"
    "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</"
    "SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

class CredentialsChain : public testing::Test {
 protected:
  CredentialsChain() {
    std::string name = (std::filesystem::temp_directory_path() / "genro-credentials-XXXXXX").string();
    home_ = mkdtemp(name.data());
    std::filesystem::create_directories(home_ / ".aws/sso/cache");
    variables_["HOME"] = home_.string();
    variables_["AWS_EC2_METADATA_DISABLED"] = "true";
  }
  ~CredentialsChain() override { std::filesystem::remove_all(home_); }

  void file(const std::string& name, const std::string& text) { std::ofstream(home_ / name, std::ios::binary) << text; }

  CredentialsContext context(std::string profile = {}) {
    CredentialsContext result;
    result.env = &Env::system();
    result.variable = [this](const char* name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    result.profile = std::move(profile);
    return result;
  }
  Credentials find(std::string profile = {}) {
    return *make_credentials_chain(context(std::move(profile)))->get().get();
  }
  Error fail(std::string profile = {}) {
    return make_credentials_chain(context(std::move(profile)))->get().result().error();
  }

  std::filesystem::path home_;
  std::map<std::string, std::string> variables_;
};

TEST_F(CredentialsChain, with_nothing_set_up_the_error_says_where_it_looked) {
  const Error error = fail();
  EXPECT_EQ(error.code(), ErrorCode::unauthenticated);
  EXPECT_THAT(error.what(), HasSubstr("environment, web identity, profile default, container, instance metadata"));
}

TEST_F(CredentialsChain, the_environment_comes_before_the_default_profile) {
  file(".aws/credentials", "[default]\naws_access_key_id = FILE\naws_secret_access_key = file-secret\n");
  EXPECT_EQ(find().access_key, "FILE");
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  variables_["AWS_SESSION_TOKEN"] = "env-token";
  const Credentials found = find();
  EXPECT_EQ(found.access_key, "ENV");
  EXPECT_EQ(found.session_token, "env-token");
  EXPECT_EQ(found.source, "environment");
}

TEST_F(CredentialsChain, a_profile_named_in_the_configuration_comes_before_the_environment) {
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "env-secret";
  file(".aws/credentials", "[dev]\naws_access_key_id=DEV\naws_secret_access_key=x ; a comment\n");
  EXPECT_EQ(find("dev").access_key, "DEV");
  EXPECT_EQ(find("dev").secret_key, "x");
}

TEST_F(CredentialsChain, a_named_profile_that_does_not_exist_is_an_error_that_names_it) {
  const Error error = fail("missing");
  EXPECT_EQ(error.code(), ErrorCode::config);
  EXPECT_THAT(error.what(), HasSubstr("profile missing"));
}

TEST_F(CredentialsChain, a_role_is_assumed_with_the_source_profiles_keys) {
  LoopbackHttp sts([](const FakeRequest&) { return FakeAnswer{200, kStsAnswer}; });
  variables_["AWS_ENDPOINT_URL_STS"] = sts.url();
  file(".aws/config",
       "[profile admin]\nrole_arn = arn:aws:iam::1:role/admin\nsource_profile = base\nexternal_id = e x\nregion = "
       "eu-west-1\n");
  file(".aws/credentials", "[base]\naws_access_key_id = BASE\naws_secret_access_key = base-secret\n");
  const Credentials found = find("admin");
  EXPECT_EQ(found.access_key, "ASIAROLE");
  EXPECT_EQ(found.session_token, "role-token");
  EXPECT_EQ(found.expires_at, 4070908800LL * 1'000'000'000);
  const FakeRequest request = sts.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_THAT(request.body, HasSubstr("Action=AssumeRole"));
  EXPECT_THAT(request.body, HasSubstr("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fadmin"));
  EXPECT_THAT(request.body, HasSubstr("ExternalId=e%20x"));
  EXPECT_THAT(request.header("authorization"), HasSubstr("Credential=BASE/"));
  EXPECT_THAT(request.header("authorization"), HasSubstr("/eu-west-1/sts/aws4_request"));
}

TEST_F(CredentialsChain, a_circle_of_source_profiles_is_an_error) {
  file(".aws/config", "[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a\n");
  EXPECT_THAT(fail("a").what(), HasSubstr("circle"));
}

TEST_F(CredentialsChain, a_refused_role_says_what_the_service_said) {
  LoopbackHttp sts([](const FakeRequest&) {
    return FakeAnswer{
        403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not for you</Message></Error></ErrorResponse>"};
  });
  variables_["AWS_ENDPOINT_URL_STS"] = sts.url();
  file(".aws/config", "[profile a]\nrole_arn=r\ncredential_source=Environment\n");
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "very-secret";
  const Error error = fail("a");
  EXPECT_EQ(error.code(), ErrorCode::unauthenticated);
  EXPECT_THAT(error.what(), HasSubstr("403, AccessDenied: not for you"));
  EXPECT_THAT(error.what(), testing::Not(HasSubstr("very-secret")));
}

TEST_F(CredentialsChain, a_web_identity_token_is_read_and_sent_unsigned) {
  LoopbackHttp sts([](const FakeRequest&) { return FakeAnswer{200, kStsAnswer}; });
  variables_["AWS_ENDPOINT_URL_STS"] = sts.url();
  variables_["AWS_ROLE_ARN"] = "role";
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = (home_ / "token").string();
  EXPECT_THAT(fail().what(), HasSubstr("token file is missing"));
  file("token", "the.token\n");
  EXPECT_EQ(find().access_key, "ASIAROLE");
  EXPECT_THAT(sts.requests().at(0).body, HasSubstr("WebIdentityToken=the.token"));
  EXPECT_EQ(sts.requests().at(0).header("authorization"), "");
}

TEST_F(CredentialsChain, a_process_prints_credentials_and_its_failure_is_reported) {
  file(".aws/config",
       "[profile p]\ncredential_process = printf "
       "'{\"Version\":1,\"AccessKeyId\":\"PROC\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}'\n"
       "[profile bad]\ncredential_process = exit 3\n"
       "[profile endless]\ncredential_process = yes\n");
  EXPECT_EQ(find("p").access_key, "PROC");
  EXPECT_EQ(find("p").session_token, "t");
  EXPECT_THAT(fail("bad").what(), HasSubstr("credential_process failed"));
  EXPECT_THAT(fail("endless").what(), HasSubstr("more than 64 KiB"));
}

TEST_F(CredentialsChain, single_sign_on_exchanges_the_cached_token) {
  LoopbackHttp portal([](const FakeRequest& request) {
    if (request.header("x-amz-sso_bearer_token") != "sso-token") return FakeAnswer{401, ""};
    return FakeAnswer{
        200,
        R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}})"};
  });
  variables_["AWS_ENDPOINT_URL_SSO"] = portal.url();
  file(".aws/config",
       "[profile s]\nsso_session = corp\nsso_account_id = 42\nsso_role_name = Dev\n"
       "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n");
  EXPECT_THAT(fail("s").what(), HasSubstr("aws sso login"));
  const std::string cache = ".aws/sso/cache/" + hex_encode(Sha1::of("corp")) + ".json";
  file(cache, R"({"accessToken":"sso-token","expiresAt":"2001-01-01T00:00:00Z"})");
  EXPECT_THAT(fail("s").what(), HasSubstr("has expired"));
  file(cache, R"({"accessToken":"sso-token","expiresAt":"2099-01-01T00:00:00Z"})");
  EXPECT_EQ(find("s").access_key, "SSO");
  EXPECT_EQ(portal.requests().at(0).target, "/federation/credentials?account_id=42&role_name=Dev");
}

TEST_F(CredentialsChain, a_container_is_asked_with_its_token_but_never_a_stranger_in_the_clear) {
  LoopbackHttp service([](const FakeRequest& request) {
    if (request.header("authorization") != "pod-token") return FakeAnswer{403, ""};
    return FakeAnswer{200,
                      R"({"AccessKeyId":"POD","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"})"};
  });
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service.url() + "/v1/credentials";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = (home_ / "pod").string();
  file("pod", "pod-token\n");
  EXPECT_EQ(find().access_key, "POD");
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://metadata.example/steal";
  EXPECT_THAT(fail().what(), HasSubstr("neither https nor on this machine"));
}

TEST_F(CredentialsChain, instance_metadata_is_asked_with_a_session_token) {
  LoopbackHttp service([](const FakeRequest& request) {
    if (request.method == "PUT" && request.target == "/latest/api/token") return FakeAnswer{200, "imds-token"};
    if (request.header("x-aws-ec2-metadata-token") != "imds-token") return FakeAnswer{401, ""};
    if (request.target == "/latest/meta-data/iam/security-credentials/") return FakeAnswer{200, "web-role\n"};
    if (request.target == "/latest/meta-data/iam/security-credentials/web-role") {
      return FakeAnswer{
          200, R"({"AccessKeyId":"EC2","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"})"};
    }
    return FakeAnswer{404, ""};
  });
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service.url() + "/";
  variables_["AWS_METADATA_SERVICE_TIMEOUT"] = "60";  // a busy machine has no second to keep
  EXPECT_EQ(find().access_key, "EC2");
}

TEST_F(CredentialsChain, instance_metadata_may_take_as_long_as_the_environment_says) {
  std::promise<void> given_up;
  LoopbackHttp service([first = true, wait = given_up.get_future().share()](const FakeRequest& request) mutable {
    if (std::exchange(first, false)) wait.wait();
    if (request.method == "PUT") {
      std::this_thread::sleep_for(std::chrono::milliseconds(1200));  // more than the second that it has by itself
      return FakeAnswer{200, "imds-token"};
    }
    if (request.target == "/latest/meta-data/iam/security-credentials/") return FakeAnswer{200, "role"};
    return FakeAnswer{200, R"({"AccessKeyId":"LATE","SecretAccessKey":"s","Token":"t"})"};
  });
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service.url();
  variables_["AWS_METADATA_SERVICE_TIMEOUT"] = "1s";  // is no number: as if it were not there
  EXPECT_EQ(fail().code(), ErrorCode::unauthenticated);
  given_up.set_value();
  variables_["AWS_METADATA_SERVICE_TIMEOUT"] = "60";
  EXPECT_EQ(find().access_key, "LATE");
}

/// Counts its fetches; each takes a while and gives credentials that live for ten minutes.
class SlowSource final : public CredentialsSource {
 public:
  SlowSource(Clock& clock, int& fetches, bool& fails) : clock_(clock), fetches_(fetches), fails_(fails) {}
  std::string name() const override { return "slow"; }
  Task<std::optional<Credentials>> fetch() override {
    Context& context = co_await current_context();
    ++fetches_;
    const WaitStatus status = co_await sleep_until(loop_of(context).now() + std::chrono::seconds(1));
    if (status == WaitStatus::stopped) throw_wait(status, context, "fetch");
    if (fails_) throw Error(ErrorCode::connection, "no answer");
    Credentials found;
    found.access_key = "K" + std::to_string(fetches_);
    found.secret_key = "s";
    found.expires_at = clock_.wall_ns() + 600'000'000'000;
    co_return found;
  }

 private:
  Clock& clock_;
  int& fetches_;
  bool& fails_;
};

class RefreshedChain : public testing::Test {
 protected:
  RefreshedChain() : env_(Env::system()) {
    env_.clock = &time_.clock();
    std::vector<std::unique_ptr<CredentialsSource>> sources;
    sources.push_back(std::make_unique<SlowSource>(time_.clock(), fetches_, fails_));
    provider_ = make_credentials_chain(env_, std::move(sources));
  }
  std::string get() { return provider_->get().get()->access_key; }

  test::VirtualTime time_;
  Env env_;
  int fetches_ = 0;
  bool fails_ = false;
  std::shared_ptr<CredentialsProvider> provider_;
};

TEST_F(RefreshedChain, all_who_wait_share_one_fetch) {
  CredentialsProvider& provider = *provider_;
  for_each_parallel(50, 0, [&provider](std::size_t) -> Task<void> {
    return [](CredentialsProvider& shared) -> Task<void> {
      Task<std::shared_ptr<const Credentials>> getting = shared.get();
      const auto found = co_await getting;
      if (found->access_key != "K1") throw Error(ErrorCode::internal, found->access_key);
    }(provider);
  }).get();
  EXPECT_EQ(fetches_, 1);
}

TEST_F(RefreshedChain, all_who_wait_share_one_failure) {
  fails_ = true;
  CredentialsProvider& provider = *provider_;
  int failures = 0;
  for_each_parallel(50, 0, [&](std::size_t) -> Task<void> {
    return [](CredentialsProvider& shared, int& counted) -> Task<void> {
      Task<std::shared_ptr<const Credentials>> getting = shared.get();
      const auto found = co_await getting.as_result();
      counted += found.ok() ? 0 : 1;
    }(provider, failures);
  }).get();
  EXPECT_EQ(failures, 50);
  EXPECT_EQ(fetches_, 1);
  fails_ = false;
  EXPECT_EQ(get().front(), 'K');  // who comes later looks anew
}

TEST_F(RefreshedChain, fresh_ones_are_kept_and_old_ones_are_replaced_ahead_of_expiry) {
  EXPECT_EQ(get(), "K1");
  EXPECT_NE(provider_->cached(), nullptr);
  time_.clock().advance(std::chrono::seconds(299));
  EXPECT_EQ(get(), "K1");
  time_.clock().advance(std::chrono::seconds(2));
  EXPECT_EQ(provider_->cached(), nullptr);
  EXPECT_EQ(get(), "K2");
}

TEST_F(RefreshedChain, a_failed_refresh_lets_valid_ones_serve_until_they_expire) {
  EXPECT_EQ(get(), "K1");
  fails_ = true;
  time_.clock().advance(std::chrono::seconds(400));
  EXPECT_EQ(get(), "K1");
  EXPECT_EQ(get(), "K1");
  EXPECT_EQ(fetches_, 2);
  time_.clock().advance(std::chrono::seconds(200));
  EXPECT_THROW(get(), Error);
  fails_ = false;
  EXPECT_EQ(get().front(), 'K');
}

TEST_F(RefreshedChain, refused_ones_are_fetched_anew_once) {
  const auto refused = provider_->get().get();
  provider_->invalidate(refused);
  EXPECT_EQ(get(), "K2");
  provider_->invalidate(refused);
  EXPECT_EQ(get(), "K2");
}

TEST(AwsProfiles, sections_comments_and_nested_settings_are_read_as_the_tools_do) {
  const AwsProfiles profiles = AwsProfiles::parse(
      "# head\n[default]\nregion = eu-west-1 # there\ns3 =\n  max_concurrent_requests = 20\n[profile  two "
      "words]\nkey=a#b\n[broken\nx=1\n",
      "[default]\naws_access_key_id=A\n[plain]\naws_access_key_id=B\n");
  ASSERT_NE(profiles.profile("default"), nullptr);
  EXPECT_EQ(value_of(*profiles.profile("default"), "region"), "eu-west-1");
  EXPECT_EQ(value_of(*profiles.profile("default"), "aws_access_key_id"), "A");
  EXPECT_EQ(value_of(*profiles.profile("default"), "max_concurrent_requests"), std::nullopt);
  EXPECT_EQ(value_of(*profiles.profile("two words"), "key"), "a#b");
  EXPECT_EQ(value_of(*profiles.profile("plain"), "aws_access_key_id"), "B");
  EXPECT_EQ(profiles.profile("profile two words"), nullptr);
}

}  // namespace
}  // namespace genro::storage
