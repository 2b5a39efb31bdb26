// A node's history: listing it, and removing the versions that only repeat the one before.
#include <algorithm>
#include <utility>

#include "genro/storage/node.h"
#include "node/guard.h"
#include "node/snapshot.h"
#include "node/version_history.h"

namespace genro::storage {
namespace {

/// Oldest first with delete markers; nothing where there is no history, which is no failure.
Task<std::vector<Version>> list_history(MountPointer mount, std::string path) {
  require_mount(*mount, "list versions");
  if (mount->snapshot || !mount->caps.versions) co_return std::vector<Version>();
  Task<std::vector<Version>> listing = mount->backend->versions(path);
  Result<std::vector<Version>> listed = co_await listing.as_result();
  if (!listed.ok()) {
    const Error error = listed.error();
    if (error.code() == ErrorCode::unsupported || means_absent(error.code())) co_return std::vector<Version>();
    if (error.code() == ErrorCode::internal) std::rethrow_exception(listed.exception());
    throw located(error, "list versions", *mount, path);
  }
  co_return history_of(std::move(listed).take());
}

Task<std::vector<Version>> versions_of(MountPointer mount, std::string path) {
  Task<std::vector<Version>> listing = list_history(std::move(mount), std::move(path));
  co_return contents_of(co_await listing);
}

Task<std::uint64_t> count_of(MountPointer mount, std::string path) {
  Task<std::vector<Version>> listing = versions_of(std::move(mount), std::move(path));
  const std::vector<Version> versions = co_await listing;
  co_return versions.size();
}

void require_history(const Mount& mount, std::string_view path) {
  require_mount(mount, "compact versions");
  if (!mount.snapshot && mount.caps.versions) return;
  const std::string what = mount.snapshot ? "a versioned snapshot" : "a " + mount.protocol + " mount";
  throw failure(ErrorCode::unsupported, "compact versions", mount, path, what + " does not support versioning");
}

Task<Entry> entry_of_version(MountPointer mount, std::string path, std::string id) {
  const MountPointer snapshot = at_version(std::move(mount), std::move(id));
  Task<std::optional<Entry>> looking = snapshot->backend->stat(path);
  std::optional<Entry> entry = co_await looking;
  co_return entry ? std::move(*entry) : Entry();
}

/// The current version may have the content of the one before and yet other metadata, or another type: then it stays.
Task<bool> reads_the_same(MountPointer mount, std::string path, std::string current, std::string before) {
  Task<Entry> looking = entry_of_version(mount, path, std::move(current));
  const Entry newest = co_await looking;
  Task<Entry> looking_before = entry_of_version(mount, path, std::move(before));
  const Entry older = co_await looking_before;
  const Metadata none;
  const Metadata& new_metadata = newest.metadata ? *newest.metadata : none;
  const Metadata& old_metadata = older.metadata ? *older.metadata : none;
  co_return newest.etag == older.etag&& newest.content_type == older.content_type&& new_metadata == old_metadata;
}

Task<std::vector<VersionFailure>> remove_some(MountPointer mount, std::string path, std::vector<std::string> ids) {
  Task<std::vector<VersionFailure>> removing = mount->backend->remove_versions(path, ids);
  Result<std::vector<VersionFailure>> removed = co_await removing.as_result();
  std::vector<VersionFailure> failures;
  if (removed.ok()) {
    failures = std::move(removed).take();
  } else if (removed.error().code() == ErrorCode::mount_permission ||
             removed.error().code() == ErrorCode::permission_denied) {
    for (std::string& id : ids) failures.push_back({std::move(id), removed.error()});
  } else {
    throw located(removed.error(), "compact versions", *mount, path);
  }
  for (VersionFailure& failure : failures) failure.error = failure.error.with_where(mount->address(path));
  co_return failures;
}

Task<void> remove_one(MountPointer mount, std::string path, std::string version_id) {
  require_changeable(*mount, "delete_version", path);
  if (mount->permission < Permission::remove) require_remove(*mount, "delete_version", path);
  try {
    Task<void> removing = mount->backend->remove_version(path, std::move(version_id));
    co_await removing;
  } catch (const Error& error) {
    throw located(error, "delete_version", *mount, path);
  }
}

Task<Compaction> compact(MountPointer mount, std::string path, bool dry_run) {
  require_history(*mount, path);
  Task<std::vector<Version>> listing = list_history(mount, path);
  const std::vector<Version> history = co_await listing;
  std::vector<std::size_t> repeated = repeated_versions(history);
  if (!repeated.empty() && history[repeated.back()].is_latest) {
    // The one that is left in its place: the first of the run of equal contents that it ends.
    std::size_t kept = repeated.back();
    for (auto at = repeated.rbegin(); at != repeated.rend() && *at == kept; ++at) --kept;
    Task<bool> comparing = reads_the_same(mount, path, history[repeated.back()].version_id, history[kept].version_id);
    const bool same = co_await comparing;
    if (!same) repeated.pop_back();
  }
  Compaction result;
  result.repeated = repeated.size();
  if (dry_run || repeated.empty()) co_return result;
  std::vector<std::string> ids;
  ids.reserve(repeated.size());
  for (const std::size_t at : repeated) ids.push_back(history[at].version_id);
  Task<std::vector<VersionFailure>> removing = remove_some(mount, path, std::move(ids));
  result.failures = co_await removing;
  result.removed = result.repeated - result.failures.size();
  co_return result;
}

}  // namespace

Task<std::vector<Version>> Node::versions() const { return versions_of(mount_or_detached(), path_); }
Task<std::uint64_t> Node::version_count() const { return count_of(mount_or_detached(), path_); }
Task<Compaction> Node::compact_versions(bool dry_run) const { return compact(mount_or_detached(), path_, dry_run); }
Task<void> Node::remove_version(std::string version_id) const {
  return remove_one(mount_or_detached(), path_, std::move(version_id));
}

}  // namespace genro::storage
