// Puts what one folder has in order of the bytes of its paths, as std::sort would. Used by listings and walks, where comparing
// strings and moving entries about would cost more than the rest. Not for paths of many folders: then it compares all bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "genro/storage/entry.h"

namespace genro::storage {

/// `folder`: where all of them are.
void sort_paths(std::vector<std::string>& paths, std::string_view folder);
void sort_entries(std::vector<Entry>& entries, std::string_view folder);

}  // namespace genro::storage
