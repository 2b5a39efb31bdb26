// The chain: the file that GOOGLE_APPLICATION_CREDENTIALS names, the settings that gcloud has left, the metadata server. The
// first that is set up wins; one that is set up but wrong is an error, not a reason to go on as somebody else.
#include "auth/google/credentials.h"

#include <utility>

#include "auth/google/identity.h"
#include "auth/small_file.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

constexpr const char* kVariable = "GOOGLE_APPLICATION_CREDENTIALS";

Task<std::optional<GoogleDocument>> document_in(std::string path, std::string source) {
  auto reading = offload([&path] { return read_small_file(path); });
  const std::optional<std::string> text = co_await reading;
  if (!text) co_return std::nullopt;
  co_return GoogleDocument::parse(*text, std::move(source));
}

Task<GoogleIdentityPointer> identity_in(GoogleContext context, std::string path, std::string source) {
  Task<std::optional<GoogleDocument>> reading = document_in(std::move(path), source);
  std::optional<GoogleDocument> document = co_await reading;
  if (!document) throw Error(ErrorCode::config, "read credentials", source, "there is no such file");
  co_return make_google_identity(context, std::move(*document));
}

std::string file_of_gcloud(const Environment& variable) {
  constexpr const char* kName = "/application_default_credentials.json";
  if (const std::string folder = variable("CLOUDSDK_CONFIG"); !folder.empty()) return folder + kName;
  const std::string home = variable("HOME");
  return home.empty() ? std::string() : home + "/.config/gcloud" + kName;
}

Task<GoogleIdentityPointer> standard_identity(GoogleContext context) {
  if (std::string path = context.variable(kVariable); !path.empty()) {
    Task<GoogleIdentityPointer> reading =
        identity_in(context, std::move(path), std::string("the file of ") + kVariable);
    co_return co_await reading;
  }
  if (std::string path = file_of_gcloud(context.variable); !path.empty()) {
    Task<std::optional<GoogleDocument>> reading =
        document_in(std::move(path), "gcloud's application default credentials");
    std::optional<GoogleDocument> document = co_await reading;
    if (document) co_return make_google_identity(context, std::move(*document));
  }
  Task<bool> looking = has_metadata_server(context);
  const bool there = co_await looking;
  if (there) co_return make_metadata_identity(context);
  throw Error(
      ErrorCode::unauthenticated, "find credentials", {},
      "none found; tried: GOOGLE_APPLICATION_CREDENTIALS, 'gcloud auth application-default login', the metadata "
      "server. A public bucket needs 'token': 'anon'");
}

}  // namespace

GoogleIdentityPointer make_google_identity(const GoogleContext& context, GoogleDocument document) {
  const std::string type = document.text("type");
  if (type == "service_account") return make_service_account(context, document);
  if (type == "authorized_user") return make_authorized_user(context, document);
  if (type == "external_account") return make_external_account(context, document);
  if (type == "impersonated_service_account") return make_impersonated_account(context, document);
  throw document.wrong(
      "its 'type' must be 'service_account', 'authorized_user', 'external_account' or 'impersonated_service_account'");
}

GoogleCredentials::GoogleCredentials(GoogleContext context, GoogleLogin login)
    : context_(std::move(context)),
      login_(std::move(login)),
      identity_(*context_.env->clock, [this] { return find(); }),
      token_(*context_.env->clock, [this] { return fetch(); }) {}

GoogleCredentials::~GoogleCredentials() = default;

Task<GoogleCredentials::Found> GoogleCredentials::find() {
  Found found;
  switch (login_.kind) {
    case GoogleLogin::Kind::metadata: found.identity = make_metadata_identity(context_); break;
    case GoogleLogin::Kind::document:
      found.identity = make_google_identity(context_, GoogleDocument::parse(login_.text, "'token'"));
      break;
    case GoogleLogin::Kind::file: {
      Task<GoogleIdentityPointer> reading = identity_in(context_, login_.text, "the file of 'token'");
      found.identity = co_await reading;
      break;
    }
    case GoogleLogin::Kind::standard: {
      Task<GoogleIdentityPointer> looking = standard_identity(context_);
      found.identity = co_await looking;
      break;
    }
  }
  co_return found;
}

Task<GoogleToken> GoogleCredentials::fetch() {
  Task<std::shared_ptr<const Found>> finding = identity_.get();
  const std::shared_ptr<const Found> found = co_await finding;
  Task<GoogleToken> fetching = found->identity->fetch();
  co_return co_await fetching;
}

Task<std::string> GoogleCredentials::account() {
  Task<std::shared_ptr<const Found>> finding = identity_.get();
  const std::shared_ptr<const Found> found = co_await finding;
  Task<std::string> asking = found->identity->account();
  co_return co_await asking;
}

Task<std::string> GoogleCredentials::sign(std::string text) {
  Task<std::shared_ptr<const Found>> finding = identity_.get();
  const std::shared_ptr<const Found> found = co_await finding;
  Task<std::string> signing = found->identity->sign(std::move(text));
  co_return co_await signing;
}

std::string GoogleCredentials::quota_project() {
  const std::shared_ptr<const Found> found = identity_.cached();
  return found ? found->identity->quota_project() : std::string();
}

}  // namespace genro::storage
