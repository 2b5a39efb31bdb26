// HttpObjectClient: the loop around every request to a store over HTTP. It routes a request, authorizes it, sends it, and
// recovers at once from what makes it fail for reasons of its own (a wrong clock, credentials that have expired, what a
// protocol adds), each at most once a request; all else is thrown as Error.
// Base of the clients of such backends, which say how a request is authorized and what a failure means. Thread-safe. It
// never retries a transient failure: that is the retry layer's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/http/server_clock.h"
#include "core/env.h"
#include "core/mutex.h"
#include "genro/storage/error.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage {

using TransportFactory = std::function<std::shared_ptr<HttpTransport>(const HttpEndpoint&, const HttpOptions&)>;

/// What a request is for. The views must live as long as the task.
struct RequestContext {
  std::string_view operation;     ///< for errors: "read"
  std::string_view path;          ///< for errors: the mount's path
  bool absent_is_answer = false;  ///< a 404 is a response, not an error
  int other_answer = 0;           ///< a status that is one, too, such as the 308 of an upload that goes on
};

class HttpObjectClient {
 public:
  virtual ~HttpObjectClient() = default;
  HttpObjectClient(const HttpObjectClient&) = delete;
  HttpObjectClient& operator=(const HttpObjectClient&) = delete;

  std::int64_t wall_ns() const noexcept { return clock_.wall_ns(); }  ///< The server's time.

  /// The response to a success (2xx), or of another status that is an answer. Its body is not read yet.
  Task<std::unique_ptr<HttpResponse>> send(HttpRequest request, RequestContext context);

  struct Document {
    HttpHead head;
    Bytes body;
  };
  /// The same with the whole body. A success whose body says that it failed is an error, too: some operations answer 200
  /// before they know how they end.
  Task<Document> document(HttpRequest request, RequestContext context);

 protected:
  /// Where requests go.
  struct Route {
    HttpEndpoint endpoint;
    std::shared_ptr<HttpTransport> transport;
    std::string region;  ///< What a signature has to say beside the host; "" where a protocol knows none.
  };
  struct Failure {
    HttpHead head;
    Bytes body;                            ///< Empty when it did not arrive.
    std::shared_ptr<const void> document;  ///< What parse_failure() made of it.
  };
  /// What one request has gone through. Each kind of recovery has one go.
  struct Attempt {
    std::shared_ptr<const Route> route;
    std::shared_ptr<const void> credentials;  ///< Those that authorized it, of the protocol's own type.
    std::string body_hash;                    ///< Where authorizing needs one.
    unsigned tried = 0;                       ///< A bit for each kind of recovery.

    /// True the first time.
    bool first(unsigned kind) noexcept {
      const bool fresh = (tried & kind) == 0;
      tried |= kind;
      return fresh;
    }
  };
  static constexpr unsigned kClock = 1, kCredentials = 2;
  static constexpr unsigned kOwnRecoveries = 4;  ///< The first bit that is free for a protocol.

  HttpObjectClient(Env& env, HttpOptions options, TransportFactory make_transport);

  /// The words of a refusal, or of an answer as short, arrive within this; without them its status alone speaks.
  static constexpr Duration kLongestRefusal = std::chrono::minutes(1);

  /// Before anything is sent: throws invalid_path for a path of the mount that the store can have nothing under.
  virtual void check_path(std::string_view operation, std::string_view path) const;
  /// Appends to the request's headers what says whose it is. False when that has to wait for something: then
  /// authorize_later() does it. `attempt` has its route. The pointers are to what lives in send()'s own frame.
  virtual bool authorize(HttpRequest& request, Attempt& attempt) = 0;
  virtual Task<void> authorize_later(HttpRequest* request, Attempt* attempt);
  /// Reads the body of a failure, once for all who look at it after that. Of the protocol's own type.
  virtual std::shared_ptr<const void> parse_failure(const Bytes&) const { return nullptr; }
  /// The error that a failure is, without operation and place.
  virtual Error decode_error(const Failure& failure, std::string_view path) const = 0;
  /// The same of a success whose body is an error; nothing when it is none.
  virtual std::optional<Error> error_in_success(const Document& document) const;
  /// Whether the request is worth another try, after what made it fail was put right. By default: the clock, then the
  /// credentials.
  virtual Task<bool> recover(Failure* failure, HttpRequest* request, Attempt* attempt);
  /// Whether requests are signed at all, so that a wrong clock or old credentials can be the reason of a refusal.
  virtual bool signs() const noexcept { return false; }
  virtual bool means_stale_credentials(const Failure&) const { return false; }
  /// Whether there are others than those of the attempt, which were refused.
  virtual Task<bool> refresh_credentials(Attempt* attempt);
  /// A request has succeeded, after all that its attempt tried: what that shows of the server.
  virtual void succeeded(const HttpRequest&, const Attempt&) noexcept {}

  std::shared_ptr<const Route> route() const;
  std::shared_ptr<const Route> make_route(HttpEndpoint endpoint, std::string region) const;
  void set_route(std::shared_ptr<const Route> route);
  Task<Failure> read_failure(std::unique_ptr<HttpResponse> response);

  ServerClock clock_;

 private:
  const HttpOptions options_;
  const TransportFactory make_transport_;
  mutable Mutex mutex_;  // guards route_
  std::shared_ptr<const Route> route_;
};

}  // namespace genro::storage
