// HttpConnection: one stream, what has come over it, and the exchange of one request and response at a time.
// Used by the pool and by HttpClient. After any exception, or while reusable() is false at the end of a response, it is
// only good for closing.
#pragma once

#include <span>
#include <string_view>

#include "net/http.h"
#include "net/http_parser.h"
#include "net/http_sending.h"
#include "net/receive_buffer.h"
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

  explicit HttpConnection(StreamHandle stream) noexcept : stream_(std::move(stream)) {}

  /// Sends the request with that head (request line and fields) and reads the head of the final response. `request` and
  /// `head` must live until it is done, the text of `request_head` only until it waits for the first time.
  Task<void> exchange(const HttpRequest& request, std::string_view request_head, Limits limits, HttpHead& head);
  /// Whether the last exchange() failed while the server, who has the whole request, may be carrying it out.
  bool is_pending() const noexcept { return pending_; }
  /// Then: waits for the end of the answer, whatever it is. Throws like exchange().
  Task<void> drain(Limits limits);
  /// Waits for the end of a body that nobody wants to read any more.
  Task<void> drain_body(Limits limits);
  /// Body bytes; 0 at the end.
  Task<std::size_t> read(std::span<std::byte> target, Limits limits);

  const HttpBodyDecoder& body() const noexcept { return body_; }
  /// Whether all that is left of the body, and not nothing, has come already; take_rest() gives it.
  bool holds_rest() const noexcept;
  Bytes take_rest();
  /// Drops what has already come of the body; for an answer that nobody wants to read.
  void skip_buffered();
  /// The last message ended, cleanly, and the server keeps the connection open.
  bool reusable() const noexcept { return keep_alive_ && body_.done() && input_.empty(); }
  /// The last receive emptied the socket: no byte beyond the message was waiting behind it. Else look before reusing it,
  /// or an over-long answer would be taken for the next one.
  bool drained() const noexcept { return drained_; }
  /// Nothing of an answer has come: if the connection was kept from before, it was probably dead already.
  bool silent() const noexcept { return !received_; }
  /// Not a byte of the request was accepted by the system.
  bool unsent() const noexcept { return !sent_; }

  Stream& stream() noexcept { return *stream_; }
  Loop* shard() const noexcept { return stream_.get_deleter().owner; }
  unsigned generation() const noexcept { return stream_.get_deleter().generation; }
  /// A connection of calling threads that a reactor goes on with belongs to the reactor from then on.
  void adopt(Loop& loop) noexcept;
  /// After CONNECT: the tunnel's stream. Throws protocol when the proxy sent more than its answer.
  StreamHandle release_stream();

  TimePoint idle_since{};  ///< The pool's note.

 private:
  struct Sent {
    bool whole = true;      // all of the request
    bool answered = false;  // the final head has come already
    std::exception_ptr broken;
  };
  Task<Sent> send_rest(HttpSending& sending, const HttpRequest& request, const Limits& limits, HttpHead& head);
  Task<bool> await_continue(const Limits& limits, HttpHead& head);
  Task<WaitStatus> await_head(TimePoint until, const Limits& limits, HttpHead& head);
  bool take_head(HttpHead& head);
  bool early_answer();
  IoStep receive(const iovec* pieces, int count) noexcept;
  IoStep receive();
  IoStep receive_into(std::span<std::byte> target, bool with_buffer);
  IoStep receive_spinning(Duration longest, Loop& loop);
  SendingTo sending_to(const Limits& limits) const noexcept { return {*stream_, limits.inactivity, limits.peer}; }

  StreamHandle stream_;
  ReceiveBuffer input_;
  HttpHeadParser head_parser_;
  HttpBodyDecoder body_;
  int informational_ = 0;
  bool keep_alive_ = true;
  bool received_ = false;
  bool sent_ = false;
  bool pending_ = false;
  bool drained_ = false;
};

}  // namespace genro::storage
