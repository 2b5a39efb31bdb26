// When to try again: full-jitter exponential backoff, bounded attempts and time, and a token bucket shared by all calls of one
// backend instance, so that a dead backend is asked hardly more often than without retries. A content that was corrupt is moved
// once more: what is corrupt twice was not damaged by chance.
// Used by the retry layer only. Time and chance come from Env, so tests run it in virtual time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/env.h"
#include "genro/storage/error.h"
#include "genro/storage/task.h"

namespace genro::storage {

/// The constants. With these a call gives up after 7 tries, on average 1.6 s of waiting, when the server says nothing better.
struct RetryOptions {
  int attempts = 7;                               ///< tries, the first included
  Duration base = std::chrono::milliseconds(50);  ///< the n-th wait is uniform in [0, min(cap, base * 2^(n-1)))
  Duration cap = std::chrono::seconds(5);
  Duration total = std::chrono::seconds(60);  ///< no new try begins later than this after the first
  double tokens = 100;                        ///< of the bucket: a retry takes one and gives it back when it succeeds
  double earned = 0.1;                        ///< tokens that a call earns by succeeding at once
};

/// The token bucket. Thread-safe. A backend that answers nothing more earns nothing: N calls cost at most N + `tokens` tries.
class RetryBudget {
 public:
  explicit RetryBudget(const RetryOptions& options) noexcept
      : full_(thousandths(options.tokens)), earned_(thousandths(options.earned)), left_(full_) {}
  bool take() noexcept;
  void give_back() noexcept { add(kOne); }
  void earn() noexcept {
    if (left_.load(std::memory_order_relaxed) < full_) add(earned_);
  }

 private:
  static constexpr std::int64_t kOne = 1000;
  static std::int64_t thousandths(double tokens) noexcept { return static_cast<std::int64_t>(tokens * 1000); }
  void add(std::int64_t amount) noexcept;

  std::int64_t full_;
  std::int64_t earned_;
  std::atomic<std::int64_t> left_;
};

/// What all calls of one backend share.
struct RetryPolicy {
  RetryPolicy(Env& environment, const RetryOptions& wanted) : env(environment), options(wanted), budget(wanted) {}
  /// The wait before try number `failures` + 1, as the error and chance have it.
  Duration wait(const Error& error, int failures) const noexcept;
  Env& env;
  RetryOptions options;
  RetryBudget budget;
};

/// Whether the failed call may have had its effect all the same.
bool ambiguous(const Error& error) noexcept;

/// The tries of one call.
class Attempts {
 public:
  explicit Attempts(RetryPolicy& policy) noexcept : policy_(policy), started_(policy.env.clock->now()) {}
  /// Waits and gives true when another try is worth it; false at once when not.
  Task<bool> again(Error error);
  void succeeded() noexcept;
  int failures() const noexcept { return failures_; }
  bool seen_corrupt() const noexcept { return seen_corrupt_; }
  /// Ends the call with its last error, tries and time recorded in it.
  [[noreturn]] void fail(std::exception_ptr error) const;

 private:
  RetryPolicy& policy_;
  TimePoint started_;
  int failures_ = 0;
  bool seen_corrupt_ = false;
};

}  // namespace genro::storage
