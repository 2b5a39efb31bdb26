// The metadata server of Google's machines and containers, which hands out tokens of the account that they run as.
// https://cloud.google.com/compute/docs/access/authenticate-workloads
// Nobody answering means "not on such a machine", which must be found out fast. It is addressed by number: a name server
// elsewhere must not be able to send us to a stranger.
#include "auth/google/identity.h"

namespace genro::storage {
namespace {

constexpr Duration kAnswerWithin = std::chrono::seconds(3);

SmallRequest metadata_request(const GoogleContext& context, const std::string& path) {
  std::string host = context.variable("GCE_METADATA_HOST");
  if (host.empty()) host = "169.254.169.254";
  SmallRequest request;
  request.url = "http://" + host + path;
  request.headers.emplace_back("Metadata-Flavor", "Google");
  request.timeout = kAnswerWithin;
  request.skip_proxy = true;
  return request;
}

class MetadataIdentity final : public GoogleIdentity {
 public:
  explicit MetadataIdentity(const GoogleContext& context) : context_(context) {}

  Task<GoogleToken> fetch() override {
    Task<SmallAnswer> asking = ask("token");
    const SmallAnswer answer = co_await asking;
    if (answer.status == 404) throw google_failure(kSource, "this machine has no service account");
    co_return token_of_answer(kSource, answer, context_.env->clock->wall_ns());
  }

  Task<std::string> account() override {
    Task<SmallAnswer> asking = ask("email");
    const SmallAnswer answer = co_await asking;
    if (!answer.ok()) throw google_refusal(kSource, answer);
    co_return answer.text.substr(0, answer.text.find_first_of("\r\n"));
  }
  Task<std::string> sign(std::string text) override {
    Task<std::string> asking = account();
    const std::string name = co_await asking;
    Task<GoogleToken> fetching = fetch();
    GoogleToken token = co_await fetching;
    Impersonation who{context_.iam + "/v1/projects/-/serviceAccounts/" + name + ":generateAccessToken", "[]", "3600s",
                      kSource};
    Task<std::string> signing = sign_by_iam(context_, std::move(who), std::move(token), std::move(text));
    co_return co_await signing;
  }

 private:
  static constexpr const char* kSource = "the metadata server";

  Task<SmallAnswer> ask(const std::string& what) {
    return small_request(*context_.env,
                         metadata_request(context_, "/computeMetadata/v1/instance/service-accounts/default/" + what));
  }

  GoogleContext context_;
};

}  // namespace

GoogleIdentityPointer make_metadata_identity(const GoogleContext& context) {
  return std::make_shared<MetadataIdentity>(context);
}

Task<bool> has_metadata_server(GoogleContext context) {
  if (context.variable("NO_GCE_CHECK") == "true") co_return false;
  Task<SmallAnswer> asking = small_request(*context.env, metadata_request(context, "/computeMetadata/v1/instance/"));
  const Result<SmallAnswer> asked = co_await asking.as_result();
  if (!asked.ok() && asked.error().code() == ErrorCode::cancelled) std::rethrow_exception(asked.exception());
  co_return asked.ok();
}

}  // namespace genro::storage
