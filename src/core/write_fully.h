// Writing a piece of memory to a file, all of it. Used wherever a content goes to a file; may block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace genro::storage {

class Files;

/// 0, or -errno; -EIO when the system writes nothing.
long write_fully(Files& files, int descriptor, std::span<const std::byte> data, std::uint64_t offset) noexcept;

}  // namespace genro::storage
