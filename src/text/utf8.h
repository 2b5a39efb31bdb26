// UTF-8 validation (Unicode 15, table 3-7). Used by text reads and writes. It checks only; nothing here converts.
#pragma once

#include <cstddef>
#include <string_view>

namespace genro::storage {

/// The offset of the first byte that does not belong to well-formed UTF-8; npos when all is well.
std::size_t find_invalid_utf8(std::string_view text) noexcept;

}  // namespace genro::storage
