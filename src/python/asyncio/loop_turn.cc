#include "python/asyncio/loop_turn.h"

#include <time.h>

#include <cstdint>

#include "python/asyncio/running_loop.h"
#include "python/calls/convert.h"
#include "python/enter.h"
#include "python/exceptions.h"

namespace genro::storage::python {
namespace {

// Twice this may pass in all: once until the loop is asked, and once until it is clear that it did not come to answer. Less
// than a tick of the coarse clock, mostly 4 ms: what is two ticks apart would otherwise be taken for too little now and then.
constexpr std::int64_t kMostWithoutTurn = 3'000'000;

/// Exact to some milliseconds, which is enough, and several times cheaper than the exact one.
std::int64_t coarse_ns() noexcept {
#ifdef CLOCK_MONOTONIC_COARSE
  constexpr clockid_t kClock = CLOCK_MONOTONIC_COARSE;
#else
  constexpr clockid_t kClock = CLOCK_MONOTONIC;
#endif
  timespec now{};
  clock_gettime(kClock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

thread_local std::int64_t since = 0;          // the last turn known, or when a loop was asked
thread_local PyObject* asked_loop = nullptr;  // which has not had its turn since then; the address only

PyObject* turn_came(PyObject*, PyObject*) {
  asked_loop = nullptr;
  since = coarse_ns();
  Py_RETURN_NONE;
}
PyMethodDef turn_came_definition = {"note_the_loops_turn", turn_came, METH_NOARGS, nullptr};

void ask(PyObject* loop) {
  static PyObject* const callback = PyCFunction_New(&turn_came_definition, nullptr);
  static PyObject* const name = PyUnicode_InternFromString("call_soon");
  if (!callback || !name) throw ErrorIsSet();
  checked(enter([&] { return PyObject_CallMethodOneArg(loop, name, callback); }));
  asked_loop = loop;
}

}  // namespace

bool loop_waits_for_turn() {
  const std::int64_t now = coarse_ns();
  if (now - since < kMostWithoutTurn) return false;
  since = now;
  const Ref loop = running_loop();
  if (loop && loop.get() == asked_loop) {
    asked_loop = nullptr;
    return true;
  }
  if (loop) ask(loop.get());
  return false;
}

PyObject* loop_waits_for_turn(PyObject*, PyObject*) {
  return guarded([] { return to_python(loop_waits_for_turn()); });
}

}  // namespace genro::storage::python
