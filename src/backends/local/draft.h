// LocalDraft: a file that is being written anywhere, and will replace the target. Made by the local backend.
#pragma once

#include <memory>
#include <utility>

#include "backends/local/replacement.h"
#include "genro/storage/backend.h"

namespace genro::storage::local {

class LocalDraft final : public Draft {
 public:
  LocalDraft(std::unique_ptr<Replacement> target, std::shared_ptr<Pace> pace, ThreadShare& threads)
      : pace_(std::move(pace)), threads_(threads), target_(std::move(target)) {}
  int descriptor() const noexcept override { return target_->descriptor(); }
  Task<Entry> commit() override;

 private:
  std::shared_ptr<Pace> pace_;  // keeps the threads' share
  ThreadShare& threads_;
  std::unique_ptr<Replacement> target_;
};

}  // namespace genro::storage::local
