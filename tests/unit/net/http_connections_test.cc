// Which connections the client opens, keeps, reuses and waits for, in virtual time, under both drivers.
#include <gtest/gtest.h>
#include <sys/socket.h>

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

Task<void> size_of(std::shared_ptr<HttpTransport> transport, HttpRequest request, std::vector<std::size_t>* sizes) {
  Task<Answer> fetching = fetch(std::move(transport), std::move(request));
  const Answer answer = co_await fetching;
  sizes->push_back(answer.body.size());
}
Task<void> both(Task<void> first, Task<void> second) {
  Context& context = co_await current_context();
  TaskGroup group(context);
  group.spawn(std::move(first));
  group.spawn(std::move(second));
  Task<void> end = group.join();
  co_await end;
}

TEST_P(HttpConnectionsTest, waits_for_a_descriptor_when_none_is_left) {
  serve([](const FakeRequest& request) {
    FakeReply reply = FakeReply::http(200, request.target);
    reply.delay = milliseconds(10);
    return reply;
  });
  world.network.descriptors(2);
  const auto transport = client();
  std::size_t good = 0;
  run(crowd(transport, 40, &good));
  EXPECT_EQ(good, 200U);
  EXPECT_LT(world.elapsed(), std::chrono::seconds(3));
}

TEST_P(HttpConnectionsTest, closes_what_another_endpoint_keeps_when_no_descriptor_is_left) {
  for (const char* host : {"10.0.0.1", "10.0.0.2"})
    world.network.serve(host, 80, [](const FakeRequest&) { return FakeReply::http(200, "x"); });
  world.network.descriptors(1);
  const auto transport = client();
  EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body, "x");
  endpoint = HttpEndpoint::parse("http://10.0.0.2");
  const auto other = client();
  EXPECT_EQ(run(fetch(other, request_for("GET", "/"))).body, "x");
  EXPECT_LT(world.elapsed(), std::chrono::seconds(1));
}

TEST_P(HttpConnectionsTest, gives_up_in_the_end_when_no_descriptor_comes_back) {
  serve([](const FakeRequest&) { return FakeReply::http(200, "x"); });
  world.network.descriptors(1);
  options.queue_timeout = std::chrono::seconds(20);
  const std::unique_ptr<Stream> held = world.network.open({AF_INET, 80, std::string("\x0a\0\0\1", 4)});
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::connection);
  EXPECT_GE(world.elapsed(), std::chrono::seconds(20));
  EXPECT_LT(world.elapsed(), std::chrono::seconds(22));
}

constexpr std::size_t kLong = std::size_t{1} << 20;  // more than what comes with the head

FakeReply long_body(const FakeRequest& request) {
  return FakeReply::http(200, std::string(request.target == "/long" ? kLong : 1, 'x'), "ETag: \"e\"\r\n");
}

HttpRequest long_request(bool may_give_way) {
  HttpRequest request = request_for("GET", "/long");
  if (may_give_way) request.may_give_way = &has_strong_etag;
  return request;
}

Task<std::unique_ptr<HttpResponse>> opened(std::shared_ptr<HttpTransport> transport, HttpRequest request) {
  Task<std::unique_ptr<HttpResponse>> sending = transport->send(std::move(request));
  co_return co_await sending;
}

TEST_P(HttpConnectionsTest, a_body_that_nobody_reads_gives_its_connection_to_who_waits) {
  serve(long_body);
  options.max_connections = 1;
  const auto transport = client();
  const std::unique_ptr<HttpResponse> response = run(opened(transport, long_request(true)));
  EXPECT_FALSE(response->gave_way());
  std::size_t good = 0;
  run(crowd(transport, 3, &good));
  EXPECT_LT(world.elapsed(), std::chrono::seconds(1));
  EXPECT_TRUE(response->gave_way());
  std::byte sink{};
  const Result<std::size_t> reading = run_result(response->read_into({&sink, 1}));
  ASSERT_FALSE(reading.ok());
  EXPECT_EQ(reading.error().code(), ErrorCode::connection);
}

TEST_P(HttpConnectionsTest, several_who_wait_take_the_connections_of_several_idle_bodies) {
  serve(long_body);
  options.max_connections = 4;
  const auto transport = client();
  std::vector<std::unique_ptr<HttpResponse>> idle;
  for (int i = 0; i < 4; ++i) idle.push_back(run(opened(transport, long_request(true))));
  std::vector<std::unique_ptr<HttpResponse>> more;
  for (int i = 0; i < 4; ++i) more.push_back(run(opened(transport, long_request(true))));
  for (const auto& response : idle) EXPECT_TRUE(response->gave_way());
  for (const auto& response : more) EXPECT_FALSE(response->gave_way());
  EXPECT_LT(world.elapsed(), std::chrono::seconds(2));
  EXPECT_LE(world.network.open_now(), 4U);
}

TEST_P(HttpConnectionsTest, a_body_that_cannot_be_asked_for_again_keeps_its_connection) {
  serve(long_body);
  options.max_connections = 1;
  options.queue_timeout = std::chrono::seconds(5);
  const auto transport = client();
  const std::unique_ptr<HttpResponse> response = run(opened(transport, long_request(false)));
  EXPECT_EQ(failure(fetch(transport, request_for("GET", "/"))), ErrorCode::timeout);
  EXPECT_EQ(run(response->read_all(kLong)).size(), kLong);
}

TEST_P(HttpConnectionsTest, a_body_whose_etag_does_not_say_which_bytes_it_is_keeps_its_connection) {
  serve([](const FakeRequest&) { return FakeReply::http(200, std::string(kLong, 'x'), "ETag: W/\"e\"\r\n"); });
  options.max_connections = 2;
  options.queue_timeout = std::chrono::seconds(5);
  const auto transport = client();
  const std::unique_ptr<HttpResponse> response = run(opened(transport, long_request(true)));
  std::unique_ptr<HttpResponse> other = run(opened(transport, long_request(false)));
  const Result<Answer> waited = run_result(fetch(transport, request_for("GET", "/")));
  ASSERT_FALSE(waited.ok());
  EXPECT_EQ(waited.error().code(), ErrorCode::timeout);
  const std::string message = waited.error().message();
  EXPECT_NE(message.find("one of the 2 connections to "), std::string::npos) << message;
  EXPECT_NE(message.find("1 of them by open files"), std::string::npos) << message;
  EXPECT_EQ(run(response->read_all(kLong)).size(), kLong);
  EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body.size(), kLong);
  other.reset();
  const std::unique_ptr<HttpResponse> mine = run(opened(transport, long_request(false)));
  const std::unique_ptr<HttpResponse> last = run(opened(transport, long_request(false)));
  const Result<Answer> later = run_result(fetch(transport, request_for("GET", "/")));
  ASSERT_FALSE(later.ok());
  EXPECT_EQ(later.error().message().find("open files"), std::string::npos) << later.error().message();
}

TEST_P(HttpConnectionsTest, a_body_gives_its_connection_away_by_whatever_else_names_its_content) {
  serve([](const FakeRequest&) { return FakeReply::http(200, std::string(kLong, 'x'), "x-generation: 1\r\n"); });
  options.max_connections = 1;
  const auto transport = client();
  HttpRequest request = long_request(false);
  request.may_give_way = [](const HttpHead& head) noexcept { return head.has("x-generation"); };
  const std::unique_ptr<HttpResponse> response = run(opened(transport, std::move(request)));
  EXPECT_EQ(run(fetch(transport, request_for("GET", "/"))).body.size(), kLong);
  EXPECT_TRUE(response->gave_way());
}

TEST_P(HttpConnectionsTest, the_body_of_a_refusal_keeps_its_connection) {
  serve([](const FakeRequest&) { return FakeReply::http(403, std::string(kLong, 'x'), "ETag: \"e\"\r\n"); });
  options.max_connections = 1;
  options.queue_timeout = std::chrono::seconds(5);
  const auto transport = client();
  const std::unique_ptr<HttpResponse> response = run(opened(transport, long_request(true)));
  EXPECT_EQ(failure(fetch(transport, request_for("GET", "/"))), ErrorCode::timeout);
  EXPECT_EQ(run(response->read_all(kLong)).size(), kLong);
}

TEST_P(HttpConnectionsTest, a_body_that_is_read_slowly_keeps_its_connection) {
  constexpr std::size_t kSlow = 2000;
  serve([](const FakeRequest& request) {
    if (request.target != "/long") return long_body(request);
    FakeReply reply = FakeReply::http(200, std::string(kSlow, 'x'), "ETag: \"e\"\r\n");
    reply.bytes_per_second = 1000;
    return reply;
  });
  options.max_connections = 1;
  const auto transport = client();
  std::vector<std::size_t> sizes;
  const auto one = [&](HttpRequest request) -> Task<void> { return size_of(transport, std::move(request), &sizes); };
  run(both(one(long_request(true)), one(request_for("GET", "/"))));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{kSlow, 1}));
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
