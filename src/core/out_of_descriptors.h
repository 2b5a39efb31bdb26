// OutOfDescriptors: the process or the system has no file descriptor left at present. What it holds comes back, so whoever
// needs one waits for it rather than failing. An Error in every other respect.
#pragma once

#include <cerrno>
#include <exception>

#include "genro/storage/error.h"

namespace genro::storage {

class OutOfDescriptors final : public Error {
 public:
  explicit OutOfDescriptors(const Error& error) : Error(error) {}
};

inline bool means_out_of_descriptors(int error) noexcept { return error == EMFILE || error == ENFILE; }

/// Throws `error`, as OutOfDescriptors when `errno_value` says so.
[[noreturn]] inline void throw_without_descriptor(int errno_value, const Error& error) {
  if (means_out_of_descriptors(errno_value)) throw OutOfDescriptors(error);
  throw error;
}

inline bool is_out_of_descriptors(const std::exception_ptr& failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (const OutOfDescriptors&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace genro::storage
