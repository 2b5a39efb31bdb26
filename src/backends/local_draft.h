// LocalDraft: a file that is being written anywhere, and will replace the target. Made by the local backend.
#pragma once

#include <memory>
#include <utility>

#include "backends/local_replacement.h"
#include "genro/storage/backend.h"

namespace genro::storage::local {

class LocalDraft final : public Draft {
 public:
  explicit LocalDraft(std::unique_ptr<Replacement> target) : target_(std::move(target)) {}
  int descriptor() const noexcept override { return target_->descriptor(); }
  Task<Entry> commit() override;

 private:
  std::unique_ptr<Replacement> target_;
};

}  // namespace genro::storage::local
