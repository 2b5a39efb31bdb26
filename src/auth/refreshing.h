// Refreshing<T>: a credential that expires (a token, a set of keys), fetched once for all who wait for it, and again ahead of
// its end. Used by whatever hands out credentials: AWS's chain, the tokens of other clouds.
// Any thread, on a loop or none. If the fetching caller is cancelled, the next waiter takes over. A forked child fetches for
// itself.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

#include "core/clock.h"
#include "core/mutex.h"
#include "genro/storage/task.h"
#include "net/wait_queue.h"

namespace genro::storage {

/// The end of what does not expire.
inline constexpr std::int64_t kNeverExpires = std::numeric_limits<std::int64_t>::max();

struct RefreshTimes {
  /// Before its end a new one is fetched, while the old one serves the others; of a short life, half of what was left of it.
  Duration ahead = std::chrono::minutes(5);
  Duration too_old = std::chrono::seconds(10);  ///< Before its end: a request with it might arrive too late.
  Duration after_failure =
      std::chrono::seconds(30);  ///< Until a refresh that failed is tried again, while the old one serves.
};

namespace detail {

/// All of Refreshing<T> that does not depend on T.
class RefreshingValue {
 public:
  RefreshingValue(const RefreshingValue&) = delete;
  RefreshingValue& operator=(const RefreshingValue&) = delete;

 protected:
  using Value = std::shared_ptr<const void>;
  struct Fetched {
    Value value;
    std::int64_t expires_at = 0;
  };

  RefreshingValue(Clock& clock, RefreshTimes times) noexcept;
  virtual ~RefreshingValue() = default;

  Value fresh_value() noexcept;
  Task<Value> get_value();
  void drop_value(const Value& refused) noexcept;

 private:
  virtual Task<Fetched> fetch_value() = 0;

  bool wants_refresh() const noexcept { return clock_.wall_ns() > refresh_at_; }
  bool too_old() const noexcept { return clock_.wall_ns() > known_.expires_at - times_.too_old.count(); }
  void know(Fetched fetched) noexcept;
  void forget_parent_process() noexcept;

  Clock& clock_;
  const RefreshTimes times_;
  Mutex mutex_;  // guards all below
  WaitQueue waiting_{mutex_};
  Fetched known_;
  std::int64_t refresh_at_ = 0;
  std::exception_ptr failure_;  // of the last fetch that was not stopped
  std::uint64_t failures_ = 0;
  unsigned generation_;  // of the process that fetches
  bool fetching_ = false;
};

}  // namespace detail

/// `T::expires_at` is its end: nanoseconds since 1970 by the wall clock, or kNeverExpires.
template <class T>
  requires requires(const T& value) {
    { value.expires_at } -> std::convertible_to<std::int64_t>;
  }
class Refreshing final : private detail::RefreshingValue {
 public:
  using Fetch = std::function<Task<T>()>;

  /// `fetch` is called by one caller of get() at a time and runs in its scope; `clock` and what it uses outlive this.
  Refreshing(Clock& clock, Fetch fetch, RefreshTimes times = {})
      : RefreshingValue(clock, times), fetch_(std::move(fetch)) {}
  ~Refreshing() override = default;

  /// The one that is known, if it needs no refresh; else null. Never waits.
  std::shared_ptr<const T> cached() noexcept { return std::static_pointer_cast<const T>(fresh_value()); }
  /// A valid one. Throws what `fetch` threw, to all who waited for it.
  Task<std::shared_ptr<const T>> get() {
    Task<Value> getting = get_value();
    Value value = co_await getting;
    co_return std::static_pointer_cast<const T>(std::move(value));
  }
  /// A server refused this one: unless another has replaced it already, the next get() fetches.
  void invalidate(const std::shared_ptr<const T>& refused) noexcept { drop_value(refused); }

 private:
  Task<Fetched> fetch_value() override {
    Task<T> fetching = fetch_();
    auto value = std::make_shared<const T>(co_await fetching);
    const std::int64_t end = value->expires_at;
    co_return Fetched{std::move(value), end};
  }

  Fetch fetch_;
};

}  // namespace genro::storage
