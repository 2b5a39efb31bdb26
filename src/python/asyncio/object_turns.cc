#include "python/asyncio/object_turns.h"

#include "loop/run.h"
#include "python/enter.h"
#include "python/gil.h"

namespace genro::storage::python {

/// All turns of the process, which live on the stacks of their threads.
struct ObjectTurns {
  struct List {
    ObjectTurn* first = nullptr;
    ObjectTurn* last = nullptr;
    void add(ObjectTurn& turn) noexcept {
      turn.previous_ = last;
      turn.next_ = nullptr;
      (last ? last->next_ : first) = &turn;
      last = &turn;
    }
    void remove(ObjectTurn& turn) noexcept {
      (turn.previous_ ? turn.previous_->next_ : first) = turn.next_;
      (turn.next_ ? turn.next_->previous_ : last) = turn.previous_;
    }
    ObjectTurn* find(PyObject* object) const noexcept {
      ObjectTurn* turn = first;
      while (turn && turn->object_ != object) turn = turn->next_;
      return turn;
    }
  };
  List inside;
  List waiting;
  unsigned generation = 0;

  static ObjectTurns& instance() noexcept {
    static ObjectTurns turns;
    if (turns.generation != fork_generation()) turns.forget_parent();
    return turns;
  }
  /// In a forked child only the turns of the thread that forked go on.
  void forget_parent() noexcept {
    generation = fork_generation();
    waiting = {};
    const unsigned long here = PyThread_get_thread_ident();
    for (ObjectTurn* turn = inside.first; turn; turn = turn->next_) {
      if (turn->thread_ != here) inside.remove(*turn);
    }
  }
};

ObjectTurn::ObjectTurn(PyObject* object) : object_(object), thread_(PyThread_get_thread_ident()) {
  ObjectTurns& turns = ObjectTurns::instance();
  const ObjectTurn* const there = turns.inside.find(object);
  if (there && there->thread_ != thread_) {
    wait();
    return;
  }
  inside_ = true;
  turns.inside.add(*this);
}

void ObjectTurn::wait() {
  ObjectTurns& turns = ObjectTurns::instance();
  arrival_ = PyThread_allocate_lock();
  if (!arrival_) {
    PyErr_NoMemory();
    throw ErrorIsSet();
  }
  PyThread_acquire_lock(arrival_, NOWAIT_LOCK);
  turns.waiting.add(*this);
  PyLockStatus status = PY_LOCK_INTR;
  bool raised = false;
  while (status == PY_LOCK_INTR && !raised) {
    PyThreadState* const state = PyEval_SaveThread();
    status = PyThread_acquire_lock_timed(arrival_, -1, 1);
    take_gil_back(state);
    raised = status == PY_LOCK_INTR && enter([] { return PyErr_CheckSignals(); }) != 0;
  }
  if (!inside_) turns.waiting.remove(*this);  // a signal handler raised before the turn had come
  PyThread_release_lock(arrival_);
  PyThread_free_lock(arrival_);
  if (!raised) return;
  if (inside_) leave();
  throw ErrorIsSet();
}

ObjectTurn::~ObjectTurn() { leave(); }

void ObjectTurn::leave() noexcept {
  ObjectTurns& turns = ObjectTurns::instance();
  turns.inside.remove(*this);
  if (!turns.waiting.first || turns.inside.find(object_)) return;
  ObjectTurn* const next = turns.waiting.find(object_);
  if (!next) return;
  turns.waiting.remove(*next);
  turns.inside.add(*next);
  next->inside_ = true;
  PyThread_release_lock(next->arrival_);
}

}  // namespace genro::storage::python
