// enter(): runs a call of CPython's that executes Python code, or waits for the GIL, while frames of ours lie around it.
// Before 3.14 Python stops a daemon thread that wants the GIL of an ended interpreter by pthread_exit(). Unwinding our frames
// it would drop references without the GIL and abort the process at the first `noexcept`. Here such a thread sleeps for
// ever instead, as later Pythons have it. Costs nothing otherwise. Not for calls that only make or read an object.
#pragma once

#include <cxxabi.h>

#include <utility>

namespace genro::storage::python {

[[noreturn]] void sleep_for_ever() noexcept;

template <class Call>
auto enter(Call&& call) {
  try {
    return std::forward<Call>(call)();
  } catch (abi::__forced_unwind&) {
    sleep_for_ever();
  }
}

}  // namespace genro::storage::python
