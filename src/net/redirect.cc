#include "net/redirect.h"

#include <algorithm>
#include <array>

#include "genro/storage/error.h"
#include "net/ascii.h"
#include "net/http_client.h"

namespace genro::storage {
namespace {

bool is_secret(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 4> kNames = {"authorization", "cookie", "proxy-authorization", "host"};
  static constexpr std::string_view kSigned = "x-amz-";
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view secret) { return equal_ignoring_case(name, secret); }) ||
         equal_ignoring_case(name.substr(0, kSigned.size()), kSigned);
}

class RedirectingClient final : public HttpTransport {
 public:
  RedirectingClient(Env& env, HttpEndpoint endpoint, HttpOptions options, RedirectOptions redirects)
      : env_(env),
        endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        redirects_(redirects),
        first_(make_http_client(env_, endpoint_, options_)) {}

  const std::string& host() const noexcept override { return first_->host(); }

  Task<std::unique_ptr<HttpResponse>> send(HttpRequest request) override {
    const bool follows = request.method == "GET" || request.method == "HEAD";
    HttpEndpoint at = endpoint_;
    std::shared_ptr<HttpTransport> transport = first_;
    for (int followed = 0;; ++followed) {
      Task<std::unique_ptr<HttpResponse>> sending = transport->send(request);
      std::unique_ptr<HttpResponse> response = co_await sending;
      if (!follows || !redirects_to_elsewhere(*response)) co_return std::move(response);
      if (followed == redirects_.limit) throw Error(ErrorCode::protocol, "too many redirects");
      const Uri target = location_of(*response, at, request.target);
      const HttpEndpoint next = HttpEndpoint::from(target);
      if (at.tls && !next.tls) throw Error(ErrorCode::protocol, "a redirect from https to http is not followed");
      Task<void> rest = response->discard();
      co_await rest;
      request.target = target.target();
      if (next == at) continue;
      request.headers = without_secrets(request.headers);
      at = next;
      Task<std::shared_ptr<HttpTransport>> opening = open_http_client(env_, at, options_);
      transport = co_await opening;
    }
  }

 private:
  static Uri location_of(const HttpResponse& response, const HttpEndpoint& at, const std::string& target) {
    try {
      const Uri uri = Uri::parse(at.to_string() + target).resolve(Uri::parse(response.head.find("location")));
      static_cast<void>(HttpEndpoint::from(uri));
      return uri;
    } catch (const Error& error) {
      throw Error(ErrorCode::protocol, "a redirect that cannot be followed: " + error.message());
    }
  }

  Env& env_;
  const HttpEndpoint endpoint_;
  const HttpOptions options_;
  const RedirectOptions redirects_;
  const std::shared_ptr<HttpTransport> first_;
};

}  // namespace

std::string without_secrets(std::string_view headers) {
  std::string out;
  while (!headers.empty()) {
    const std::size_t end = std::min(headers.find('\n'), headers.size() - 1) + 1;
    const std::string_view line = headers.substr(0, end);
    if (!is_secret(line.substr(0, line.find(':')))) out.append(line);
    headers.remove_prefix(end);
  }
  return out;
}

bool redirects_to_elsewhere(const HttpResponse& response) noexcept {
  switch (response.status()) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return response.head.has("location");
    default: return false;
  }
}

std::shared_ptr<HttpTransport> make_redirecting_client(Env& env, HttpEndpoint endpoint, HttpOptions options,
                                                       RedirectOptions redirects) {
  return std::make_shared<RedirectingClient>(env, std::move(endpoint), std::move(options), redirects);
}

}  // namespace genro::storage
