#include <optional>
#include <utility>

#include "core/context.h"
#include "genro/storage/backend.h"
#include "loop/give_way.h"
#include "loop/task_group.h"

namespace genro::storage {

Error LeafBackend::unsupported(std::string_view operation, const std::string& path) const {
  std::string message(protocol());
  message.append(" does not support ").append(operation);
  return Error(ErrorCode::unsupported, std::string(operation), path, std::move(message));
}

const Limits& LeafBackend::limits() const noexcept {
  static constexpr Limits kLimits;
  return kLimits;
}

namespace {

/// A removal, its failure kept in its place.
Task<void> remove_one(Backend& backend, const std::string& path, std::optional<Error>& failure) {
  Task<void> removing = backend.remove(path);
  const Result<void> removed = co_await removing.as_result();
  if (!removed.ok()) failure = removed.error();
}

Task<std::vector<RemoveFailure>> remove_side_by_side(Backend& backend, std::vector<std::string> paths) {
  std::vector<std::optional<Error>> failed(paths.size());
  Task<void> removing = for_each_parallel(paths.size(), backend.limits().concurrency,
                                          [&](std::size_t i) { return remove_one(backend, paths[i], failed[i]); });
  co_await removing;
  std::vector<RemoveFailure> failures;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (failed[i]) failures.push_back({std::move(paths[i]), *std::move(failed[i])});
  }
  co_return failures;
}

}  // namespace

Task<std::vector<RemoveFailure>> LeafBackend::remove_many(std::vector<std::string> paths) {
  if (limits().concurrency > 1 && paths.size() > 1) {
    Task<std::vector<RemoveFailure>> removing = remove_side_by_side(*this, std::move(paths));
    co_return co_await removing;
  }
  Context& context = co_await current_context();
  std::vector<RemoveFailure> failures;
  Stretch stretch;
  for (const std::string& path : paths) {
    Task<void> removal = remove(path);
    const Result<void> result = co_await removal.as_result();
    if (!result.ok()) failures.push_back({path, result.error()});
    context.scope->check();
    co_await give_way(stretch, kEntryBytes);
  }
  co_return failures;
}

Task<void> LeafBackend::remove_tree(std::string path) {
  throw unsupported("removing a directory with all below it", path);
  co_return;
}

Task<std::unique_ptr<Upload>> LeafBackend::upload(std::string path, PutOptions) {
  throw unsupported("multipart upload", path);
  co_return nullptr;
}

Task<std::unique_ptr<StagedFile>> LeafBackend::stage(std::string path, PutOptions) {
  throw unsupported("staged files", path);
  co_return nullptr;
}

Task<Entry> LeafBackend::copy(std::string from, std::string, PutOptions) {
  throw unsupported("server-side copy", from);
  co_return Entry{};
}

Task<void> LeafBackend::rename(std::string from, std::string) {
  throw unsupported("rename", from);
  co_return;
}

Task<void> LeafBackend::append(std::string path, Body) {
  throw unsupported("append", path);
  co_return;
}

Task<void> LeafBackend::make_dir(std::string path) {
  throw unsupported("mkdir", path);
  co_return;
}

Task<std::vector<Version>> LeafBackend::versions(std::string path) {
  throw unsupported("versioning", path);
  co_return std::vector<Version>{};
}

Task<void> LeafBackend::remove_version(std::string path, std::string) {
  throw unsupported("version deletion", path);
  co_return;
}

Task<std::vector<VersionFailure>> LeafBackend::remove_versions(std::string path, std::vector<std::string> version_ids) {
  Context& context = co_await current_context();
  std::vector<VersionFailure> failures;
  for (const std::string& id : version_ids) {
    Task<void> removal = remove_version(path, id);
    const Result<void> result = co_await removal.as_result();
    if (!result.ok()) failures.push_back({id, result.error()});
    context.scope->check();
  }
  co_return failures;
}

Task<void> LeafBackend::set_metadata(std::string path, Metadata) {
  throw unsupported("metadata", path);
  co_return;
}

Task<std::optional<std::string>> LeafBackend::url(std::string, UrlOptions) {
  return ready(std::optional<std::string>());
}
std::optional<std::string> LeafBackend::internal_url(std::string, bool) { return std::nullopt; }
std::optional<std::string> LeafBackend::local_file(std::string) { return std::nullopt; }

}  // namespace genro::storage
