#include "net/http_parser.h"

#include <algorithm>
#include <array>

#include "codec/hex.h"
#include "genro/storage/error.h"
#include "net/ascii.h"

namespace genro::storage {
namespace {

constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 62;
constexpr std::uint32_t kMaxOverhead = 16384;

[[noreturn]] void refuse_response(const char* why) {
  throw Error(ErrorCode::protocol, std::string("malformed HTTP response: ") + why);
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Where the blank line after the fields begins. From line to line: searching for all four bytes at once is slower.
std::size_t find_end(std::string_view data, std::size_t from) noexcept {
  constexpr std::string_view kEnd = "\r\n\r\n";
  for (;; ++from) {
    from = data.find('\r', from);
    if (from == std::string_view::npos || data.substr(from, kEnd.size()) == kEnd) return from;
  }
}

std::uint64_t parse_length(std::string_view text) {
  if (text.empty() || text.size() > 19) refuse_response("bad Content-Length");
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') refuse_response("bad Content-Length");
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > kMaxLength) refuse_response("bad Content-Length");
  return value;
}

}  // namespace

std::size_t HttpHeadParser::parse(std::string_view data, HttpHead& head) {
  constexpr std::string_view kStart = "HTTP/1.";
  if (data.substr(0, kStart.size()) != kStart.substr(0, data.size())) refuse_response("no HTTP/1 status line");
  const std::size_t end = find_end(data, scanned_ < 3 ? 0 : scanned_ - 3);
  if (end == std::string_view::npos) {
    scanned_ = data.size();
    if (data.size() >= kMaxHead) refuse_response("its head is too long");
    return 0;
  }
  const std::size_t size = end + 4;
  if (size > kMaxHead) refuse_response("its head is too long");
  head = HttpHead();
  head.text_ = data.substr(0, size - 2);  // each line still ends with CR LF
  if (head.text_.find('\0') != std::string::npos) refuse_response("a control character in its head");
  const std::size_t line_end = head.text_.find("\r\n");
  read_status_line(std::string_view(head.text_).substr(0, line_end), head);
  read_fields(head, line_end + 2);
  check(head);
  scanned_ = 0;
  return size;
}

void HttpHeadParser::read_status_line(std::string_view line, HttpHead& head) {
  // "HTTP/1.1 200 OK"; the reason and the blank before it may be missing.
  if (line.size() < 12 || line[7] < '0' || line[7] > '9' || line[8] != ' ') refuse_response("bad status line");
  if (line.size() > 12 && line[12] != ' ') refuse_response("bad status line");
  for (const char c : line) {
    if (c == '\n' || c == '\r' || c == '\0') refuse_response("bad status line");
  }
  for (std::size_t i = 9; i < 12; ++i) {
    if (line[i] < '0' || line[i] > '9') refuse_response("bad status");
    head.status = head.status * 10 + (line[i] - '0');
  }
  if (head.status < 100) refuse_response("bad status");
  head.minor_version = line[7] - '0';
  head.keep_alive = head.minor_version >= 1;
  if (line.size() > 13) head.reason_ = {13, static_cast<std::uint16_t>(line.size() - 13)};
}

void HttpHeadParser::read_fields(HttpHead& head, std::size_t position) {
  std::string& text = head.text_;
  while (position < text.size()) {
    char* const line = text.data() + position;
    char* const feed = text.data() + text.find('\n', position);  // the text ends with one
    if (feed == line || feed[-1] != '\r') refuse_response("a line without carriage return");
    const std::size_t length = static_cast<std::size_t>(feed - line) - 1;
    std::size_t name = 0;
    while (name < length && is_token_char(line[name])) ++name;
    const std::size_t next = position + length + 2;
    if (name == 0 && length > 0 && (line[0] == ' ' || line[0] == '\t')) {
      refuse_response("a folded header field");  // obsolete since RFC 7230, and read differently by different programs
    }
    if (name == 0 || name == length || line[name] != ':') refuse_response("bad header field");
    const std::string_view raw(line + name + 1, length - name - 1);
    if (raw.find('\r') != std::string_view::npos) refuse_response("a control character in a header field");
    const bool plain = raw.size() > 1 && raw[0] == ' ' && raw[1] > ' ' && raw.back() > ' ';  // as nearly all are
    const std::string_view value = plain ? raw.substr(1) : trim(raw);
    if (head.size() == kMaxFields) refuse_response("too many header fields");
    head.add({{static_cast<std::uint16_t>(position), static_cast<std::uint16_t>(name)},
              {static_cast<std::uint16_t>(value.data() - text.data()), static_cast<std::uint16_t>(value.size())}});
    note(std::string_view(line, name), value, head);
    position = next;
  }
}

// The three fields that frame the message.
void HttpHeadParser::note(std::string_view name, std::string_view value, HttpHead& head) {
  if (name.size() == 14 && equal_ignoring_case(name, "content-length")) {
    for (std::size_t begin = 0; begin <= value.size();) {  // "5, 5" comes from proxies that join equal fields
      const std::size_t comma = std::min(value.find(',', begin), value.size());
      const std::uint64_t length = parse_length(trim(value.substr(begin, comma - begin)));
      if (head.content_length && *head.content_length != length) refuse_response("conflicting Content-Length");
      head.content_length = length;
      begin = comma + 1;
    }
  } else if (name.size() == 17 && equal_ignoring_case(name, "transfer-encoding")) {
    if (head.chunked || !equal_ignoring_case(value, "chunked")) refuse_response("unknown Transfer-Encoding");
    head.chunked = true;
  } else if (name.size() == 10 && equal_ignoring_case(name, "connection")) {
    if (list_has_token(value, "close")) {
      head.keep_alive = false;
    } else if (head.minor_version == 0 && list_has_token(value, "keep-alive")) {
      head.keep_alive = true;
    }
  }
}

void HttpHeadParser::check(const HttpHead& head) {
  if (head.chunked && head.content_length) refuse_response("both Content-Length and Transfer-Encoding");
  if (head.chunked && head.minor_version == 0) refuse_response("Transfer-Encoding in HTTP/1.0");
}

void HttpBodyDecoder::start(const HttpHead& head, bool bodiless) noexcept {
  left_ = 0;
  digits_ = 0;
  overhead_ = 0;
  if (bodiless || head.status < 200 || head.status == 204 || head.status == 304) {
    framing_ = Framing::none;
    state_ = State::done;
  } else if (head.chunked) {
    framing_ = Framing::chunked;
    state_ = State::chunk_size;
  } else if (head.content_length) {
    framing_ = Framing::length;
    left_ = *head.content_length;
    state_ = left_ ? State::data : State::done;
  } else {
    framing_ = Framing::until_close;
    left_ = UINT64_MAX;
    state_ = State::data;
  }
}

void HttpBodyDecoder::took(std::uint64_t size) noexcept {
  if (framing_ == Framing::until_close) return;
  left_ -= size;
  if (left_ == 0) state_ = framing_ == Framing::chunked ? State::chunk_data_return : State::done;
}

std::size_t HttpBodyDecoder::parse(std::string_view input) {
  std::size_t eaten = 0;
  while (eaten < input.size() && state_ != State::done && state_ != State::data) step(input[eaten++]);
  return eaten;
}

void HttpBodyDecoder::end_of_stream() {
  if (framing_ == Framing::until_close) state_ = State::done;
  if (state_ != State::done) throw Error(ErrorCode::truncated, "the connection ended within the body");
}

void HttpBodyDecoder::chunk_digit(char c) {
  const int digit = hex_digit(c);
  if (digit < 0 || digits_ == 15) refuse_response("bad chunk size");  // 15 digits stay below 2^60
  left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  ++digits_;
}

void HttpBodyDecoder::step(char c) {
  switch (state_) {
    case State::chunk_size:
      if (digits_ > 0 && c == '\r') {
        state_ = State::chunk_line_end;
      } else if (digits_ > 0 && (c == ';' || c == ' ' || c == '\t')) {
        state_ = State::chunk_extension;
      } else {
        chunk_digit(c);
      }
      break;
    case State::chunk_extension:
      if (c == '\r') {
        state_ = State::chunk_line_end;
      } else if (c == '\n' || ++overhead_ > kMaxOverhead) {
        refuse_response("bad chunk extension");
      }
      break;
    case State::chunk_line_end:
      if (c != '\n') refuse_response("bad chunk line");
      digits_ = 0;
      state_ = left_ ? State::data : State::trailer_start;
      break;
    case State::chunk_data_return:
      if (c != '\r') refuse_response("a chunk longer than its size");
      state_ = State::chunk_data_feed;
      break;
    case State::chunk_data_feed:
      if (c != '\n') refuse_response("a chunk longer than its size");
      state_ = State::chunk_size;
      break;
    case State::trailer_start:
      state_ = c == '\r' ? State::final_feed : State::trailer_line;
      if (c == '\n' || ++overhead_ > kMaxOverhead) refuse_response("bad trailer");
      break;
    case State::trailer_line:
      if (c == '\r') {
        state_ = State::trailer_line_end;
      } else if (c == '\n' || ++overhead_ > kMaxOverhead) {
        refuse_response("bad trailer");
      }
      break;
    case State::trailer_line_end:
      if (c != '\n') refuse_response("bad trailer");
      state_ = State::trailer_start;
      break;
    case State::final_feed:
      if (c != '\n') refuse_response("bad end of trailer");
      state_ = State::done;
      break;
    case State::done:
    case State::data: break;
  }
}

}  // namespace genro::storage
