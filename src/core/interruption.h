// Interruption: what a callback throws as an order to end at once, derived from this besides its own type (Python:
// KeyboardInterrupt, SystemExit and whatever else is no Exception). It is no failure of what the callback was asked: whatever
// goes on after such a failure does not go on after an order, and it leaves the operation as it was thrown.
#pragma once

#include <exception>

namespace genro::storage {

class Interruption {
 public:
  virtual ~Interruption() = default;
};

inline bool is_interruption(const std::exception_ptr& error) noexcept {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const Interruption&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace genro::storage
