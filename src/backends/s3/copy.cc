#include "backends/s3/copy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "backend/http/conditions.h"
#include "backend/http/flat_store.h"
#include "backend/kept.h"
#include "backend/part_sizes.h"
#include "backend/put_body.h"
#include "backends/s3/entry.h"
#include "backends/s3/pages.h"
#include "backends/s3/requests.h"
#include "backends/s3/tags.h"
#include "backends/s3/upload.h"
#include "loop/task_group.h"

namespace genro::storage::s3 {
namespace {

constexpr std::uint64_t kCopyPart = std::uint64_t{256} << 20;  // nothing passes through here: large parts cost nothing
constexpr std::size_t kCopiesAtOnce = 4;

struct Copying {
  std::shared_ptr<PartUpload> upload;
  CopySource source;
  std::uint64_t size;
  std::uint64_t part_size;
  std::vector<std::string> tags;

  Task<void> part(std::size_t index) {
    const std::uint64_t begin = index * part_size;
    Task<std::string> copy =
        upload->copied_part(static_cast<int>(index) + 1, source, {begin, std::min(begin + part_size, size)});
    tags[index] = co_await copy;
  }
  Task<Entry> run() {
    tags.resize(static_cast<std::size_t>((size + part_size - 1) / part_size));
    Task<void> parts = for_each_parallel(tags.size(), kCopiesAtOnce, [this](std::size_t i) { return part(i); });
    co_await parts;
    Task<Entry> completing = upload->complete(std::move(tags));
    co_return co_await completing;
  }
};

// Four parts at a time; aborts the upload when anything fails.
Task<Entry> copy_in_parts(std::shared_ptr<Client> client, std::string path, std::string key, CopySource source,
                          std::uint64_t size, PutOptions options) {
  const std::uint64_t most = std::min(kCopyPart, client->config().single_copy_max);
  Task<std::unique_ptr<PartUpload>> starting =
      start_upload(client, std::move(path), std::move(key), std::move(options), false);
  std::shared_ptr<PartUpload> upload = co_await starting;
  Copying copying{upload, std::move(source), size, part_size_for(kLimits, size, most), {}};
  Task<Entry> running = copying.run();
  Result<Entry> copied = co_await running.as_result();
  if (!copied.ok()) {
    Task<void> ending = abort_shielded(std::move(upload));
    co_await ending;
  }
  co_return std::move(copied).take();
}

// A HEAD that was refused cannot say why: a name that the server does not take, or a request that lacks something. A GET
// says it.
Task<std::optional<Entry>> ask_for_reason(std::shared_ptr<Client> client, RequestContext context, Error refused) {
  ReadOptions first;
  first.range = {0, 1};
  HttpRequest request = get_object(client->base(), client->config().prefix + std::string(context.path), first, false);
  Task<std::unique_ptr<HttpResponse>> sending = client->send(std::move(request), context);
  const std::unique_ptr<HttpResponse> response = co_await sending;
  if (response->head.ok()) throw refused;
  co_return std::nullopt;
}

}  // namespace

Task<std::optional<Entry>> head_of_object(std::shared_ptr<Client> client, std::string path, ReadOptions options,
                                          std::string_view operation) {
  RequestContext context{operation, path};
  context.absent_is_answer = true;
  Task<std::unique_ptr<HttpResponse>> sending =
      client->send(head_object(client->base(), client->config().prefix + path, options), context);
  Result<std::unique_ptr<HttpResponse>> sent = co_await sending.as_result();
  if (!sent.ok() && sent.error().code() == ErrorCode::invalid_argument) {
    if (!options.version.empty()) throw version_error(sent.error(), options.version);
    Task<std::optional<Entry>> asking = ask_for_reason(client, context, sent.error());
    co_return co_await asking;
  }
  const std::unique_ptr<HttpResponse> response = std::move(sent).take();
  if (!response->head.ok()) co_return std::nullopt;
  require_etag(response->head, options.if_match, path);
  co_return entry_of(response->head, std::move(path), client->md5());
}

Task<Entry> existing_object(std::shared_ptr<Client> client, std::string path, std::string_view operation,
                            std::string version) {
  ReadOptions which;
  which.version = std::move(version);
  Task<std::optional<Entry>> asking = head_of_object(std::move(client), path, std::move(which), operation);
  std::optional<Entry> found = co_await asking;
  if (!found) throw Error(ErrorCode::not_found, std::string(operation), path, "no such object");
  co_return std::move(*found);
}

namespace {

Task<Entry> copy_of_object(std::shared_ptr<Client> source, std::shared_ptr<Client> client, Entry from, std::string to,
                           PutOptions options, std::string_view operation) {
  const bool replace = options.metadata != nullptr || !options.content_type.empty();
  options = copied_options(std::move(options), from);
  CopySource pinned{source->config().bucket, source->config().prefix + from.path, options.source_version, from.etag};
  std::string key = client->config().prefix + to;
  if (from.size > client->config().single_copy_max) {
    std::string version = options.source_version;  // before the options move: arguments are evaluated in any order
    Task<PutOptions> asking = with_tags(source, from.path, std::move(version), std::move(options));
    options = co_await asking;
    Task<Entry> copying =
        copy_in_parts(client, std::move(to), std::move(key), std::move(pinned), from.size, std::move(options));
    co_return co_await copying;
  }
  HttpRequest request = copy_object(client->base(), key, pinned, options, replace);
  Task<Client::Document> sending = client->document(std::move(request), {operation, to});
  const Client::Document answer = co_await sending;
  const StoredResult stored = parse_stored(answer.body.view());
  if (stored.etag.empty())
    throw Error(ErrorCode::protocol, std::string(operation), to, "the server did not acknowledge the copy");
  Entry entry = stored_entry(answer.head, std::move(to), from.size, false);
  entry.etag = stored.etag;
  entry.md5 = md5_of(stored.etag, answer.head, client->md5());
  entry.mtime_ns = stored.mtime_ns;
  if (!from.md5.empty() && !entry.md5.empty() && from.md5 != entry.md5) {
    throw Error(ErrorCode::corrupt, std::string(operation), entry.path, "the copy has another MD5 than its source");
  }
  co_return entry;
}

}  // namespace

Task<Entry> copy_between(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from,
                         std::string to, PutOptions options) {
  Task<Entry> looking = existing_object(source, std::move(from), "copy", options.source_version);
  Entry found = co_await looking;
  Task<Entry> copying =
      copy_of_object(std::move(source), std::move(target), std::move(found), std::move(to), std::move(options), "copy");
  co_return co_await copying;
}

Task<void> replace_metadata(std::shared_ptr<Client> client, std::string path, Metadata metadata) {
  Task<Entry> looking = existing_object(client, path, "set metadata", {});
  Entry found = co_await looking;
  PutOptions options;
  options.content_type = found.content_type;
  options.metadata = std::make_shared<const Metadata>(std::move(metadata));
  Task<Entry> copying =
      copy_of_object(client, client, std::move(found), std::move(path), std::move(options), "set metadata");
  const Entry entry = co_await copying;
}

}  // namespace genro::storage::s3
