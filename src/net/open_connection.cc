#include "net/open_connection.h"

#include <string>
#include <utility>

#include "net/connector.h"

namespace genro::storage {
namespace {

/// Asks the proxy for a way through to the endpoint; gives the stream that leads there.
Task<StreamHandle> through_proxy(StreamHandle stream, ConnectionTarget target, std::string peer) {
  HttpConnection tunnel(std::move(stream));
  HttpRequest request;
  request.method = "CONNECT";
  std::string text = "CONNECT " + peer + " HTTP/1.1\r\nHost: " + peer + "\r\n";
  if (!target.proxy.authorization.empty())
    text.append("Proxy-Authorization: ").append(target.proxy.authorization).append("\r\n");
  text.append("\r\n");
  const std::string proxy_name = "the proxy " + host_and_port(target.proxy.host, target.proxy.port);
  const HttpConnection::Limits limits{target.connect_timeout, target.connect_timeout, Duration::zero(), nullptr,
                                      proxy_name};
  HttpHead head;
  Task<void> asking = tunnel.exchange(request, text, limits, head);
  co_await asking;
  if (!head.ok()) {
    const ErrorCode code = head.status == 407 ? ErrorCode::unauthenticated : ErrorCode::connection;
    throw Error(code, proxy_name + " refused the connection with HTTP " + std::to_string(head.status));
  }
  co_return tunnel.release_stream();
}

}  // namespace

Task<std::unique_ptr<HttpConnection>> open_connection(ConnectionTarget target) {
  const HttpEndpoint& endpoint = target.endpoint;
  const Proxy& proxy = target.proxy;
  const TimePoint until = target.env.clock->now() + target.connect_timeout;
  const std::string peer = host_and_port(endpoint.host, endpoint.port);
  Task<StreamHandle> connecting = proxy.used() ? connect_tcp(target.env, proxy.host, proxy.port, until)
                                               : connect_tcp(target.env, endpoint.host, endpoint.port, until);
  StreamHandle stream = co_await connecting;
  if (proxy.used() && endpoint.tls) {
    Task<StreamHandle> asking = through_proxy(std::move(stream), target, peer);
    stream = co_await asking;
  }
  if (target.tls) {
    const StreamCloser closer = stream.get_deleter();
    std::unique_ptr<Stream> plain(stream.release());
    stream = StreamHandle(target.tls->wrap(std::move(plain), endpoint.host, endpoint.port).release(), closer);
    Task<void> handshake = finish_connecting(*stream, peer, until);
    co_await handshake;
  }
  co_return std::make_unique<HttpConnection>(std::move(stream));
}

}  // namespace genro::storage
