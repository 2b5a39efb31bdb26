#include "backends/azure/copy.h"

#include <algorithm>
#include <utility>

#include "backend/http/conditions.h"
#include "backend/kept.h"
#include "backends/azure/blob.h"
#include "backends/azure/tags.h"
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

/// By Copy Blob, of any size.
Task<Entry> copied(std::shared_ptr<Client> source, std::shared_ptr<Client> target, Entry from, std::string to,
                   PutOptions options, bool own_metadata) {
  Query query;
  add_version(options.source_version, query);
  HttpRequest request = target->change("PUT", target->key_of(to));
  request.add_header("x-ms-copy-source", source->address_within(source->key_of(from.path), query));
  request.add_header("x-ms-source-if-match", quoted_etag(from.etag));
  if (own_metadata) add_metadata_of(*options.metadata, request);
  add_tier(target->config(), options, request);
  add_tags(options, request);
  add_condition(options.when, request);
  request.idempotent = options.when.kind == When::Kind::always;
  Task<HttpHead> copying = perform(target, std::move(request), "copy", to);
  const HttpHead head = co_await copying;
  if (head.find("x-ms-copy-status") == "success") {
    Entry entry = stored_entry(head, std::move(to), from.size);
    entry.md5 = from.md5;
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

/// By Put Blob From URL: with any media type and metadata, up to 5000 MiB. What was made is looked at: a service that does not
/// know where its content is to come from would store an empty one.
Task<Entry> stored_anew(std::shared_ptr<Client> source, std::shared_ptr<Client> target, Entry from, std::string to,
                        PutOptions options) {
  if (from.size > kLimits.single_put_max)
    throw Error(ErrorCode::unsupported, "copy", to,
                "the server copies more than 5000 MiB only with media type and metadata");
  Query query;
  add_version(options.source_version, query);
  HttpRequest request = target->change("PUT", target->key_of(to));
  request.add_header("x-ms-blob-type", "BlockBlob");
  request.add_header("x-ms-source-if-match", quoted_etag(from.etag));
  request.add_header("x-ms-copy-source-blob-properties", "false");
  add_properties(options, request);
  add_tier(target->config(), options, request);
  add_condition(options.when, request);
  request.idempotent = options.when.kind == When::Kind::always;
  request.first_byte_timeout = kLongestStandstill;  // it answers when it has copied
  Task<void> adding = source->add_source(&request, source->key_of(from.path), std::move(query));
  co_await adding;
  Task<HttpHead> copying = perform(target, std::move(request), "copy", to);
  const HttpHead head = co_await copying;
  ReadOptions same;
  same.if_match = plain_etag(head.etag());
  Task<Found> looking = existing_blob(target, to, std::move(same), "copy");
  Found made = co_await looking;
  const bool other_content = !made.entry.md5.empty() && !from.md5.empty() && made.entry.md5 != from.md5;
  if (made.entry.size != from.size || other_content)
    throw Error(ErrorCode::corrupt, "copy", to, "the copy that the server made has another content than its source");
  co_return std::move(made.entry);
}

}  // namespace

Task<Entry> copy_blob(std::shared_ptr<Client> source, std::shared_ptr<Client> target, std::string from, std::string to,
                      PutOptions options) {
  ReadOptions which;
  which.version = options.source_version;
  Task<Found> looking = existing_blob(source, from, which, "copy");
  Found found = co_await looking;
  if (found.entry.is_directory()) throw Error(ErrorCode::is_directory, "copy", from, "a directory, not a file");
  // Copy Blob takes over the media type in any case, and the metadata where it is given none.
  const bool other_type = !options.content_type.empty() && options.content_type != found.entry.content_type;
  const bool none = options.metadata && options.metadata->empty() && !found.entry.metadata->empty();
  const bool anew = other_type || none;
  if (options.content_type.empty()) options.content_type = found.entry.content_type;
  const bool own_metadata = options.metadata != nullptr;
  if (const Metadata* kept = kept_with(found.entry.metadata)) {
    options.metadata = with_kept(own_metadata ? *options.metadata : *found.entry.metadata, *kept);
  } else if (!own_metadata) {
    options.metadata = found.entry.metadata;
  }
  std::string version = options.source_version;
  Task<PutOptions> asking = with_tags(source, from, std::move(version), std::move(options));
  options = co_await asking;
  Task<Entry> copying = anew ? stored_anew(std::move(source), std::move(target), std::move(found.entry), std::move(to),
                                           std::move(options))
                             : copied(std::move(source), std::move(target), std::move(found.entry), std::move(to),
                                      std::move(options), own_metadata);
  co_return co_await copying;
}

}  // namespace genro::storage::azure
