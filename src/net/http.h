// The HTTP seam: a request, the response it gets, and HttpTransport, which turns one into the other. Backends and
// credential providers talk to HttpTransport only; HttpClient (net/http_client.h) is the real one.
// A response not read to its end costs its connection: read or discard() it when few bytes are left.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "genro/storage/bytes.h"
#include "genro/storage/task.h"
#include "loop/tls.h"

namespace genro::storage {

class HttpHead;

struct HttpRequest {
  static constexpr std::size_t kUsualHeaders = 640;  ///< Bytes that hold the headers of most requests.

  std::string_view method = "GET";  ///< A literal: it is not copied.
  std::string target = "/";         ///< Path and query, already encoded.
  /// "Name: value\r\n" lines. Host, User-Agent, Connection, Content-Length, Expect are added by the transport
  /// (Host and User-Agent only when not here). Use add_header(): it refuses line breaks.
  std::string headers;
  Body body;  ///< Sent with Content-Length; an empty one sends "Content-Length: 0" for PUT, POST, PATCH.
  bool expect_continue = false;  ///< Wait (at most a second) for "100 Continue" before the body is sent.
  bool idempotent =
      false;  ///< May be sent twice over a connection that proves dead. GET, HEAD, OPTIONS, PROPFIND always may.
  /// Whether whoever reads the body can ask for the rest of the very same bytes again, by what the answer's head says of
  /// them: while nobody reads it and others wait for a connection, it may then lose its own. Null: no such reader.
  bool (*may_give_way)(const HttpHead& head) noexcept = nullptr;
  Duration first_byte_timeout{0};  ///< For slow answers; 0 = the client's.

  /// Appends a line. Throws invalid_argument for a name or value that could end the line.
  HttpRequest& add_header(std::string_view name, std::string_view value);
};

/// Status line and header fields of a response. Cheap to move; the views live as long as it does (not across moves).
class HttpHead {
 public:
  int status = 0;
  int minor_version = 1;                        ///< HTTP/1.x
  std::optional<std::uint64_t> content_length;  ///< Of the body as sent; for HEAD what a GET would send.
  bool chunked = false;
  bool keep_alive = true;  ///< What the server said or its version implies.

  bool ok() const noexcept { return status >= 200 && status < 300; }
  std::string_view reason() const noexcept { return slice(reason_); }
  /// The first field of that name (case does not matter), without surrounding blanks; "" when there is none.
  std::string_view find(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept;
  std::string_view etag() const noexcept { return find("etag"); }
  std::string_view content_type() const noexcept { return find("content-type"); }
  /// Whether a comma-separated list field holds the token (case does not matter), over all fields of that name.
  bool has_token(std::string_view name, std::string_view token) const noexcept;
  std::size_t size() const noexcept { return count_; }
  std::string_view name(std::size_t index) const noexcept { return slice(field(index).name); }
  std::string_view value(std::size_t index) const noexcept { return slice(field(index).value); }

 private:
  friend class HttpHeadParser;
  struct Slice {  // a head has at most 64 KiB
    std::uint16_t offset = 0;
    std::uint16_t size = 0;
  };
  struct Field {
    Slice name;
    Slice value;
  };
  static constexpr std::size_t kUsual = 20;  // fields that need no memory of their own
  std::string_view slice(Slice part) const noexcept { return {text_.data() + part.offset, part.size}; }
  const Field& field(std::size_t index) const noexcept { return index < kUsual ? few_[index] : more_[index - kUsual]; }
  void add(Field field);

  std::string text_;
  Slice reason_;
  std::size_t count_ = 0;
  std::array<Field, kUsual> few_;
  std::vector<Field> more_;
};

/// By its ETag the very bytes can be told from any others; a weak one does not say so much (RFC 9110 section 8.8.1).
bool has_strong_etag(const HttpHead& head) noexcept;

/// A response whose head has come; the body is read on demand. Reading may go on under another driver than send() had.
/// Dropping it (on any thread) closes its connection when the body was not read to its end.
class HttpResponse {
 public:
  virtual ~HttpResponse() = default;
  HttpResponse(const HttpResponse&) = delete;
  HttpResponse& operator=(const HttpResponse&) = delete;

  HttpHead head;
  int status() const noexcept { return head.status; }
  /// Bytes of the body not yet read, when its length is known.
  virtual std::optional<std::uint64_t> remaining() const noexcept = 0;
  /// Its connection was given to others (HttpRequest::may_give_way): reading throws connection.
  virtual bool gave_way() const noexcept { return false; }
  /// Receives straight into `target`, at least one byte; 0 only at the end. Throws truncated when the connection ends
  /// early, timeout when nothing comes for the inactivity time. `target` must live until the task is done.
  virtual Task<std::size_t> read_into(std::span<std::byte> target) = 0;
  /// The rest of the body when its length is known and all of it came together with the head, so that nothing need be
  /// waited for; else nothing, and the body is to be read.
  virtual std::optional<Bytes> take_buffered() { return std::nullopt; }
  /// Fills `target` wholly unless the body ends before; gives the number of bytes.
  Task<std::size_t> read_full(std::span<std::byte> target);
  /// The rest of the body, received straight into its final place. Throws protocol when it is longer than `limit`.
  Task<Bytes> read_all(std::size_t limit);
  /// Reads the rest when it is short and known (64 KiB), so that the connection lives on; else closes. Does not throw for the peer's faults.
  Task<void> discard();

 protected:
  HttpResponse() = default;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// Sends the request and waits for the head of the final response (1xx are swallowed). Any status is a response,
  /// not an error; http_error.h maps statuses. Throws connection, tls, timeout, protocol, cancelled.
  virtual Task<std::unique_ptr<HttpResponse>> send(HttpRequest request) = 0;
  /// The same with a request that the caller keeps until the task is done, and may send again: saves a copy.
  virtual Task<std::unique_ptr<HttpResponse>> lend(const HttpRequest& request) { return send(request); }
  /// Value of the Host header that it sends, as a signature needs it.
  virtual const std::string& host() const noexcept = 0;
};

struct HttpOptions {
  Duration connect_timeout = std::chrono::seconds(10);  ///< Name, TCP, proxy and TLS together.
  Duration first_byte_timeout =
      std::chrono::seconds(60);  ///< From the end of the request to the first byte of the answer.
  Duration inactivity_timeout = std::chrono::seconds(30);  ///< Between two bytes moved in either direction.
  Duration queue_timeout = std::chrono::seconds(120);      ///< For a free connection when all are in use.
  Duration continue_timeout = std::chrono::seconds(1);
  Duration idle_time =
      std::chrono::milliseconds(4500);  ///< How long an unused connection is kept (S3 closes after about 5 s).
  std::size_t max_connections = 256;    ///< In use at once, per endpoint.
  TlsOptions tls;
  std::string
      proxy;  ///< "" = by environment (http_proxy, https_proxy, all_proxy, no_proxy), "direct" = none, else a URL.
  std::string user_agent;  ///< "" = "genro-storage/<version>"
  bool spin = true;        ///< Poll briefly instead of sleeping while a calling thread waits for a very near server.
  bool operator==(const HttpOptions&) const = default;
};

}  // namespace genro::storage
