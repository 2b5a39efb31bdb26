#include "net/kept_connections.h"

#include <iterator>
#include <utility>

namespace genro::storage {

PoolChoice choose_connection(std::span<const TimePoint> idle_since, TimePoint now, Duration idle_time) noexcept {
  PoolChoice choice;
  while (choice.expired < idle_since.size() && now - idle_since[choice.expired] >= idle_time) ++choice.expired;
  choice.reuse = choice.expired < idle_since.size();
  return choice;
}

KeptConnections::Connections KeptConnections::take_expired(TimePoint now) {
  std::vector<TimePoint> since;
  since.reserve(kept_.size());
  for (const auto& connection : kept_) since.push_back(connection->idle_since);
  const PoolChoice choice = choose_connection(since, now, idle_time_);
  const auto end = kept_.begin() + static_cast<std::ptrdiff_t>(choice.expired);
  Connections expired(std::make_move_iterator(kept_.begin()), std::make_move_iterator(end));
  kept_.erase(kept_.begin(), end);
  return expired;
}

std::unique_ptr<HttpConnection> KeptConnections::take_newest() noexcept {
  if (kept_.empty()) return nullptr;
  std::unique_ptr<HttpConnection> newest = std::move(kept_.back());
  kept_.pop_back();
  return newest;
}

KeptConnections::Connections KeptConnections::keep(std::unique_ptr<HttpConnection> connection, TimePoint now) {
  connection->idle_since = now;
  Connections expired;
  if (!loop_ && some_expired(now)) expired = take_expired(now);
  kept_.push_back(std::move(connection));
  arm_timer();
  return expired;
}

// On the loop's thread only: elsewhere the next one that is given back there does it.
void KeptConnections::arm_timer() noexcept {
  if (loop_ && loop_->is_current() && !armed() && !kept_.empty())
    loop_->timers().arm(*this, kept_.front()->idle_since + idle_time_);
}

void KeptConnections::fire() noexcept {
  Connections expired;  // closed after the mutex is free
  const std::lock_guard lock(mutex_);
  expired = take_expired(loop_->now());
  arm_timer();
}

}  // namespace genro::storage
