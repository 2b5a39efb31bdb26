// Listings of folders of a local mount, a page at a time. Used by the local backend. May block.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "backends/local/rooted_path.h"
#include "genro/storage/options.h"

namespace genro::storage::local {

/// One page in the order of the file system; recursive: a folder comes right before what is in it, links are not entered.
/// A page's token is the position in the folder: "4711", or for recursive listings "12/sub/4711", one position a level.
Page list_page(Files& files, const RootedPath& place, const std::string& path, const ListOptions& options);
/// The paths of what is in a folder, links not looked at; nothing when there are more than `most`.
std::optional<std::vector<std::string>> paths_in(Files& files, const RootedPath& place, const std::string& path,
                                                 std::size_t most);
/// The names of one folder as entries that have no more than their kind; only links are looked at closely.
std::vector<Entry> list_names(Files& files, const RootedPath& place, const std::string& path);

}  // namespace genro::storage::local
