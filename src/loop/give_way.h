// Long work between waits, and what keeps it from holding up others:
//   co_await give_way(stretch, bytes)              in every loop over contents or entries
//   co_await on_helper(bytes, function)            where one step is itself worth a change of threads
// An operation that somebody awaits begins on the thread of his event loop and goes on on the reactor: neither may be kept
// for more than about a millisecond. One that its caller drives looks for signals meanwhile (Ctrl-C).
#pragma once

#include <atomic>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "core/context.h"
#include "loop/loop.h"
#include "loop/offload.h"

namespace genro::storage {

/// Bytes that may be worked through in one go: comparing or copying them takes about 0.1 ms, hashing them 1 ms.
inline constexpr std::size_t kOneGo = std::size_t{512} << 10;
/// What one entry of a listing counts for.
inline constexpr std::size_t kEntryBytes = 512;

/// How far a loop has come since it last gave way.
struct Stretch {
  std::size_t bytes = 0;
};

class GiveWay final : private Job {
 public:
  GiveWay(Stretch& stretch, std::size_t bytes) noexcept : stretch_(stretch) { stretch_.bytes += bytes; }
  bool await_ready() const noexcept { return stretch_.bytes < kOneGo; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    stretch_.bytes = 0;
    context_ = handle.promise().context;
    return suspend(handle);
  }
  void await_resume() const {
    if (context_) context_->scope->check();
  }

 private:
  bool suspend(std::coroutine_handle<> handle);
  void run() noexcept override;

  Stretch& stretch_;
  Context* context_ = nullptr;  // once it gives way
  std::coroutine_handle<> handle_;
};

/// The loop has worked through `bytes` more. After enough of them the operation leaves the thread of a foreign event loop for
/// its own loop, lets others have their turn there, or looks for signals; throws when it was stopped.
inline GiveWay give_way(Stretch& stretch, std::size_t bytes) noexcept { return {stretch, bytes}; }

/// For one long computation in a function given to on_helper(): to be called now and then while it runs (codec/pause.h).
/// Throws when the operation was stopped.
class Breath final : private Stoppable {
 public:
  explicit Breath(Context& context) : context_(context), stopped_(context.scope->stopped()) {
    context.scope->add(*this);
  }
  void operator()() const;

 private:
  void stop(const Error&) noexcept override { stopped_.store(true, std::memory_order_relaxed); }
  Context& context_;
  std::atomic<bool> stopped_;
};

/// Runs the function, on a helper thread where the work, about that of hashing `bytes`, is worth it. As with offload(), a
/// caller who drives his operation works himself.
template <class F>
Task<std::invoke_result_t<F&>> on_helper(std::size_t bytes, F function) {
  constexpr std::size_t kWorthOffloading = std::size_t{64} << 10;
  if (bytes < kWorthOffloading) co_return function();
  auto working = offload(std::move(function));
  co_return co_await working;
}

}  // namespace genro::storage
