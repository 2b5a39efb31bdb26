// RoundTrip: how near an endpoint is, and so how long a calling thread should poll it before it goes to sleep. Sleeping
// costs a wake-up of 50 us and more, which is longer than a near server needs to answer.
// Used by connections driven by their caller; any thread. An estimate only: lost updates do not matter.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/clock.h"

namespace genro::storage {

class RoundTrip {
 public:
  static constexpr std::int64_t kNear = 100'000;         // ns; farther servers are not polled
  static constexpr std::int64_t kSurelyFar = 1'000'000;  // ns; no wake-up takes so long: not even probed

  /// How long to poll for this answer. Waiting asleep inflates what is measured, so now and then a server that looks far is probed.
  Duration budget() noexcept {
    const std::int64_t mean = mean_.load(std::memory_order_relaxed);
    if (mean != 0 && mean < kNear) return Duration(std::max<std::int64_t>(2 * mean, 20'000));
    if (mean >= kSurelyFar) return Duration::zero();
    return probes_.fetch_add(1, std::memory_order_relaxed) % 32 == 0 ? Duration(kNear) : Duration::zero();
  }
  void answered(Duration time, bool while_polling) noexcept {
    const std::int64_t mean = mean_.load(std::memory_order_relaxed);
    const std::int64_t sample = std::max<std::int64_t>(time.count(), 1);
    const bool fresh = mean == 0 || (while_polling && mean >= kNear);
    mean_.store(fresh ? sample : (7 * mean + sample) / 8, std::memory_order_relaxed);
  }
  Duration mean() const noexcept { return Duration(mean_.load(std::memory_order_relaxed)); }

 private:
  std::atomic<std::int64_t> mean_{0};
  std::atomic<std::uint32_t> probes_{0};
};

}  // namespace genro::storage
