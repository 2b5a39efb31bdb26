#include "auth/small_request.h"

#include <memory>

#include "loop/before.h"
#include "net/http_client.h"
#include "net/uri.h"

namespace genro::storage {

Task<SmallAnswer> small_request(Env& env, SmallRequest request) {
  constexpr std::size_t kLargestAnswer = std::size_t{1} << 20;
  const Uri uri = Uri::parse(request.url);
  HttpOptions options;
  options.connect_timeout = options.first_byte_timeout = options.inactivity_timeout = request.timeout;
  options.tls = request.tls;
  if (request.skip_proxy) options.proxy = "direct";
  Task<std::shared_ptr<HttpTransport>> opening = open_http_client(env, HttpEndpoint::from(uri), options);
  const std::shared_ptr<HttpTransport> client = co_await opening;
  HttpRequest http;
  http.method = request.method;
  http.target = uri.target();
  for (const auto& [name, value] : request.headers) http.add_header(name, value);
  if (!request.body.empty()) http.body = Bytes::copy_of(request.body);
  http.idempotent = true;  // asking for credentials twice gives two valid sets
  Task<std::unique_ptr<HttpResponse>> sending = client->send(std::move(http));
  const std::unique_ptr<HttpResponse> response = co_await sending;
  Task<Bytes> reading = within(request.timeout, response->read_all(kLargestAnswer));
  const Bytes text = co_await reading;
  co_return SmallAnswer{response->status(), text.to_string()};
}

}  // namespace genro::storage
