// KeyRule: what a store asks of names beyond what any path may be. S3 has it: its keys are UTF-8.
// Used by copies of trees, which leave out and tell what the target could not hold before anything is sent there.
#pragma once

#include <string_view>

namespace genro::storage {

class KeyRule {
 public:
  virtual ~KeyRule() = default;
  /// Why nothing can be stored under the path; "" when it can. Only reads.
  virtual std::string_view fault_of(std::string_view path) const noexcept = 0;
};

}  // namespace genro::storage
