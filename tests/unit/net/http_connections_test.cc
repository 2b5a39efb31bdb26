// Which connections the client opens, keeps, reuses and waits for, in virtual time, under both drivers.
#include <gtest/gtest.h>

#include <cerrno>

#include "loop/task_group.h"
#include "net/http_client.h"
#include "net/http_pool.h"
#include "unit/net/http_client_fixture.h"

namespace genro::storage {
namespace {

using std::chrono::milliseconds;
using test::Answer;
using test::FakeReply;
using test::FakeRequest;
using test::FakeWorld;
using test::fetch;
using test::request_for;

class HttpConnectionsTest : public test::HttpClientTest {};
GENRO_BOTH_LOOPS(HttpConnectionsTest);

TEST_P(HttpConnectionsTest, uses_one_connection_for_many_requests) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x"); });
  const auto transport = client();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "x");
  EXPECT_EQ(world.network.opened(), 1U);
}

TEST_P(HttpConnectionsTest, opens_a_new_connection_after_the_idle_time) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x"); });
  const auto transport = client();
  run(fetch(transport, request_for("GET", "/")));
  world.clock.advance(options.idle_time);
  run(fetch(transport, request_for("GET", "/")));
  EXPECT_EQ(world.network.opened(), 2U);
}

TEST_P(HttpConnectionsTest, repeats_an_idempotent_request_over_a_dead_kept_connection) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x"); });
  const auto transport = client();
  run(fetch(transport, request_for("GET", "/")));
  world.network.close_idle();
  EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "x");
  EXPECT_EQ(world.network.opened(), 2U);
}

TEST_P(HttpConnectionsTest, does_not_repeat_a_request_whose_fate_is_unknown) {
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

TEST_P(HttpConnectionsTest, does_not_repeat_over_a_fresh_connection) {
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

TEST_P(HttpConnectionsTest, bounds_the_time_to_connect) {
  serve([](const FakeRequest&) { return FakeReply::http(200); });
  world.network.connecting(Duration::max());
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::timeout);
  EXPECT_LT(world.elapsed(), options.connect_timeout + milliseconds(100));
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpConnectionsTest, names_the_server_that_refuses_a_connection) {
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::connection);
  EXPECT_NE(message.find("10.0.0.1:80"), std::string::npos) << message;
  EXPECT_NE(message.find("refused"), std::string::npos) << message;
}

Task<int> head_only(std::shared_ptr<HttpTransport> transport, std::string target) {
  Task<std::unique_ptr<HttpResponse>> sending = transport->send(request_for("GET", std::move(target)));
  const std::unique_ptr<HttpResponse> response = co_await sending;
  co_return response->status();
}

TEST_P(HttpConnectionsTest, never_reuses_a_connection_with_an_unread_body) {
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

TEST_P(HttpConnectionsTest, refuses_to_reuse_a_connection_that_says_more_than_asked) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, "x");
    reply.bytes += "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
    return reply;
  });
  const auto transport = client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "x");
  EXPECT_EQ(world.network.opened(), 3U);
}

TEST_P(HttpConnectionsTest, closes_when_the_server_wants_to) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x", "Connection: close\r\n"); });
  const auto transport = client();
  run(fetch(transport, request_for("GET", "/")));
  EXPECT_EQ(world.network.open_now(), 0U);
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

TEST_P(HttpConnectionsTest, queues_when_all_connections_are_in_use) {
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

TEST_P(HttpConnectionsTest, bounds_the_wait_for_a_free_connection) {
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

TEST_P(HttpConnectionsTest, tries_the_next_address_when_one_is_dead_or_slow) {
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

TEST_P(HttpConnectionsTest, asks_a_proxy_in_absolute_form) {
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

TEST_P(HttpConnectionsTest, reports_a_proxy_that_refuses_to_connect) {
  world.network.serve("10.0.0.9", 3128, [](const FakeRequest& request) {
    return FakeReply::http(request.method == "CONNECT" ? 407 : 500);
  });
  options.proxy = "http://10.0.0.9:3128";
  endpoint = HttpEndpoint::parse("https://10.0.0.1");
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::unauthenticated);
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpConnectionsTest, takes_a_proxy_that_asks_for_a_password_for_what_it_is) {
  world.network.serve("10.0.0.9", 3128, [](const FakeRequest&) { return FakeReply::http(407, "who are you?"); });
  options.proxy = "http://10.0.0.9:3128";
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::unauthenticated);
  EXPECT_EQ(world.network.open_now(), 0U);
}

TEST_P(HttpConnectionsTest, gives_a_server_that_says_407_without_a_proxy_its_answer) {
  world.network.serve("10.0.0.1", 80, [](const FakeRequest&) { return FakeReply::http(407, "odd"); });
  EXPECT_EQ(run(fetch(client(), request_for("GET", "/"))).status, 407);
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
