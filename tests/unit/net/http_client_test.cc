// The client against servers in virtual time, under both drivers.
#include "net/http_client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "fakes/fake_network.h"
#include "genro/storage/error.h"
#include "loop/task_group.h"
#include "net/http_pool.h"

namespace genro::storage {
namespace {

using std::chrono::milliseconds;
using test::FakeReply;
using test::FakeRequest;
using test::FakeWorld;

struct Answer {
  int status = 0;
  std::string body;
};

HttpRequest request_for(std::string_view method, std::string target, std::string body = {}) {
  HttpRequest request;
  request.method = method;
  request.target = std::move(target);
  if (!body.empty()) request.body = Body(Bytes::copy_of(body));
  return request;
}

Task<Answer> fetch(std::shared_ptr<HttpTransport> transport, HttpRequest request) {
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
  ErrorCode failure(Task<Answer> task) {
    try {
      run(std::move(task));
    } catch (const Error& error) {
      message = error.what();
      return error.code();
    }
    return ErrorCode::internal;
  }
  void serve(test::FakeHandler handler) { world.network.serve("10.0.0.1", 80, std::move(handler)); }

  FakeWorld world{GetParam()};
  HttpEndpoint endpoint = HttpEndpoint::parse("http://10.0.0.1");
  HttpOptions options;
  std::string message;
};

INSTANTIATE_TEST_SUITE_P(Drivers, HttpClientTest, testing::Values(Loop::Kind::caller, Loop::Kind::reactor),
                         [](const auto& info) { return info.param == Loop::Kind::caller ? "caller" : "reactor"; });

TEST_P(HttpClientTest, sends_what_it_is_given_and_reads_the_answer) {
  FakeRequest seen;
  serve([&](const FakeRequest& request) {
    seen = request;
    return FakeReply::http(200, "content", "ETag: \"1\"\r\n");
  });
  HttpRequest request = request_for("PUT", "/a/b?c=d", "payload");
  request.add_header("X-Mine", "yes");
  const Answer answer = run(fetch(client(), std::move(request)));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "content");
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/a/b?c=d");
  EXPECT_EQ(seen.body, "payload");
  EXPECT_EQ(seen.header("host"), "10.0.0.1");
  EXPECT_EQ(seen.header("x-mine"), "yes");
  EXPECT_EQ(seen.header("content-length"), "7");
  EXPECT_EQ(seen.header("user-agent").substr(0, 14), "genro-storage/");
}

TEST_P(HttpClientTest, uses_one_connection_for_many_requests) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x"); });
  const auto transport = client();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "x");
  EXPECT_EQ(world.network.opened(), 1U);
}

TEST_P(HttpClientTest, opens_a_new_connection_after_the_idle_time) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x"); });
  const auto transport = client();
  run(fetch(transport, request_for("GET", "/")));
  world.clock.advance(options.idle_time);
  run(fetch(transport, request_for("GET", "/")));
  EXPECT_EQ(world.network.opened(), 2U);
}

TEST_P(HttpClientTest, repeats_an_idempotent_request_over_a_dead_kept_connection) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x"); });
  const auto transport = client();
  run(fetch(transport, request_for("GET", "/")));
  world.network.close_idle();
  EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "x");
  EXPECT_EQ(world.network.opened(), 2U);
}

TEST_P(HttpClientTest, does_not_repeat_a_request_whose_fate_is_unknown) {
  int served = 0;
  serve([&](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, "x");
    if (++served == 2) reply.cut_after = 0;  // got the request, closed without an answer
    return reply;
  });
  const auto transport = client();
  run(fetch(transport, request_for("POST", "/", "once")));
  EXPECT_EQ(failure(fetch(transport, request_for("POST", "/", "once"))), ErrorCode::connection);
  EXPECT_EQ(served, 2);
}

TEST_P(HttpClientTest, does_not_repeat_over_a_fresh_connection) {
  int served = 0;
  serve([&](const FakeRequest&) {
    ++served;
    FakeReply reply = FakeReply::http(200, "x");
    reply.cut_after = 0;
    return reply;
  });
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::connection);
  EXPECT_EQ(served, 1);
}

TEST_P(HttpClientTest, reads_bodies_of_any_size_and_framing) {
  for (const std::size_t size : {0UL, 1UL, 16000UL, 16384UL, 70000UL, 1000000UL}) {
    std::string body(size, '?');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i % 23);
    for (const std::size_t limit : {0UL, 1000UL, 20000UL}) {
      world.network.read_limit(limit);
      serve([&](const FakeRequest& request) {
        if (request.target == "/length") return FakeReply::http(200, body);
        FakeReply reply;
        if (request.target == "/close") {
          reply.bytes = "HTTP/1.1 200 OK\r\n\r\n" + body;
          reply.cut_after = reply.bytes.size();
          return reply;
        }
        reply.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (std::size_t begin = 0; begin < size; begin += 7001) {
          const std::string chunk = body.substr(begin, 7001);
          char length[32];
          std::snprintf(length, sizeof length, "%zx\r\n", chunk.size());
          reply.bytes += length + chunk + "\r\n";
        }
        reply.bytes += "0\r\n\r\n";
        return reply;
      });
      const auto transport = client();
      for (const char* target : {"/length", "/chunked", "/close"}) {
        EXPECT_TRUE(run(fetch(transport, request_for("GET", target))).body == body)
            << target << " " << size << " by " << limit;
      }
    }
  }
}

TEST_P(HttpClientTest, sends_large_bodies_in_whatever_pieces_the_system_takes) {
  std::string got;
  serve([&](const FakeRequest& request) {
    got = request.body;
    return FakeReply::http(200);
  });
  world.network.write_limit(777);
  std::vector<Bytes> pieces;
  std::string whole;
  for (int i = 0; i < 100; ++i) {
    const std::string piece(static_cast<std::size_t>(i * 13 % 400), static_cast<char>('a' + i % 26));  // some are empty
    whole += piece;
    pieces.push_back(Bytes::copy_of(piece));
  }
  HttpRequest request = request_for("PUT", "/");
  request.body = Body(std::move(pieces));
  run(fetch(client(), std::move(request)));
  EXPECT_EQ(got, whole);
}

TEST_P(HttpClientTest, waits_for_the_go_ahead_of_the_server_when_asked) {
  bool expected = false;
  serve([&](const FakeRequest& request) {
    expected = request.header("expect") == "100-continue";
    return FakeReply::http(200, request.body);
  });
  HttpRequest request = request_for("PUT", "/", "the body");
  request.expect_continue = true;
  EXPECT_EQ(run(fetch(client(), std::move(request))).body, "the body");
  EXPECT_TRUE(expected);
  EXPECT_LT(world.elapsed(), options.continue_timeout);
}

TEST_P(HttpClientTest, bounds_the_time_until_the_first_byte) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, "late");
    reply.delay = std::chrono::hours(1);
    return reply;
  });
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::timeout);
  EXPECT_GE(world.elapsed(), options.first_byte_timeout);
  EXPECT_LT(world.elapsed(), options.first_byte_timeout + milliseconds(100));
}

TEST_P(HttpClientTest, bounds_the_time_between_two_bytes) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, std::string(1000, 'x'));
    reply.stall_after = 500;
    return reply;
  });
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::timeout);
  EXPECT_GE(world.elapsed(), options.inactivity_timeout);
  EXPECT_LT(world.elapsed(), options.inactivity_timeout + milliseconds(100));
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpClientTest, lets_a_slow_body_take_longer_than_the_inactivity_time) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, std::string(1000, 'x'));
    reply.bytes_per_second = 10;
    return reply;
  });
  EXPECT_EQ(run(fetch(client(), request_for("GET", "/"))).body.size(), 1000U);
  EXPECT_GT(world.elapsed(), std::chrono::seconds(100));
}

TEST_P(HttpClientTest, bounds_the_time_to_connect) {
  serve([](const FakeRequest&) { return FakeReply::http(200); });
  world.network.connecting(Duration::max());
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::timeout);
  EXPECT_LT(world.elapsed(), options.connect_timeout + milliseconds(100));
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpClientTest, names_the_server_that_refuses_a_connection) {
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::connection);
  EXPECT_NE(message.find("10.0.0.1:80"), std::string::npos) << message;
  EXPECT_NE(message.find("refused"), std::string::npos) << message;
}

TEST_P(HttpClientTest, reports_a_cut_body_as_truncated_and_never_as_its_end) {
  for (const std::size_t cut : {0UL, 10UL, 200UL, 900UL}) {
    serve([cut](const FakeRequest&) {
      FakeReply reply = FakeReply::http(200, std::string(1000, 'x'));
      reply.cut_after = reply.bytes.size() - 1000 + cut;
      return reply;
    });
    EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::truncated) << cut;
  }
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, std::string(1000, 'x'));
    reply.cut_after = 300;
    reply.reset = true;
    return reply;
  });
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::connection);
}

Task<int> read_after_failure(std::shared_ptr<HttpTransport> transport) {
  Task<std::unique_ptr<HttpResponse>> sending = transport->send(request_for("GET", "/"));
  const std::unique_ptr<HttpResponse> response = co_await sending;
  int failures = 0;
  for (int i = 0; i < 3; ++i) {
    Task<Bytes> reading = response->read_all(1 << 20);
    const Result<Bytes> result = co_await reading.as_result();
    if (!result.ok()) ++failures;
  }
  co_return failures;
}

TEST_P(HttpClientTest, keeps_failing_once_a_body_broke_off) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, std::string(1000, 'x'));
    reply.cut_after = 300;
    return reply;
  });
  EXPECT_EQ(run(read_after_failure(client())), 3);
}

Task<int> head_only(std::shared_ptr<HttpTransport> transport, std::string target) {
  Task<std::unique_ptr<HttpResponse>> sending = transport->send(request_for("GET", std::move(target)));
  const std::unique_ptr<HttpResponse> response = co_await sending;
  co_return response->status();
}

TEST_P(HttpClientTest, never_reuses_a_connection_with_an_unread_body) {
  serve([](const FakeRequest& request) {
    return FakeReply::http(200, request.target == "/big" ? std::string(500000, 'x') : "small");
  });
  const auto transport = client();
  run(head_only(transport, "/big"));
  EXPECT_EQ(world.network.open_now(), 0U);
  EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "small");
  run(head_only(transport, "/small"));  // its body had come already: nothing is left to read
  EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "small");
  EXPECT_EQ(world.network.opened(), 2U);
}

TEST_P(HttpClientTest, refuses_to_reuse_a_connection_that_says_more_than_asked) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, "x");
    reply.bytes += "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
    return reply;
  });
  const auto transport = client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "x");
  EXPECT_EQ(world.network.opened(), 3U);
}

TEST_P(HttpClientTest, closes_when_the_server_wants_to) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x", "Connection: close\r\n"); });
  const auto transport = client();
  run(fetch(transport, request_for("GET", "/")));
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpClientTest, reads_no_body_after_head_204_and_304) {
  serve([](const FakeRequest& request) {
    FakeReply reply;
    if (request.method == "HEAD") reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n";
    if (request.target == "/204") reply.bytes = "HTTP/1.1 204 No Content\r\n\r\n";
    if (request.target == "/304") reply.bytes = "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n";
    return reply;
  });
  const auto transport = client();
  EXPECT_EQ(run(fetch(transport, request_for("HEAD", "/"))).body, "");
  EXPECT_EQ(run(fetch(transport, request_for("DELETE", "/204"))).status, 204);
  EXPECT_EQ(run(fetch(transport, request_for("GET", "/304"))).status, 304);
  EXPECT_EQ(world.network.opened(), 1U);
}

TEST_P(HttpClientTest, ends_a_malformed_response_with_a_protocol_error) {
  serve([](const FakeRequest&) {
    FakeReply reply;
    reply.bytes = "SSH-2.0-OpenSSH_9.2\r\n";
    return reply;
  });
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::protocol);
  EXPECT_EQ(world.network.open_now(), 0U);
}

// Under a reactor helper threads read the file, which have no virtual time: see the loopback tests.
TEST(HttpClient, sends_a_part_of_a_file) {
  FakeWorld world;
  HttpOptions options;
  options.proxy = "direct";
  const auto transport = make_http_client(world.env, HttpEndpoint::parse("http://10.0.0.1"), options);
  std::string got;
  world.network.serve("10.0.0.1", 80, [&](const FakeRequest& request) {
    got = request.body;
    return FakeReply::http(200);
  });
  char name[] = "/tmp/genro_http_body_XXXXXX";
  const int descriptor = ::mkstemp(name);
  ASSERT_GE(descriptor, 0);
  ::unlink(name);
  std::string content(700000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 % 251);
  ASSERT_EQ(::write(descriptor, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  const std::shared_ptr<const int> shared(new int(descriptor), [](const int* open) {
    ::close(*open);
    delete open;
  });
  HttpRequest request = request_for("PUT", "/");
  request.body = Body(FileSpan{shared, 1000, 650000});
  fetch(transport, std::move(request)).get();
  EXPECT_TRUE(got == content.substr(1000, 650000));
  HttpRequest beyond = request_for("PUT", "/");
  beyond.body = Body(FileSpan{shared, 1000, 800000});
  const Result<Answer> failed = fetch(transport, std::move(beyond)).result();
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.exception() ? Error::from(failed.exception()).code() : ErrorCode::internal, ErrorCode::truncated);
}

Task<void> many(std::shared_ptr<HttpTransport> transport, std::size_t count, std::size_t* good) {
  for (std::size_t i = 0; i < count; ++i) {
    Task<Answer> one = fetch(transport, request_for("GET", "/" + std::to_string(i)));
    const Answer answer = co_await one;
    if (answer.body == "/" + std::to_string(i)) ++*good;
  }
}
Task<void> crowd(std::shared_ptr<HttpTransport> transport, std::size_t clients, std::size_t* good) {
  Context& context = co_await current_context();
  TaskGroup group(context);
  for (std::size_t i = 0; i < clients; ++i) group.spawn(many(transport, 5, good));
  Task<void> end = group.join();
  co_await end;
}

TEST_P(HttpClientTest, queues_when_all_connections_are_in_use) {
  serve([](const FakeRequest& request) {
    FakeReply reply = FakeReply::http(200, request.target);
    reply.delay = milliseconds(10);
    return reply;
  });
  options.max_connections = 3;
  const auto transport = client();
  std::size_t good = 0;
  run(crowd(transport, 40, &good));
  EXPECT_EQ(good, 200U);
  EXPECT_EQ(world.network.opened(), 3U);
}

TEST_P(HttpClientTest, bounds_the_wait_for_a_free_connection) {
  serve([](const FakeRequest& request) {
    FakeReply reply = FakeReply::http(200, request.target);
    reply.delay = std::chrono::seconds(50);
    return reply;
  });
  options.max_connections = 1;
  options.queue_timeout = std::chrono::seconds(20);
  std::size_t good = 0;
  try {
    run(crowd(client(), 3, &good));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::timeout);
  }
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpClientTest, tries_the_next_address_when_one_is_dead_or_slow) {
  world.network.add_address("two.example", "10.9.0.1");
  world.network.add_address("two.example", "10.9.0.2");
  world.network.serve("two.example", 80,
                      [](const FakeRequest&) { return FakeReply::http(200, "here", "Connection: close\r\n"); });
  endpoint = HttpEndpoint::parse("http://two.example");
  world.network.connecting_to("10.9.0.1", Duration::zero(), ECONNREFUSED);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(fetch(client(), request_for("GET", "/"))).body, "here");
  EXPECT_LT(world.elapsed(), milliseconds(20));
  world.network.connecting_to("10.9.0.1", Duration::max());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run(fetch(client(), request_for("GET", "/"))).body, "here");
  EXPECT_LT(world.elapsed(), milliseconds(600));
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpClientTest, refuses_header_lines_and_targets_that_could_split_a_request) {
  HttpRequest request;
  EXPECT_THROW(request.add_header("X", "a\r\nY: b"), Error);
  EXPECT_THROW(request.add_header("X: y\r\nZ", "a"), Error);
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/a b"))), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/a\r\nX: y"))), ErrorCode::invalid_argument);
}

TEST_P(HttpClientTest, asks_a_proxy_in_absolute_form) {
  FakeRequest seen;
  world.network.serve("10.0.0.9", 3128, [&](const FakeRequest& request) {
    seen = request;
    return FakeReply::http(200, "by proxy");
  });
  options.proxy = "http://user:pass@10.0.0.9:3128";
  EXPECT_EQ(run(fetch(client(), request_for("GET", "/x"))).body, "by proxy");
  EXPECT_EQ(seen.target, "http://10.0.0.1/x");
  EXPECT_EQ(seen.header("proxy-authorization"), "Basic dXNlcjpwYXNz");
}

TEST_P(HttpClientTest, reports_a_proxy_that_refuses_to_connect) {
  world.network.serve("10.0.0.9", 3128, [](const FakeRequest& request) {
    return FakeReply::http(request.method == "CONNECT" ? 407 : 500);
  });
  options.proxy = "http://10.0.0.9:3128";
  endpoint = HttpEndpoint::parse("https://10.0.0.1");
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::unauthenticated);
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpClientTest, stops_at_the_deadline_of_the_operation) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, "late");
    reply.delay = std::chrono::seconds(50);
    return reply;
  });
  const auto result = world.run_started(fetch(client(), request_for("GET", "/")), 2.0);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::timeout);
  EXPECT_LT(world.elapsed(), milliseconds(2100));
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpClientTest, closes_its_connection_when_it_is_cancelled) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, std::string(1000, 'x'));
    reply.stall_after = 500;
    return reply;
  });
  Loop::Drive driving(world.loop);
  std::optional<Result<Answer>> outcome;
  Operation operation = fetch(client(), request_for("GET", "/")).start({&world.loop}, [&](Result<Answer> result) {
    outcome.emplace(std::move(result));
  });
  operation.cancel();
  while (!outcome) world.loop.run_once();
  EXPECT_EQ(outcome->error().code(), ErrorCode::cancelled);
  EXPECT_EQ(world.network.open_now(), 0U);
  EXPECT_LT(world.elapsed(), milliseconds(100));
}

TEST(HttpPool, takes_the_newest_connection_and_drops_the_expired) {
  const TimePoint now{std::chrono::seconds(100)};
  const auto ago = [now](int seconds) { return now - std::chrono::seconds(seconds); };
  const std::vector<TimePoint> none;
  EXPECT_FALSE(choose_connection(none, now, std::chrono::seconds(4)).reuse);
  const std::vector<TimePoint> mixed = {ago(9), ago(4), ago(3), ago(0)};
  EXPECT_EQ(choose_connection(mixed, now, std::chrono::seconds(4)).expired, 2U);
  EXPECT_TRUE(choose_connection(mixed, now, std::chrono::seconds(4)).reuse);
  const std::vector<TimePoint> old = {ago(9), ago(8)};
  EXPECT_EQ(choose_connection(old, now, std::chrono::seconds(4)).expired, 2U);
  EXPECT_FALSE(choose_connection(old, now, std::chrono::seconds(4)).reuse);
}

TEST(HttpPool, closes_idle_connections_of_a_reactor_by_itself) {
  FakeWorld world(Loop::Kind::reactor);
  world.network.serve("10.0.0.1", 80, [](const FakeRequest&) { return FakeReply::http(200, "x"); });
  HttpOptions options;
  options.proxy = "direct";
  const auto transport = make_http_client(world.env, HttpEndpoint::parse("http://10.0.0.1"), options);
  EXPECT_TRUE(world.run_started(fetch(transport, request_for("GET", "/"))).ok());
  EXPECT_EQ(world.network.open_now(), 1U);
  Loop::Drive driving(world.loop);
  world.loop.run_once();
  EXPECT_THROW(world.loop.run_once(), std::logic_error);  // and then there is nothing more to wait for
  EXPECT_EQ(world.network.open_now(), 0U);
}

}  // namespace
}  // namespace genro::storage
