#include "python/asyncio/loop_channel.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "loop/loop.h"
#include "loop/run.h"
#include "python/asyncio/pending_operation.h"
#include "python/asyncio/running_loop.h"
#include "python/enter.h"
#include "python/gil.h"

namespace genro::storage::python {
namespace {

constexpr int kBatch = 256;
// Completions of one turn of the reactor are announced together (a poller gives it few enough), but not more of them: the
// loop could begin meanwhile.
constexpr int kAnnouncedTogether = 64;

/// In the place of the list's head once the loop has ended.
Completion* const kClosed = reinterpret_cast<Completion*>(std::uintptr_t{1});

/// What asyncio's loop holds while it watches the descriptor: when the loop lets go of it, the channel is closed.
struct ReaderObject {
  PyObject_HEAD std::shared_ptr<LoopChannel> channel;
  PyObject* loop;  // the address only: tells loops apart
};
PyTypeObject* reader_type = nullptr;

std::unordered_map<PyObject*, std::shared_ptr<LoopChannel>>& channels() {
  static auto* map = new std::unordered_map<PyObject*, std::shared_ptr<LoopChannel>>;
  return *map;
}
PyObject* last_loop = nullptr;
const std::shared_ptr<LoopChannel>* last_channel = nullptr;  // in channels()

PyObject* reader_call(PyObject* self, PyObject*) {
  const auto* reader = reinterpret_cast<ReaderObject*>(self);
  const std::shared_ptr<LoopChannel> channel = reader->channel;
  {
    const KnownLoop known(reader->loop);  // it is the running one: tasks that are woken need not ask for it
    if (!channel->drain()) return nullptr;
  }
  release_deferred();
  Py_RETURN_NONE;
}
PyMethodDef reader_call_definition = {"deliver_completed_operations", reader_call, METH_NOARGS, nullptr};

// A loop that was dropped unclosed, with tasks that wait, is a cycle through the channel.
int reader_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  const auto* reader = reinterpret_cast<ReaderObject*>(self);
  return reader->channel ? reader->channel->traverse(visit, arg) : 0;
}

int reader_clear(PyObject* self) {
  reinterpret_cast<ReaderObject*>(self)->channel->close();
  return 0;
}

void reader_dealloc(PyObject* self) {
  auto* reader = reinterpret_cast<ReaderObject*>(self);
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  const auto found = channels().find(reader->loop);
  if (last_loop == reader->loop) last_loop = nullptr;
  if (found != channels().end() && found->second == reader->channel) channels().erase(found);
  reader->channel->close();
  reader->channel.~shared_ptr();
  type->tp_free(self);
  Py_DECREF(type);
}

PyType_Slot reader_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&reader_dealloc)},
                              {Py_tp_traverse, reinterpret_cast<void*>(&reader_traverse)},
                              {Py_tp_clear, reinterpret_cast<void*>(&reader_clear)},
                              {0, nullptr}};
PyType_Spec reader_spec = {"genro_storage._core._LoopReader", sizeof(ReaderObject), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, reader_slots};

}  // namespace

/// Tells the loop once the reactor has nothing else to do.
struct LoopChannel::Announcement final : Job {
  explicit Announcement(std::shared_ptr<LoopChannel> of) : channel(std::move(of)) {}
  void run() noexcept override {
    channel->announcing_ = false;
    if (std::exchange(channel->unannounced_, 0) > 0) channel->signal();
    delete this;
  }
  std::shared_ptr<LoopChannel> channel;
};

LoopChannel::LoopChannel() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), generation_(fork_generation()) {
  if (descriptor_ < 0) {
    PyErr_SetFromErrno(PyExc_OSError);
    throw ErrorIsSet();
  }
}

LoopChannel::~LoopChannel() { ::close(descriptor_); }

const std::shared_ptr<LoopChannel>& LoopChannel::of(PyObject* loop) {
  if (loop == last_loop && (*last_channel)->generation_ == fork_generation()) return *last_channel;
  auto& known = channels();
  auto found = known.find(loop);
  if (found == known.end() || found->second->generation_ != fork_generation()) {
    auto channel = std::make_shared<LoopChannel>();
    auto* reader = reinterpret_cast<ReaderObject*>(reader_type->tp_alloc(reader_type, 0));
    if (!reader) throw ErrorIsSet();
    new (&reader->channel) std::shared_ptr<LoopChannel>(channel);
    reader->loop = loop;
    const Ref owner = Ref::steal(reinterpret_cast<PyObject*>(reader));
    const Ref callback = checked(PyCFunction_New(&reader_call_definition, owner.get()));
    const Ref added = checked(
        enter([&] { return PyObject_CallMethod(loop, "add_reader", "iO", channel->descriptor(), callback.get()); }));
    found = known.insert_or_assign(loop, std::move(channel)).first;
  }
  last_loop = loop;
  last_channel = &found->second;
  return found->second;
}

void LoopChannel::signal() noexcept {
  const std::uint64_t one = 1;
  while (::write(descriptor_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void LoopChannel::push(Completion& completion) noexcept {
  Completion* head = arrived_.load(std::memory_order_relaxed);
  do {
    if (head == kClosed) {
      release_later(completion);
      return;
    }
    completion.next = head;
  } while (!arrived_.compare_exchange_weak(head, &completion, std::memory_order_release, std::memory_order_relaxed));
  Loop* const current = Loop::current();
  if (current && current->kind() == Loop::Kind::reactor) {
    announce(*current);
  } else if (!head) {
    signal();  // the loop has not been told yet
  }
}

// On the reactor's thread, after each completion: what the loop has taken meanwhile without being told costs it one look.
void LoopChannel::announce(Loop& reactor) noexcept {
  if (!std::exchange(announcing_, true)) reactor.post_last(*new Announcement(shared_from_this()));
  if (++unannounced_ < kAnnouncedTogether) return;
  unannounced_ = 0;
  signal();
}

Completion* LoopChannel::next_arrived() noexcept {
  if (!backlog_) {
    Completion* newest = arrived_.load(std::memory_order_relaxed) == kClosed
                             ? nullptr
                             : arrived_.exchange(nullptr, std::memory_order_acquire);
    while (newest) {
      auto* older = static_cast<Completion*>(newest->next);
      newest->next = backlog_;
      backlog_ = newest;
      newest = older;
    }
  }
  Completion* const completion = backlog_;
  if (completion) backlog_ = static_cast<Completion*>(completion->next);
  return completion;
}

bool LoopChannel::drain() noexcept {
  std::uint64_t count = 0;
  while (::read(descriptor_, &count, sizeof count) < 0 && errno == EINTR) {
  }
  bool good = true;
  for (int delivered = 0; good && delivered < kBatch; ++delivered) {
    Completion* const completion = next_arrived();
    if (!completion) return true;
    good = completion->deliver();
  }
  if (backlog_ || !good) signal();  // and more may have arrived, which signalled by itself
  return good;
}

void LoopChannel::add(PendingOperation& waiting) noexcept {
  waiting.previous_waiting_ = nullptr;
  waiting.next_waiting_ = waiting_;
  if (waiting_) waiting_->previous_waiting_ = &waiting;
  waiting_ = &waiting;
}

void LoopChannel::remove(PendingOperation& waiting) noexcept {
  if (waiting.next_waiting_) waiting.next_waiting_->previous_waiting_ = waiting.previous_waiting_;
  (waiting.previous_waiting_ ? waiting.previous_waiting_->next_waiting_ : waiting_) = waiting.next_waiting_;
}

int LoopChannel::traverse(visitproc visit, void* arg) const {
  for (const PendingOperation* waiting = waiting_; waiting; waiting = waiting->next_waiting_) {
    Py_VISIT(waiting->waiter_.get());
  }
  return 0;
}

void LoopChannel::close() noexcept {
  while (waiting_) waiting_->loop_ended();
  Completion* left = arrived_.exchange(kClosed, std::memory_order_acquire);
  for (Completion* list : {left == kClosed ? nullptr : left, std::exchange(backlog_, nullptr)}) {
    while (list) {
      auto* next = static_cast<Completion*>(list->next);
      release_later(*list);
      list = next;
    }
  }
}

bool prepare_loop_channel() {
  reader_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&reader_spec));
  return reader_type != nullptr;
}

}  // namespace genro::storage::python
