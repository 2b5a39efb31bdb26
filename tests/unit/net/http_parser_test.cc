#include "net/http_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

struct Message {
  HttpHead head;
  std::string body;
  std::size_t used = 0;
  bool whole = false;
};

// Feeds `wire` in pieces that end at each of `cuts` (and at its end), as a connection would.
Message parse_in_pieces(const std::string& wire, const std::vector<std::size_t>& cuts, bool bodiless = false,
                        bool ends = false) {
  Message message;
  HttpHeadParser heads;
  HttpBodyDecoder decoder;
  bool has_head = false;
  std::size_t begin = 0;
  std::vector<std::size_t> ends_of_pieces = cuts;
  ends_of_pieces.push_back(wire.size());
  for (const std::size_t end : ends_of_pieces) {
    while (!has_head) {
      if (begin == end) break;
      const std::size_t size = heads.parse(std::string_view(wire).substr(begin, end - begin), message.head);
      if (size == 0) break;
      begin += size;
      has_head = message.head.status >= 200;
      if (has_head) decoder.start(message.head, bodiless);
    }
    while (has_head && begin < end && !decoder.done()) {
      if (decoder.direct() == 0) {
        begin += decoder.parse(std::string_view(wire).substr(begin, end - begin));
        continue;
      }
      const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(decoder.direct(), end - begin));
      message.body.append(wire, begin, size);
      decoder.took(size);
      begin += size;
    }
  }
  if (ends && has_head && !decoder.done()) decoder.end_of_stream();
  message.used = begin;
  message.whole = has_head && decoder.done();
  return message;
}

Message parse(const std::string& wire, bool bodiless = false) { return parse_in_pieces(wire, {}, bodiless); }

ErrorCode failure_of(const std::string& wire) {
  try {
    parse_in_pieces(wire, {}, false, true);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

const std::vector<std::string> kGood = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\nhello",
    "HTTP/1.1 200\r\ncontent-length:0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: "
    "2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n!\r\n00c \r\n and on "
    "it..\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n",
};

TEST(HttpParser, reads_the_same_message_however_its_bytes_are_split) {
  for (const std::string& wire : kGood) {
    const Message whole = parse(wire);
    EXPECT_TRUE(whole.whole) << wire;
    EXPECT_EQ(whole.used, wire.size()) << wire;
    for (std::size_t cut = 1; cut < wire.size(); ++cut) {
      const Message split = parse_in_pieces(wire, {cut});
      EXPECT_TRUE(split.whole) << "cut at " << cut << " in " << wire;
      EXPECT_EQ(split.body, whole.body) << "cut at " << cut << " in " << wire;
      EXPECT_EQ(split.head.status, whole.head.status);
    }
    std::vector<std::size_t> each_byte;
    for (std::size_t i = 1; i < wire.size(); ++i) each_byte.push_back(i);
    EXPECT_EQ(parse_in_pieces(wire, each_byte).body, whole.body);
  }
}

TEST(HttpParser, finds_fields_whatever_their_case) {
  const Message message = parse(
      "HTTP/1.1 200 Fine thing\r\nETag: \"abc\"\r\nX-Empty:\r\nX-Two: 1\r\nx-two:\t 2 \t\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(message.head.status, 200);
  EXPECT_EQ(message.head.reason(), "Fine thing");
  EXPECT_EQ(message.head.etag(), "\"abc\"");
  EXPECT_EQ(message.head.find("X-TWO"), "1");
  EXPECT_EQ(message.head.value(3), "2");
  EXPECT_TRUE(message.head.has("x-empty"));
  EXPECT_EQ(message.head.find("x-empty"), "");
  EXPECT_FALSE(message.head.has("x-none"));
  EXPECT_EQ(message.head.size(), 5U);
}

TEST(HttpParser, stops_at_the_end_of_the_message) {
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab";
  const Message message = parse(first + "HTTP/1.1 500 Smuggled\r\n\r\n");
  EXPECT_EQ(message.used, first.size());
  EXPECT_EQ(message.body, "ab");
}

TEST(HttpParser, knows_which_responses_have_no_body) {
  const std::string wire = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  EXPECT_TRUE(parse(wire, true).whole);
  EXPECT_FALSE(parse(wire, false).whole);
  EXPECT_EQ(parse(wire, true).head.content_length, 10U);
}

TEST(HttpParser, keeps_connections_as_version_and_field_say) {
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(parse("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
}

TEST(HttpParser, takes_a_body_without_length_up_to_the_end_of_the_connection) {
  const Message message = parse_in_pieces("HTTP/1.0 200 OK\r\n\r\nall of this", {}, false, true);
  EXPECT_TRUE(message.whole);
  EXPECT_EQ(message.body, "all of this");
}

TEST(HttpParser, reports_a_body_that_ends_early_as_truncated) {
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), ErrorCode::truncated);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), ErrorCode::truncated);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"), ErrorCode::truncated);
}

TEST(HttpParser, refuses_what_could_be_read_in_two_ways) {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::string> bad = {
      "ICY 200 OK\r\n\r\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.x 200 OK\r\n\r\n",
      start + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      start + "Content-Length: 1, 2\r\n\r\nab",
      start + "Content-Length: -1\r\n\r\n",
      start + "Content-Length: +1\r\n\r\na",
      start + "Content-Length: 1 1\r\n\r\na",
      start + "Content-Length: 0x1\r\n\r\na",
      start + "Content-Length:\r\n\r\n",
      start + "Content-Length: 99999999999999999999\r\n\r\n",
      start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      start + "Content-Length : 1\r\n\r\na",
      start + " Content-Length: 1\r\n\r\na",
      start + "X: a\r\n folded: 1\r\n\r\n",
      start + "no colon\r\n\r\n",
      start + ": empty\r\n\r\n",
      start + "X: a\nContent-Length: 1\r\n\r\na",
      start + "X: a\rb\r\n\r\n",
      start + std::string("X: a\0b\r\n\r\n", 10),
      "HTTP/1.1 200 O\nK\r\n\r\n",
      chunked + "x\r\nabc\r\n0\r\n\r\n",
      chunked + "-3\r\nabc\r\n0\r\n\r\n",
      chunked + "\r\nabc\r\n0\r\n\r\n",
      chunked + "3\nabc\r\n0\r\n\r\n",
      chunked + "3\r\nabcd\r\n0\r\n\r\n",
      chunked + "2\r\nabc\r\n0\r\n\r\n",
      chunked + "ffffffffffffffff\r\nabc",
      chunked + "3;x\n\r\nabc\r\n0\r\n\r\n",
      chunked + "0\r\nTrailer\n\r\n\r\n",
      chunked + "0\r\n\rX",
  };
  for (const std::string& wire : bad) EXPECT_EQ(failure_of(wire), ErrorCode::protocol) << wire;
}

TEST(HttpParser, takes_equal_lengths_given_twice_for_one) {
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab").body, "ab");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab").body, "ab");
}

TEST(HttpParser, limits_the_size_and_the_number_of_fields) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i <= HttpHeadParser::kMaxFields; ++i) many += "A: b\r\n";
  EXPECT_EQ(failure_of(many + "\r\n"), ErrorCode::protocol);
  const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(HttpHeadParser::kMaxHead, 'x');
  EXPECT_EQ(failure_of(endless), ErrorCode::protocol);
  const std::string trailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(20000, 't');
  EXPECT_EQ(failure_of(trailers), ErrorCode::protocol);
  const std::string extension = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(20000, 'e');
  EXPECT_EQ(failure_of(extension), ErrorCode::protocol);
}

}  // namespace
}  // namespace genro::storage
