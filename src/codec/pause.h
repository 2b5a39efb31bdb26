// Pause: what a long computation calls about every millisecond of its work. It may throw, which ends the computation.
#pragma once

#include <cstddef>
#include <functional>

namespace genro::storage {

using Pause = std::function<void()>;
/// Bytes between two pauses.
inline constexpr std::size_t kPauseEvery = std::size_t{1} << 20;

}  // namespace genro::storage
