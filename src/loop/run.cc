#include "loop/run.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/env.h"
#include "core/mutex.h"
#include "core/out_of_descriptors.h"
#include "loop/thread.h"

namespace genro::storage {
namespace {

std::atomic<bool (*)()> interrupt_hook{nullptr};
constexpr Duration kHookInterval = std::chrono::milliseconds(50);

/// Loops of calling threads. They are lent, never destroyed: a helper thread may still be inside post() of one when the
/// call that it belonged to has returned.
class CallerLoops {
 public:
  /// Where the process has no descriptor left for another one, waits until one is given back; shortly also where loops would
  /// leave too few for the sockets.
  Loop* borrow() {
    const auto begun = std::chrono::steady_clock::now();
    for (;;) {
      if (Loop* loop = take_idle()) return loop;
      const auto waited = std::chrono::steady_clock::now() - begun;
      try {
        if (waited < kCrowdedWait && crowded()) throw OutOfDescriptors(Error(ErrorCode::io, "too many calls at once"));
        auto loop = std::make_unique<Loop>(Loop::Kind::caller, *Env::system().clock, make_poll_poller());
        std::lock_guard lock(mutex_);
        all_.push_back(std::move(loop));
        return all_.back().get();
      } catch (const OutOfDescriptors&) {
        if (waited >= kLongestWait) throw;
      }
      std::this_thread::sleep_for(kLookForDescriptor);  // they come back from elsewhere, too
    }
  }
  void give_back(Loop* loop) {
    std::lock_guard lock(mutex_);
    if (generation_ == fork_generation()) idle_.push_back(loop);
  }

 private:
  static constexpr std::chrono::seconds kLongestWait{120};
  static constexpr std::chrono::seconds kCrowdedWait{1};
  static constexpr rlim_t kShare = 4;  // a loop holds two descriptors: half of them all
  static constexpr std::chrono::milliseconds kLookForDescriptor{10};

  bool crowded() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    std::lock_guard lock(mutex_);
    return all_.size() >= std::max<rlim_t>(limit.rlim_cur / kShare, 1);
  }

  Loop* take_idle() {
    std::lock_guard lock(mutex_);
    if (generation_ != fork_generation()) {
      idle_.clear();  // their wake-up pipes are shared with the parent process
      generation_ = fork_generation();
    }
    if (idle_.empty()) return nullptr;
    Loop* loop = idle_.back();
    idle_.pop_back();
    return loop;
  }

  Mutex mutex_;
  unsigned generation_ = 0;
  std::vector<Loop*> idle_;
  std::vector<std::unique_ptr<Loop>> all_;
};

CallerLoops& caller_loops() {
  static constinit Lasting<CallerLoops> loops;
  return loops.get();
}

std::atomic<unsigned> generation{0};

struct ForkHandlers {
  ForkHandlers() {
    pthread_atfork(nullptr, nullptr, [] { generation.fetch_add(1, std::memory_order_relaxed); });
  }
};
const ForkHandlers fork_handlers;

struct Reactor {
  explicit Reactor(unsigned of_generation)
      : generation_of(of_generation), loop(Loop::Kind::reactor, *Env::system().clock, make_epoll_poller()) {}
  unsigned generation_of;
  Loop loop;
};
std::atomic<Reactor*> current_reactor{nullptr};

thread_local Loop* loop_for_get = nullptr;

/// The innermost .get() that this thread is in: whom signals stop, and when they were last looked for.
thread_local Scope* scope_of_get = nullptr;
thread_local TimePoint last_look{};

using Hook = bool (*)();
Hook hook_of_get() noexcept { return loop_for_get ? nullptr : interrupt_hook.load(std::memory_order_relaxed); }

void ask(Hook hook) {
  if (hook()) scope_of_get->stop(Error(ErrorCode::cancelled, "interrupted by a signal"));
  last_look = Env::system().clock->now();
}

void serve_call(Loop& loop, std::coroutine_handle<> handle) {
  Loop::Drive driving(loop);
  const Hook hook = hook_of_get();
  while (!handle.done()) {
    const bool interrupted = !loop.run_once(hook ? kHookInterval : Duration(-1));
    if (hook && (interrupted || loop.now() - last_look >= kHookInterval)) ask(hook);
  }
}

}  // namespace

unsigned fork_generation() noexcept { return generation.load(std::memory_order_relaxed); }
void set_interrupt_hook(bool (*hook)()) noexcept { interrupt_hook.store(hook); }

void look_for_signals() noexcept {
  const Hook hook = scope_of_get ? hook_of_get() : nullptr;
  if (hook && Env::system().clock->now() - last_look >= kHookInterval) ask(hook);
}

GetOn::GetOn(Loop& loop) noexcept : outer_(std::exchange(loop_for_get, &loop)) {}
GetOn::~GetOn() { loop_for_get = outer_; }

Loop& reactor() {
  Reactor* known = current_reactor.load(std::memory_order_acquire);
  if (known && known->generation_of == fork_generation()) return known->loop;
  // Two threads may race here: the loser's reactor was never started and is dropped.
  auto fresh = std::make_unique<Reactor>(fork_generation());
  if (!current_reactor.compare_exchange_strong(known, fresh.get(), std::memory_order_acq_rel)) {
    return reactor();
  }
  Reactor* started = fresh.release();  // lives for ever: its thread has no end
  start_thread([started] {
    Loop::Drive driving(started->loop);
    for (;;) started->loop.run_once();
  });
  return started->loop;
}

Loop& loop_of(Context& context) {
  if (!context.loop) {
    // A call made from inside another one, by a callback, must not drive the outer call's loop.
    const bool use_given = loop_for_get && !loop_for_get->is_current();
    context.loop = use_given ? loop_for_get : caller_loops().borrow();
  }
  return *context.loop;
}

struct Operation::State {
  Scope scope;
  Context context;
  std::atomic<bool> finished{false};
};

namespace {
struct CancelJob final : Job {
  explicit CancelJob(std::shared_ptr<Operation::State> operation) : state(std::move(operation)) {}
  void run() noexcept override {
    if (!state->finished.load(std::memory_order_relaxed)) state->scope.stop(Error(ErrorCode::cancelled, "cancelled"));
    delete this;
  }
  std::shared_ptr<Operation::State> state;
};
}  // namespace

void Operation::cancel() noexcept {
  if (!state_ || state_->finished.load(std::memory_order_acquire)) return;
  state_->context.loop->post(*new CancelJob(state_));
}

namespace detail {

void run_here(std::coroutine_handle<> handle, PromiseBase& promise) {
  Scope scope;
  Context context;
  context.scope = &scope;
  context.caller_driven = true;
  promise.context = &context;
  Scope* const outer = std::exchange(scope_of_get, &scope);
  handle.resume();
  if (!handle.done()) serve_call(*context.loop, handle);
  scope_of_get = outer;
  if (context.loop && context.loop != loop_for_get) caller_loops().give_back(context.loop);
}

std::shared_ptr<Operation::State> new_operation(const StartOptions& options) {
  auto state = std::make_shared<Operation::State>();
  state->context.loop = options.loop ? options.loop : &reactor();
  state->context.scope = &state->scope;
  state->context.caller_context = options.caller_context;
  if (options.timeout > 0) state->context.deadline = state->context.loop->now() + seconds(options.timeout);
  return state;
}

Context* context_of(Operation::State& state) noexcept { return &state.context; }
void finish(Operation::State& state) noexcept { state.finished.store(true, std::memory_order_release); }

}  // namespace detail
}  // namespace genro::storage
