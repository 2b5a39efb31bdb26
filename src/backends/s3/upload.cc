#include "backends/s3/upload.h"

#include <utility>

#include "backend/finish_or_undo.h"
#include "backend/http/conditions.h"
#include "backend/part_sizes.h"
#include "backends/s3/entry.h"
#include "backends/s3/pages.h"

namespace genro::storage::s3 {
PartUpload::PartUpload(std::shared_ptr<Client> client, std::string path, std::string key, std::string upload_id,
                       When when, ChecksumAlgorithm algorithm)
    : client_(std::move(client)),
      path_(std::move(path)),
      key_(std::move(key)),
      upload_id_(std::move(upload_id)),
      when_(std::move(when)),
      algorithm_(algorithm) {}

std::uint64_t PartUpload::part_size(std::uint64_t total_size) const {
  return part_size_for(kLimits, total_size, client_->config().part_size);
}

Task<std::string> PartUpload::part(int number, Body body) {
  PartTag tag;
  tag.size = body.size();
  Task<Checksum> summing = checksum_of(body, algorithm_);
  tag.checksum = co_await summing;
  HttpRequest request = upload_part(client_->base(), key_, upload_id_, number, std::move(body), tag.checksum);
  Task<std::unique_ptr<HttpResponse>> sending = client_->send(std::move(request), {"write", path_});
  std::unique_ptr<HttpResponse> response = co_await sending;
  tag.etag = plain_etag(response->head.etag());
  require_checksum(tag.checksum, object_checksum(response->head), "write", path_);
  if (tag.etag.empty())
    throw Error(ErrorCode::protocol, "write", path_, "the server did not acknowledge a part with an ETag");
  Task<void> ending = response->discard();
  co_await ending;
  co_return tag.to_string();
}

Task<std::string> PartUpload::copied_part(int number, CopySource source, ByteRange range) {
  HttpRequest request = upload_part_copy(client_->base(), key_, upload_id_, number, source, range);
  Task<Client::Document> sending = client_->document(std::move(request), {"copy", path_});
  const Client::Document answer = co_await sending;
  StoredResult stored = parse_stored(answer.body.view());
  if (stored.etag.empty())
    throw Error(ErrorCode::protocol, "copy", path_, "the server did not acknowledge a part with an ETag");
  PartTag tag{std::move(stored.etag), range.end - range.begin, {}};
  if (stored.checksum.algorithm == algorithm_) tag.checksum = std::move(stored.checksum);
  co_return tag.to_string();
}

namespace {

Task<Entry> completed(std::shared_ptr<Client> client, HttpRequest request, std::string path, std::uint64_t size,
                      Checksum whole) {
  Task<Client::Document> sending = client->document(std::move(request), {"write", path});
  const Client::Document answer = co_await sending;
  const StoredResult stored = parse_stored(answer.body.view());
  if (stored.etag.empty())
    throw Error(ErrorCode::protocol, "write", path, "the server did not acknowledge the object with an ETag");
  require_checksum(whole, stored.checksum, "write", path);
  Entry entry = stored_entry(answer.head, path, size, false);
  entry.etag = stored.etag;
  co_return entry;
}

Task<void> nothing_to_undo() { co_return; }

Task<void> aborted(std::shared_ptr<Client> client, std::string path, std::string key, std::string upload_id) {
  HttpRequest request = abort_upload(client->base(), key, upload_id);
  RequestContext context{"write", path};
  context.absent_is_answer = true;  // completed or aborted before
  Task<std::unique_ptr<HttpResponse>> sending = client->send(std::move(request), context);
  std::unique_ptr<HttpResponse> response = co_await sending;
  Task<void> ending = response->discard();
  co_await ending;
}

}  // namespace

Task<Entry> PartUpload::complete(std::vector<std::string> tags) {
  std::vector<PartTag> parts;
  std::uint64_t size = 0;
  for (const std::string& tag : tags) {
    parts.push_back(PartTag::parse(tag));
    size += parts.back().size;
  }
  const Checksum whole = combine(parts);
  HttpRequest request = complete_upload(client_->base(), key_, upload_id_, parts, when_, whole);
  // Its owner aborts a stopped upload, which may come before the server refuses to complete it.
  auto undo = [client = client_, path = path_, key = key_, id = upload_id_](const Result<Entry>& result) {
    return result.ok() ? nothing_to_undo() : aborted(client, path, key, id);
  };
  Task<Entry> completing =
      finish_or_undo<Entry>(completed(client_, std::move(request), path_, size, whole), std::move(undo));
  co_return co_await completing;
}

Task<void> PartUpload::abort() { return aborted(client_, path_, key_, upload_id_); }

namespace {

Task<std::unique_ptr<PartUpload>> created(std::shared_ptr<Client> client, std::string path, std::string key,
                                          PutOptions options, bool with_checksum) {
  const ChecksumAlgorithm wanted = with_checksum ? client->checksum() : ChecksumAlgorithm::none;
  HttpRequest request = create_upload(client->base(), key, options, wanted);
  Task<Client::Document> sending = client->document(std::move(request), {"write", path});
  const Client::Document answer = co_await sending;
  // Asked again: the server may just have refused the configured one.
  const ChecksumAlgorithm algorithm = with_checksum ? client->checksum() : ChecksumAlgorithm::none;
  co_return std::make_unique<PartUpload>(client, std::move(path), std::move(key), parse_upload_id(answer.body.view()),
                                         options.when, algorithm);
}

/// What nobody waits for any more.
Task<void> taken_back(Result<std::unique_ptr<PartUpload>> upload) {
  if (!upload.ok()) co_return;
  Task<void> aborting = upload.value()->abort();
  co_await aborting;
}

}  // namespace

Task<std::unique_ptr<PartUpload>> start_upload(std::shared_ptr<Client> client, std::string path, std::string key,
                                               PutOptions options, bool with_checksum) {
  return finish_or_undo<std::unique_ptr<PartUpload>>(
      created(std::move(client), std::move(path), std::move(key), std::move(options), with_checksum), taken_back);
}

}  // namespace genro::storage::s3
