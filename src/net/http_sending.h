// HttpSending: what of one request is still to be sent from memory, the head and then the body's pieces; and how the rest
// is sent when the system does not take all of it at once. Used by HttpConnection only.
// Views: head and pieces must live as long as it does.
#pragma once

#include <sys/uio.h>

#include <span>
#include <string_view>

#include "core/clock.h"
#include "core/network.h"
#include "genro/storage/bytes.h"
#include "genro/storage/task.h"
#include "loop/poller.h"

namespace genro::storage {

inline bool wants(const IoStep& step) noexcept {
  return step.kind == IoStep::Kind::want_read || step.kind == IoStep::Kind::want_write;
}
inline Interest interest_of(const IoStep& step) noexcept {
  return step.kind == IoStep::Kind::want_write ? Interest::write : Interest::read;
}
/// For the system, which reads through it only.
inline iovec piece_of(const void* data, std::size_t size) noexcept { return {const_cast<void*>(data), size}; }
/// For a step that closed or failed: throws connection or tls. `doing`: "it was to answer".
[[noreturn]] void throw_broken(const IoStep& step, const Stream& stream, std::string_view peer, const char* doing);

class HttpSending {
 public:
  HttpSending(std::string_view head, std::span<const Bytes> pieces) noexcept : head_(head), pieces_(pieces) {}
  bool done() const noexcept { return head_.empty() && pieces_.empty(); }
  /// The system has accepted some of it.
  bool begun() const noexcept { return begun_; }
  std::string_view head_left() const noexcept { return head_; }
  /// The same head, moved to where it lives longer.
  void move_head(std::string_view copy) noexcept { head_ = copy; }
  /// The pieces that were held back until the server says that it wants them.
  void add_pieces(std::span<const Bytes> pieces) noexcept { pieces_ = pieces; }
  /// Hands the system as much as it takes at once.
  IoStep step(Stream& stream) noexcept;

 private:
  void advance(std::size_t size) noexcept;

  std::string_view head_;
  std::span<const Bytes> pieces_;
  std::size_t offset_ = 0;  // in the first of what is left
  bool begun_ = false;
};

/// Where to, and how long the stream may take nothing. `peer` is for messages.
struct SendingTo {
  Stream& stream;
  Duration inactivity;
  std::string_view peer;
};
/// All that is left. Throws connection, tls, timeout.
Task<void> send_all(HttpSending& sending, SendingTo to);
/// The bytes of a file, read without making a reactor wait for a disk. Throws truncated, too, when it has become shorter.
Task<void> send_file(FileSpan file, SendingTo to);

}  // namespace genro::storage
