#include "core/path.h"

#include "genro/storage/error.h"

namespace genro::storage::path {

std::string clean(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) {
    throw Error(ErrorCode::invalid_path, "NUL byte in path");
  }
  std::string result;
  result.reserve(text.size());
  for (std::size_t begin = 0; begin <= text.size();) {
    std::size_t end = text.find('/', begin);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view component = text.substr(begin, end - begin);
    if (component == "..") {
      throw Error(ErrorCode::invalid_path, "Parent directory traversal ('..') is not allowed in a path");
    }
    if (!component.empty() && component != ".") {
      if (!result.empty()) result += '/';
      result += component;
    }
    begin = end + 1;
  }
  return result;
}

bool is_clean(std::string_view text) noexcept {
  if (text.empty()) return true;
  for (std::size_t begin = 0; begin <= text.size();) {
    std::size_t end = text.find('/', begin);
    if (end == std::string_view::npos) end = text.size();
    const std::size_t size = end - begin;
    if (size == 0 || (size <= 2 && text[begin] == '.' && text[end - 1] == '.')) return false;  // "", "." and ".."
    begin = end + 1;
  }
  return text.find('\0') == std::string_view::npos;
}

std::string join(std::string_view parent, std::string_view child) {
  if (parent.empty()) return std::string(child);
  if (child.empty()) return std::string(parent);
  std::string result;
  result.reserve(parent.size() + 1 + child.size());
  result.append(parent).append(1, '/').append(child);
  return result;
}

std::string_view parent(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view suffix(std::string_view name) noexcept {
  const std::size_t dot = name.rfind('.');
  // A leading dot only hides the file, and a trailing one is part of the name.
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == name.size()) return {};
  return name.substr(dot);
}

std::string_view stem(std::string_view name) noexcept { return name.substr(0, name.size() - suffix(name).size()); }

std::pair<std::string_view, std::string_view> split_first(std::string_view path) noexcept {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace genro::storage::path
