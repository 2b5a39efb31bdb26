// LocalStagedFile: a file that is written in any order and replaces the target at commit(). Made by the local backend.
#pragma once

#include <memory>
#include <utility>

#include "backends/local/atomic_write.h"
#include "genro/storage/backend.h"

namespace genro::storage::local {

class LocalStagedFile final : public StagedFile {
 public:
  LocalStagedFile(std::unique_ptr<AtomicWrite> target, std::shared_ptr<Pace> pace, ThreadShare& threads)
      : pace_(std::move(pace)), threads_(threads), target_(std::move(target)) {}
  int descriptor() const noexcept override { return target_->descriptor(); }
  Task<Entry> commit() override;

 private:
  std::shared_ptr<Pace> pace_;  // keeps the threads' share
  ThreadShare& threads_;
  std::unique_ptr<AtomicWrite> target_;
};

}  // namespace genro::storage::local
