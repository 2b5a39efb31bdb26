// run_blocking(f): a call that may wait for a disk, a library or a server, made without holding up an event loop. For backends
// that stand on a library with blocking calls; several threads may be in such calls at once.
// It cannot be interrupted, so keep each call short: one chunk, one statement. What it lends must live until it is done.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "genro/storage/task.h"

namespace genro::storage {

namespace detail {

/// On this thread where it drives its own operation, else on a helper thread (loop/blocking.cc).
Task<void> run_blocking(std::function<void()> function);

}  // namespace detail

/// What `function()` gives, or throws.
template <class F>
Task<std::invoke_result_t<F&>> run_blocking(F function) {
  using Value = std::invoke_result_t<F&>;
  if constexpr (std::is_void_v<Value>) {
    Task<void> running = detail::run_blocking([&function] { function(); });
    co_await running;
  } else {
    std::optional<Value> value;
    Task<void> running = detail::run_blocking([&function, &value] { value.emplace(function()); });
    co_await running;
    co_return *std::move(value);
  }
}

}  // namespace genro::storage
