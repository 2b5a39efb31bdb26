// How large the parts of an upload are, under the limits of the store that takes them. Used by put_body, by Writer and by
// backends whose uploads go in parts. Pure functions.
#pragma once

#include <cstdint>

#include "genro/storage/backend.h"

namespace genro::storage {

/// Bytes a part of a content of `total` bytes: at least `base`, whole MiB above it, and enough for part_count_max parts to hold
/// it; part_size_max where not even that is enough.
std::uint64_t part_size_for(const Limits& limits, std::uint64_t total, std::uint64_t base) noexcept;

/// The bytes of part `number` (from 1) of an upload whose total size is not known. The first half of part_count_max parts stays
/// at `base`; from then on they grow, so that the 10,000 parts which most stores take reach beyond 500 GB.
std::uint64_t growing_part_size(const Limits& limits, std::uint64_t base, int number) noexcept;

}  // namespace genro::storage
