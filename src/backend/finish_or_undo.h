// finish_or_undo(): runs a change on a server that must not be left half known when its caller is cancelled. It waits
// briefly for the outcome, else undoes it later. Used by backends whose requests begin something that stays.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <utility>

#include "backend/background.h"
#include "loop/task_group.h"

namespace genro::storage {

/// How long a stopped change holds up its owner before it is left to end by itself.
inline constexpr Duration kFinishWithin = std::chrono::seconds(1);

namespace detail {

template <class T>
Task<void> undo_later(Background<T> change, std::function<Task<void>(Result<T>)> undo) {
  co_await hop();  // so that the cancelled caller's stack is not used
  Task<T> taking = change.take();
  Result<T> result = co_await taking.as_result();
  Task<void> undoing = undo(std::move(result));
  co_await undoing;
}

}  // namespace detail

/// The result of `change`. It is not stopped with its owner: it gets kFinishWithin to end, and its result then counts. When it
/// takes longer, the owner's own end is thrown, and `undo` is called with the result whenever it comes.
/// Both must own all that they use.
template <class T>
Task<T> finish_or_undo(Task<T> change, std::function<Task<void>(Result<T>)> undo) {
  Context& context = co_await current_context();
  context.scope->check();
  StartOptions on_loop;
  on_loop.loop = background_loop(context);
  Background<T> running(context, std::move(change));
  Task<void> waiting = running.wait();
  const Result<void> waited = co_await waiting.as_result();
  if (!waited.ok()) {
    Task<void> settling = shielded(running.wait(), kFinishWithin);
    const Result<void> ended = co_await settling.as_result();
    if (!ended.ok()) {
      detail::undo_later<T>(std::move(running), std::move(undo)).start(on_loop, [](Result<void>) {});
      std::rethrow_exception(waited.exception());
    }
  }
  Task<T> taking = running.take();
  co_return co_await taking;
}

}  // namespace genro::storage
