// HttpConnection: one stream, its 16 KiB buffer, and the exchange of one request and response at a time over it.
// Used by the pool and by HttpClient. After any exception, or while reusable() is false at the end of a response, it is
// only good for closing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "net/http.h"
#include "net/http_parser.h"
#include "net/http_sending.h"
#include "net/round_trip.h"
#include "net/stream_handle.h"

namespace genro::storage {

class HttpConnection {
 public:
  struct Limits {
    Duration first_byte;
    Duration inactivity;
    Duration continue_wait;
    RoundTrip* round_trip = nullptr;  ///< The endpoint's, when spinning is allowed.
    std::string_view peer;            ///< For messages.
  };

  explicit HttpConnection(StreamHandle stream);

  /// Where the head of the next request (request line and fields) is written before exchange(). Empty; its memory stays.
  std::string& blank_head() noexcept {
    outgoing_.clear();
    return outgoing_;
  }
  /// Sends the request with that head and reads the head of the final response. `request` and `head` must live until it
  /// is done.
  Task<void> exchange(const HttpRequest& request, Limits limits, HttpHead& head);
  /// Body bytes; 0 at the end.
  Task<std::size_t> read(std::span<std::byte> target, Limits limits);

  const HttpBodyDecoder& body() const noexcept { return body_; }
  /// Whether all that is left of the body, and not nothing, has come already; take_rest() gives it.
  bool holds_rest() const noexcept;
  Bytes take_rest();
  /// Drops what has already come of the body; for an answer that nobody wants to read.
  void skip_buffered();
  /// The last message ended, cleanly, and the server keeps the connection open.
  bool reusable() const noexcept { return keep_alive_ && body_.done() && begin_ == end_; }
  /// The last receive emptied the socket: no byte beyond the message was waiting behind it. Else look before reusing it,
  /// or an over-long answer would be taken for the next one.
  bool drained() const noexcept { return drained_; }
  /// Nothing of an answer has come: if the connection was kept from before, it was probably dead already.
  bool silent() const noexcept { return !received_; }
  /// Not a byte of the request was accepted by the system.
  bool unsent() const noexcept { return !sent_; }

  Stream& stream() noexcept { return *stream_; }
  Loop* lane() const noexcept { return stream_.get_deleter().owner; }
  unsigned generation() const noexcept { return stream_.get_deleter().generation; }
  /// A connection of calling threads that a reactor goes on with belongs to the reactor from then on.
  void adopt(Loop& loop) noexcept;
  /// After CONNECT: the tunnel's stream. Throws protocol when the proxy sent more than its answer.
  StreamHandle release_stream();

  TimePoint idle_since{};  ///< The pool's note.

 private:
  Task<void> send(HttpSending& sending, const Limits& limits);
  Task<void> send_file(FileSpan file, const Limits& limits);
  Task<bool> await_continue(const Limits& limits, HttpHead& head);
  bool take_head(HttpHead& head);
  bool early_answer() noexcept;
  void make_room();
  IoStep receive(const iovec* pieces, int count) noexcept;
  IoStep receive_spinning(const iovec* pieces, int count, Duration longest, Loop& loop) noexcept;
  iovec free_space() noexcept { return {buffer_.get() + end_, capacity_ - end_}; }
  std::string_view buffered() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
  [[noreturn]] void fail(const IoStep& step, const Limits& limits, const char* doing) const;

  static constexpr std::size_t kBuffer = 16384;
  StreamHandle stream_;
  std::string outgoing_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = kBuffer;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  HttpHeadParser head_parser_;
  HttpBodyDecoder body_;
  int informational_ = 0;
  bool keep_alive_ = true;
  bool received_ = false;
  bool sent_ = false;
  bool drained_ = false;
};

}  // namespace genro::storage
