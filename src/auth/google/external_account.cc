// Workload identity federation: a token of another provider, out of a file or from an address, is exchanged for one of Google's,
// and that one for the token of a service account where the settings say so.
// https://google.aip.dev/auth/4117, https://datatracker.ietf.org/doc/html/rfc8693
#include <utility>

#include "auth/form.h"
#include "auth/google/identity.h"
#include "auth/small_file.h"
#include "codec/base64.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kAccessToken = "urn:ietf:params:oauth:token-type:access_token";

std::string without_line_end(std::string text) {
  text.erase(text.find_last_not_of("\r\n") + 1);
  return text;
}

class ExternalAccount final : public GoogleIdentity {
 public:
  ExternalAccount(const GoogleContext& context, const GoogleDocument& document)
      : context_(context),
        source_(document.source()),
        audience_(document.required("audience")),
        token_type_(document.required("subject_token_type")),
        token_url_(document.required("token_url")),
        client_id_(document.text("client_id")),
        client_secret_(document.text("client_secret")),
        user_project_(document.text("workforce_pool_user_project")),
        quota_project_(document.text("quota_project_id")) {
    require_safe_url(token_url_, source_);
    read_subject(document.inside("credential_source"));
    who_.url = document.text("service_account_impersonation_url");
    who_.source = source_;
    who_.delegates = "[]";
    const GoogleDocument options = document.inside("service_account_impersonation");
    const auto life = options.json().find("token_lifetime_seconds");
    const bool given = life != options.json().end() && life->is_number_integer();
    who_.lifetime = std::to_string(given ? life->get<std::int64_t>() : 3600) + "s";
    if (who_.url.empty()) return;
    require_safe_url(who_.url, source_);
    if (who_.account().empty()) throw document.wrong("'service_account_impersonation_url' names no account");
  }

  Task<GoogleToken> fetch() override {
    Task<GoogleToken> exchanging = exchange();
    GoogleToken token = co_await exchanging;
    if (who_.url.empty()) co_return token;
    Task<GoogleToken> impersonating = impersonate(context_, who_, std::move(token));
    co_return co_await impersonating;
  }

  Task<std::string> account() override {
    if (who_.url.empty()) {
      throw Error(ErrorCode::unsupported, "sign", source_,
                  "a federated identity has no key to sign with: let it impersonate a service account");
    }
    co_return who_.account();
  }
  Task<std::string> sign(std::string text) override {
    Task<GoogleToken> exchanging = exchange();
    GoogleToken token = co_await exchanging;
    Task<std::string> signing = sign_by_iam(context_, who_, std::move(token), std::move(text));
    co_return co_await signing;
  }

  std::string quota_project() const override { return quota_project_; }

 private:
  void read_subject(const GoogleDocument& subject) {
    if (!subject.text("environment_id").empty()) {
      throw subject.wrong("tokens of AWS as its 'credential_source' are not supported: use a file or a URL");
    }
    if (subject.json().contains("executable")) {
      throw subject.wrong("programs as its 'credential_source' are not run: use a file or a URL");
    }
    file_ = subject.text("file");
    url_ = subject.text("url");
    if (file_.empty() == url_.empty()) throw subject.wrong("its 'credential_source' must have either 'file' or 'url'");
    const GoogleDocument headers = subject.inside("headers");
    for (const auto& [name, value] : headers.json().items()) {
      if (value.is_string()) headers_.emplace_back(name, value.get<std::string>());
    }
    const GoogleDocument format = subject.inside("format");
    if (format.text("type") == "json") field_ = format.required("subject_token_field_name");
  }

  /// The token of the other provider, read anew each time: the platform replaces it.
  Task<std::string> subject_token() {
    std::string text;
    if (!file_.empty()) {
      auto reading = offload([this] { return read_small_file(file_); });
      std::optional<std::string> found = co_await reading;
      if (!found) throw google_failure(source_, "the file of its 'credential_source' is missing");
      text = std::move(*found);
    } else {
      SmallRequest request;
      request.url = url_;
      request.headers = headers_;
      request.tls = context_.tls;
      Task<SmallAnswer> asking = small_request(*context_.env, std::move(request));
      SmallAnswer answer = co_await asking;
      if (!answer.ok()) throw google_refusal(source_, answer);
      text = std::move(answer.text);
    }
    if (!field_.empty()) text = GoogleDocument(Json::parse(text, nullptr, false), source_).text(field_.c_str());
    text = without_line_end(std::move(text));
    if (text.empty()) throw google_failure(source_, "its 'credential_source' gives no token");
    co_return text;
  }

  Task<GoogleToken> exchange() {
    Task<std::string> reading = subject_token();
    const std::string subject = co_await reading;
    const std::string options = user_project_.empty() ? std::string() : Json{{"userProject", user_project_}}.dump();
    SmallRequest request;
    request.method = "POST";
    request.url = token_url_;
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    if (!client_id_.empty()) {
      request.headers.emplace_back("Authorization", "Basic " + base64_encode(client_id_ + ":" + client_secret_));
    }
    request.body = form_of({{"grant_type", kExchange},
                            {"audience", audience_},
                            {"scope", kGoogleScope},
                            {"requested_token_type", kAccessToken},
                            {"subject_token", subject},
                            {"subject_token_type", token_type_},
                            {"options", options}});
    request.tls = context_.tls;
    Task<SmallAnswer> asking = small_request(*context_.env, std::move(request));
    const SmallAnswer answer = co_await asking;
    co_return token_of_answer(source_, answer, context_.env->clock->wall_ns());
  }

  GoogleContext context_;
  std::string source_;
  std::string audience_;
  std::string token_type_;
  std::string token_url_;
  std::string client_id_;
  std::string client_secret_;
  std::string user_project_;
  std::string quota_project_;
  std::string file_;
  std::string url_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string field_;  // of JSON; "" when the text is the token
  Impersonation who_;
};

}  // namespace

GoogleIdentityPointer make_external_account(const GoogleContext& context, const GoogleDocument& document) {
  return std::make_shared<ExternalAccount>(context, document);
}

}  // namespace genro::storage
