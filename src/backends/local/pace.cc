#include "backends/local/pace.h"

#include <new>
#include <utility>

#include "loop/offload.h"
#include "loop/run.h"

namespace genro::storage::local {
namespace {

/// Nobody waits for its end.
struct CloseJob final : BlockingJob {
  CloseJob(Files& of, int number, std::shared_ptr<Pace> mount) : files(of), descriptor(number), pace(std::move(mount)) {
    loop = &reactor();
    share = &pace->threads();
  }
  void work() noexcept override { files.close(descriptor); }
  void run() noexcept override { delete this; }
  Files& files;
  int descriptor;
  std::shared_ptr<Pace> pace;
};

}  // namespace

void Pace::note(Duration took) noexcept {
  if (took > kSlow) {
    quick_answers_due_.store(kEnough, std::memory_order_relaxed);
    return;
  }
  int due = quick_answers_due_.load(std::memory_order_relaxed);
  while (due > 0 && !quick_answers_due_.compare_exchange_weak(due, due - 1, std::memory_order_relaxed)) {
  }
}

void close_without_waiting(Files& files, int descriptor, bool quick, std::shared_ptr<Pace> pace) noexcept {
  const bool here = quick || on_helper_thread();
  auto* const job = here ? nullptr : new (std::nothrow) CloseJob(files, descriptor, std::move(pace));
  if (job) {
    submit_blocking(*job);
  } else {
    files.close(descriptor);
  }
}

}  // namespace genro::storage::local
