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

/// The newest of one kind at the moment, or null. Of one kind the server's order holds.
const Version* newest_at(const std::vector<Version>& history, std::int64_t moment_ns, bool delete_marker) {
  const auto found = std::find_if(history.rbegin(), history.rend(), [&](const Version& version) {
    return version.is_delete_marker == delete_marker && version.last_modified_ns <= moment_ns;
  });
  return found == history.rend() ? nullptr : &*found;
}

/// Which of the two came later: the current one; else the one with the later time; else the one listed later.
const Version* later_of(const Version* content, const Version* marker) {
  if (!content || !marker) return content ? content : marker;
  if (content->is_latest || marker->is_latest) return content->is_latest ? content : marker;
  if (content->last_modified_ns != marker->last_modified_ns) {
    return content->last_modified_ns > marker->last_modified_ns ? content : marker;
  }
  return std::max(content, marker);  // both lie in the history
}

Version at_moment(const std::vector<Version>& history, const VersionSelector& selector) {
  const Version* found =
      later_of(newest_at(history, selector.moment_ns(), false), newest_at(history, selector.moment_ns(), true));
  if (!found) throw Error(ErrorCode::not_found, "No version found before " + selector.to_string());
  if (found->is_delete_marker) {
    throw Error(ErrorCode::not_found,
                "No version found before " + selector.to_string() + " that was not deleted by then");
  }
  return *found;
}

/// Whether the place of delete markers in the history means anything: after the current version there can be none.
bool markers_are_in_order(const std::vector<Version>& history) {
  return history.empty() || history.back().is_latest ||
         std::none_of(history.begin(), history.end(), [](const Version& version) { return version.is_latest; });
}

/// Whether the file may have been deleted between the two, which are neighbours in the history.
bool maybe_deleted_between(const std::vector<Version>& history, std::size_t older, std::size_t newer) {
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (!history[i].is_delete_marker) continue;
    const std::int64_t time = history[i].last_modified_ns;
    const bool surely_before = i < older && time < history[older].last_modified_ns;
    const bool surely_after = i > newer && time > history[newer].last_modified_ns;
    if (!surely_before && !surely_after) return true;
  }
  return false;
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
  const bool has_markers =
      std::any_of(history.begin(), history.end(), [](const Version& version) { return version.is_delete_marker; });
  if (has_markers && !markers_are_in_order(history)) return repeated;
  for (std::size_t i = 1; i < history.size(); ++i) {
    const Version& before = history[i - 1];
    const Version& version = history[i];
    const bool contents = !version.is_delete_marker && !before.is_delete_marker;
    const bool same = contents && !version.etag.empty() && version.etag == before.etag && version.size == before.size;
    if (!same || (version.is_latest && version.version_id == "null")) continue;
    if (!has_markers || !maybe_deleted_between(history, i - 1, i)) repeated.push_back(i);
  }
  return repeated;
}

}  // namespace genro::storage
