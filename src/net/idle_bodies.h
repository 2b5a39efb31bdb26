// IdleBodies: responses that nobody is reading and whose rest can be requested again (HttpRequest::may_give_way). When
// others wait for a connection, one that has not been read from for a while gives up its own.
// Used by HttpPool, whose mutex guards the list, and by the responses themselves. A body's reader needs no lock.
#pragma once

#include <atomic>
#include <memory>

#include "core/clock.h"
#include "net/http_connection.h"

namespace genro::storage {

class IdleBody {
 public:
  IdleBody() = default;
  IdleBody(const IdleBody&) = delete;
  IdleBody& operator=(const IdleBody&) = delete;
  /// False: it gave way. Else it does not before end_reading(). Needed for any look at the connection.
  bool begin_reading() const noexcept {
    State seen = state_.load(std::memory_order_acquire);
    do {
      if (seen == State::gave_way) return false;
    } while (!state_.compare_exchange_weak(seen, State::reading, std::memory_order_acquire));
    return true;
  }
  void end_reading() const noexcept { state_.store(State::fresh, std::memory_order_release); }
  bool gave_way() const noexcept { return state_.load(std::memory_order_acquire) == State::gave_way; }

 protected:
  ~IdleBody() = default;
  /// Gives the connection away, its permit with it. Called under the pool's mutex, at a time when nobody reads.
  virtual std::unique_ptr<HttpConnection> give_way() noexcept = 0;

 private:
  friend class IdleBodies;
  enum class State : unsigned char { fresh, looked_at, reading, gave_way };
  mutable std::atomic<State> state_{State::fresh};
  TimePoint looked_at_{};
  IdleBody* previous_ = nullptr;
  IdleBody* next_ = nullptr;
  bool listed_ = false;
};

class IdleBodies {
 public:
  static constexpr Duration kLook =
      std::chrono::milliseconds(100);  ///< Unread for so long, between two looks, is idle.
  void add(IdleBody& body) noexcept;
  void remove(IdleBody& body) noexcept;
  /// The connection of the body that has been open for the longest of those that are idle; null when there is none. Bodies
  /// seen for the first time since they were read are only looked at.
  std::unique_ptr<HttpConnection> take_one(TimePoint now) noexcept;
  /// After fork in the child, where the readers' threads do not exist.
  void forget_after_fork() noexcept;

 private:
  IdleBody* first_ = nullptr;
  IdleBody* last_ = nullptr;
};

}  // namespace genro::storage
