#include "node/copy_filter.h"

#include <algorithm>

#include "node/content.h"

namespace genro::storage {

CopyFilter::CopyFilter(const CopyOptions& options)
    : include_(options.include.begin(), options.include.end()),
      exclude_(options.exclude.begin(), options.exclude.end()),
      filter_(options.filter),
      skip_(options.skip),
      skip_fn_(options.skip_fn) {}

std::string CopyFilter::excluded(const Node& node, const std::string& relative) const {
  const auto matches = [&](const Glob& glob) { return glob.matches(relative); };
  if (!include_.empty() && std::none_of(include_.begin(), include_.end(), matches))
    return "not matching include patterns";
  const auto found = std::find_if(exclude_.begin(), exclude_.end(), matches);
  if (found != exclude_.end()) return "matching exclude pattern '" + found->pattern() + "'";
  if (!filter_) return {};
  try {
    return filter_(node, relative) ? "" : "filtered by custom function";
  } catch (const std::exception& error) {
    return std::string("filter error: ") + error.what();
  }
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
  try {
    return skip_fn_(source, target) ? "custom function returned True" : "";
  } catch (const std::exception&) {
    return {};  // what cannot be compared is copied
  }
}

namespace {
Task<std::string> md5_at(Place place, Entry entry) {
  if (!entry.md5.empty()) co_return entry.md5;
  Task<std::string> hashing = md5_of_content(place.mount, place.path);
  co_return co_await hashing;
}
}  // namespace

Task<std::string> skipped_by_hash(Place from, Entry source, Place to, Entry target) {
  if (!target.is_file() || target.size != source.size) co_return std::string();
  Task<std::string> hashing = md5_at(from, source);
  const Result<std::string> hashed = co_await hashing.as_result();
  Task<std::string> other = md5_at(to, target);
  Result<std::string> compared = co_await other.as_result();
  if (!hashed.ok() || !compared.ok()) co_return std::string();
  Result<std::string> md5 = hashed;
  if (md5.value() != compared.value()) co_return std::string();
  co_return "same content (MD5: " + md5.value().substr(0, 8) + "...)";
}

}  // namespace genro::storage
