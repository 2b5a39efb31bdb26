#include "net/redirect.h"

#include <algorithm>
#include <array>

#include "genro/storage/error.h"
#include "net/ascii.h"
#include "net/http_client.h"

namespace genro::storage {
namespace {

bool fits_another_host(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 8> kNames = {
      "accept", "accept-encoding", "range", "if-range", "if-match", "if-none-match", "if-modified-since", "user-agent"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [name](std::string_view known) { return equal_ignoring_case(name, known); });
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

Uri location_of(const HttpResponse& response, const HttpEndpoint& at, const std::string& target) {
  Uri uri;
  try {
    uri = Uri::parse(at.to_string() + target).resolve(Uri::parse(ascii_url(response.head.find("location"))));
    static_cast<void>(HttpEndpoint::from(uri));
  } catch (const Error& error) {
    throw Error(ErrorCode::protocol, "a redirect that cannot be followed: " + error.message());
  }
  if (at.tls && uri.scheme == "http") {
    throw Error(ErrorCode::protocol, "a redirect from https to http is not followed");
  }
  return uri;
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
    return send_and_follow(env_, first_, endpoint_, std::move(request), options_, redirects_);
  }

 private:
  Env& env_;
  const HttpEndpoint endpoint_;
  const HttpOptions options_;
  const RedirectOptions redirects_;
  const std::shared_ptr<HttpTransport> first_;
};

}  // namespace

Task<std::unique_ptr<HttpResponse>> send_and_follow(Env& env, std::shared_ptr<HttpTransport> transport, HttpEndpoint at,
                                                    HttpRequest request, HttpOptions options,
                                                    RedirectOptions redirects) {
  const bool follows = request.method == "GET" || request.method == "HEAD";
  for (int followed = 0;; ++followed) {
    Task<std::unique_ptr<HttpResponse>> sending = transport->lend(request);
    std::unique_ptr<HttpResponse> response = co_await sending;
    if (!follows || !redirects_to_elsewhere(*response)) co_return response;
    if (followed == redirects.limit) throw Error(ErrorCode::protocol, "too many redirects");
    const Uri target = location_of(*response, at, request.target);
    HttpEndpoint next = HttpEndpoint::from(target);
    const std::string_view asked = request.target;
    const std::string with_slash = std::string(asked.substr(0, asked.find('?'))) + "/";
    const bool misplaced =
        redirects.return_misplaced_folders && target.path.size() > 1 && with_slash.ends_with(target.path);
    if (next == at && ((redirects.return_folder_redirects && target.path == with_slash) || misplaced))
      co_return response;
    Task<void> rest = response->discard();
    co_await rest;
    request.target = target.target();
    if (next == at) continue;
    request.headers = for_another_host(request.headers);
    at = std::move(next);
    Task<std::shared_ptr<HttpTransport>> opening = open_http_client(env, at, options);
    transport = co_await opening;
  }
}

std::string for_another_host(std::string_view headers) {
  std::string out;
  while (!headers.empty()) {
    const std::size_t end = std::min(headers.find('\n'), headers.size() - 1) + 1;
    const std::string_view line = headers.substr(0, end);
    if (fits_another_host(line.substr(0, line.find(':')))) out.append(line);
    headers.remove_prefix(end);
  }
  return out;
}

std::string ascii_url(std::string_view url) {
  std::string out;
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      ((out += '%') += kDigits[byte >> 4]) += kDigits[byte & 15U];
    }
  }
  return out;
}

std::shared_ptr<HttpTransport> make_redirecting_client(Env& env, HttpEndpoint endpoint, HttpOptions options,
                                                       RedirectOptions redirects) {
  return std::make_shared<RedirectingClient>(env, std::move(endpoint), std::move(options), redirects);
}

}  // namespace genro::storage
