// AssumeRole and AssumeRoleWithWebIdentity of the Security Token Service.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
#include <chrono>

#include "auth/aws/credentials_document.h"
#include "auth/aws/credentials_sources.h"
#include "auth/aws/sigv4.h"
#include "auth/small_file.h"
#include "auth/small_request.h"
#include "codec/iso8601.h"
#include "codec/xml_reader.h"
#include "loop/offload.h"
#include "net/uri.h"

namespace genro::storage {
namespace {

std::string endpoint_of(const CredentialsContext& context, const std::string& region) {
  if (const auto given = context.variable("AWS_ENDPOINT_URL_STS")) return *given;
  if (const auto given = context.variable("AWS_ENDPOINT_URL")) return *given;
  if (region.empty() || region == "aws-global") return "https://sts.amazonaws.com";
  return "https://sts." + region + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

void sign(SmallRequest& request, const Uri& uri, const std::string& region, const Credentials& signer,
          std::int64_t wall_ns) {
  const sigv4::Identity identity{signer.access_key, signer.secret_key, signer.session_token};
  const sigv4::Timestamp time{std::chrono::sys_seconds(std::chrono::seconds(wall_ns / 1'000'000'000))};
  const sigv4::SigningKey key(identity, time.date(), region.empty() ? "us-east-1" : region, "sts");
  const std::string host = HttpEndpoint::from(uri).host_header();
  const std::string hash = sigv4::payload_hash(request.body);
  std::vector<sigv4::Header> headers{{"host", host}, {"x-amz-date", time.date_time()}};
  if (!signer.session_token.empty()) headers.push_back({"x-amz-security-token", signer.session_token});
  const std::string path = uri.path.empty() ? "/" : uri.path;
  const std::string authorization = sigv4::authorization(key, time, {request.method, path, uri.query, headers, hash});
  for (std::size_t i = 1; i < headers.size(); ++i) {
    request.headers.emplace_back(std::string(headers[i].name), std::string(headers[i].value));
  }
  request.headers.emplace_back("Authorization", authorization);
}

/// The service's own words for a refusal, for example "AccessDenied: not authorized to assume".
std::string refusal_of(const SmallAnswer& answer) {
  std::string code;
  std::string message;
  XmlReader reader(answer.text);
  for (auto event = reader.next(); event == XmlReader::Event::open || event == XmlReader::Event::close;
       event = reader.next()) {
    if (event != XmlReader::Event::close || reader.parent() != "Error") continue;
    if (reader.name() == "Code") code = reader.text();
    if (reader.name() == "Message") message = reader.text();
  }
  std::string text = "the Security Token Service answered " + std::to_string(answer.status);
  if (!code.empty()) text.append(", ").append(code);
  if (!message.empty()) text.append(": ").append(message);
  return text;
}

Credentials credentials_of(const SmallAnswer& answer, const std::string& source) {
  if (!answer.ok()) throw credentials_failure(source, refusal_of(answer));
  Credentials found;
  found.source = source;
  XmlReader reader(answer.text);
  auto event = reader.next();
  for (; event == XmlReader::Event::open || event == XmlReader::Event::close; event = reader.next()) {
    if (event != XmlReader::Event::close || reader.parent() != "Credentials") continue;
    if (reader.name() == "AccessKeyId") found.access_key = reader.text();
    if (reader.name() == "SecretAccessKey") found.secret_key = reader.text();
    if (reader.name() == "SessionToken") found.session_token = reader.text();
    if (reader.name() == "Expiration") {
      const auto time = parse_iso8601(reader.text());
      if (!time) throw credentials_failure(source, "the answer has an expiration that is no time");
      found.expires_at = *time;
    }
  }
  if (event != XmlReader::Event::end || found.access_key.empty() || found.secret_key.empty()) {
    throw credentials_failure(source, "the answer of the Security Token Service is not the expected document");
  }
  return found;
}

}  // namespace

Task<Credentials> assume_role(CredentialsContext context, AssumeRole call, Credentials signer) {
  const bool web = !call.web_identity_token.empty();
  const std::int64_t now = context.env->clock->wall_ns();
  if (call.session_name.empty()) call.session_name = "genro-storage-" + std::to_string(now / 1'000'000'000);
  sigv4::Parameters form{{"Action", web ? "AssumeRoleWithWebIdentity" : "AssumeRole"},
                         {"Version", "2011-06-15"},
                         {"RoleArn", call.role_arn},
                         {"RoleSessionName", call.session_name}};
  if (web) form.emplace_back("WebIdentityToken", call.web_identity_token);
  if (!call.external_id.empty()) form.emplace_back("ExternalId", call.external_id);
  if (!call.duration_seconds.empty()) form.emplace_back("DurationSeconds", call.duration_seconds);
  SmallRequest request;
  request.method = "POST";
  request.url = endpoint_of(context, call.region);
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = sigv4::canonical_query(form);
  request.tls = context.tls;
  const Uri uri = Uri::parse(request.url);
  if (!web) sign(request, uri, call.region, signer, now);
  Task<SmallAnswer> asking = small_request(*context.env, std::move(request));
  const SmallAnswer answer = co_await asking;
  co_return credentials_of(answer, call.source);
}

Task<Credentials> assume_role_with_token_file(CredentialsContext context, AssumeRole call, std::string token_file) {
  auto reading = offload([&token_file] { return read_small_file(token_file); });
  auto token = co_await reading;
  while (token && !token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
  if (!token || token->empty()) {
    throw credentials_failure(call.source, "the web identity token file is missing or empty");
  }
  call.web_identity_token = std::move(*token);
  Task<Credentials> assuming = assume_role(std::move(context), std::move(call), Credentials());
  co_return co_await assuming;
}

namespace {

class WebIdentitySource final : public CredentialsSource {
 public:
  explicit WebIdentitySource(CredentialsContext context) : context_(std::move(context)) {}
  std::string name() const override { return "web identity"; }
  Task<std::optional<Credentials>> fetch() override {
    const auto token_file = context_.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
    const auto role = context_.variable("AWS_ROLE_ARN");
    if (!token_file || !role) co_return std::nullopt;
    AssumeRole call;
    call.role_arn = *role;
    call.session_name = context_.variable_or("AWS_ROLE_SESSION_NAME", "");
    call.region = context_.region;
    if (call.region.empty())
      call.region = context_.variable_or("AWS_REGION", context_.variable_or("AWS_DEFAULT_REGION", ""));
    call.source = name();
    Task<Credentials> assuming = assume_role_with_token_file(context_, std::move(call), *token_file);
    co_return co_await assuming;
  }

 private:
  CredentialsContext context_;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_web_identity_source(CredentialsContext context) {
  return std::make_unique<WebIdentitySource>(std::move(context));
}

}  // namespace genro::storage
