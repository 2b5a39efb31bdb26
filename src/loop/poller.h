// Poller: waits until file descriptors are ready. Two forms: epoll for the reactor (many, long-lived sockets, registered
// once, edge-triggered) and poll for a thread that serves its own call (few sockets, no registration cost).
// Used by Loop only, on the loop's thread; wake() alone may be called from anywhere.
#pragma once

#include <memory>
#include <vector>

#include "core/clock.h"

namespace genro::storage {

enum class Interest : unsigned char { read, write };

/// One coroutine waiting for one direction of one descriptor.
struct IoWait {
  int descriptor = -1;
  Interest interest = Interest::read;
};

class Poller {
 public:
  virtual ~Poller() = default;
  /// Returns true when readiness is already known: the caller retries at once instead of waiting.
  virtual bool add(IoWait& wait) = 0;
  virtual void remove(IoWait& wait) noexcept = 0;
  /// The descriptor is about to be closed; nobody waits for it.
  virtual void forget(int descriptor) noexcept = 0;
  /// Waits at most `timeout` (negative: for ever) and appends the waits that are ready, removing them.
  /// Returns false when a signal interrupted it.
  virtual bool wait(Duration timeout, std::vector<IoWait*>& ready) = 0;
  virtual void wake() noexcept = 0;  ///< Thread-safe: makes a current or the next wait() return.
};

std::unique_ptr<Poller> make_epoll_poller();
std::unique_ptr<Poller> make_poll_poller();

}  // namespace genro::storage
