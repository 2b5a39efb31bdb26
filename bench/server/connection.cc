#include "connection.h"

#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <utility>

namespace fixed_s3 {

Progress Connection::receive() {
  for (;;) {
    if ((in_body_ || take_head()) && take_body()) {
      in_body_ = false;
      return Progress::done;
    }
    const Progress received = receive_more();
    if (received != Progress::done) return received;
  }
}

Progress Connection::receive_more() {
  ssize_t got = 0;
  if (in_body_ && !keep_ && left_ > 0 && input_.empty()) {
    got = stream_.discard(static_cast<std::size_t>(left_));
    if (got > 0) {
      left_ -= got;
      statistics_.bytes_in += static_cast<std::size_t>(got);
      return Progress::done;
    }
  } else {
    static std::array<char, 1 << 18> buffer;
    got = stream_.read(buffer.data(), in_body_ ? buffer.size() : 1 << 14);
    if (got > 0) {
      input_.append(buffer.data(), static_cast<std::size_t>(got));
      return Progress::done;
    }
  }
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? Progress::later : Progress::gone;
}

bool Connection::take_head() {
  const auto end = input_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  auto parsed = parse_request(std::string_view(input_).substr(0, end + 4));
  if (!parsed) {
    std::fprintf(stderr, "fixed_s3: not HTTP: %.60s\n", input_.c_str());
    ::shutdown(stream_.fd(), SHUT_RDWR);
    input_.clear();
    return false;
  }
  std::string_view method;  // the view must not point into the input
  for (const auto known : {"GET", "PUT", "POST", "HEAD", "DELETE", "PROPFIND", "OPTIONS", "MKCOL", "MOVE"}) {
    if (parsed->method == known) method = known;
  }
  parsed->method = method;
  request = std::move(*parsed);
  input_.erase(0, end + 4);
  keep_ = Objects::needs_body(request);
  left_ = request.chunked ? -1 : request.content_length;
  last_chunk_ = false;
  in_body_ = true;
  if (request.expect_continue) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const iovec piece{const_cast<char*>(kContinue.data()), kContinue.size()};
    stream_.write(&piece, 1);
  }
  return true;
}

void Connection::consume(std::size_t size) {
  if (keep_) body.append(input_, 0, size);
  input_.erase(0, size);
  left_ -= static_cast<std::int64_t>(size);
  statistics_.bytes_in += size;
}

bool Connection::take_body() {
  if (request.chunked) return take_chunked();
  if (left_ > 0 && !input_.empty()) {
    consume(std::min(input_.size(), static_cast<std::size_t>(left_)));
  }
  return left_ == 0;
}

bool Connection::take_chunked() {
  for (;;) {
    if (left_ > 0) {
      if (input_.empty()) return false;
      consume(std::min(input_.size(), static_cast<std::size_t>(left_)));
      if (left_ > 0) return false;
    }
    const auto end = input_.find("\r\n");  // the line after a chunk is empty, then comes a size, at last trailers
    if (end == std::string::npos) return false;
    if (end == 0 && left_ == 0 && !last_chunk_) {
      left_ = -1;
    } else if (last_chunk_) {
      input_.erase(0, end + 2);
      if (end == 0) return true;
      continue;
    } else {
      std::int64_t size = 0;
      std::from_chars(input_.data(), input_.data() + end, size, 16);
      left_ = size;
      last_chunk_ = size == 0;
    }
    input_.erase(0, end + 2);
  }
}

void Connection::respond(Response response) {
  response_ = std::move(response);
  sent_ = 0;
}

Progress Connection::send() {
  const auto text = response_.fixed.empty() ? std::string_view(response_.text) : response_.fixed;
  const auto total = response_.head.size() + text.size() + response_.pattern_size;
  while (sent_ < total) {
    std::array<iovec, 12> pieces;
    int count = 0;
    auto skip = sent_;
    const auto add = [&](const char* data, std::size_t size) {
      if (skip < size) {
        pieces[static_cast<std::size_t>(count++)] = {const_cast<char*>(data) + skip, size - skip};
        skip = 0;
      } else {
        skip -= size;
      }
    };
    add(response_.head.data(), response_.head.size());
    add(text.data(), text.size());
    for (auto left = response_.pattern_size - std::min(skip, response_.pattern_size); left > 0 && count < 10;) {
      const auto at = (response_.pattern_at + response_.pattern_size - left) % kPatternSize;
      const auto size = std::min(left, kPatternSize - at);
      pieces[static_cast<std::size_t>(count++)] = {const_cast<char*>(pattern().data()) + at, size};
      left -= size;
    }
    const auto wrote = stream_.write(pieces.data(), count);
    if (wrote < 0) return errno == EAGAIN ? Progress::later : Progress::gone;
    sent_ += static_cast<std::size_t>(wrote);
    statistics_.bytes_out += static_cast<std::size_t>(wrote);
  }
  if (request.close) return Progress::gone;
  response_ = {};
  return Progress::done;
}

}  // namespace fixed_s3
