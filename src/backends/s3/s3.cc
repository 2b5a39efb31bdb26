// Quirks of the protocol, and what is done about them here:
// 1. A failed HEAD has no body; the client asks a second, small question where the reason matters.
// 2. Copy and CompleteMultipartUpload may answer 200 and then fail in the body; Client::document() looks.
// 3. An ETag is an MD5 only for single puts without KMS; a listing does not say which those are.
// 4. CopyObject does not say the size, stops at 5 GiB, and with new metadata forgets the other headers.
// 5. Conditions on CopyObject are ignored by some servers, so a conditional copy is refused here.
#include "backends/s3/s3.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "backend/http/flat_store.h"
#include "backends/s3/clean.h"
#include "backends/s3/copy.h"
#include "backends/s3/entry.h"
#include "backends/s3/error.h"
#include "backends/s3/link_parameters.h"
#include "backends/s3/pages.h"
#include "backends/s3/remove.h"
#include "backends/s3/requests.h"
#include "backends/s3/tags.h"
#include "backends/s3/upload.h"
#include "backends/s3/versions.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "loop/give_way.h"

namespace genro::storage {
namespace s3 {
namespace {

constexpr FlatFacts kFacts{.root = "bucket", .page_max = 1000, .link_days = 7};

Caps caps_of(const Config& config) {
  Caps caps;
  caps.read = caps.write = caps.remove = caps.list = caps.seek = caps.atomic = true;
  caps.conditional_put = caps.upload = caps.copy = caps.metadata = true;
  caps.remote = caps.transient_failures = caps.coarse_times = true;
  caps.versions = config.version_aware;
  caps.presigned_urls = caps.public_urls = true;
  caps.md5 = etags_are_md5(config);
  return caps;
}

class S3 final : public FlatStore {
 public:
  explicit S3(std::shared_ptr<Client> client)
      : FlatStore(kFacts, caps_of(client->config()), client->config().prefix), client_(std::move(client)) {}

  const Limits& limits() const noexcept override { return kLimits; }
  std::string_view protocol() const noexcept override { return "s3"; }
  Task<void> clean(std::string folder, double older_than, std::vector<std::string>* removed) override;
  std::string identity() const override;

 private:
  const std::string& base() const noexcept { return client_->base(); }

  Task<std::optional<Entry>> find(std::string path, ReadOptions which, std::string_view operation) override {
    return head_of_object(client_, std::move(path), std::move(which), operation);
  }
  Task<std::optional<ObjectPage>> page(FlatQuery query, RequestContext context) override;
  Task<std::unique_ptr<HttpResponse>> open(const std::string& path, const ReadOptions& options) override;
  HttpBodyReader::EntryOf entry_maker() const noexcept override {
    return client_->md5()
               ? [](const HttpHead& head, std::string path) { return entry_of(head, std::move(path), true); }
               : [](const HttpHead& head, std::string path) { return entry_of(head, std::move(path), false); };
  }
  Checksum expected_of(const HttpHead& head, const ByteRange& range) const override {
    return range.whole() && client_->config().verify_downloads ? object_checksum(head) : Checksum();
  }
  Task<Entry> put_object(std::string path, Body body, PutOptions options) override;
  Task<std::unique_ptr<Upload>> begin_upload(std::string path, PutOptions options) override;
  Task<void> remove_object(std::string path, std::string version, std::string_view operation) override;
  bool goes_alone(const std::string& path) const override { return !fits_xml(path); }
  Task<std::vector<RemoveFailure>> remove_some(std::vector<std::string> paths) override {
    return delete_batch(client_, std::move(paths));
  }
  Task<std::vector<VersionFailure>> remove_some_versions(std::string path, std::vector<std::string> ids) override {
    return fits_xml(path) ? delete_versions(client_, std::move(path), std::move(ids))
                          : FlatStore::remove_some_versions(std::move(path), std::move(ids));
  }
  Task<Entry> copy_object(const FlatStore& source, std::string from, std::string to, PutOptions options) override;
  bool same_account(const FlatStore& other) const noexcept override {
    return s3::same_account(client_->config(), static_cast<const S3&>(other).client_->config());
  }
  Task<void> replace_metadata(std::string path, Metadata metadata) override {
    return s3::replace_metadata(client_, std::move(path), std::move(metadata));
  }
  Task<std::vector<Version>> history(std::string path) override { return list_of_versions(client_, std::move(path)); }
  Task<std::string> link(std::string path, UrlOptions options) override;
  std::string_view fault_of(std::string_view path) const noexcept override { return key_fault(path); }

  std::shared_ptr<Client> client_;
};

// --- read, list ---

Task<std::unique_ptr<HttpResponse>> S3::open(const std::string& path, const ReadOptions& options) {
  HttpRequest request = get_object(base(), key_of(path), options, client_->config().verify_downloads);
  request.may_give_way = &has_strong_etag;  // the retry layer's readers ask for the rest again
  return client_->send(std::move(request), {"read", path});
}

Task<std::optional<ObjectPage>> S3::page(FlatQuery query, RequestContext context) {
  Task<Client::Document> asking = client_->document(list_objects(base(), query), context);
  const Client::Document answer = co_await asking;
  if (answer.head.ok())
    co_return parse_object_page(answer.body.view(), prefix(), query.names_only ? Detail::names : Detail::all);
  const ErrorDocument error = parse_error_document(answer.body.view());
  if (means_absence(error)) co_return std::nullopt;
  throw error_of(answer.head, error, client_->wall_ns())
      .with_operation(std::string(context.operation))
      .with_where(std::string(context.path));
}

// --- put ---

Task<Entry> S3::put_object(std::string path, Body body, PutOptions options) {
  if (has_tags(options)) {
    Task<PutOptions> asking = with_tags(client_, path, {}, std::move(options));
    options = co_await asking;
  }
  const std::uint64_t size = body.size();
  const ChecksumAlgorithm algorithm = client_->checksum();
  Checksum checksum;
  if (body.is_file() || size > kOneGo) {
    Task<Checksum> summing = checksum_of(body, algorithm);
    checksum = co_await summing;
  } else {
    checksum = checksum_of(body.pieces(), algorithm);
  }
  HttpRequest request = s3::put_object(base(), key_of(path), std::move(body), options, checksum);
  Task<std::unique_ptr<HttpResponse>> sending = client_->send(std::move(request), {"write", path});
  std::unique_ptr<HttpResponse> response = co_await sending;
  require_checksum(checksum, object_checksum(response->head), "write", path);
  Entry entry = stored_entry(response->head, std::move(path), size, client_->md5());
  if (response->remaining() != std::optional<std::uint64_t>(0)) {
    Task<void> ending = response->discard();
    co_await ending;
  }
  co_return entry;
}

Task<std::unique_ptr<Upload>> S3::begin_upload(std::string path, PutOptions options) {
  Task<PutOptions> asking = with_tags(client_, path, {}, std::move(options));
  options = co_await asking;
  std::string key = key_of(path);
  Task<std::unique_ptr<PartUpload>> starting =
      start_upload(client_, std::move(path), std::move(key), std::move(options), true);
  co_return co_await starting;
}

// --- remove ---

Task<void> S3::remove_object(std::string path, std::string version, std::string_view operation) {
  RequestContext context{operation, path};
  context.absent_is_answer = true;
  Task<Client::Document> sending = client_->document(delete_object(base(), key_of(path), version), context);
  const Client::Document answer = co_await sending;
  if (answer.head.ok()) co_return;
  const ErrorDocument error = parse_error_document(answer.body.view());
  if (means_absence(error) && error.code != "NoSuchBucket") co_return;  // an absent key is as good as a deleted one
  throw error_of(answer.head, error, client_->wall_ns())
      .with_operation(std::string(operation))
      .with_where(std::move(path));
}

Task<void> S3::clean(std::string folder, double older_than, std::vector<std::string>* removed) {
  std::vector<std::string> keys;
  Task<void> aborting = abort_uploads(client_, folder_key(folder), older_than, &keys);
  const Result<void> aborted = co_await aborting.as_result();
  for (const std::string& key : keys) removed->push_back(key.substr(prefix().size()));
  if (!aborted.ok()) std::rethrow_exception(aborted.exception());
}

// --- copy, addresses ---

Task<Entry> S3::copy_object(const FlatStore& source, std::string from, std::string to, PutOptions options) {
  if (options.when.kind != When::Kind::always) throw unsupported("conditional copy", to);
  return copy_between(static_cast<const S3&>(source).client_, client_, std::move(from), std::move(to),
                      std::move(options));
}

Task<std::string> S3::link(std::string path, UrlOptions options) {
  sigv4::Parameters parameters;
  for (auto& [name, value] : options.parameters) parameters.emplace_back(query_name(name), std::move(value));
  if (!options.version.empty()) parameters.emplace_back("versionId", std::move(options.version));
  return client_->presigned_url(options.method == "PUT" ? "PUT" : "GET", key_of(path), std::move(parameters),
                                std::llround(options.expires_in));
}

std::string S3::identity() const {
  const Config& config = client_->config();
  std::string what = config.endpoint_url + '\n' + config.bucket + '\n' + config.prefix + '\n' + config.access_key +
                     '\n' + config.secret_key + '\n' + config.profile + '\n' + config.region;
  what += config.anonymous ? "\nanonymous" : "\n";
  what += config.version_aware ? "\nversions" : "\n";
  return "s3:" + hex_encode(Sha256::of(what));  // hashed: it holds a secret
}

}  // namespace
}  // namespace s3

std::shared_ptr<Backend> make_s3(std::shared_ptr<s3::Client> client) {
  return std::make_shared<s3::S3>(std::move(client));
}

}  // namespace genro::storage
