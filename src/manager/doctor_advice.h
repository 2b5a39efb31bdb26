// What a failure tells about a mount: which check it belongs to, and what to change. Used by doctor.cc alone.
#pragma once

#include <string_view>

#include "genro/storage/error.h"

namespace genro::storage {

/// The check that failed if the very first call fails with this code; the checks before it have passed.
std::string_view check_of(ErrorCode code) noexcept;

/// "" when there is none.
std::string_view advice_for(ErrorCode code) noexcept;

}  // namespace genro::storage
