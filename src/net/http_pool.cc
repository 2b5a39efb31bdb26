// Locking: mutex_ guards permits_, starving_, generation_ and the shards' lists. It is never held while a stream is touched.
#include "net/http_pool.h"

#include <algorithm>

#include "core/mutex.h"
#include "core/out_of_descriptors.h"
#include "loop/run.h"
#include "net/open_connection.h"

namespace genro::storage {
namespace {

std::string peer_name(const HttpEndpoint& endpoint, const Proxy& proxy) {
  const std::string name = host_and_port(endpoint.host, endpoint.port);
  return proxy.used() ? name + " (through " + proxy.name() + ")" : name;
}

// No server gives up a connection so soon: looking would cost a system call for nothing. If one does all the same, the
// request is repeated as over any connection that proves dead.
constexpr Duration kNeverStale = std::chrono::milliseconds(20);

// Descriptors come back from elsewhere, too, which nobody tells us.
constexpr Duration kLookForDescriptor = std::chrono::milliseconds(50);

struct PoolEntry {
  Env* env;
  HttpEndpoint endpoint;
  HttpOptions options;
  std::weak_ptr<HttpPool> pool;
};
struct Pools {
  Mutex mutex;
  std::vector<PoolEntry> entries;
};

Pools& all_pools() {
  static constinit Lasting<Pools> pools;
  return pools.get();
}

}  // namespace

std::shared_ptr<HttpPool> HttpPool::of(Env& env, const HttpEndpoint& endpoint, const HttpOptions& options) {
  Pools* const pools = &all_pools();
  // The environment may name another proxy than it did for a pool that is still there.
  Proxy proxy = choose_proxy(options.proxy, endpoint, system_environment);
  const auto find = [&]() -> std::shared_ptr<HttpPool> {
    std::erase_if(pools->entries, [](const PoolEntry& entry) { return entry.pool.expired(); });
    for (const PoolEntry& entry : pools->entries) {
      if (entry.env != &env || entry.endpoint != endpoint || entry.options != options) continue;
      if (auto pool = entry.pool.lock(); pool && pool->proxy() == proxy) return pool;
    }
    return nullptr;
  };
  {
    const std::lock_guard lock(pools->mutex);
    if (auto known = find()) return known;
  }
  auto made = make(env, endpoint, options, std::move(proxy));
  const std::lock_guard lock(pools->mutex);
  pools->entries.push_back({&env, endpoint, options, made});
  return made;
}

HttpPool::HttpPool(Env& env, HttpEndpoint endpoint, HttpOptions options, Proxy proxy)
    : env_(env),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      proxy_(std::move(proxy)),
      peer_(peer_name(endpoint_, proxy_)),
      tls_(endpoint_.tls ? TlsContext::of(options_.tls) : nullptr),
      permits_(mutex_, *env_.clock, options_.max_connections, options_.queue_timeout, "connections to " + peer_),
      generation_(fork_generation()) {}

HttpPool::~HttpPool() = default;

std::shared_ptr<HttpPool> HttpPool::make(Env& env, HttpEndpoint endpoint, HttpOptions options, Proxy proxy) {
  return std::shared_ptr<HttpPool>(new HttpPool(env, std::move(endpoint), std::move(options), std::move(proxy)),
                                   retire);
}

// Nobody uses the pool any more. Each reactor's shard has to end on its thread (its timer hangs in the wheel there, and may
// fire until then), so the pool lives until the last of them has.
void HttpPool::retire(HttpPool* pool) noexcept {
  struct EndShard final : Job {
    EndShard(std::unique_ptr<Shard> ended, std::shared_ptr<HttpPool> of)
        : pool(std::move(of)), shard(std::move(ended)) {}
    void run() noexcept override { delete this; }
    std::shared_ptr<HttpPool> pool;  // after the shard
    std::unique_ptr<Shard> shard;
  };
  const std::shared_ptr<HttpPool> last(pool, [](HttpPool* unused) { delete unused; });
  std::vector<std::unique_ptr<Shard>> shards;
  {
    const std::lock_guard lock(pool->mutex_);
    if (pool->generation_ != fork_generation()) pool->after_fork();
    shards.swap(pool->shards_);
  }
  for (std::unique_ptr<Shard>& shard : shards) {
    Loop* const loop = shard->loop();
    if (loop && !loop->is_current()) loop->post(*new EndShard(std::move(shard), last));
  }
}

HttpPool::Shard& HttpPool::shard(Loop* key) {
  for (const std::unique_ptr<Shard>& shard : shards_) {
    if (shard->loop() == key) return *shard;
  }
  shards_.push_back(std::make_unique<Shard>(mutex_, options_.idle_time, key));
  return *shards_.back();
}

// With the mutex held, in a forked child: the parent's connections must only be closed here, its waiters do not exist.
void HttpPool::after_fork() {
  generation_ = fork_generation();
  permits_.forget_after_fork();
  starving_.forget_after_fork();
  for (std::unique_ptr<Shard>& shard : shards_) {
    shard->clear();
    [[maybe_unused]] const Shard* const left = shard.release();  // its loop's thread does not exist here
  }
  shards_.clear();
}

std::unique_ptr<HttpConnection> HttpPool::take_kept(Loop* key) {
  std::vector<std::unique_ptr<HttpConnection>> expired;
  for (;;) {
    std::unique_ptr<HttpConnection> connection;
    const TimePoint now = env_.clock->now();
    {
      const std::lock_guard lock(mutex_);
      Shard& from = shard(key);
      if (from.some_expired(now)) expired = from.take_expired(now);
      connection = from.take_newest();
    }
    if (!connection) return nullptr;
    if (surely_alive(*connection, now) || !connection->stream().stale()) return connection;
  }
}

HttpPool::Lease HttpPool::acquire_kept(Context& context) {
  Loop* const key = context.caller_driven ? nullptr : shard_of(loop_of(context));
  const TimePoint now = env_.clock->now();
  Lease lease;
  {
    const std::lock_guard lock(mutex_);
    if (generation_ != fork_generation() || !permits_.available() || !starving_.empty()) return lease;
    Shard& from = shard(key);
    if (from.size() == 0 || from.some_expired(now)) return lease;
    lease = Lease(shared_from_this());
    lease.connection = from.take_newest();
    lease.alone = permits_.take_available() && !context.parallel;
  }
  lease.kept = true;
  if (!surely_alive(*lease.connection, now) && lease.connection->stream().stale()) {
    lease.connection.reset();
    lease.give_back();
  }
  return lease;
}

bool HttpPool::surely_alive(const HttpConnection& connection, TimePoint now) const noexcept {
  return !tls_ && now - connection.idle_since < kNeverStale && connection.drained();  // TLS may hold more back
}

void HttpPool::offer(IdleBody& body) noexcept {
  const std::lock_guard lock(mutex_);
  permits_.offer(body);
}

void HttpPool::withdraw(IdleBody& body) noexcept {
  const std::lock_guard lock(mutex_);
  permits_.withdraw(body);
}

void HttpPool::pin() noexcept {
  const std::lock_guard lock(mutex_);
  permits_.pin();
}

void HttpPool::unpin() noexcept {
  const std::lock_guard lock(mutex_);
  permits_.unpin();
}

bool HttpPool::others_starve() {
  const std::lock_guard lock(mutex_);
  return !starving_.empty();
}

/// Waits until it may be worth trying to open a connection again, or until one was given back.
Task<void> HttpPool::descriptor(TimePoint until) {
  Context& context = co_await current_context();
  std::unique_lock lock(mutex_);
  WaitQueue::Wait wait =
      starving_.wait(std::move(lock), std::min(until, env_.clock->now() + kLookForDescriptor), false);
  const WaitStatus status = co_await wait;
  const bool over = status == WaitStatus::timed_out && env_.clock->now() >= context.deadline;
  if (status == WaitStatus::stopped || over) {
    throw_wait(status, context, "waiting for a file descriptor for a connection to " + peer_);
  }
}

Task<std::unique_ptr<HttpConnection>> HttpPool::open_or_take(Lease& lease, bool fresh_only) {
  Context& context = co_await current_context();
  Loop* const key = context.caller_driven ? nullptr : shard_of(loop_of(context));
  const TimePoint until = env_.clock->now() + options_.queue_timeout;
  for (bool waits = others_starve();; waits = true) {
    if (waits) {
      Task<void> waiting = descriptor(until);
      co_await waiting;
    }
    std::unique_ptr<HttpConnection> connection = fresh_only ? nullptr : take_kept(key);
    lease.kept = connection != nullptr;
    if (lease.kept) co_return connection;
    Task<std::unique_ptr<HttpConnection>> opening =
        open_connection({env_, endpoint_, proxy_, tls_.get(), peer_, options_.connect_timeout});
    Result<std::unique_ptr<HttpConnection>> opened = co_await opening.as_result();
    if (opened.ok()) co_return std::move(opened).take();
    if (!is_out_of_descriptors(opened.exception()) || env_.clock->now() >= until) {
      std::rethrow_exception(opened.exception());
    }
    close_idle_everywhere();
  }
}

Task<HttpPool::Lease> HttpPool::acquire(bool fresh_only) {
  Context& context = co_await current_context();
  loop_of(context);  // before the mutex is held: getting one may have to wait for others, who need it
  {
    const std::lock_guard lock(mutex_);
    if (generation_ != fork_generation()) after_fork();
  }
  Task<bool> permitting = permits_.take();
  const bool alone = co_await permitting;
  Lease lease(shared_from_this());
  lease.alone = alone && !context.parallel;
  Task<std::unique_ptr<HttpConnection>> connecting = open_or_take(lease, fresh_only);
  lease.connection = co_await connecting;
  co_return std::move(lease);
}

HttpPool::Connections HttpPool::take_all_kept() {
  Connections all;
  const std::lock_guard lock(mutex_);
  for (const std::unique_ptr<Shard>& shard : shards_) {
    for (std::unique_ptr<HttpConnection>& kept : shard->take_all()) all.push_back(std::move(kept));
  }
  return all;
}

/// Unused connections, of whatever pool, hold descriptors that somebody needs.
void HttpPool::close_idle_everywhere() {
  std::vector<std::shared_ptr<HttpPool>> pools;
  {
    const std::lock_guard lock(all_pools().mutex);
    for (const PoolEntry& entry : all_pools().entries) {
      if (std::shared_ptr<HttpPool> pool = entry.pool.lock()) pools.push_back(std::move(pool));
    }
  }
  for (const std::shared_ptr<HttpPool>& pool : pools) pool->take_all_kept();
}

void HttpPool::put_back(std::unique_ptr<HttpConnection> connection) noexcept {
  std::vector<std::unique_ptr<HttpConnection>> expired;
  const std::lock_guard lock(mutex_);
  if (connection && connection->generation() != generation_)
    return;  // of the process before a fork: not counted any more
  if (connection && connection->reusable()) {
    try {
      Shard& to = shard(connection->shard());
      expired = to.keep(std::move(connection), env_.clock->now());
    } catch (...) {
      // Out of memory: the connection is closed instead.
    }
  }
  permits_.give_back();
  starving_.wake_one();
}

void HttpPool::Lease::give_back() noexcept {
  if (!pool_) return;
  const std::shared_ptr<HttpPool> pool = std::move(pool_);
  pool->put_back(std::move(connection));
}

HttpPool::State HttpPool::state() {
  const std::lock_guard lock(mutex_);
  State state{permits_.in_use(), 0};
  for (const std::unique_ptr<Shard>& shard : shards_) state.idle += shard->size();
  return state;
}

}  // namespace genro::storage
