// LoopChannel: brings finished operations from the reactor to one asyncio event loop, in batches: a lock-free stack and an
// eventfd that the loop watches. Made on the first wait in a loop, ends with it.
// push() is for any thread and never touches Python; everything else needs the GIL.
#pragma once

#include <atomic>
#include <memory>

#include "python/deferred.h"
#include "python/ref.h"

namespace genro::storage {
class Loop;
}

namespace genro::storage::python {

/// Something that finished and is to be told so on the loop's thread.
class Completion : public Deferred {
 public:
  /// On the loop's thread with the GIL; gives up the channel's reference. False with an error set when what it woke
  /// ended with what must end the loop.
  virtual bool deliver() noexcept = 0;
};

class PendingOperation;

class LoopChannel : public std::enable_shared_from_this<LoopChannel> {
 public:
  /// The channel of a running asyncio loop. Throws ErrorIsSet when the loop cannot watch descriptors.
  static const std::shared_ptr<LoopChannel>& of(PyObject* loop);

  LoopChannel();
  ~LoopChannel();
  LoopChannel(const LoopChannel&) = delete;
  LoopChannel& operator=(const LoopChannel&) = delete;

  /// Takes over the completion. After the loop has ended it is dropped without a word.
  void push(Completion& completion) noexcept;
  /// Operations for which tasks of the loop wait: they are stopped, and the tasks let go, when it ends.
  void add(PendingOperation& waiting) noexcept;
  void remove(PendingOperation& waiting) noexcept;
  /// Delivers what has come, a few hundred at a time so that other callbacks of the loop have their turn. False as
  /// deliver(); the rest then comes with the next drain.
  bool drain() noexcept;
  void close() noexcept;
  /// What the garbage collector asks: the loop owns, by its callback, the waiters of what its tasks wait for.
  int traverse(visitproc visit, void* arg) const;
  int descriptor() const noexcept { return descriptor_; }

 private:
  struct Announcement;
  void signal() noexcept;
  void announce(Loop& reactor) noexcept;
  Completion* next_arrived() noexcept;

  int descriptor_;
  unsigned generation_;                        // of forks: a child must not read its parent's eventfd
  std::atomic<Completion*> arrived_{nullptr};  // newest first
  PendingOperation* waiting_ = nullptr;
  Completion* backlog_ = nullptr;  // oldest first; what a drain left
  int unannounced_ = 0;            // the reactor's: what it pushed since it last told the loop
  bool announcing_ = false;        // the reactor's: it will tell the loop at the end of its turn
};

/// Prepares the type of the loop's callback. False with an error set.
bool prepare_loop_channel();

}  // namespace genro::storage::python
