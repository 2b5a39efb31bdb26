#include "net/http_sending.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "genro/storage/error.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

constexpr std::size_t kFileChunk = 256 * 1024;
constexpr int kMaxPieces = 64;

// Only what is in memory; -1 or 0 when that is nothing.
ssize_t read_cached([[maybe_unused]] int descriptor, [[maybe_unused]] std::byte* data,
                    [[maybe_unused]] std::size_t size, [[maybe_unused]] std::uint64_t offset) noexcept {
#ifdef RWF_NOWAIT
  const iovec target{data, size};
  return ::preadv2(descriptor, &target, 1, static_cast<off_t>(offset), RWF_NOWAIT);
#else
  return -1;
#endif
}

// The first part of the file span.
Task<Bytes> read_to_send(FileSpan file) {
  Context& context = co_await current_context();
  BytesBuffer chunk(static_cast<std::size_t>(std::min<std::uint64_t>(file.size, kFileChunk)));
  const int descriptor = *file.descriptor;
  std::byte* const data = chunk.data();
  const std::size_t wanted = chunk.capacity();
  const std::uint64_t offset = file.offset;
  ssize_t size = context.caller_driven ? -1 : read_cached(descriptor, data, wanted, offset);
  if (size <= 0) {
    auto blocking = offload([=] {
      const ssize_t got = ::pread(descriptor, data, wanted, static_cast<off_t>(offset));
      return got < 0 ? -errno : got;
    });
    size = co_await blocking;
  }
  if (size < 0) throw Error::from_errno(static_cast<int>(-size), "read", {});
  if (size == 0) throw Error(ErrorCode::truncated, "the file became shorter while it was sent");
  context.scope->check();
  co_return std::move(chunk).freeze(static_cast<std::size_t>(size));
}

}  // namespace

void throw_broken(const IoStep& step, const Stream& stream, std::string_view peer, const char* doing) {
  const std::string name(peer);
  if (step.kind == IoStep::Kind::closed)
    throw Error(ErrorCode::connection, name + " closed the connection while " + doing);
  if (const std::string text = stream.failure(); !text.empty()) throw Error(ErrorCode::tls, name + ": " + text);
  throw Error(ErrorCode::connection,
              "the connection to " + name + " broke while " + doing + ": " + std::strerror(step.error));
}

IoStep HttpSending::step(Stream& stream) noexcept {
  std::array<iovec, kMaxPieces> parts;
  int count = 0;
  std::size_t skip = offset_;
  if (!head_.empty()) parts[static_cast<std::size_t>(count++)] = piece_of(head_.data(), head_.size());
  for (const Bytes& piece : pieces_) {
    if (count == kMaxPieces) break;
    if (piece.size() > skip)
      parts[static_cast<std::size_t>(count++)] = piece_of(piece.data() + skip, piece.size() - skip);
    skip = 0;
  }
  const IoStep step = stream.write(parts.data(), count);
  if (step.kind == IoStep::Kind::done) {
    begun_ = true;
    advance(step.size);
  }
  return step;
}

void HttpSending::advance(std::size_t size) noexcept {
  const std::size_t of_head = std::min(size, head_.size());
  head_.remove_prefix(of_head);
  size -= of_head;
  while (!pieces_.empty()) {
    const std::size_t left = pieces_.front().size() - offset_;
    if (size < left) {
      offset_ += size;
      return;
    }
    size -= left;
    offset_ = 0;
    pieces_ = pieces_.subspan(1);
    if (size == 0 && !pieces_.empty() && !pieces_.front().empty()) return;
  }
}

Task<void> send_all(HttpSending& sending, SendingTo to) {
  Context& context = co_await current_context();
  Loop& loop = loop_of(context);
  while (!sending.done()) {
    const IoStep step = sending.step(to.stream);
    if (wants(step)) {
      const WaitStatus status =
          co_await ready_for(to.stream.descriptor(), interest_of(step), loop.now() + to.inactivity);
      if (status != WaitStatus::ready) throw_wait(status, context, "sending to " + std::string(to.peer));
    } else if (step.kind != IoStep::Kind::done) {
      throw_broken(step, to.stream, to.peer, "the request was sent");
    }
  }
}

Task<void> send_file(FileSpan file, SendingTo to) {
  while (file.size > 0) {
    Task<Bytes> reading = read_to_send(file);
    const Bytes bytes = co_await reading;
    HttpSending sending({}, std::span(&bytes, 1));
    Task<void> sent = send_all(sending, to);
    co_await sent;
    file.offset += bytes.size();
    file.size -= bytes.size();
  }
}

}  // namespace genro::storage
