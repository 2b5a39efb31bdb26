// HttpPool: the connections to one endpoint: kept ones to take, permits to open new ones, a fair queue when all are in use.
// Used by HttpClient. Thread-safe. Connections are sharded: one shard per reactor, one for all calling threads, each with
// the newest first. Where the process has no descriptor left for a new connection, it waits for one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/env.h"
#include "core/mutex.h"
#include "net/http_connection.h"
#include "net/kept_connections.h"
#include "net/permits.h"
#include "net/proxy.h"
#include "net/uri.h"
#include "net/wait_queue.h"

namespace genro::storage {

class HttpPool : public std::enable_shared_from_this<HttpPool> {
 public:
  /// The pool that all clients of these share.
  static std::shared_ptr<HttpPool> of(Env& env, const HttpEndpoint& endpoint, const HttpOptions& options);

  /// A permit and, when acquire() found or opened it, a connection. Gives both back; closes what is not reusable.
  class Lease {
   public:
    Lease() = default;
    explicit Lease(std::shared_ptr<HttpPool> pool) noexcept : pool_(std::move(pool)) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(connection, other.connection);
      std::swap(kept, other.kept);
      std::swap(alone, other.alone);
      return *this;
    }
    ~Lease() { give_back(); }
    void give_back() noexcept;
    /// The connection alone; the permit goes to somebody else.
    std::unique_ptr<HttpConnection> surrender() noexcept {
      pool_.reset();
      return std::move(connection);
    }
    explicit operator bool() const noexcept { return pool_ != nullptr; }

    std::unique_ptr<HttpConnection> connection;
    bool kept = false;   ///< It has served before.
    bool alone = false;  ///< When it was given, no other was in use: polling for the answer costs nobody else.

   private:
    std::shared_ptr<HttpPool> pool_;
  };
  /// The same when that needs no wait: a kept connection and a permit are there, on the operation's loop. Else empty.
  Lease acquire_kept(Context& context);
  /// On the operation's loop. `fresh_only`: not a kept connection. Throws timeout, connection, tls.
  Task<Lease> acquire(bool fresh_only);

  /// From now on the body's connection may be taken from it; until withdraw(), which waits for whoever just does that.
  void offer(IdleBody& body) noexcept;
  void withdraw(IdleBody& body) noexcept;
  /// An open body keeps its connection to its end; until unpin().
  void pin() noexcept;
  void unpin() noexcept;

  Env& env() const noexcept { return env_; }
  const HttpEndpoint& endpoint() const noexcept { return endpoint_; }
  const HttpOptions& options() const noexcept { return options_; }
  const Proxy& proxy() const noexcept { return proxy_; }
  const std::string& peer() const noexcept { return peer_; }
  RoundTrip& round_trip() noexcept { return round_trip_; }

  struct State {
    std::size_t in_use = 0;
    std::size_t idle = 0;
  };
  State state();

 private:
  using Shard = KeptConnections;
  using Connections = KeptConnections::Connections;
  HttpPool(Env& env, HttpEndpoint endpoint, HttpOptions options, Proxy proxy);
  ~HttpPool();
  static std::shared_ptr<HttpPool> make(Env& env, HttpEndpoint endpoint, HttpOptions options, Proxy proxy);
  static void retire(HttpPool* pool) noexcept;
  static void close_idle_everywhere();
  bool others_starve();
  Task<void> descriptor(TimePoint until);
  Task<std::unique_ptr<HttpConnection>> open_or_take(Lease& lease, bool fresh_only);
  std::unique_ptr<HttpConnection> take_kept(Loop* key);
  Connections take_all_kept();
  bool surely_alive(const HttpConnection& connection, TimePoint now) const noexcept;
  void put_back(std::unique_ptr<HttpConnection> connection) noexcept;
  Shard& shard(Loop* key);
  void after_fork();

  Env& env_;
  const HttpEndpoint endpoint_;
  const HttpOptions options_;
  const Proxy proxy_;
  const std::string peer_;
  const std::shared_ptr<TlsContext> tls_;
  RoundTrip round_trip_;

  Mutex mutex_;
  Permits permits_;
  WaitQueue starving_{mutex_};  // for a descriptor, with a permit
  unsigned generation_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace genro::storage
