#include "loop/loop.h"

#include <algorithm>
#include <string>
#include <utility>

namespace genro::storage {
namespace {
thread_local Loop* current_loop = nullptr;
// Sockets and jobs get their turn even while coroutines keep each other busy.
constexpr int kTurnsBetweenPolls = 64;
}  // namespace

Loop::Loop(Kind kind, Clock& clock, std::unique_ptr<Poller> poller)
    : kind_(kind), clock_(clock), poller_(std::move(poller)), timers_(clock.now()) {}

Loop::~Loop() = default;

Loop* Loop::current() noexcept { return current_loop; }
bool Loop::is_current() const noexcept { return current_loop == this; }

Loop::Drive::Drive(Loop& loop) noexcept : outer_(std::exchange(current_loop, &loop)) {}
Loop::Drive::~Drive() { current_loop = outer_; }

void Loop::post(Job& job) noexcept {
  Job* head = inbox_.load(std::memory_order_relaxed);
  do {
    job.next = head;
  } while (!inbox_.compare_exchange_weak(head, &job, std::memory_order_release, std::memory_order_relaxed));
  // Whoever made the inbox non-empty wakes the loop; later posters find that done.
  if (!head) poller_->wake();
}

bool Loop::run_jobs() noexcept {
  Job* newest = inbox_.exchange(nullptr, std::memory_order_acquire);
  if (!newest) return false;
  Job* oldest = nullptr;
  while (newest) {
    Job* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest) {
    Job* next = oldest->next;  // the job may be gone once it has run
    oldest->run();
    oldest = next;
  }
  return true;
}

void Loop::post_last(Job& job) noexcept {
  job.next = last_jobs_;
  last_jobs_ = &job;
}

void Loop::run_last_jobs() noexcept {
  while (last_jobs_) {
    Job* const job = last_jobs_;
    last_jobs_ = job->next;
    job->run();
  }
}

bool Loop::run_once(Duration longest_wait) {
  run_jobs();
  timers_.advance(now());
  if (!ready_.empty()) {
    running_.swap(ready_);
    for (std::coroutine_handle<> handle : running_) handle.resume();
    running_.clear();
    if (++turns_ % kTurnsBetweenPolls != 0) return true;
    longest_wait = Duration::zero();  // what has just run may be all that anybody waits for
  }
  run_last_jobs();
  Duration wait = longest_wait;
  if (!ready_.empty() || inbox_.load(std::memory_order_relaxed)) {
    wait = Duration::zero();
  } else if (const TimePoint next = timers_.next(); next != kNever) {
    const Duration until_next = std::max(next - now(), Duration::zero());
    wait = wait < Duration::zero() ? until_next : std::min(wait, until_next);
  }
  fired_.clear();
  const bool uninterrupted = poller_->wait(wait, fired_);
  for (IoWait* wait_done : fired_) static_cast<LoopWait*>(wait_done)->finish(WaitStatus::ready);
  return uninterrupted;
}

bool Hop::suspend(Context& context, std::coroutine_handle<> handle) {
  context_ = &context;
  if (context.caller_driven || context.loop->is_current()) return false;
  handle_ = handle;
  context.loop->post(*this);
  return true;
}

void Hop::await_resume() const { context_->scope->check(); }
void Hop::run() noexcept { context_->loop->resume_soon(handle_); }

LoopWait::~LoopWait() {
  if (polling_) loop_->poller().remove(*this);
}

bool LoopWait::suspend(Context& context, std::coroutine_handle<> handle) {
  loop_ = &loop_of(context);
  if (context.scope->stopped()) {
    status_ = WaitStatus::stopped;
    return false;
  }
  if (descriptor >= 0) {
    if (loop_->poller().add(*this)) return false;
    polling_ = true;
  }
  context.scope->add(*this);
  loop_->timers().arm(*this, std::min(until_, context.deadline));
  handle_ = handle;
  return true;
}

void LoopWait::finish(WaitStatus status) noexcept {
  status_ = status;
  unlink();
  disarm();
  if (polling_ && status != WaitStatus::ready) loop_->poller().remove(*this);
  polling_ = false;
  loop_->resume_soon(handle_);
}

void LoopWait::stop(const Error&) noexcept { finish(WaitStatus::stopped); }
void LoopWait::fire() noexcept { finish(WaitStatus::timed_out); }

void throw_wait(WaitStatus status, const Context& context, std::string_view what) {
  context.scope->check();
  if (status == WaitStatus::stopped) throw Error(ErrorCode::cancelled, "cancelled");
  throw Error(ErrorCode::timeout, std::string(what) + " timed out");
}

}  // namespace genro::storage
