#include "net/open_connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/context.h"
#include "core/out_of_descriptors.h"
#include "loop/loop.h"
#include "net/connector.h"

namespace genro::storage {
namespace {

/// A refusal for good (403, say) is not worth another try; what a gateway or an overload is to blame for may be.
Error refusal(const Proxy& proxy, int status) {
  const bool passing = status >= 500 || status == 408 || status == 429;
  const ErrorCode code = status == 407 ? ErrorCode::unauthenticated : ErrorCode::connection;
  const Error error(code, proxy.name() + " refused the connection with HTTP " + std::to_string(status));
  return error.with_retryable(passing);
}

Task<StreamHandle> connect_to_proxy(ConnectionTarget target, TimePoint until) {
  Task<StreamHandle> connecting = connect_tcp(target.env, target.proxy.host, target.proxy.port, until);
  Result<StreamHandle> result = co_await connecting.as_result();
  if (result.ok()) co_return std::move(result.value());
  const Error error = result.error();
  if (is_out_of_descriptors(result.exception())) std::rethrow_exception(result.exception());
  if (error.code() != ErrorCode::connection && error.code() != ErrorCode::timeout)
    std::rethrow_exception(result.exception());
  throw Error(error.code(), target.proxy.name() + " cannot be reached: " + error.message());
}

/// Asks the proxy for a way through to the endpoint; gives the stream that leads there.
Task<StreamHandle> through_proxy(StreamHandle stream, ConnectionTarget target) {
  HttpConnection tunnel(std::move(stream));
  HttpRequest request;
  request.method = "CONNECT";
  const std::string authority = host_and_port(target.endpoint.host, target.endpoint.port);
  std::string text = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!target.proxy.authorization.empty())
    text.append("Proxy-Authorization: ").append(target.proxy.authorization).append("\r\n");
  text.append("\r\n");
  const std::string name = target.proxy.name();
  const HttpConnection::Limits limits{target.connect_timeout, target.connect_timeout, Duration::zero(), nullptr, name};
  HttpHead head;
  Task<void> asking = tunnel.exchange(request, text, limits, head);
  co_await asking;
  if (!head.ok()) throw refusal(target.proxy, head.status);
  co_return tunnel.release_stream();
}

/// The same within the time for connecting: an answer that comes byte by byte must not stretch it.
Task<StreamHandle> through_proxy_until(StreamHandle stream, ConnectionTarget target, TimePoint until) {
  Context& context = co_await current_context();
  loop_of(context);  // made before the copy, or the copy would get one of its own
  Context limited = context;
  limited.deadline = std::min(context.deadline, until);
  Task<StreamHandle> asking = through_proxy(std::move(stream), target);
  Task<StreamHandle> placed = std::move(asking).with_context(limited);
  co_return co_await placed;
}

}  // namespace

Task<std::unique_ptr<HttpConnection>> open_connection(ConnectionTarget target) {
  const HttpEndpoint& endpoint = target.endpoint;
  const bool proxied = target.proxy.used();
  const TimePoint until = target.env.clock->now() + target.connect_timeout;
  Task<StreamHandle> connecting =
      proxied ? connect_to_proxy(target, until) : connect_tcp(target.env, endpoint.host, endpoint.port, until);
  StreamHandle stream = co_await connecting;
  if (proxied && endpoint.tls) {
    Task<StreamHandle> asking = through_proxy_until(std::move(stream), target, until);
    stream = co_await asking;
  }
  if (target.tls) {
    const StreamCloser closer = stream.get_deleter();
    std::unique_ptr<Stream> plain(stream.release());
    stream = StreamHandle(target.tls->wrap(std::move(plain), endpoint.host, endpoint.port).release(), closer);
    Task<void> handshake = finish_connecting(*stream, target.peer, until);
    co_await handshake;
  }
  co_return std::make_unique<HttpConnection>(std::move(stream));
}

}  // namespace genro::storage
