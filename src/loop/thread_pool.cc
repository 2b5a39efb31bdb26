// The helper threads behind offload(): started when work finds none idle, up to a handful, and kept.
// A forked child starts with an empty pool of its own.
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "loop/offload.h"
#include "loop/run.h"
#include "loop/thread.h"

namespace genro::storage {
namespace {

thread_local const void* carried_here = nullptr;

// Blocking file work: more threads than cores pays off while the disk is waited for, few enough to stay polite.
const std::size_t kMostThreads = std::clamp<std::size_t>(std::thread::hardware_concurrency() * 2, 4, 16);

class ThreadPool {
 public:
  explicit ThreadPool(unsigned of_generation) : generation(of_generation) {}

  void submit(BlockingJob& job) {
    bool needs_thread = false;
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(&job);
      if (queue_.size() > idle_ && threads_ < kMostThreads) {
        ++threads_;
        needs_thread = true;
      }
    }
    if (needs_thread) {
      start_thread([this] { serve(); });
    } else {
      work_.notify_one();
    }
  }

  const unsigned generation;

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      work_.wait(lock, [this] { return !queue_.empty(); });
      --idle_;
      BlockingJob* job = queue_.front();
      queue_.pop_front();
      lock.unlock();
      Loop* loop = job->loop;
      carried_here = job->carried;
      job->work();
      loop->post(*job);
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<BlockingJob*> queue_;
  std::size_t idle_ = 0;
  std::size_t threads_ = 0;
};

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

void start_thread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // inherited by the new thread
  std::thread(std::move(body)).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

const void* carried() noexcept { return carried_here; }

void submit_blocking(BlockingJob& job) { pool().submit(job); }

}  // namespace genro::storage
