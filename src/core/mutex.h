// Mutex, SharedMutex, LongMutex: every lock of the library, so that a forked child never inherits one that a thread of its parent
// held. Each registers itself for as long as it lives. Any thread.
//  Mutex, SharedMutex  guard state in memory, for moments: a fork waits until it holds them all, so what they guard is whole
//                      in the child. Never wait under one for a disk, another computer, or a language runtime's own lock.
//  LongMutex           lets one at a time do something that takes long (a change on a disk, a callback): a fork does not wait
//                      for it. In the child it is free, unless the forking thread itself holds it.
// They may be held within one another. tools/check_locks.py refuses the standard library's own anywhere else.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <thread>

namespace genro::storage {

/// A member of the list of all locks.
class ForkGuarded {
 public:
  ForkGuarded(const ForkGuarded&) = delete;
  ForkGuarded& operator=(const ForkGuarded&) = delete;

 protected:
  ForkGuarded() = default;
  ~ForkGuarded() = default;
  // By the constructors and destructors of whole objects: a fork may call the functions below at any time in between.
  void enrol();
  void withdraw();

 private:
  friend class ForkGuards;
  /// Before the fork. False when it is held just now.
  virtual bool take() noexcept = 0;
  virtual void give_back() noexcept = 0;
  /// In the child: makes it one that no thread of the parent holds.
  virtual void start_anew() noexcept = 0;

  bool taken_ = false;
  ForkGuarded* previous_ = nullptr;
  ForkGuarded* next_ = nullptr;
};

class Mutex final : public std::mutex, private ForkGuarded {
 public:
  Mutex() { enrol(); }
  ~Mutex() { withdraw(); }

 private:
  bool take() noexcept override { return try_lock(); }
  void give_back() noexcept override { unlock(); }
  void start_anew() noexcept override;
};

/// Readers keep nobody from forking.
class SharedMutex final : public std::shared_mutex, private ForkGuarded {
 public:
  SharedMutex() { enrol(); }
  ~SharedMutex() { withdraw(); }

 private:
  bool take() noexcept override { return try_lock_shared(); }
  void give_back() noexcept override { unlock_shared(); }
  void start_anew() noexcept override;
};

class LongMutex final : private ForkGuarded {
 public:
  LongMutex() { enrol(); }
  ~LongMutex() { withdraw(); }
  void lock() {
    mutex_.lock();
    holder_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  void unlock() {
    holder_.store({}, std::memory_order_relaxed);
    mutex_.unlock();
  }

 private:
  bool take() noexcept override { return true; }
  void give_back() noexcept override {}
  void start_anew() noexcept override;

  std::mutex mutex_;
  std::atomic<std::thread::id> holder_{};
};

/// A value that is made at its first use and never destroyed: for the statics of functions, whose own guard a forked child
/// could inherit locked. Threads may make it at once; the first to be done is kept, the others' are dropped.
template <class T>
class Lasting {
 public:
  constexpr Lasting() = default;
  T& get() {
    return get([] { return new T; });
  }
  /// `make` gives a pointer from new.
  template <class Make>
  T& get(Make make) {
    T* known = value_.load(std::memory_order_acquire);
    if (known) return *known;
    T* const fresh = make();
    if (value_.compare_exchange_strong(known, fresh, std::memory_order_acq_rel)) return *fresh;
    delete fresh;
    return *known;
  }

 private:
  std::atomic<T*> value_{nullptr};
};

}  // namespace genro::storage
