// Long work on Python's objects without holding up other threads of Python, such as one that runs an event loop.
// Only for objects that nobody else can see yet, or that never change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "python/enter.h"
#include "python/gil.h"
#include "python/ref.h"

namespace genro::storage::python {

/// Contents and texts from this size on are not converted in one go on a thread that somebody waits for: some 2 ms.
inline constexpr std::size_t kLong = std::size_t{1} << 20;
/// The same for lists of objects: their number.
inline constexpr std::size_t kMany = 2000;

/// Gives up the GIL while it lives.
class GilPause {
 public:
  GilPause() : state_(PyEval_SaveThread()) {}
  ~GilPause() { take_gil_back(state_); }
  GilPause(const GilPause&) = delete;
  GilPause& operator=(const GilPause&) = delete;

 private:
  PyThreadState* state_;
};

/// Lets other threads have the GIL if they want it, and signals be handled. Throws ErrorIsSet (KeyboardInterrupt).
inline void let_others_run() {
  {
    const GilPause pause;
  }
  if (enter([] { return PyErr_CheckSignals(); }) != 0) throw ErrorIsSet();
}

/// Calls work(begin, end) for one piece of [0, size) after the other, without the GIL. Throws as let_others_run().
template <class Work>
void without_gil(std::size_t size, Work work) {
  constexpr std::size_t kPiece = std::size_t{8} << 20;
  for (std::size_t begin = 0; begin < size; begin += kPiece) {
    {
      const GilPause pause;
      work(begin, std::min(size, begin + kPiece));
    }
    if (enter([] { return PyErr_CheckSignals(); }) != 0) throw ErrorIsSet();
  }
}

/// make(content), whose memory is then given back without the GIL where that takes the system long.
template <class Content, class Make>
PyObject* made_of(Content content, Make make) {
  PyObject* const made = make(content);
  if (made && content.size() >= kLong) {
    const GilPause pause;
    const Content dropped = std::move(content);  // gone before the pause ends
  }
  return made;
}

}  // namespace genro::storage::python
