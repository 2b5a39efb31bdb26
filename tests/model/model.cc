#include "model/model.h"

#include "core/path.h"

namespace genro::storage::model {

bool Tree::is_folder(const std::string& path) const {
  return path.empty() || folders_.count(path) != 0 || !below(path, true).empty();
}

std::set<std::string> Tree::below(const std::string& folder, bool recursive) const {
  std::set<std::string> found;
  const auto take = [&](const std::string& path) {
    if (path == folder || !path::is_within(path, folder)) return;
    // Every folder on the way is an entry too.
    std::string at = folder;
    std::string_view rest = path::relative_to(path, folder);
    while (!rest.empty()) {
      const auto [name, behind] = path::split_first(rest);
      at = path::join(at, name);
      found.insert(at);
      rest = behind;
      if (!recursive) break;
    }
  };
  for (const auto& [path, content] : files_) take(path);
  for (const std::string& path : folders_) take(path);
  return found;
}

bool Tree::under_a_file(const std::string& path) const {
  for (std::string_view at = path::parent(path); !at.empty(); at = path::parent(at)) {
    if (is_file(std::string(at))) return true;
  }
  return false;
}

void Tree::make_parents(const std::string& path) {
  if (!folders_stay_) return;
  for (std::string_view at = path::parent(path); !at.empty(); at = path::parent(at)) folders_.insert(std::string(at));
}

Tree::Answer Tree::may_write(const std::string& path) const {
  if (is_folder(path)) return ErrorCode::is_directory;
  if (under_a_file(path)) return ErrorCode::not_directory;
  return std::nullopt;
}

Tree::Answer Tree::put(const std::string& path, const std::string& content) {
  if (const Answer refused = may_write(path)) return refused;
  files_[path] = content;
  make_parents(path);
  return std::nullopt;
}

Tree::Answer Tree::append(const std::string& path, const std::string& more) {
  return put(path, is_file(path) ? content(path) + more : more);
}

Tree::Answer Tree::remove(const std::string& path) {
  if (files_.erase(path) != 0) return std::nullopt;
  if (!is_folder(path)) return std::nullopt;
  if (!below(path, false).empty()) return ErrorCode::not_empty;
  folders_.erase(path);
  return std::nullopt;
}

Tree::Answer Tree::make_dir(const std::string& path) {
  if (is_file(path) || is_folder(path)) return ErrorCode::already_exists;
  if (under_a_file(path)) return ErrorCode::not_directory;
  if (!is_folder(std::string(path::parent(path)))) return ErrorCode::not_found;
  folders_.insert(path);
  return std::nullopt;
}

Tree::Answer Tree::read(const std::string& path) const {
  if (is_file(path)) return std::nullopt;
  return is_folder(path) ? ErrorCode::is_directory : ErrorCode::not_found;
}

Tree::Answer Tree::copy(const std::string& from, const std::string& to) {
  if (const Answer refused = read(from)) return refused;
  return put(to, content(from));
}

Tree::Answer Tree::rename(const std::string& from, const std::string& to) {
  if (from.empty() || to.empty()) return ErrorCode::invalid_argument;
  if (!is_file(from) && !is_folder(from)) return ErrorCode::not_found;
  if (from == to) return std::nullopt;
  if (is_file(from)) {
    if (const Answer refused = may_write(to)) return refused;
    std::string moved = content(from);
    files_.erase(from);
    return put(to, moved);
  }
  if (path::is_within(to, from)) return ErrorCode::invalid_argument;
  if (is_file(to) || under_a_file(to)) return ErrorCode::not_directory;
  if (!below(to, false).empty()) return ErrorCode::not_empty;
  folders_.erase(to);  // an empty folder in the way is replaced
  const auto moved = [&](const std::string& path) { return path::join(to, path::relative_to(path, from)); };
  std::map<std::string, std::string> files;
  for (const auto& [path, content] : files_) files[path::is_within(path, from) ? moved(path) : path] = content;
  std::set<std::string> folders;
  for (const std::string& path : folders_) folders.insert(path::is_within(path, from) ? moved(path) : path);
  files_ = std::move(files);
  folders_ = std::move(folders);
  make_parents(to);
  return std::nullopt;
}

}  // namespace genro::storage::model
