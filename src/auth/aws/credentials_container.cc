// Credentials of a container: ECS tasks (relative URI at a fixed address) and EKS Pod Identity (full URI with a token file).
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
#include "auth/aws/credentials_document.h"
#include "auth/aws/credentials_sources.h"
#include "auth/small_file.h"
#include "auth/small_request.h"
#include "loop/offload.h"
#include "net/uri.h"

namespace genro::storage {
namespace {

/// Without TLS the token and the keys may only go to this machine and the platform's own link-local addresses.
bool may_be_plain(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1" || host == "169.254.170.2" ||
         host == "169.254.170.23" || host == "fd00:ec2::23";
}

class ContainerSource final : public CredentialsSource {
 public:
  explicit ContainerSource(CredentialsContext context) : context_(std::move(context)) {}
  std::string name() const override { return "container"; }

  Task<std::optional<Credentials>> fetch() override {
    SmallRequest request;
    if (const auto relative = context_.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
      request.url = "http://169.254.170.2" + *relative;
    } else if (const auto full = context_.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
      request.url = *full;
      const Uri uri = Uri::parse(*full);
      if (uri.scheme != "https" && !may_be_plain(uri.host)) {
        throw credentials_failure(name(), "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this machine");
      }
    } else {
      co_return std::nullopt;
    }
    std::string token = context_.variable_or("AWS_CONTAINER_AUTHORIZATION_TOKEN", "");
    if (const auto file = context_.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
      const std::string& path = *file;
      auto reading = offload([&path] { return read_small_file(path); });
      const auto text = co_await reading;
      if (!text) throw credentials_failure(name(), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names no file");
      token = text->substr(0, text->find_last_not_of("\r\n") + 1);
    }
    if (!token.empty()) request.headers.emplace_back("Authorization", token);
    request.timeout = std::chrono::seconds(5);
    request.tls = context_.tls;
    request.skip_proxy = true;
    Task<SmallAnswer> asking = small_request(*context_.env, std::move(request));
    const SmallAnswer answer = co_await asking;
    if (!answer.ok())
      throw credentials_failure(name(), "the container's service answered " + std::to_string(answer.status));
    co_return credentials_from_json(answer.text, {}, name());
  }

 private:
  CredentialsContext context_;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_container_source(CredentialsContext context) {
  return std::make_unique<ContainerSource>(std::move(context));
}

}  // namespace genro::storage
