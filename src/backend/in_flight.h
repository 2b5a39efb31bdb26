// InFlight: operations that run beside their owner, each under a key by which its result is taken later. Used by what asks
// ahead for what it will need: the lister, and walks of trees. Not thread-safe; dropping it cancels what is under way.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "backend/background.h"

namespace genro::storage {

template <class Key, class T>
class InFlight {
 public:
  std::size_t size() const noexcept { return running_.size(); }
  /// Starts the task that `make` gives, unless one with this key is under way.
  template <class Make>
  void begin(Context& context, Key key, Make make) {
    if (find(key) != running_.end()) return;
    Task<T> task = make();
    running_.push_back({std::move(key), Background<T>(context, std::move(task))});
  }
  /// The result of the one with this key, once; or else the task that `make` gives.
  template <class Make>
  Task<T> take(const Key& key, Make make) {
    const auto found = find(key);
    if (found == running_.end()) return make();
    Background<T> background = std::move(found->background);
    running_.erase(found);
    return result_of(std::move(background));
  }

 private:
  struct Running {
    Key key;
    Background<T> background;
  };
  auto find(const Key& key) {
    return std::find_if(running_.begin(), running_.end(), [&](const Running& one) { return one.key == key; });
  }
  static Task<T> result_of(Background<T> background) {
    Task<T> taking = background.take();
    co_return co_await taking;
  }

  std::vector<Running> running_;
};

}  // namespace genro::storage
