#include "text/path_glob.h"

#include <cstdint>
#include <utility>

namespace genro::storage {
namespace {

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> components;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) components.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return components;
}

}  // namespace

PathGlob::PathGlob(std::string pattern) : pattern_(std::move(pattern)) {
  for (const std::string_view component : split(pattern_)) {
    const bool any = component == "**";
    if (any && !components_.empty() && !components_.back()) continue;
    components_.push_back(any ? std::nullopt : std::optional<Glob>(std::string(component)));
  }
  // At the end it asks for something below, not for the folder itself.
  if (!components_.empty() && !components_.back()) components_.emplace_back(Glob("*"));
}

bool PathGlob::matches(std::string_view path) const {
  const std::vector<std::string_view> names = split(path);
  // As in Glob: after a later "**" an earlier one never needs another try.
  std::size_t component = 0;
  std::size_t at = 0;
  std::size_t any = SIZE_MAX;
  std::size_t any_at = 0;
  while (at < names.size()) {
    if (component < components_.size() && !components_[component]) {
      any = component++;
      any_at = at;
    } else if (component < components_.size() && components_[component]->matches(names[at])) {
      ++component;
      ++at;
    } else if (any != SIZE_MAX) {
      component = any + 1;
      at = ++any_at;
    } else {
      return false;
    }
  }
  return component == components_.size();
}

}  // namespace genro::storage
