// A system call's outcome as a value or -errno, and a call that a signal may interrupt. Used where the library speaks to
// the system itself (loop/system_*.cc), nowhere else: everything above it gets its outcomes from Files and Network.
#pragma once

#include <cerrno>

namespace genro::storage {

inline long checked(long result) noexcept { return result < 0 ? -errno : result; }
inline int checked(int result) noexcept { return result < 0 ? -errno : result; }

/// Makes a call again as long as a signal interrupts it.
template <class Call>
auto retried(Call call) noexcept {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return checked(result);
}

}  // namespace genro::storage
