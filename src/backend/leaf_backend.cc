#include "core/context.h"
#include "genro/storage/backend.h"
#include "loop/give_way.h"

namespace genro::storage {

Error LeafBackend::unsupported(std::string_view operation, const std::string& path) const {
  std::string message(protocol());
  message.append(" does not support ").append(operation);
  return Error(ErrorCode::unsupported, std::string(operation), path, std::move(message));
}

Task<std::vector<RemoveFailure>> LeafBackend::remove_many(std::vector<std::string> paths) {
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

Task<std::unique_ptr<Upload>> LeafBackend::upload(std::string path, PutOptions) {
  throw unsupported("multipart upload", path);
  co_return nullptr;
}

Task<std::unique_ptr<Draft>> LeafBackend::draft(std::string path, PutOptions) {
  throw unsupported("drafts", path);
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
std::optional<Glance> LeafBackend::glance(const std::string&, bool) { return std::nullopt; }
std::optional<Bytes> LeafBackend::read_at_once(const std::string&, bool) { return std::nullopt; }
bool LeafBackend::put_at_once(const std::string&, const Bytes&, bool) { return false; }

}  // namespace genro::storage
