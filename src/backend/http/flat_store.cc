#include "backend/http/flat_store.h"

#include <algorithm>
#include <iterator>
#include <typeinfo>
#include <utility>

#include "backend/http/conditions.h"

namespace genro::storage {
namespace {

Task<Entry> refused_put(Error error) {
  throw std::move(error);
  co_return Entry{};
}

/// Takes the next batch from `left`.
std::vector<std::string> next_batch(std::span<std::string>& left, std::size_t most) {
  const std::span<std::string> some = left.first(std::min(left.size(), most));
  left = left.subspan(some.size());
  return {std::make_move_iterator(some.begin()), std::make_move_iterator(some.end())};
}

template <class T>
void move_to_end_of(std::vector<T>& all, std::vector<T> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

FlatStore::FlatStore(FlatFacts facts, Caps caps, std::string prefix)
    : facts_(facts), caps_(caps), prefix_(std::move(prefix)) {}

Error FlatStore::root_is_folder(std::string_view operation, const std::string& path) const {
  return Error(ErrorCode::is_directory, std::string(operation), path,
               "the root of a " + std::string(facts_.root) + " is a directory");
}

// --- stat, read ---

Task<bool> FlatStore::keeps_folder(std::string, std::string_view) { return ready(false); }

Task<bool> FlatStore::is_folder(std::string path) {
  FlatQuery query;
  query.prefix = folder_key(path);
  query.recursive = query.names_only = true;
  query.limit = 1;
  RequestContext context{"stat", path};
  context.absent_is_answer = true;  // no such place
  Task<std::optional<ObjectPage>> asking = page(std::move(query), context);
  const std::optional<ObjectPage> one = co_await asking;
  if (!one) co_return false;
  if (path.empty() || one->found) co_return true;
  Task<bool> looking = keeps_folder(std::move(path), "stat");
  co_return co_await looking;
}

Task<std::optional<Entry>> FlatStore::stat(std::string path) {
  if (!path.empty()) {
    Task<std::optional<Entry>> asking = find(path, {}, "stat");
    std::optional<Entry> found = co_await asking;
    if (found) co_return found;
  }
  Task<bool> asking = is_folder(path);
  const bool folder = co_await asking;
  if (!folder) co_return std::nullopt;
  Entry entry;
  entry.path = std::move(path);
  entry.kind = EntryKind::directory;
  co_return entry;
}

void FlatStore::check_opened(const HttpHead& head, const ReadOptions& options, const std::string& path) const {
  require_etag(head, options.if_match, path);
}

/// An empty range of an object, which cannot be asked for.
Task<std::unique_ptr<Reader>> FlatStore::read_nothing(std::string path, ReadOptions options) {
  const ByteRange range = options.range;
  Task<std::optional<Entry>> asking = find(path, std::move(options), "read");
  std::optional<Entry> found = co_await asking;
  if (!found) throw Error(ErrorCode::not_found, "read", path, "no such object");
  co_return HttpBodyReader::of_nothing(std::move(*found), range);
}

Task<std::unique_ptr<Reader>> FlatStore::read(std::string path, ReadOptions options) {
  const ByteRange range = options.range;
  if (path.empty()) throw root_is_folder("read", path);
  if (range.begin > range.end)
    throw Error(ErrorCode::invalid_argument, "read", path, "a range that ends before it begins");
  if (range.begin != range.end) {
    Task<std::unique_ptr<HttpResponse>> opening = open(path, options);
    Result<std::unique_ptr<HttpResponse>> opened = co_await opening.as_result();
    if (!opened.ok() && opened.error().code() == ErrorCode::invalid_argument)
      throw version_error(opened.error(), options.version);
    // What begins at the end is out of range to the servers, but an empty content to us.
    if (opened.ok() || opened.error().code() != ErrorCode::out_of_range) {
      std::unique_ptr<HttpResponse> response = std::move(opened).take();
      check_opened(response->head, options, path);
      Checksum expected = expected_of(response->head, range);
      co_return std::make_unique<HttpBodyReader>(std::move(response), std::move(path), range, entry_maker(),
                                                 std::move(expected));
    }
  }
  Task<std::unique_ptr<Reader>> reading = read_nothing(std::move(path), std::move(options));
  co_return co_await reading;
}

// --- put, list ---

Task<Entry> FlatStore::put(std::string path, Body body, PutOptions options) {
  if (path.empty()) return refused_put(root_is_folder("write", path));
  return put_object(std::move(path), std::move(body), std::move(options));
}

Task<std::unique_ptr<Upload>> FlatStore::upload(std::string path, PutOptions options) {
  if (path.empty()) throw root_is_folder("write", path);
  Task<std::unique_ptr<Upload>> beginning = begin_upload(std::move(path), std::move(options));
  co_return co_await beginning;
}

/// A listing found nothing: throws unless there is an empty folder.
Task<void> FlatStore::explain_nothing(std::string path) {
  Task<std::optional<Entry>> asking = find(path, {}, "list");
  const std::optional<Entry> found = co_await asking;
  if (found && !found->is_directory()) throw Error(ErrorCode::not_directory, "list", path, "a file, not a directory");
  if (found) co_return;
  Task<bool> looking = keeps_folder(path, "list");
  const bool kept = co_await looking;
  if (!kept) throw Error(ErrorCode::not_found, "list", path, "no such directory");
}

Task<Page> FlatStore::list(std::string path, ListOptions options) {
  const bool first = options.token.empty();
  const std::uint32_t limit = options.limit == 0 ? facts_.page_max : std::min(options.limit, facts_.page_max);
  FlatQuery query{folder_key(path), options.recursive, options.names_only, limit, std::move(options.token)};
  Task<std::optional<ObjectPage>> asking = page(std::move(query), {"list", path});
  std::optional<ObjectPage> found = co_await asking;
  const bool nothing = !found->found && first && found->page.next_token.empty();
  if (nothing && !path.empty()) {
    Task<void> explaining = explain_nothing(std::move(path));
    co_await explaining;
  }
  co_return std::move(found->page);
}

// --- remove ---

Task<void> FlatStore::remove(std::string path) {
  if (path.empty()) return ready();  // it stays
  return remove_object(std::move(path), {}, "delete");
}

bool FlatStore::goes_alone(const std::string&) const { return false; }

Task<std::vector<RemoveFailure>> FlatStore::remove_some(std::vector<std::string> paths) {
  return LeafBackend::remove_many(std::move(paths));
}

Task<std::vector<RemoveFailure>> FlatStore::remove_many(std::vector<std::string> paths) {
  std::erase(paths, "");  // as remove(): the root stays
  const auto first_alone =
      std::stable_partition(paths.begin(), paths.end(), [this](const std::string& path) { return !goes_alone(path); });
  std::vector<std::string> alone(std::make_move_iterator(first_alone), std::make_move_iterator(paths.end()));
  paths.erase(first_alone, paths.end());
  std::vector<RemoveFailure> failures;
  if (!alone.empty()) {
    Task<std::vector<RemoveFailure>> removing = LeafBackend::remove_many(std::move(alone));
    failures = co_await removing;
  }
  for (std::span<std::string> left(paths); !left.empty();) {
    Task<std::vector<RemoveFailure>> removing = remove_some(next_batch(left, limits().remove_batch_max));
    move_to_end_of(failures, co_await removing);
  }
  co_return failures;
}

// --- versions ---

void FlatStore::require_versions(std::string_view operation, const std::string& path) const {
  if (!caps_.versions) throw unsupported(std::string(operation).append(" without 'version_aware': true"), path);
}

Task<std::vector<Version>> FlatStore::versions(std::string path) {
  require_versions("versioning", path);
  if (path.empty()) co_return std::vector<Version>();
  Task<std::vector<Version>> asking = history(std::move(path));
  co_return co_await asking;
}

Task<void> FlatStore::remove_version(std::string path, std::string version_id) {
  require_versions("version deletion", path);
  if (path.empty()) throw root_is_folder("delete version", path);
  if (version_id.empty()) throw Error(ErrorCode::invalid_argument, "delete version", path, "no version id");
  Task<void> removing = remove_object(std::move(path), std::move(version_id), "delete version");
  co_await removing;
}

Task<std::vector<VersionFailure>> FlatStore::remove_some_versions(std::string path, std::vector<std::string> ids) {
  return LeafBackend::remove_versions(std::move(path), std::move(ids));
}

Task<std::vector<VersionFailure>> FlatStore::remove_versions(std::string path, std::vector<std::string> version_ids) {
  require_versions("version deletion", path);
  if (path.empty()) throw root_is_folder("delete version", path);
  std::vector<VersionFailure> failures;
  if (std::erase(version_ids, "") != 0)  // which would be the current content
    failures.push_back({"", Error(ErrorCode::invalid_argument, "delete version", path, "no version id")});
  for (std::span<std::string> left(version_ids); !left.empty();) {
    Task<std::vector<VersionFailure>> removing =
        remove_some_versions(path, next_batch(left, limits().remove_batch_max));
    move_to_end_of(failures, co_await removing);
  }
  co_return failures;
}

Error version_error(const Error& error, const std::string& version) {
  if (version.empty() || error.code() != ErrorCode::invalid_argument) return error;
  return Error(ErrorCode::not_found, error.operation(), error.where(), "no such version: " + version)
      .with_request_id(error.request_id());
}

// --- copy, metadata, addresses ---

Task<Entry> FlatStore::copy(std::string from, std::string to, PutOptions options) {
  if (from.empty() || to.empty()) throw root_is_folder("copy", {});
  Task<Entry> copying = copy_object(*this, std::move(from), std::move(to), std::move(options));
  co_return co_await copying;
}

bool FlatStore::reaches(const Backend& source) const noexcept {
  const auto* other = dynamic_cast<const FlatStore*>(&source);
  return other && typeid(*other) == typeid(*this) && same_account(*other);
}

Task<Entry> FlatStore::copy_from(std::shared_ptr<Backend> source, std::string from, std::string to,
                                 PutOptions options) {
  if (from.empty() || to.empty()) throw root_is_folder("copy", {});
  const auto& other = dynamic_cast<const FlatStore&>(*source);
  Task<Entry> copying = copy_object(other, std::move(from), std::move(to), std::move(options));
  co_return co_await copying;
}

Task<void> FlatStore::set_metadata(std::string path, Metadata metadata) {
  if (path.empty()) throw root_is_folder("set metadata", path);
  Task<void> replacing = replace_metadata(std::move(path), std::move(metadata));
  co_await replacing;
}

Task<std::optional<std::string>> FlatStore::url(std::string path, UrlOptions options) {
  if (path.empty()) co_return std::nullopt;
  if (options.method != "GET" && options.method != "PUT")
    throw Error(ErrorCode::invalid_argument, "url", path, "the method must be GET or PUT");
  if (!(options.expires_in >= 1) || options.expires_in > facts_.link_days * 86400.0) {
    throw Error(ErrorCode::invalid_argument, "url", path,
                "expires_in must be 1 second to " + std::to_string(facts_.link_days) + " days");
  }
  Task<std::string> making = link(std::move(path), std::move(options));
  co_return co_await making;
}

}  // namespace genro::storage
