// What the client sends, reads and reports, against servers in virtual time, under both drivers.
#include "net/http_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

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

class HttpExchangeTest : public test::HttpClientTest {};
GENRO_BOTH_LOOPS(HttpExchangeTest);

TEST_P(HttpExchangeTest, sends_what_it_is_given_and_reads_the_answer) {
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

Task<std::string> lend_twice(std::shared_ptr<HttpTransport> transport) {
  const HttpRequest request = request_for("PUT", "/a", "payload");
  std::string seen;
  for (int i = 0; i < 2; ++i) {
    Task<std::unique_ptr<HttpResponse>> sending = transport->lend(request);
    const std::unique_ptr<HttpResponse> response = co_await sending;
    const std::optional<Bytes> body = response->take_buffered();
    if (body) seen += body->to_string();
    if (response->take_buffered() || response->remaining() != 0U) seen += " more";
  }
  co_return seen;
}

TEST_P(HttpExchangeTest, a_lent_request_can_be_sent_again_and_a_small_answer_needs_no_wait) {
  serve([](const FakeRequest& request) { return FakeReply::http(200, request.body); });
  EXPECT_EQ(run(lend_twice(client())), "payloadpayload");
  EXPECT_EQ(world.network.opened(), 1u);  // it went back as soon as the body was taken
}

TEST_P(HttpExchangeTest, a_body_that_is_still_under_way_is_not_taken) {
  world.network.read_limit(30);
  serve([](const FakeRequest&) { return FakeReply::http(200, std::string(1000, 'x')); });
  const auto ask = [](std::shared_ptr<HttpTransport> transport) -> Task<std::size_t> {
    Task<std::unique_ptr<HttpResponse>> sending = transport->send(request_for("GET", "/"));
    const std::unique_ptr<HttpResponse> response = co_await sending;
    if (response->take_buffered()) co_return 0;
    Task<Bytes> reading = response->read_all(10000);
    const Bytes body = co_await reading;
    co_return body.size();
  };
  EXPECT_EQ(run(ask(client())), 1000u);
}

TEST_P(HttpExchangeTest, reads_bodies_of_any_size_and_framing) {
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

TEST_P(HttpExchangeTest, sends_large_bodies_in_whatever_pieces_the_system_takes) {
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

TEST_P(HttpExchangeTest, waits_for_the_go_ahead_of_the_server_when_asked) {
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

TEST_P(HttpExchangeTest, bounds_the_time_until_the_first_byte) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, "late");
    reply.delay = std::chrono::hours(1);
    return reply;
  });
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::timeout);
  EXPECT_GE(world.elapsed(), options.first_byte_timeout);
  EXPECT_LT(world.elapsed(), options.first_byte_timeout + milliseconds(100));
}

TEST_P(HttpExchangeTest, bounds_the_time_between_two_bytes) {
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

TEST_P(HttpExchangeTest, a_head_that_drips_has_the_time_for_a_first_byte_once_more) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, "body", "X-Long: " + std::string(20'000, 'x') + "\r\n");
    reply.bytes_per_second = 1;
    return reply;
  });
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::timeout);
  EXPECT_LE(world.elapsed(), 2 * options.first_byte_timeout + milliseconds(100));
}

TEST_P(HttpExchangeTest, lets_a_slow_body_take_longer_than_the_inactivity_time) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, std::string(1000, 'x'));
    reply.bytes_per_second = 10;
    return reply;
  });
  EXPECT_EQ(run(fetch(client(), request_for("GET", "/"))).body.size(), 1000U);
  EXPECT_GT(world.elapsed(), std::chrono::seconds(100));
}

TEST_P(HttpExchangeTest, reports_a_cut_body_as_truncated_and_never_as_its_end) {
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

TEST_P(HttpExchangeTest, keeps_failing_once_a_body_broke_off) {
  serve([](const FakeRequest&) {
    FakeReply reply = FakeReply::http(200, std::string(1000, 'x'));
    reply.cut_after = 300;
    return reply;
  });
  EXPECT_EQ(run(read_after_failure(client())), 3);
}

TEST_P(HttpExchangeTest, reads_no_body_after_head_204_and_304) {
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

TEST_P(HttpExchangeTest, ends_a_malformed_response_with_a_protocol_error) {
  serve([](const FakeRequest&) {
    FakeReply reply;
    reply.bytes = "SSH-2.0-OpenSSH_9.2\r\n";
    return reply;
  });
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/"))), ErrorCode::protocol);
  EXPECT_EQ(world.network.open_now(), 0U);
}

// Under a reactor helper threads read the file, which have no virtual time: see the loopback tests.
TEST(HttpExchange, sends_a_part_of_a_file) {
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

TEST_P(HttpExchangeTest, refuses_header_lines_and_targets_that_could_split_a_request) {
  HttpRequest request;
  EXPECT_THROW(request.add_header("X", "a\r\nY: b"), Error);
  EXPECT_THROW(request.add_header("X: y\r\nZ", "a"), Error);
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/a b"))), ErrorCode::invalid_argument);
  EXPECT_EQ(failure(fetch(client(), request_for("GET", "/a\r\nX: y"))), ErrorCode::invalid_argument);
}

TEST_P(HttpExchangeTest, stops_at_the_deadline_of_the_operation) {
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

TEST_P(HttpExchangeTest, closes_its_connection_when_it_is_cancelled) {
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

TEST_P(HttpExchangeTest, a_change_that_the_server_is_making_is_waited_for_when_it_is_cancelled_and_not_for_long) {
  struct Case {
    const char* method;
    milliseconds answered_after;
    milliseconds least;
    milliseconds most;
  };
  for (const Case& one : {Case{"PUT", milliseconds(300), milliseconds(300), milliseconds(400)},
                          Case{"DELETE", milliseconds(300), milliseconds(300), milliseconds(400)},
                          Case{"PUT", milliseconds(50'000), milliseconds(1000), milliseconds(1100)},
                          Case{"GET", milliseconds(300), milliseconds(0), milliseconds(50)}}) {
    bool asked = false;
    serve([&](const FakeRequest&) {
      asked = true;
      FakeReply reply = FakeReply::http(200, "done");
      reply.delay = one.answered_after;
      return reply;
    });
    Loop::Drive driving(world.loop);
    std::optional<Result<Answer>> outcome;
    Operation operation = fetch(client(), request_for(one.method, "/", one.method[0] == 'P' ? "payload" : ""))
                              .start({&world.loop}, [&](Result<Answer> result) { outcome.emplace(std::move(result)); });
    while (!asked) world.loop.run_once();
    const auto begin = world.elapsed();
    operation.cancel();
    while (!outcome) world.loop.run_once();
    EXPECT_EQ(outcome->error().code(), ErrorCode::cancelled);
    EXPECT_GE(world.elapsed() - begin, one.least - milliseconds(20)) << one.method;
    EXPECT_LE(world.elapsed() - begin, one.most) << one.method;
    EXPECT_EQ(world.network.open_now(), 0U);
  }
}

}  // namespace
}  // namespace genro::storage
