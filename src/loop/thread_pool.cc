// The helper threads behind offload(). A forked child starts with an empty pool of its own.
//   1. A job belongs to a share (thread_share.h). It is ready when its share has a place free, else it waits for one.
//   2. There are always as many threads idle or starting as jobs are ready, unless the system gives no more threads.
//      Threads serve every share; those beyond the usual number go when they had nothing to do for a while.
//   3. A share that grows gets more places when none of its jobs moved for a while: what its threads wait for may be
//      among the jobs that wait. So nothing waits for itself. The less those threads compute, the sooner: callbacks that
//      block are not to be waited for, while more threads than processors make no computation faster.
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <system_error>
#include <thread>
#include <utility>

#include "core/mutex.h"
#include "loop/offload.h"
#include "loop/run.h"
#include "loop/thread.h"
#include "loop/thread_time.h"

namespace genro::storage {
namespace {

thread_local const void* caller_context_here = nullptr;
thread_local bool is_helper = false;

// Blocking file work: more threads than cores pays off while the disk is waited for, few enough to stay polite.
const std::size_t kUsualThreads = std::clamp<std::size_t>(std::thread::hardware_concurrency() * 2, 4, 16);

constexpr std::chrono::milliseconds kLook{10};  // between two looks at shares in which jobs wait
constexpr std::chrono::seconds kStays{2};       // how long a thread beyond the usual number waits for work
constexpr int kComputes = 20;                   // a thread that has at least this part of the time on a processor

/// Looks in a row without a move until a share grows.
int patience(std::size_t computing) noexcept {
  if (computing == 0) return 2;
  return computing < kUsualThreads ? 10 : 100;
}

}  // namespace

void JobQueue::push(BlockingJob& job) noexcept {
  job.next = nullptr;
  (first_ ? last_->next : first_) = &job;
  last_ = &job;
}

BlockingJob* JobQueue::pop() noexcept {
  Job* const job = first_;
  if (job) first_ = job->next;
  return static_cast<BlockingJob*>(job);
}

class ThreadPool {
 public:
  explicit ThreadPool(unsigned of_generation) : generation(of_generation) {}

  void submit(BlockingJob& job) {
    std::unique_lock<std::mutex> lock(mutex_);
    ThreadShare& share = *job.share;
    if (share.generation_ != generation) begin(share);
    if (share.running_ < share.allowed_) {
      make_ready(share, job);
      provide_thread(lock);
      return;
    }
    share.waiting_.push(job);
    if (share.grows_) watch(lock);
  }

  const unsigned generation;

 private:
  struct Worker {
    ThreadTime time{};
    ThreadShare* serves = nullptr;
  };

  static std::size_t usual(const ThreadShare& share) noexcept { return share.most_ > 0 ? share.most_ : kUsualThreads; }

  void begin(ThreadShare& share) noexcept {
    share.generation_ = generation;
    share.waiting_ = {};
    share.running_ = 0;
    share.allowed_ = usual(share);
  }

  void make_ready(ThreadShare& share, BlockingJob& job) noexcept {
    ++share.running_;
    ready_.push(job);
    ++ready_count_;
  }

  /// The job is over: its share's next one has its place.
  void give_back(ThreadShare& share) noexcept {
    --share.running_;
    if (BlockingJob* const next = share.waiting_.pop()) {
      make_ready(share, *next);
    } else if (share.allowed_ > usual(share)) {
      --share.allowed_;
    }
  }

  BlockingJob* take(Worker& self) noexcept {
    BlockingJob* const job = ready_.pop();
    if (job) {
      --ready_count_;
      ++job->share->taken_;
    }
    self.serves = job ? job->share : nullptr;
    return job;
  }

  /// Wakes or starts a thread for a job that has become ready. Leaves the mutex unlocked.
  void provide_thread(std::unique_lock<std::mutex>& lock) {
    if (ready_count_ <= idle_) {
      lock.unlock();
      work_.notify_one();
      return;
    }
    if (ready_count_ <= idle_ + starting_) return lock.unlock();
    ++threads_;
    ++starting_;
    lock.unlock();
    try {
      start_thread([this] { serve(); });
    } catch (const std::system_error&) {  // no more threads: one of those that there are will come to it
      lock.lock();
      --threads_;
      --starting_;
      if (threads_ == 0) serve_here(lock);
    }
  }

  /// The system does not give a single thread: better to block than not to go on.
  void serve_here(std::unique_lock<std::mutex>& lock) {
    Worker self;
    while (BlockingJob* const job = take(self)) {
      lock.unlock();
      perform(*job);
      lock.lock();
      give_back(*job->share);
      job->loop->post(*job);
    }
  }

  static void perform(BlockingJob& job) noexcept {
    const void* const outer = std::exchange(caller_context_here, job.caller_context);
    job.work();
    caller_context_here = outer;
  }

  void serve() {
    is_helper = true;
    std::list<Worker> place(1);
    const auto self = place.begin();
    std::unique_lock<std::mutex> lock(mutex_);
    --starting_;
    workers_.splice(workers_.end(), place);
    while (BlockingJob* job = wait_for_job(lock, *self)) {
      while (job) {
        lock.unlock();
        perform(*job);
        lock.lock();
        give_back(*job->share);
        BlockingJob* const done = std::exchange(job, take(*self));
        lock.unlock();
        done->loop->post(*done);  // from here on it may be gone, and its share with it
        lock.lock();
      }
    }
    workers_.erase(self);
    --threads_;
  }

  /// Null: the thread is not needed any more.
  BlockingJob* wait_for_job(std::unique_lock<std::mutex>& lock, Worker& self) {
    ++idle_;
    bool stays = true;
    while (ready_.empty() && stays) {
      if (threads_ <= kUsualThreads) {
        work_.wait(lock);
      } else {
        stays = work_.wait_for(lock, kStays) == std::cv_status::no_timeout || threads_ <= kUsualThreads;
      }
    }
    --idle_;
    return take(self);
  }

  /// Somebody looks from now on whether what waits comes to its turn. Leaves the mutex unlocked.
  void watch(std::unique_lock<std::mutex>& lock) {
    const Watcher before = std::exchange(watcher_, Watcher::awake);
    lock.unlock();
    if (before == Watcher::asleep) saturated_.notify_one();
    if (before != Watcher::none) return;
    try {
      start_thread([this] { look_for_ever(); });
    } catch (const std::system_error&) {  // nor would a share find a thread to grow by; the next job tries again
      lock.lock();
      watcher_ = Watcher::none;
    }
  }

  void look_for_ever() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      lock.unlock();
      std::this_thread::sleep_for(kLook);
      lock.lock();
      const bool general = look(lock, ThreadShare::general());
      const bool names = look(lock, ThreadShare::names());
      if (general || names) continue;
      watcher_ = Watcher::asleep;
      saturated_.wait(lock, [this] { return watcher_ == Watcher::awake; });
    }
  }

  /// Gives whether jobs wait for a place in the share.
  bool look(std::unique_lock<std::mutex>& lock, ThreadShare& share) {
    if (share.generation_ != generation) return false;
    const bool moved = std::exchange(share.seen_, share.taken_) != share.taken_;
    if (moved || share.waiting_.empty()) {
      share.stalled_ = 0;
      return !share.waiting_.empty();
    }
    if (share.stalled_ == 0) mark(share);
    if (++share.stalled_ < patience(computing(share))) return true;
    grow(lock, share);
    return true;
  }

  /// By the more places the more it has: a long chain of callbacks that wait for each other is not to take long to start.
  void grow(std::unique_lock<std::mutex>& lock, ThreadShare& share) {
    mark(share);
    share.stalled_ = 1;
    for (std::size_t more = 1 + share.running_ / 8; more > 0 && !share.waiting_.empty(); --more) {
      ++share.seen_;  // a move of our making
      ++share.allowed_;
      make_ready(share, *share.waiting_.pop());
      provide_thread(lock);
      lock.lock();
    }
  }

  void mark(const ThreadShare& share) noexcept {
    for (Worker& worker : workers_) {
      if (worker.serves == &share) worker.time.mark();
    }
  }

  /// How many threads of the share had a processor since nothing moves any more.
  std::size_t computing(const ThreadShare& share) const noexcept {
    const Duration enough = kLook * (share.stalled_ - 1) / kComputes;
    return static_cast<std::size_t>(std::count_if(workers_.begin(), workers_.end(), [&](const Worker& worker) {
      return worker.serves == &share && worker.time.since_mark() >= enough;
    }));
  }

  enum class Watcher : unsigned char { none, asleep, awake };

  Mutex mutex_;
  std::condition_variable work_;
  JobQueue ready_;
  std::size_t ready_count_ = 0;
  std::size_t idle_ = 0;
  std::size_t starting_ = 0;
  std::size_t threads_ = 0;
  std::list<Worker> workers_;
  std::condition_variable saturated_;
  Watcher watcher_ = Watcher::none;
};

namespace {

std::atomic<ThreadPool*> current_pool{nullptr};

ThreadPool& pool() {
  ThreadPool* known = current_pool.load(std::memory_order_acquire);
  if (known && known->generation == fork_generation()) return *known;
  auto* fresh = new ThreadPool(fork_generation());  // never destroyed: its threads have no end
  if (current_pool.compare_exchange_strong(known, fresh, std::memory_order_acq_rel)) return *fresh;
  delete fresh;
  return *known;
}

}  // namespace

ThreadShare& ThreadShare::general() noexcept {
  static constinit ThreadShare share{Growing{}};
  return share;
}

ThreadShare& ThreadShare::names() noexcept {
  static constinit ThreadShare share{Growing{}};
  return share;
}

void start_thread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the new thread
  try {
    std::thread(std::move(body)).detach();
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

const void* caller_context() noexcept { return caller_context_here; }
bool on_helper_thread() noexcept { return is_helper; }

void submit_blocking(BlockingJob& job) { pool().submit(job); }

}  // namespace genro::storage
