#include "net/http_connection.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "loop/run.h"

namespace genro::storage {
namespace {

constexpr std::size_t kTailTarget = 16384;  // a smaller target shares its receive with the buffer
constexpr int kMaxInformational = 16;
constexpr int kSpinRounds = 4000;  // also an end for clocks that stand still

}  // namespace

IoStep HttpConnection::receive(const iovec* pieces, int count) noexcept {
  // A forked child shares the socket: what it received, its parent would never see.
  if (generation() != fork_generation()) return {IoStep::Kind::closed, 0, 0};
  const IoStep step = stream_->read(pieces, count);
  if (step.kind == IoStep::Kind::done) {
    std::size_t asked = 0;
    for (int i = 0; i < count; ++i) asked += pieces[i].iov_len;
    received_ = true;
    drained_ = step.size < asked;
  }
  return step;
}

IoStep HttpConnection::receive() {
  const iovec room = input_.room();
  const IoStep step = receive(&room, 1);
  input_.filled(step.kind == IoStep::Kind::done ? step.size : 0);
  return step;
}

IoStep HttpConnection::receive_into(std::span<std::byte> target, bool with_buffer) {
  std::array<iovec, 2> pieces{piece_of(target.data(), target.size()), iovec{}};
  if (!with_buffer) return receive(pieces.data(), 1);
  pieces[1] = input_.room();
  const IoStep step = receive(pieces.data(), 2);
  input_.filled(step.kind == IoStep::Kind::done && step.size > target.size() ? step.size - target.size() : 0);
  return step;
}

IoStep HttpConnection::receive_spinning(Duration longest, Loop& loop) {
  IoStep step = receive();
  if (longest <= Duration::zero()) return step;
  const TimePoint end = loop.now() + longest;
  for (int i = 0; step.kind == IoStep::Kind::want_read && i < kSpinRounds && loop.now() < end; ++i) step = receive();
  return step;
}

// What the first step did not send: the rest, a body that the server is to ask for, a file.
Task<HttpConnection::Sent> HttpConnection::send_rest(HttpSending& sending, const HttpRequest& request,
                                                     const Limits& limits, HttpHead& head) {
  const std::string head_left(sending.head_left());
  sending.move_head(head_left);
  Sent sent;
  Task<void> rest = send_all(sending, sending_to(limits));
  const Result<void> first = co_await rest.as_result();
  sent.broken = first.exception();
  sent_ = sending.begun();
  if (!sent.broken && request.expect_continue && request.body.size() > 0) {
    Task<bool> wait = await_continue(limits, head);
    if (co_await wait) {
      sending.add_pieces(request.body.pieces());
      Task<void> pieces = send_all(sending, sending_to(limits));
      const Result<void> second = co_await pieces.as_result();
      sent.broken = second.exception();
    } else {
      sent.whole = false;
      sent.answered = true;
    }
  }
  if (request.body.is_file() && sent.whole && !sent.broken) {
    Task<void> file = send_file(request.body.file(), sending_to(limits));
    const Result<void> third = co_await file.as_result();
    sent.broken = third.exception();
  }
  co_return sent;
}

Task<void> HttpConnection::exchange(const HttpRequest& request, std::string_view request_head, Limits limits,
                                    HttpHead& head) {
  Context& context = co_await current_context();
  Loop& loop = loop_of(context);
  received_ = false;
  pending_ = false;
  keep_alive_ = false;  // until the response says so
  informational_ = 0;
  head_parser_.reset();
  const bool separate = request.expect_continue && request.body.size() > 0;
  HttpSending sending(request_head, separate ? std::span<const Bytes>() : std::span(request.body.pieces()));
  sending.step(*stream_);
  sent_ = sending.begun();
  Sent sent;
  if (!sending.done() || separate || request.body.is_file()) {
    Task<Sent> rest = send_rest(sending, request, limits, head);
    sent = co_await rest;
  }
  if (sent.broken) {
    // A server that refuses may answer and close before it has read everything: its answer tells more than "broken pipe".
    if (context.scope->stopped() || !early_answer()) std::rethrow_exception(sent.broken);
    sent.whole = false;
  }
  pending_ = sent.whole && !sent.answered;

  const TimePoint sent_at = loop.now();
  TimePoint until = sent_at + limits.first_byte;
  TimePoint whole = kNever;  // a head that has begun comes to its end by then, however it drips
  // After the stale check nothing can be there yet: the reactor saves a vain receive. Edges are not lost meanwhile.
  bool wait_first = shard() && !received_;
  const Duration spin =
      limits.round_trip && context.caller_driven && !received_ ? limits.round_trip->budget() : Duration::zero();
  bool polled = spin > Duration::zero();
  while (!sent.answered) {
    if (take_head(head)) {
      if (head.status >= 200) break;
      whole = kNever;
      continue;
    }
    const bool first = !received_;
    IoStep step{IoStep::Kind::want_read, 0, 0};
    if (!wait_first) step = receive_spinning(first ? spin : Duration::zero(), loop);
    wait_first = false;
    if (step.kind == IoStep::Kind::done) {
      if (first && limits.round_trip && context.caller_driven)
        limits.round_trip->answered(loop.now() - sent_at, polled);
      until = kNever;
    } else if (wants(step)) {
      polled = false;
      if (until == kNever) {
        const TimePoint now = loop.now();
        if (whole == kNever) whole = now + limits.first_byte;
        until = std::min(now + limits.inactivity, whole);
      }
      const WaitStatus status = co_await ready_for(stream_->descriptor(), interest_of(step), until);
      if (status != WaitStatus::ready)
        throw_wait(status, context, "waiting for an answer of " + std::string(limits.peer));
    } else {
      if (sent.broken) std::rethrow_exception(sent.broken);
      throw_broken(step, *stream_, limits.peer, "it was to answer");
    }
  }
  pending_ = false;
  body_.start(head, request.method == "HEAD" || (request.method == "CONNECT" && head.ok()));
  keep_alive_ = sent.whole && head.keep_alive && body_.framing() != HttpBodyDecoder::Framing::until_close &&
                !(head.status == 204 && head.content_length.value_or(0) > 0);
}

bool HttpConnection::take_head(HttpHead& head) {
  if (input_.empty()) return false;
  const std::size_t size = head_parser_.parse(input_.view(), head);
  if (size == 0) return false;
  input_.consume(size);
  if (head.status == 101) throw Error(ErrorCode::protocol, "the server switched protocols unasked");
  if (head.status < 200 && ++informational_ > kMaxInformational)
    throw Error(ErrorCode::protocol, "too many interim responses");
  return true;
}

// While the body is being sent: has the server begun to answer? Leaves the bytes in the buffer.
bool HttpConnection::early_answer() { return !input_.empty() || receive().kind == IoStep::Kind::done; }

// The next head, interim or final, by `until`. Throws when the operation ended or the connection broke.
Task<WaitStatus> HttpConnection::await_head(TimePoint until, const Limits& limits, HttpHead& head) {
  Context& context = co_await current_context();
  while (!take_head(head)) {
    const IoStep step = receive();
    if (wants(step)) {
      const WaitStatus status = co_await ready_for(stream_->descriptor(), interest_of(step), until);
      if (status == WaitStatus::timed_out && context.deadline > until) co_return status;
      if (status != WaitStatus::ready)
        throw_wait(status, context, "waiting for an answer of " + std::string(limits.peer));
    } else if (step.kind != IoStep::Kind::done) {
      throw_broken(step, *stream_, limits.peer, "it was to answer");
    }
  }
  co_return WaitStatus::ready;
}

// After the head with "Expect: 100-continue": true when the body is to be sent, false when a final answer has come.
Task<bool> HttpConnection::await_continue(const Limits& limits, HttpHead& head) {
  Context& context = co_await current_context();
  const TimePoint until = loop_of(context).now() + limits.continue_wait;
  for (;;) {
    Task<WaitStatus> waiting = await_head(until, limits, head);
    const WaitStatus status = co_await waiting;
    if (status == WaitStatus::timed_out) co_return true;  // servers may ignore Expect
    if (head.status >= 200) co_return false;
    if (head.status == 100) co_return true;
  }
}

Task<void> HttpConnection::drain(Limits limits) {
  pending_ = false;
  HttpHead head;
  while (head.status < 200) {
    Task<WaitStatus> waiting = await_head(kNever, limits, head);
    co_await waiting;
  }
  body_.start(head, false);
  Task<void> rest = drain_body(limits);
  co_await rest;
}

Task<void> HttpConnection::drain_body(Limits limits) {
  std::array<std::byte, 1024> rest;
  for (std::size_t got = 1; got != 0;) {
    Task<std::size_t> reading = read(rest, limits);
    got = co_await reading;
  }
}

Task<std::size_t> HttpConnection::read(std::span<std::byte> target, Limits limits) {
  Context& context = co_await current_context();
  if (target.empty()) co_return 0;
  TimePoint until = kNever;
  while (!body_.done()) {
    const std::uint64_t direct = body_.direct();
    if (!input_.empty()) {
      if (direct == 0) {
        input_.consume(body_.parse(input_.view()));
        continue;
      }
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>({target.size(), direct, input_.size()}));
      std::memcpy(target.data(), input_.view().data(), size);
      input_.consume(size);
      body_.took(size);
      if (body_.direct() == 0) input_.consume(body_.parse(input_.view()));
      co_return size;
    }
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), direct));
    const bool with_buffer =
        wanted < direct ? wanted < kTailTarget : body_.framing() == HttpBodyDecoder::Framing::chunked;
    const IoStep step = direct == 0 ? receive() : receive_into(target.first(wanted), with_buffer);
    if (step.kind == IoStep::Kind::done) {
      if (direct == 0) continue;
      const std::size_t placed = std::min(step.size, wanted);
      body_.took(placed);
      if (body_.direct() == 0) input_.consume(body_.parse(input_.view()));
      co_return placed;
    }
    if (step.kind == IoStep::Kind::closed) {
      body_.end_of_stream();
      break;
    }
    if (!wants(step)) throw_broken(step, *stream_, limits.peer, "the body came");
    until = loop_of(context).now() + limits.inactivity;
    const WaitStatus status = co_await ready_for(stream_->descriptor(), interest_of(step), until);
    if (status != WaitStatus::ready) throw_wait(status, context, "receiving from " + std::string(limits.peer));
  }
  co_return 0;
}

bool HttpConnection::holds_rest() const noexcept {
  return body_.framing() == HttpBodyDecoder::Framing::length && body_.direct() != 0 && input_.size() >= body_.direct();
}

Bytes HttpConnection::take_rest() {
  const auto size = static_cast<std::size_t>(body_.direct());
  Bytes rest = Bytes::copy_of(input_.view().substr(0, size));
  input_.consume(size);
  body_.took(size);
  return rest;
}

void HttpConnection::skip_buffered() {
  while (!body_.done() && !input_.empty()) {
    if (body_.direct() == 0) {
      input_.consume(body_.parse(input_.view()));
      continue;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(body_.direct(), input_.size()));
    input_.consume(size);
    body_.took(size);
  }
}

void HttpConnection::adopt(Loop& loop) noexcept {
  if (!shard()) stream_.get_deleter().owner = shard_of(loop);
}

StreamHandle HttpConnection::release_stream() {
  if (!input_.empty()) throw Error(ErrorCode::protocol, "the proxy sent more than its answer");
  return std::move(stream_);
}

}  // namespace genro::storage
