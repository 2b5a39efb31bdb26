#include "node/transfer/copy_filter.h"

#include <algorithm>

#include "core/interruption.h"

namespace genro::storage {
namespace {

std::string exclusion(const std::string& pattern) { return "matching exclude pattern '" + pattern + "'"; }

}  // namespace

CopyFilter::Pattern::Pattern(const std::string& text, bool glob) : rules_(Glob(text)) {
  if (glob) rules_ = PathGlob(text);
}
bool CopyFilter::Pattern::matches(std::string_view path) const {
  return std::visit([&](const auto& rules) { return rules.matches(path); }, rules_);
}
const std::string& CopyFilter::Pattern::text() const noexcept {
  const auto* glob = std::get_if<Glob>(&rules_);
  return glob ? glob->pattern() : std::get_if<PathGlob>(&rules_)->pattern();
}

CopyFilter::CopyFilter(const CopyOptions& options)
    : glob_(options.glob), filter_(options.filter), skip_(options.skip), skip_fn_(options.skip_fn) {
  for (const std::string& text : options.include) include_.emplace_back(text, glob_);
  for (const std::string& text : options.exclude) exclude_.emplace_back(text, glob_);
}

const CopyFilter::Pattern* CopyFilter::excluding(std::string_view path) const {
  const auto found =
      std::find_if(exclude_.begin(), exclude_.end(), [&](const Pattern& pattern) { return pattern.matches(path); });
  return found == exclude_.end() ? nullptr : &*found;
}

std::string CopyFilter::excluded(const Node& node, const std::string& relative) const {
  const auto matches = [&](const Pattern& pattern) { return pattern.matches(relative); };
  if (!include_.empty() && std::none_of(include_.begin(), include_.end(), matches))
    return "not matching include patterns";
  if (const Pattern* pattern = excluding(relative)) return exclusion(pattern->text());
  if (!filter_) return {};
  try {
    return filter_(node, relative) ? "" : "filtered by custom function";
  } catch (const Interruption&) {
    throw;
  } catch (const std::exception& error) {
    return std::string("filter error: ") + error.what();
  }
}

std::string CopyFilter::excluded_folder(const std::string& relative) const {
  const Pattern* pattern = glob_ ? excluding(relative) : nullptr;
  return pattern ? exclusion(pattern->text()) : std::string();
}

bool CopyFilter::excludes_all_below(const std::string& relative) const {
  if (glob_) return false;
  // What a pattern that ends in '*' matches, it also matches with anything behind.
  const std::string below = relative + '/';
  return std::any_of(exclude_.begin(), exclude_.end(),
                     [&](const Pattern& pattern) { return pattern.text().ends_with('*') && pattern.matches(below); });
}

std::string CopyFilter::skipped(const Entry& source, const std::optional<Entry>& target) const {
  if (!target) return {};
  if (skip_ == Skip::exists) return "destination exists";
  if (skip_ == Skip::size && target->is_file() && target->size == source.size) {
    return "same size (" + std::to_string(source.size) + " bytes)";
  }
  return {};
}

std::string CopyFilter::skipped_by_function(const Node& source, const Node& target) const {
  return skip_fn_(source, target) ? "custom function returned True" : "";
}

}  // namespace genro::storage
