// KeptConnections: the idle connections of one reactor, or of all calling threads, newest first to be taken. A reactor's are
// closed by a timer when they are too old; the others have no loop for one, so it is done when one of them is next given back.
// Used by HttpPool, whose mutex guards it: hold it for every call. A reactor's must end on its thread.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "loop/loop.h"
#include "net/http_connection.h"

namespace genro::storage {

/// What to do for the next request: how many of the kept connections (oldest first) are too old, and whether one of the rest serves.
struct PoolChoice {
  std::size_t expired = 0;
  bool reuse = false;  ///< the newest
};
/// "Which connection next", as one pure function. `idle_since` is sorted, oldest first.
PoolChoice choose_connection(std::span<const TimePoint> idle_since, TimePoint now, Duration idle_time) noexcept;

class KeptConnections final : private Timer {
 public:
  using Connections = std::vector<std::unique_ptr<HttpConnection>>;
  /// `loop` null: of the calling threads.
  KeptConnections(Mutex& mutex, Duration idle_time, Loop* loop) : mutex_(mutex), idle_time_(idle_time), loop_(loop) {}
  Loop* loop() const noexcept { return loop_; }
  std::size_t size() const noexcept { return kept_.size(); }
  bool some_expired(TimePoint now) const noexcept {
    return !kept_.empty() && now - kept_.front()->idle_since >= idle_time_;
  }
  /// To be closed once the mutex is free.
  Connections take_expired(TimePoint now);
  /// Null when there is none.
  std::unique_ptr<HttpConnection> take_newest() noexcept;
  /// Gives what has expired meanwhile.
  Connections keep(std::unique_ptr<HttpConnection> connection, TimePoint now);
  /// All of them, to be closed once the mutex is free.
  Connections take_all() noexcept { return std::exchange(kept_, {}); }
  void clear() noexcept { kept_.clear(); }

 private:
  void arm_timer() noexcept;
  void fire() noexcept override;

  Mutex& mutex_;
  Duration idle_time_;
  Loop* loop_;
  Connections kept_;  // oldest first
};

}  // namespace genro::storage
