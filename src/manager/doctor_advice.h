// What a failure tells about a mount: which check it belongs to, and what to change. Used by doctor.cc alone.
#pragma once

#include <string_view>

#include "genro/storage/error.h"

namespace genro::storage {

/// The check that a failure of the very first call belongs to: all before it have passed then.
std::string_view check_of(ErrorCode code) noexcept;

/// "" when there is none.
std::string_view advice_for(ErrorCode code) noexcept;

}  // namespace genro::storage
