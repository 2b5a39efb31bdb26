#include "net/http_client.h"

#include <cstring>
#include <utility>

#include "loop/offload.h"
#include "loop/task_group.h"
#include "net/ascii.h"
#include "net/http_pool.h"

namespace genro::storage {
namespace {

constexpr std::string_view kUserAgent = "genro-storage/0.9.0";

HttpConnection::Limits limits_of(HttpPool& pool, Duration first_byte) {
  const HttpOptions& options = pool.options();
  return {first_byte > Duration::zero() ? first_byte : options.first_byte_timeout, options.inactivity_timeout,
          options.continue_timeout, options.spin ? &pool.round_trip() : nullptr, pool.peer()};
}

/// How long a change that was stopped when the server had all of it may take to be answered.
constexpr Duration kDrainWithin = std::chrono::seconds(1);

/// A response over a pooled connection, which goes back as soon as the last byte of the body was read.
class PooledResponse final : public HttpResponse, private IdleBody {
 public:
  /// `changes`: the request did something on the server, whose end is the end of the body.
  PooledResponse(std::shared_ptr<HttpPool> pool, bool changes) noexcept : pool_(std::move(pool)), changes_(changes) {}
  // One for each request, as the frames of its coroutines.
  static void* operator new(std::size_t size) { return detail::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { detail::free_frame(memory, size); }
  ~PooledResponse() override {
    if (offered_) pool_->withdraw(*this);
    if (pinned_) pool_->unpin();
    if (!lease) return;
    try {
      lease.connection->skip_buffered();
    } catch (...) {
      // Malformed: the connection is not reusable and closes.
    }
  }

  /// While nobody reads it, the connection may go to others.
  void offer() noexcept {
    offered_ = true;
    pool_->offer(*this);
  }
  /// It may not, which those who wait for one are told in the end.
  void pin() noexcept {
    pinned_ = true;
    pool_->pin();
  }

  std::optional<std::uint64_t> remaining() const noexcept override {
    if (failure_) return std::nullopt;
    if (!offered_) return left();
    if (!begin_reading()) return std::nullopt;
    const std::optional<std::uint64_t> known = left();
    end_reading();
    return known;
  }
  bool gave_way() const noexcept override { return offered_ && IdleBody::gave_way(); }

  Task<std::size_t> read_into(std::span<std::byte> target) override {
    if (failure_) std::rethrow_exception(failure_);
    if (offered_ && !begin_reading()) {
      throw Error(ErrorCode::connection, "the connection was reclaimed for other requests: " + pool_->peer());
    }
    if (!lease || target.empty()) {
      if (offered_) end_reading();
      co_return 0;
    }
    co_await hop();
    Context& context = co_await current_context();
    HttpConnection& connection = *lease.connection;
    if (!context.caller_driven) connection.adopt(loop_of(context));
    const HttpConnection::Limits limits = limits_of(*pool_, Duration::zero());
    Task<std::size_t> reading = connection.read(target, limits);
    Result<std::size_t> result = co_await reading.as_result();
    if (!result.ok()) {
      failure_ = result.exception();
      if (changes_ && context.scope->stopped()) {
        Task<void> settling = shielded(connection.drain_body(limits), kDrainWithin);
        const Result<void> ignored = co_await settling.as_result();
        static_cast<void>(ignored);
      }
      done();
      std::rethrow_exception(failure_);
    }
    if (connection.body().done()) {
      done();
    } else if (offered_) {
      end_reading();
    }
    co_return result.value();
  }

  std::optional<Bytes> take_buffered() override {
    if (offered_ || !lease || failure_ || !lease.connection->holds_rest()) return std::nullopt;
    Bytes rest = lease.connection->take_rest();
    done();
    return rest;
  }

  HttpPool::Lease lease;

 private:
  std::unique_ptr<HttpConnection> give_way() noexcept override { return lease.surrender(); }

  std::optional<std::uint64_t> left() const noexcept {
    if (!lease || lease.connection->body().done()) return 0;
    if (lease.connection->body().framing() == HttpBodyDecoder::Framing::length)
      return lease.connection->body().direct();
    return std::nullopt;
  }

  void done() noexcept {
    if (std::exchange(offered_, false)) pool_->withdraw(*this);
    if (std::exchange(pinned_, false)) pool_->unpin();
    lease.give_back();
  }

  std::shared_ptr<HttpPool> pool_;
  bool changes_;
  bool offered_ = false;
  bool pinned_ = false;
  std::exception_ptr failure_;  // a body that broke off must not look like one that ended
};

/// RFC 9110 section 9.2.1: it changes nothing.
bool is_safe(const HttpRequest& request) noexcept {
  return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS" ||
         request.method == "PROPFIND";
}

bool is_idempotent(const HttpRequest& request) noexcept { return request.idempotent || is_safe(request); }

bool sends_length(const HttpRequest& request) noexcept {
  return request.body.size() > 0 || request.method == "PUT" || request.method == "POST" || request.method == "PATCH";
}

void check_target(std::string_view target) {
  bool good = !target.empty();
  for (const char c : target) good &= (static_cast<unsigned char>(c) > 0x20) & (c != 0x7f);
  if (!good)
    throw Error(ErrorCode::invalid_argument, "a request target must be encoded: it has a space or a control character");
}

class HttpClient final : public HttpTransport {
 public:
  explicit HttpClient(std::shared_ptr<HttpPool> pool) : pool_(std::move(pool)), host_(pool_->endpoint().host_header()) {
    const std::string& agent = pool_->options().user_agent;
    HttpRequest checked;
    checked.add_header("User-Agent", agent.empty() ? kUserAgent : agent);
    agent_line_ = checked.headers;
    host_line_ = "Host: " + host_ + "\r\n";
    const Proxy& proxy = pool_->proxy();
    if (!proxy.used() || pool_->endpoint().tls) return;  // with TLS the proxy only sees CONNECT
    absolute_ = "http://" + host_;
    if (!proxy.authorization.empty()) proxy_line_ = "Proxy-Authorization: " + proxy.authorization + "\r\n";
  }

  const std::string& host() const noexcept override { return host_; }

  Task<std::unique_ptr<HttpResponse>> send(HttpRequest request) override {
    Task<std::unique_ptr<HttpResponse>> sending = lend(request);
    co_return co_await sending;
  }

  Task<std::unique_ptr<HttpResponse>> lend(const HttpRequest& request) override {
    check_target(request.target);
    co_await hop();
    Context& context = co_await current_context();
    HttpConnection::Limits limits = limits_of(*pool_, request.first_byte_timeout);
    auto response = std::make_unique<PooledResponse>(pool_, !is_safe(request));
    HttpPool::Lease& lease = response->lease;
    for (bool again = false;;) {
      if (!again) lease = pool_->acquire_kept(context);
      if (!lease) {
        Task<HttpPool::Lease> acquiring = pool_->acquire(again);
        lease = co_await acquiring;
      }
      HttpConnection& connection = *lease.connection;
      if (!lease.alone) limits.round_trip = nullptr;
      Task<void> exchanging = connection.exchange(request, rendered(request), limits, response->head);
      const Result<void> result = co_await exchanging.as_result();
      if (result.ok()) break;
      // The server may have closed a kept connection at the very moment it was used.
      const bool was_dead = lease.kept && !again && connection.silent() &&
                            (connection.unsent() || is_idempotent(request)) && !context.scope->stopped() &&
                            result.error().code() == ErrorCode::connection;
      // A change that the server may be making still must not overtake what the user does next.
      if (connection.is_pending() && context.scope->stopped() && !is_safe(request)) {
        Task<void> settling = shielded(connection.drain(limits), kDrainWithin);
        const Result<void> ignored = co_await settling.as_result();
        static_cast<void>(ignored);
      }
      lease.give_back();
      if (!was_dead) std::rethrow_exception(result.exception());
      again = true;
    }
    if (lease.connection->body().done()) {
      lease.give_back();
    } else if (request.may_give_way && response->head.ok() && !lease.connection->holds_rest()) {
      request.may_give_way(response->head) ? response->offer() : response->pin();
    }
    if (response->head.status == 407 && !absolute_.empty())
      throw Error(ErrorCode::unauthenticated, pool_->proxy().name() + " refused the request with HTTP 407");
    co_return std::move(response);
  }

 private:
  // Request line and fields. Valid until the next call on this thread: one piece of memory that stays in the cache.
  std::string_view rendered(const HttpRequest& request) const {
    thread_local std::string text;
    text.clear();
    render(request, text);
    return text;
  }

  void render(const HttpRequest& request, std::string& out) const {
    bool has_host = false;
    bool has_agent = false;
    for (std::string_view rest = request.headers; !rest.empty();) {
      const char first = lower_ascii(rest.front());
      if (first == 'h') has_host = has_host || equal_ignoring_case(rest.substr(0, 5), "host:");
      if (first == 'u') has_agent = has_agent || equal_ignoring_case(rest.substr(0, 11), "user-agent:");
      const std::size_t feed = rest.find('\n');
      rest.remove_prefix(feed == std::string_view::npos ? rest.size() : feed + 1);
    }
    out.reserve(128 + request.target.size() + request.headers.size() + host_line_.size() + agent_line_.size() +
                absolute_.size() + proxy_line_.size());
    out.append(request.method).append(" ").append(absolute_).append(request.target).append(" HTTP/1.1\r\n");
    if (!has_host) out.append(host_line_);
    out.append(request.headers);
    if (!has_agent) out.append(agent_line_);
    if (sends_length(request))
      out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    if (request.expect_continue && request.body.size() > 0) out.append("Expect: 100-continue\r\n");
    out.append(proxy_line_).append("\r\n");
  }

  std::shared_ptr<HttpPool> pool_;
  std::string host_;
  std::string host_line_;
  std::string agent_line_;
  std::string proxy_line_;
  std::string absolute_;
};

}  // namespace

std::shared_ptr<HttpTransport> make_http_client(Env& env, HttpEndpoint endpoint, HttpOptions options) {
  return std::make_shared<HttpClient>(HttpPool::of(env, endpoint, options));
}

Task<std::shared_ptr<HttpTransport>> open_http_client(Env& env, HttpEndpoint endpoint, HttpOptions options) {
  if (!endpoint.tls) co_return make_http_client(env, std::move(endpoint), std::move(options));
  auto making = offload([&] { return make_http_client(env, endpoint, options); });
  co_return co_await making;
}

}  // namespace genro::storage
