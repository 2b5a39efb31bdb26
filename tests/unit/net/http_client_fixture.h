// A client and its servers in virtual time, for the tests of what it says and of the connections that it keeps.
// A suite of its own derives from HttpClientTest and is instantiated with GENRO_BOTH_LOOPS.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "fakes/fake_network.h"
#include "genro/storage/error.h"
#include "net/http_client.h"

namespace genro::storage::test {

struct Answer {
  int status = 0;
  std::string body;
};

inline HttpRequest request_for(std::string_view method, std::string target, std::string body = {}) {
  HttpRequest request;
  request.method = method;
  request.target = std::move(target);
  if (!body.empty()) request.body = Body(Bytes::copy_of(body));
  return request;
}

inline Task<Answer> fetch(std::shared_ptr<HttpTransport> transport, HttpRequest request) {
  Task<std::unique_ptr<HttpResponse>> sending = transport->send(std::move(request));
  const std::unique_ptr<HttpResponse> response = co_await sending;
  Task<Bytes> reading = response->read_all(1 << 26);
  const Bytes body = co_await reading;
  co_return Answer{response->status(), body.to_string()};
}

/// Each test runs as a calling thread's operation and as a reactor's.
class HttpClientTest : public testing::TestWithParam<Loop::Kind> {
 protected:
  HttpClientTest() { options.proxy = "direct"; }
  std::shared_ptr<HttpTransport> client() { return make_http_client(world.env, endpoint, options); }
  template <class T>
  T run(Task<T> task) {
    if (GetParam() == Loop::Kind::caller) return std::move(task).get();
    return world.run_started(std::move(task)).take();
  }
  template <class T>
  Result<T> run_result(Task<T> task) {
    if (GetParam() == Loop::Kind::caller) return std::move(task).result();
    return world.run_started(std::move(task));
  }
  ErrorCode failure(Task<Answer> task) {
    try {
      run(std::move(task));
    } catch (const Error& error) {
      message = error.what();
      return error.code();
    }
    return ErrorCode::internal;
  }
  void serve(FakeHandler handler) { world.network.serve("10.0.0.1", 80, std::move(handler)); }

  FakeWorld world{GetParam()};
  HttpEndpoint endpoint = HttpEndpoint::parse("http://10.0.0.1");
  HttpOptions options;
  std::string message;
};

}  // namespace genro::storage::test

#define GENRO_BOTH_LOOPS(suite)                                                                                     \
  INSTANTIATE_TEST_SUITE_P(                                                                                         \
      Drivers, suite, testing::Values(::genro::storage::Loop::Kind::caller, ::genro::storage::Loop::Kind::reactor), \
      [](const auto& info) { return info.param == ::genro::storage::Loop::Kind::caller ? "caller" : "reactor"; })
