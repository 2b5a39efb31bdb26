// Pace: which thread does the work of a mount inside a loop. Questions and small reads that the kernel answers from memory
// are asked on the loop's own thread, everything else on the mount's share of helper threads. Used by the local backend.
// The short way is only for file systems that the kernel serves by itself, and it is left after the first slow answer
// until helper threads have seen enough quick ones.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "core/clock.h"
#include "core/files.h"
#include "loop/thread_share.h"

namespace genro::storage::local {

/// Larger contents are written and copied in jobs of so many bytes, so that they can be stopped between two.
inline constexpr std::uint64_t kPiece = 8 << 20;

class Pace {
 public:
  /// `kernel_serves`: as Files says of the mount's folder; false also where that is another one for each operation.
  explicit Pace(bool kernel_serves) noexcept
      : threads_(kernel_serves ? ThreadShare() : ThreadShare(kManyThreads)),
        quick_answers_due_(kernel_serves ? 0 : kNever) {}

  /// The mount's folder is another one by now.
  void begin_anew(bool kernel_serves) noexcept { quick_answers_due_.store(kernel_serves ? 0 : kNever); }

  ThreadShare& threads() noexcept { return threads_; }
  /// Whether the loop's thread may ask. Such a question must not go beyond the mount's own file system.
  bool quick() const noexcept { return quick_answers_due_.load(std::memory_order_relaxed) == 0; }
  bool waits_for_others() const noexcept { return quick_answers_due_.load(std::memory_order_relaxed) == kNever; }
  /// Whether an answer was slow, and helper threads have not seen enough quick ones since.
  bool left() const noexcept { return quick_answers_due_.load(std::memory_order_relaxed) > 0; }

  /// Asks on the loop's thread.
  template <class Ask>
  auto ask_here(Clock& clock, Ask ask) {
    const TimePoint begun = clock.now();
    const auto answer = ask();
    if (clock.now() - begun > kSlow) [[unlikely]]
      quick_answers_due_.store(kEnough, std::memory_order_relaxed);
    return answer;
  }
  /// Asks on a thread that may wait.
  template <class Ask>
  auto ask_elsewhere(Clock& clock, Ask ask) {
    if (quick_answers_due_.load(std::memory_order_relaxed) <= 0) return ask();
    const TimePoint begun = clock.now();
    auto answer = ask();
    note(clock.now() - begun);
    return answer;
  }

 private:
  static constexpr Duration kSlow =
      std::chrono::milliseconds(5);  // longer than the system itself keeps a thread waiting
  static constexpr int kEnough = 100;
  static constexpr int kNever = -1;
  static constexpr std::size_t kManyThreads = 16;  // they wait for somebody else's processor

  void note(Duration took) noexcept;

  ThreadShare threads_;
  std::atomic<int> quick_answers_due_;  // before the loop's thread asks again
};

/// Closes a file, which may wait for a server or for the disk: at once where that is `quick`, else on a helper thread. What
/// drops the last reference to a file may be a loop's thread, and even Python's.
void close_without_waiting(Files& files, int descriptor, bool quick, std::shared_ptr<Pace> pace) noexcept;

}  // namespace genro::storage::local
