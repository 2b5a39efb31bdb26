#include "backends/azure/copy.h"

#include <algorithm>
#include <utility>

#include "backend/http/conditions.h"
#include "backends/azure/blob.h"
#include "loop/loop.h"
#include "loop/run.h"
#include "loop/task_group.h"

namespace genro::storage::azure {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(50);
constexpr Duration kLongestPause = std::chrono::seconds(5);
constexpr Duration kLongestStandstill = std::chrono::minutes(30);

/// Ends a copy that nobody waits for any more; the service leaves an empty blob of one that it has begun.
Task<void> abort_copy(std::shared_ptr<Client> client, std::string path, std::string id) {
  HttpRequest request = client->change("PUT", client->key_of(path), {{"comp", "copy"}, {"copyid", std::move(id)}});
  request.add_header("x-ms-copy-action", "abort");
  Task<HttpHead> aborting = perform(std::move(client), std::move(request), "copy", std::move(path));
  co_await aborting;
}

Task<Entry> ended_copy(std::shared_ptr<Client> client, std::string path, std::string id) {
  co_await hop();
  Context& context = co_await current_context();
  Loop& loop = loop_of(context);
  std::string progress;
  TimePoint moved = loop.now();
  for (Duration pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    Task<Found> asking = existing_blob(client, path, {}, "copy");
    Found found = co_await asking;
    if (found.copy_id != id)
      throw Error(ErrorCode::precondition_failed, "copy", path, "somebody else wrote the blob while it was copied");
    if (found.copy_status == "success") co_return std::move(found.entry);
    if (found.copy_status != "pending")
      throw Error(ErrorCode::unavailable, "copy", path, "the server gave the copy up: " + found.copy_why);
    if (std::exchange(progress, found.copy_progress) != found.copy_progress) moved = loop.now();
    if (loop.now() - moved >= kLongestStandstill)
      throw Error(ErrorCode::timeout, "copy", path, "the server's copy has not come further for half an hour");
    const WaitStatus status = co_await sleep_until(loop.now() + pause);
    if (status == WaitStatus::stopped) throw_wait(status, context, "waiting for a copy");
  }
}

}  // namespace

Task<Entry> copy_blob(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from, std::string to,
                      PutOptions options) {
  ReadOptions which;
  which.version = options.source_version;
  Task<Found> looking = existing_blob(source, from, which, "copy");
  const Found found = co_await looking;
  if (found.entry.is_directory()) throw Error(ErrorCode::is_directory, "copy", from, "a folder, not a file");
  const bool other_type = !options.content_type.empty() && options.content_type != found.entry.content_type;
  // Without any the request would take those of the source.
  const bool none = options.metadata && options.metadata->empty() && !found.entry.metadata->empty();
  if (other_type || none)
    throw Error(ErrorCode::unsupported, "copy", to, "the server copies a blob only with its media type and metadata");
  Query query;
  add_version(options.source_version, query);
  std::string address = source->address(source->key_of(from), query);
  HttpRequest request = target->change("PUT", target->key_of(to));
  request.add_header("x-ms-copy-source", address);
  request.add_header("x-ms-source-if-match", quoted_etag(found.entry.etag));
  if (options.metadata) add_metadata_of(*options.metadata, request);
  if (!target->config().access_tier.empty()) request.add_header("x-ms-access-tier", target->config().access_tier);
  add_condition(options.when, request);
  request.idempotent = options.when.kind == When::Kind::always;
  Task<HttpHead> copying = perform(target, std::move(request), "copy", to);
  const HttpHead head = co_await copying;
  if (head.find("x-ms-copy-status") == "success") {
    Entry entry = stored_entry(head, std::move(to), found.entry.size);
    entry.md5 = found.entry.md5;
    co_return entry;
  }
  const std::string id(head.find("x-ms-copy-id"));
  Task<Entry> waiting = ended_copy(target, to, id);
  Result<Entry> ended = co_await waiting.as_result();
  if (!ended.ok()) {
    Task<void> aborting = shielded(abort_copy(target, to, id), std::chrono::seconds(10));
    const Result<void> aborted = co_await aborting.as_result();
    static_cast<void>(aborted);  // the failure that is told is the first
  }
  co_return std::move(ended).take();
}

}  // namespace genro::storage::azure
