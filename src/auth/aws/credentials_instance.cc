// Instance metadata service of EC2, version 2: a session token first, then the role's name, then its credentials.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
// Nobody answering means "not on EC2", which must be found out fast: a short time-out, AWS_METADATA_SERVICE_TIMEOUT seconds
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ec2-instance-metadata.html).
#include <algorithm>
#include <charconv>

#include "auth/aws/credentials_document.h"
#include "auth/aws/credentials_sources.h"
#include "auth/small_request.h"

namespace genro::storage {
namespace {

constexpr double kTimeout = 1;          // seconds, where the variable says nothing
constexpr double kLongestTimeout = 60;  // whatever it says

class InstanceSource final : public CredentialsSource {
 public:
  explicit InstanceSource(CredentialsContext context) : context_(std::move(context)) {}
  std::string name() const override { return "instance metadata"; }

  Task<std::optional<Credentials>> fetch() override {
    if (context_.variable_or("AWS_EC2_METADATA_DISABLED", "false") == "true") co_return std::nullopt;
    SmallRequest opening = request_to("/latest/api/token");
    opening.method = "PUT";
    opening.headers.emplace_back("X-aws-ec2-metadata-token-ttl-seconds", "21600");
    Task<SmallAnswer> asking = small_request(*context_.env, std::move(opening));
    Result<SmallAnswer> opened = co_await asking.as_result();
    if (!opened.ok()) {
      const ErrorCode code = opened.error().code();
      if (code == ErrorCode::cancelled) std::rethrow_exception(opened.exception());
      co_return std::nullopt;
    }
    if (!opened.value().ok()) co_return std::nullopt;
    const std::string token = opened.value().text;
    constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
    Task<SmallAnswer> listing = ask(std::string(kRoles), token);
    const SmallAnswer roles = co_await listing;
    if (roles.status == 404) co_return std::nullopt;  // an instance without a role
    if (!roles.ok()) throw refused(roles.status);
    const std::string role = roles.text.substr(0, roles.text.find_first_of("\r\n"));
    Task<SmallAnswer> getting = ask(std::string(kRoles) + role, token);
    const SmallAnswer answer = co_await getting;
    if (!answer.ok()) throw refused(answer.status);
    co_return credentials_from_json(answer.text, {}, name());
  }

 private:
  SmallRequest request_to(const std::string& path) const {
    SmallRequest request;
    const bool v6 = context_.variable_or("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv4") == "IPv6";
    std::string base = context_.variable_or("AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                            v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
    while (!base.empty() && base.back() == '/') base.pop_back();
    request.url = base + path;
    request.timeout = seconds(timeout());
    request.skip_proxy = true;
    return request;
  }
  double timeout() const {
    const std::string text = context_.variable_or("AWS_METADATA_SERVICE_TIMEOUT", "");
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = error == std::errc() && end == text.data() + text.size() && value > 0;
    return good ? std::min(value, kLongestTimeout) : kTimeout;
  }
  Task<SmallAnswer> ask(std::string path, std::string token) {
    SmallRequest request = request_to(path);
    request.headers.emplace_back("X-aws-ec2-metadata-token", std::move(token));
    return small_request(*context_.env, std::move(request));
  }
  Error refused(int status) const {
    return credentials_failure(name(), "the service answered " + std::to_string(status));
  }

  CredentialsContext context_;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_instance_source(CredentialsContext context) {
  return std::make_unique<InstanceSource>(std::move(context));
}

}  // namespace genro::storage
