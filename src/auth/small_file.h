// read_small_file: a whole file that holds a key, a token or settings of credentials. Used by sources of credentials.
// Never put its content into a message.
#pragma once

#include <optional>
#include <string>

namespace genro::storage {

/// 1 MiB at most; nothing when there is no such file. Blocking. Throws config when it cannot be read.
std::optional<std::string> read_small_file(const std::string& path);

}  // namespace genro::storage
