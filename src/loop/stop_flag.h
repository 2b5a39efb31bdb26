// StopFlag: tells a helper thread that the operation it works for was stopped. Add it to the operation's scope.
#pragma once

#include <atomic>

#include "core/scope.h"

namespace genro::storage {

class StopFlag final : public Stoppable {
 public:
  const std::atomic<bool>& raised() const noexcept { return raised_; }
  void stop(const Error&) noexcept override { raised_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<bool> raised_{false};
};

}  // namespace genro::storage
