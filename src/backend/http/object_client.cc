#include "backend/http/object_client.h"

#include <utility>

#include "loop/before.h"
#include "net/http_client.h"

namespace genro::storage {
namespace {

constexpr std::size_t kErrorLimit = std::size_t{1} << 20;
constexpr std::size_t kDocumentLimit = std::size_t{64} << 20;
// From the head to the end, however busily it comes: while S3 completes or copies, it sends spaces.
constexpr Duration kLongestDocument = std::chrono::minutes(30);

TransportFactory over_network(Env& env) {
  return [&env](const HttpEndpoint& endpoint, const HttpOptions& options) {
    return make_http_client(env, endpoint, options);
  };
}

Error told(Error error, const RequestContext& context) {
  return error.with_operation(std::string(context.operation)).with_where(std::string(context.path));
}

}  // namespace

HttpObjectClient::HttpObjectClient(Env& env, HttpOptions options, TransportFactory make_transport)
    : clock_(*env.clock),
      options_(std::move(options)),
      make_transport_(make_transport ? std::move(make_transport) : over_network(env)) {}

std::shared_ptr<const HttpObjectClient::Route> HttpObjectClient::route() const {
  const std::lock_guard lock(mutex_);
  return route_;
}

std::shared_ptr<const HttpObjectClient::Route> HttpObjectClient::make_route(HttpEndpoint endpoint,
                                                                            std::string region) const {
  std::shared_ptr<HttpTransport> transport = make_transport_(endpoint, options_);
  return std::make_shared<const Route>(Route{std::move(endpoint), std::move(transport), std::move(region)});
}

void HttpObjectClient::set_route(std::shared_ptr<const Route> route) {
  const std::lock_guard lock(mutex_);
  route_ = std::move(route);
}

void HttpObjectClient::check_path(std::string_view, std::string_view) const {}

std::optional<Error> HttpObjectClient::error_in_success(const Document&) const { return std::nullopt; }

Task<void> HttpObjectClient::authorize_later(HttpRequest*, Attempt*) { co_return; }

Task<bool> HttpObjectClient::refresh_credentials(Attempt*) { co_return false; }

Task<HttpObjectClient::Failure> HttpObjectClient::read_failure(std::unique_ptr<HttpResponse> response) {
  Failure failure;
  Task<Bytes> reading = within(kLongestRefusal, response->read_all(kErrorLimit));
  Result<Bytes> body = co_await reading.as_result();
  // An error document that did not arrive is no reason to hide the status.
  if (body.ok()) failure.body = std::move(body).take();
  failure.head = std::move(response->head);
  failure.document = parse_failure(failure.body);
  co_return failure;
}

Task<bool> HttpObjectClient::recover(Failure* failure, HttpRequest*, Attempt* attempt) {
  if (!signs()) co_return false;
  const int status = failure->head.status;
  const bool refused = status == 400 || status == 401 || status == 403;
  if (refused && (attempt->tried & kClock) == 0 && clock_.set_by(failure->head)) {
    attempt->tried |= kClock;
    co_return true;
  }
  if (!means_stale_credentials(*failure) || !attempt->first(kCredentials)) co_return false;
  Task<bool> refreshing = refresh_credentials(attempt);
  co_return co_await refreshing;
}

Task<std::unique_ptr<HttpResponse>> HttpObjectClient::send(HttpRequest request, RequestContext context) {
  check_path(context.operation, context.path);
  Attempt attempt;
  while (true) {
    const std::size_t own_headers = request.headers.size();
    attempt.route = route();
    if (!authorize(request, attempt)) {
      Task<void> authorizing = authorize_later(&request, &attempt);
      co_await authorizing;
    }
    Task<std::unique_ptr<HttpResponse>> sending = attempt.route->transport->lend(request);
    std::unique_ptr<HttpResponse> response = co_await sending;
    request.headers.resize(own_headers);  // as it was, should it be sent again
    if (response->head.ok()) {
      succeeded(request, attempt);
      co_return response;
    }
    const int status = response->head.status;
    if ((status == 404 && context.absent_is_answer) || status == context.other_answer) co_return response;
    Task<Failure> reading = read_failure(std::move(response));
    Failure failure = co_await reading;
    Task<bool> recovering = recover(&failure, &request, &attempt);
    const bool again = co_await recovering;
    if (!again) throw told(decode_error(failure, context.path), context);
  }
}

Task<HttpObjectClient::Document> HttpObjectClient::document(HttpRequest request, RequestContext context) {
  Task<std::unique_ptr<HttpResponse>> sending = send(std::move(request), context);
  std::unique_ptr<HttpResponse> response = co_await sending;
  Task<Bytes> reading = within(kLongestDocument, response->read_all(kDocumentLimit));
  Document document;
  document.body = co_await reading;
  document.head = std::move(response->head);
  if (document.head.ok()) {
    std::optional<Error> error = error_in_success(document);
    if (error) throw told(std::move(*error), context);
  }
  co_return document;
}

}  // namespace genro::storage
