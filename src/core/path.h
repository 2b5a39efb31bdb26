// Path rules of mount paths: '/'-separated, no empty components, "" is the root, names are bytes (UTF-8 is not required).
// Used by node and layers to clean what users write. Backends get clean paths and need none of this but join() and name().
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace genro::storage::path {

/// Drops empty and "." components. Throws invalid_path on a ".." component or a NUL byte ("Parent directory traversal").
std::string clean(std::string_view text);
bool is_clean(std::string_view text) noexcept;
std::string join(std::string_view parent, std::string_view child);
std::string_view parent(std::string_view path) noexcept;  ///< parent("") is ""
std::string_view name(std::string_view path) noexcept;    ///< last component
std::string_view stem(std::string_view name) noexcept;    ///< of a name: without its suffix (pathlib's rules)
std::string_view suffix(std::string_view name) noexcept;  ///< ".gz"; "" for ".profile", "name."
/// First component and the rest: "a/b/c" -> {"a", "b/c"}.
std::pair<std::string_view, std::string_view> split_first(std::string_view path) noexcept;
/// Whether `path` is `folder` itself or below it.
inline bool is_within(std::string_view path, std::string_view folder) noexcept {  // asked for each name of a listing
  if (folder.empty()) return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}
/// The part of `path` below `folder`, which must hold is_within().
inline std::string_view relative_to(std::string_view path, std::string_view folder) noexcept {
  if (folder.empty()) return path;
  if (path.size() == folder.size()) return {};
  return path.substr(folder.size() + 1);
}

}  // namespace genro::storage::path
