// Deferred: Python references that the engine drops on threads without the GIL. They are hung on one lock-free list and
// released by the next call that holds it. Used for lent buffers and finished operations.
// Never release a Python object directly in a destructor that the engine may run.
#pragma once

#include <atomic>

namespace genro::storage::python {

class Deferred {
 public:
  virtual ~Deferred() = default;
  virtual void release() noexcept { delete this; }  ///< Called once, with the GIL held.
  Deferred* next = nullptr;                         ///< Belongs to the list it hangs on.
};

namespace detail {
extern std::atomic<Deferred*> deferred_list;
void release_all() noexcept;
}  // namespace detail

/// Thread-safe, without the GIL. The object is released later, with the GIL; never after the interpreter has ended.
void release_later(Deferred& object) noexcept;
/// The same, and asks Python's main thread to see to it soon: for what holds much memory.
void release_soon(Deferred& object) noexcept;
/// While it lives, this thread holds the GIL and calls nothing that could run Python code.
class GilHeld {
 public:
  GilHeld() noexcept { here_ = true; }
  ~GilHeld() { here_ = false; }
  GilHeld(const GilHeld&) = delete;
  GilHeld& operator=(const GilHeld&) = delete;
  static bool here() noexcept { return here_; }

 private:
  static inline thread_local bool here_ = false;
};

/// With the GIL held: releases what has gathered.
inline void release_deferred() noexcept {
  if (detail::deferred_list.load(std::memory_order_relaxed)) [[unlikely]]
    detail::release_all();
}

}  // namespace genro::storage::python
