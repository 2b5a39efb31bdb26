// UnclearChanges: paths with a failed change that the server may have made all the same. Before such a change is repeated, the
// object has to be looked up, and the repetition made conditional on what was found: otherwise it could undo what another
// writer stored meanwhile.
// https://cloud.google.com/storage/docs/retry-strategy#idempotency
// Used by the gcs backend. Thread-safe.
#pragma once

#include <cstddef>
#include <mutex>
#include <set>
#include <string>

#include "core/mutex.h"
#include "genro/storage/error.h"

namespace genro::storage::gcs {

class UnclearChanges {
 public:
  // Remembers the path if the failure is one after which calls are made again.
  void note(const Error& failure, const std::string& path) {
    if (!failure.retryable()) return;
    const std::lock_guard lock(mutex_);
    if (paths_.size() < kMost) paths_.insert(path);
    all_ = all_ || paths_.size() == kMost;
  }
  bool has(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return all_ || paths_.contains(path);
  }
  // The outcome of the change is known now.
  void settle(const std::string& path) {
    const std::lock_guard lock(mutex_);
    paths_.erase(path);
  }

 private:
  static constexpr std::size_t kMost = 10'000;  // more are no longer told apart

  mutable Mutex mutex_;
  std::set<std::string> paths_;
  bool all_ = false;
};

}  // namespace genro::storage::gcs
