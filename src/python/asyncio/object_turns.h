// Turns of Python objects, for calls that may give up the GIL in the middle: one thread at a time is inside of an object, in
// the order of arrival; it may enter again. Used by the io classes of io_turns.cc. GIL held throughout: that guards all of it,
// and makes entering an object that nobody is in a look at an almost always empty list.
#pragma once

#include "python/ref.h"

namespace genro::storage::python {

class ObjectTurn {
 public:
  /// Waits until the object is free, without the GIL. Throws ErrorIsSet when a signal handler raised meanwhile.
  explicit ObjectTurn(PyObject* object);
  ~ObjectTurn();
  ObjectTurn(const ObjectTurn&) = delete;
  ObjectTurn& operator=(const ObjectTurn&) = delete;

 private:
  friend struct ObjectTurns;
  void wait();
  void leave() noexcept;

  PyObject* object_;
  unsigned long thread_;
  PyThread_type_lock arrival_ = nullptr;  // while it waits: released by whoever hands the turn over
  ObjectTurn* previous_ = nullptr;        // in the list of those inside, or of those that wait
  ObjectTurn* next_ = nullptr;
  bool inside_ = false;
};

}  // namespace genro::storage::python
