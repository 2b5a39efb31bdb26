#include "node/version_history.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "codec/iso8601.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

Version at_index(const std::vector<Version>& history, std::int64_t index) {
  const std::vector<Version> versions = contents_of(history);
  const auto count = static_cast<std::int64_t>(versions.size());
  if (count == 0) throw Error(ErrorCode::out_of_range, "No versions available");
  if (index >= count || index < -count) {
    throw Error(ErrorCode::out_of_range, "version index " + std::to_string(index) + " is out of range: 0 to " +
                                             std::to_string(count - 1) + ", or " + std::to_string(-count) + " to -1");
  }
  return versions[static_cast<std::size_t>(index < 0 ? index + count : index)];
}

Version at_moment(const std::vector<Version>& history, const VersionSelector& selector) {
  const auto found = std::find_if(history.rbegin(), history.rend(), [&](const Version& version) {
    return version.last_modified_ns <= selector.moment_ns();
  });
  if (found == history.rend()) {
    throw Error(ErrorCode::not_found, "No version found before " + selector.to_string());
  }
  if (found->is_delete_marker) {
    throw Error(ErrorCode::not_found,
                "No version found before " + selector.to_string() + " that was not deleted by then");
  }
  return *found;
}

}  // namespace

std::string VersionSelector::to_string() const {
  if (kind_ == Kind::index) return std::to_string(number_);
  if (kind_ == Kind::moment) {
    const std::chrono::sys_time<std::chrono::nanoseconds> moment{std::chrono::nanoseconds(number_)};
    return format_iso8601(std::chrono::floor<std::chrono::seconds>(moment));
  }
  return id_;
}

std::vector<Version> history_of(std::vector<Version> newest_first) {
  std::reverse(newest_first.begin(), newest_first.end());
  return newest_first;
}

std::vector<Version> contents_of(std::vector<Version> history) {
  std::erase_if(history, [](const Version& version) { return version.is_delete_marker; });
  return history;
}

Version find_version(const std::vector<Version>& history, const VersionSelector& selector) {
  return selector.kind() == VersionSelector::Kind::moment ? at_moment(history, selector)
                                                          : at_index(history, selector.index());
}

std::vector<std::size_t> repeated_versions(const std::vector<Version>& history) {
  std::vector<std::size_t> repeated;
  for (std::size_t i = 1; i < history.size(); ++i) {
    const Version& before = history[i - 1];
    const Version& version = history[i];
    const bool same = !version.etag.empty() && version.etag == before.etag && version.size == before.size &&
                      !version.is_delete_marker && !before.is_delete_marker;
    if (same && !(version.is_latest && version.version_id == "null")) repeated.push_back(i);
  }
  return repeated;
}

}  // namespace genro::storage
