#include "net/http_connection.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/http_sending.h"

namespace genro::storage {
namespace {

constexpr std::size_t kTailTarget = 16384;  // a smaller target shares its receive with the buffer
constexpr int kMaxInformational = 16;
constexpr int kSpinRounds = 4000;  // also an end for clocks that stand still

iovec piece_of(const void* data, std::size_t size) noexcept { return {const_cast<void*>(data), size}; }
Interest interest_of(const IoStep& step) noexcept {
  return step.kind == IoStep::Kind::want_write ? Interest::write : Interest::read;
}
bool wants(const IoStep& step) noexcept {
  return step.kind == IoStep::Kind::want_read || step.kind == IoStep::Kind::want_write;
}

}  // namespace

HttpConnection::HttpConnection(StreamHandle stream)
    : stream_(std::move(stream)), buffer_(std::make_unique_for_overwrite<char[]>(kBuffer)) {}

void HttpConnection::fail(const IoStep& step, const Limits& limits, const char* doing) const {
  const std::string peer(limits.peer);
  if (step.kind == IoStep::Kind::closed) {
    throw Error(ErrorCode::connection, peer + " closed the connection while " + doing);
  }
  if (const std::string text = stream_->failure(); !text.empty()) {
    throw Error(ErrorCode::tls, peer + ": " + text);
  }
  throw Error(ErrorCode::connection,
              "the connection to " + peer + " broke while " + doing + ": " + std::strerror(step.error));
}

IoStep HttpConnection::receive(const iovec* pieces, int count) noexcept {
  const IoStep step = stream_->read(pieces, count);
  if (step.kind == IoStep::Kind::done) {
    std::size_t asked = 0;
    for (int i = 0; i < count; ++i) asked += pieces[i].iov_len;
    received_ = true;
    drained_ = step.size < asked;
  }
  return step;
}

IoStep HttpConnection::receive_spinning(const iovec* pieces, int count, Duration longest, Loop& loop) noexcept {
  IoStep step = receive(pieces, count);
  if (longest <= Duration::zero()) return step;
  const TimePoint end = loop.now() + longest;
  for (int i = 0; step.kind == IoStep::Kind::want_read && i < kSpinRounds && loop.now() < end; ++i)
    step = receive(pieces, count);
  return step;
}

Task<void> HttpConnection::exchange(const HttpRequest& request, Limits limits, HttpHead& head) {
  Context& context = co_await current_context();
  Loop& loop = loop_of(context);
  received_ = false;
  keep_alive_ = false;  // until the response says so
  informational_ = 0;
  head_parser_.reset();
  const bool from_file = request.body.is_file();
  const bool separate = request.expect_continue && request.body.size() > 0;

  bool whole = true;      // the request was sent wholly
  bool answered = false;  // the final head is there
  HttpSending sending(outgoing_, separate ? std::span<const Bytes>() : std::span(request.body.pieces()));
  std::exception_ptr broken;
  sent_ = sending.step(*stream_).kind == IoStep::Kind::done;
  if (!sending.done()) {
    Task<void> rest = send(sending, limits);
    Result<void> result = co_await rest.as_result();
    broken = result.exception();
  }
  if (separate && !broken) {
    Task<bool> wait = await_continue(limits, head);
    if (co_await wait) {
      sending = HttpSending({}, request.body.pieces());
      Task<void> rest = send(sending, limits);
      Result<void> result = co_await rest.as_result();
      broken = result.exception();
    } else {
      whole = false;
      answered = true;
    }
  }
  if (from_file && whole && !broken) {
    Task<void> rest = send_file(request.body.file(), limits);
    Result<void> result = co_await rest.as_result();
    broken = result.exception();
  }
  if (broken) {
    // A server that refuses may answer and close before it has read everything: its answer tells more than "broken pipe".
    if (context.scope->stopped() || !early_answer()) std::rethrow_exception(broken);
    whole = false;
  }

  const TimePoint sent_at = loop.now();
  TimePoint until = sent_at + limits.first_byte;
  // After the stale check nothing can be there yet: the reactor saves a vain receive. Edges are not lost meanwhile.
  bool wait_first = lane() && !received_;
  const Duration spin =
      limits.round_trip && context.caller_driven && !received_ ? limits.round_trip->budget() : Duration::zero();
  bool polled = spin > Duration::zero();
  while (!answered) {
    if (take_head(head)) {
      if (head.status >= 200) break;
      continue;
    }
    make_room();
    const iovec space = free_space();
    IoStep step{IoStep::Kind::want_read, 0, 0};
    if (!wait_first) step = receive_spinning(&space, 1, received_ ? Duration::zero() : spin, loop);
    wait_first = false;
    if (step.kind == IoStep::Kind::done) {
      if (end_ == 0 && limits.round_trip && context.caller_driven)
        limits.round_trip->answered(loop.now() - sent_at, polled);
      end_ += step.size;
      until = kNever;
    } else if (wants(step)) {
      polled = false;
      if (until == kNever) until = loop.now() + limits.inactivity;
      const WaitStatus status = co_await ready_for(stream_->descriptor(), interest_of(step), until);
      if (status != WaitStatus::ready)
        throw_wait(status, context, "waiting for an answer of " + std::string(limits.peer));
    } else {
      if (broken) std::rethrow_exception(broken);
      fail(step, limits, "it was to answer");
    }
  }
  body_.start(head, request.method == "HEAD" || (request.method == "CONNECT" && head.ok()));
  keep_alive_ = whole && head.keep_alive && body_.framing() != HttpBodyDecoder::Framing::until_close &&
                !(head.status == 204 && head.content_length.value_or(0) > 0);
}

bool HttpConnection::take_head(HttpHead& head) {
  if (begin_ == end_) return false;
  const std::size_t size = head_parser_.parse(buffered(), head);
  if (size == 0) return false;
  begin_ += size;
  if (head.status == 101) throw Error(ErrorCode::protocol, "the server switched protocols unasked");
  if (head.status < 200 && ++informational_ > kMaxInformational)
    throw Error(ErrorCode::protocol, "too many interim responses");
  return true;
}

// While the body is being sent: has the server begun to answer? Leaves the bytes in the buffer.
bool HttpConnection::early_answer() noexcept {
  if (begin_ != end_) return true;
  begin_ = end_ = 0;
  const iovec space = free_space();
  const IoStep step = receive(&space, 1);
  if (step.kind != IoStep::Kind::done) return false;
  end_ += step.size;
  return true;
}

void HttpConnection::make_room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ < capacity_) return;
  auto larger = std::make_unique_for_overwrite<char[]>(capacity_ * 2);  // the parser stops it at 64 KiB
  std::memcpy(larger.get(), buffer_.get(), end_);
  buffer_ = std::move(larger);
  capacity_ *= 2;
}

Task<void> HttpConnection::send(HttpSending& sending, const Limits& limits) {
  Context& context = co_await current_context();
  Loop& loop = loop_of(context);
  while (!sending.done()) {
    const IoStep step = sending.step(*stream_);
    if (step.kind == IoStep::Kind::done) {
      sent_ = true;
    } else if (wants(step)) {
      const WaitStatus status =
          co_await ready_for(stream_->descriptor(), interest_of(step), loop.now() + limits.inactivity);
      if (status != WaitStatus::ready) throw_wait(status, context, "sending to " + std::string(limits.peer));
    } else {
      fail(step, limits, "the request was sent");
    }
  }
}

Task<void> HttpConnection::send_file(FileSpan file, const Limits& limits) {
  while (file.size > 0) {
    Task<Bytes> reading = read_to_send(file);
    const Bytes bytes = co_await reading;
    HttpSending sending({}, std::span(&bytes, 1));
    Task<void> sent = send(sending, limits);
    co_await sent;
    file.offset += bytes.size();
    file.size -= bytes.size();
  }
}

// After the head with "Expect: 100-continue": true when the body is to be sent, false when a final answer has come.
Task<bool> HttpConnection::await_continue(const Limits& limits, HttpHead& head) {
  Context& context = co_await current_context();
  const TimePoint until = loop_of(context).now() + limits.continue_wait;
  for (;;) {
    if (take_head(head)) {
      if (head.status >= 200) co_return false;
      if (head.status == 100) co_return true;
      continue;
    }
    make_room();
    const iovec space = free_space();
    const IoStep step = receive(&space, 1);
    if (step.kind == IoStep::Kind::done) {
      end_ += step.size;
    } else if (wants(step)) {
      const WaitStatus status = co_await ready_for(stream_->descriptor(), interest_of(step), until);
      if (status == WaitStatus::timed_out && context.deadline > until) co_return true;  // servers may ignore Expect
      if (status != WaitStatus::ready)
        throw_wait(status, context, "waiting for an answer of " + std::string(limits.peer));
    } else {
      fail(step, limits, "it was to answer");
    }
  }
}

Task<std::size_t> HttpConnection::read(std::span<std::byte> target, Limits limits) {
  Context& context = co_await current_context();
  if (target.empty()) co_return 0;
  TimePoint until = kNever;
  while (!body_.done()) {
    const std::uint64_t direct = body_.direct();
    if (begin_ != end_) {
      if (direct == 0) {
        begin_ += body_.parse(buffered());
        continue;
      }
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>({target.size(), direct, end_ - begin_}));
      std::memcpy(target.data(), buffer_.get() + begin_, size);
      begin_ += size;
      body_.took(size);
      if (body_.direct() == 0) begin_ += body_.parse(buffered());
      co_return size;
    }
    begin_ = end_ = 0;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), direct));
    std::array<iovec, 2> pieces{piece_of(target.data(), wanted), free_space()};
    const bool with_buffer =
        wanted < direct ? wanted < kTailTarget : body_.framing() == HttpBodyDecoder::Framing::chunked;
    const IoStep step = direct == 0 ? receive(&pieces[1], 1) : receive(pieces.data(), with_buffer ? 2 : 1);
    if (step.kind == IoStep::Kind::done) {
      const std::size_t placed = std::min(step.size, wanted);
      end_ = step.size - placed;
      if (placed == 0) continue;
      body_.took(placed);
      if (body_.direct() == 0) begin_ += body_.parse(buffered());
      co_return placed;
    }
    if (step.kind == IoStep::Kind::closed) {
      body_.end_of_stream();
      break;
    }
    if (!wants(step)) fail(step, limits, "the body came");
    until = loop_of(context).now() + limits.inactivity;
    const WaitStatus status = co_await ready_for(stream_->descriptor(), interest_of(step), until);
    if (status != WaitStatus::ready) throw_wait(status, context, "receiving from " + std::string(limits.peer));
  }
  co_return 0;
}

bool HttpConnection::holds_rest() const noexcept {
  return body_.framing() == HttpBodyDecoder::Framing::length && body_.direct() != 0 && end_ - begin_ >= body_.direct();
}

Bytes HttpConnection::take_rest() {
  const auto size = static_cast<std::size_t>(body_.direct());
  const Bytes rest = Bytes::copy_of(std::string_view(buffer_.get() + begin_, size));
  begin_ += size;
  body_.took(size);
  return rest;
}

void HttpConnection::skip_buffered() {
  while (!body_.done() && begin_ != end_) {
    if (body_.direct() == 0) {
      begin_ += body_.parse(buffered());
      continue;
    }
    const std::uint64_t size = std::min<std::uint64_t>(body_.direct(), end_ - begin_);
    begin_ += static_cast<std::size_t>(size);
    body_.took(size);
  }
}

void HttpConnection::adopt(Loop& loop) noexcept {
  if (!lane()) stream_.get_deleter().owner = lane_of(loop);
}

StreamHandle HttpConnection::release_stream() {
  if (begin_ != end_) throw Error(ErrorCode::protocol, "the proxy sent more than its answer");
  return std::move(stream_);
}

}  // namespace genro::storage
