// How a fork takes all locks (rules):
//  1. It only ever tries them, since threads take locks within one another in an order that is not known here.
//  2. One that stays held for a moment although all found before are kept is the outer one of a pair: everything is given
//     back, and that lock goes to the front of the list. So the order is learned where it matters.
//  3. One that stays held for seconds is held by a thread that waits for something the forking thread has (a language
//     runtime's lock), against the rules: the fork goes on without it, and the child starts it anew.
#include "core/mutex.h"

#include <pthread.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include "core/sanitized.h"

namespace genro::storage {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kMoment = std::chrono::milliseconds(1);
constexpr auto kPatience = std::chrono::seconds(2);

/// What thread sanitizer can follow being held at once.
constexpr std::size_t kMostHeld = kThreadSanitizer ? 60 : std::numeric_limits<std::size_t>::max();

}  // namespace

class ForkGuards {
 public:
  static ForkGuards& instance() {
    static ForkGuards* const guards = [] {
      pthread_atfork([] { instance().before(); }, [] { instance().in_parent(); }, [] { instance().in_child(); });
      return new ForkGuards;
    }();
    return *guards;
  }

  void add(ForkGuarded& guarded) {
    const std::lock_guard lock(mutex_);
    put_first(guarded);
  }
  void remove(ForkGuarded& guarded) {
    const std::lock_guard lock(mutex_);
    take_out(guarded);
  }

 private:
  void before() {
    for (const Clock::time_point patience_ends = Clock::now() + kPatience;;) {
      mutex_.lock();
      const bool in_patience = Clock::now() < patience_ends;
      ForkGuarded* const held = take_all(in_patience);
      if (!held) return;
      give_all_back();
      take_out(*held);
      put_first(*held);
      mutex_.unlock();
      std::this_thread::sleep_for(kMoment);
    }
  }
  void in_parent() {
    give_all_back();
    mutex_.unlock();
  }
  void in_child() {
    give_all_back();
    for (ForkGuarded* guarded = first_; guarded; guarded = guarded->next_) guarded->start_anew();
    mutex_.unlock();
  }

  /// Those that stay held are left out or, `in_patience`, the first of them ends it: then it is given.
  ForkGuarded* take_all(bool in_patience) {
    std::size_t taken = 0;
    for (ForkGuarded* guarded = first_; guarded && taken != kMostHeld; guarded = guarded->next_) {
      guarded->taken_ = comes_free(*guarded);
      if (guarded->taken_) {
        ++taken;
      } else if (in_patience) {
        return guarded;
      }
    }
    return nullptr;
  }
  static bool comes_free(ForkGuarded& guarded) {
    for (const Clock::time_point moment_ends = Clock::now() + kMoment; !guarded.take(); std::this_thread::yield()) {
      if (Clock::now() > moment_ends) return false;
    }
    return true;
  }
  void give_all_back() {
    for (ForkGuarded* guarded = first_; guarded; guarded = guarded->next_) {
      if (std::exchange(guarded->taken_, false)) guarded->give_back();
    }
  }

  void put_first(ForkGuarded& guarded) {
    guarded.previous_ = nullptr;
    guarded.next_ = first_;
    if (first_) first_->previous_ = &guarded;
    first_ = &guarded;
  }
  void take_out(ForkGuarded& guarded) {
    (guarded.previous_ ? guarded.previous_->next_ : first_) = guarded.next_;
    if (guarded.next_) guarded.next_->previous_ = guarded.previous_;
  }

  std::mutex mutex_;
  ForkGuarded* first_ = nullptr;
};

namespace {
// A lock may be the first of the process while another thread forks; the list is there before any thread.
[[maybe_unused]] ForkGuards& made_while_loading = ForkGuards::instance();
}  // namespace

void ForkGuarded::enrol() { ForkGuards::instance().add(*this); }
void ForkGuarded::withdraw() { ForkGuards::instance().remove(*this); }

void Mutex::start_anew() noexcept { std::construct_at(static_cast<std::mutex*>(this)); }
void SharedMutex::start_anew() noexcept { std::construct_at(static_cast<std::shared_mutex*>(this)); }
void LongMutex::start_anew() noexcept {
  if (holder_.load(std::memory_order_relaxed) == std::this_thread::get_id()) return;
  std::construct_at(&mutex_);
  holder_.store({}, std::memory_order_relaxed);
}

}  // namespace genro::storage
