// Quirks of the protocol, and what is done about them here:
// 1. A failed HEAD has no body; the client asks a second, small question where the reason matters.
// 2. Copy and CompleteMultipartUpload may answer 200 and then fail in the body; Client::document() looks.
// 3. An ETag is an MD5 only for single puts without KMS; a listing does not say which those are.
// 4. A range that begins at the end of an object is an error to S3 (416), but an empty content to us.
// 5. CopyObject does not say the size, stops at 5 GiB, and with new metadata forgets the other headers.
// 6. Conditions on CopyObject are ignored by some servers, so a conditional copy is refused here.
#include "backends/s3/s3.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "backend/http/body_reader.h"
#include "backend/http/conditions.h"
#include "backends/s3/clean.h"
#include "backends/s3/copy.h"
#include "backends/s3/entry.h"
#include "backends/s3/error.h"
#include "backends/s3/link_parameters.h"
#include "backends/s3/pages.h"
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

constexpr std::uint32_t kPageMax = 1000;  // keys
constexpr double kLongestUrl = 604800;    // seconds: seven days

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

// Keys with characters that XML 1.0 cannot carry cannot be deleted in bulk.
bool fits_xml(const std::string& key) {
  return std::all_of(key.begin(), key.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r';
  });
}

class S3 final : public LeafBackend, private ServerCopy, private KeyRule {
 public:
  explicit S3(std::shared_ptr<Client> client) : client_(std::move(client)), caps_(caps_of(client_->config())) {}

  const Caps& caps() const noexcept override { return caps_; }
  const Limits& limits() const noexcept override { return kLimits; }
  std::string_view protocol() const noexcept override { return "s3"; }

  Task<std::optional<Entry>> stat(std::string path) override;
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override;
  Task<Entry> put(std::string path, Body body, PutOptions options) override;
  Task<Page> list(std::string path, ListOptions options) override;
  Task<void> remove(std::string path) override;
  Task<std::vector<RemoveFailure>> remove_many(std::vector<std::string> paths) override;
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) override;
  Task<Entry> copy(std::string from, std::string to, PutOptions options) override;
  Task<std::vector<Version>> versions(std::string path) override;
  Task<void> remove_version(std::string path, std::string version_id) override;
  Task<std::vector<VersionFailure>> remove_versions(std::string path, std::vector<std::string> version_ids) override;
  Task<void> set_metadata(std::string path, Metadata metadata) override;
  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override;
  std::string identity() const override;
  ServerCopy* server_copy() noexcept override { return this; }
  const KeyRule* key_rule() const noexcept override { return this; }
  Task<void> clean(std::string folder, double older_than, std::vector<std::string>* removed) override;

 private:
  bool reaches(const Backend& source) const noexcept override;
  Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) override;
  std::string_view fault_of(std::string_view path) const noexcept override { return key_fault(path); }
  std::string key_of(const std::string& path) const { return client_->config().prefix + path; }
  std::string folder_key(const std::string& path) const {
    return path.empty() ? client_->config().prefix : key_of(path) + "/";
  }
  const std::string& base() const noexcept { return client_->base(); }
  Checksum expected_of(const HttpHead& head) const {
    return client_->config().verify_downloads ? object_checksum(head) : Checksum();
  }
  HttpBodyReader::EntryOf entry_maker() const noexcept {
    return client_->md5()
               ? [](const HttpHead& head, std::string path) { return entry_of(head, std::move(path), true); }
               : [](const HttpHead& head, std::string path) { return entry_of(head, std::move(path), false); };
  }

  Task<bool> is_folder(std::string path);
  Task<std::unique_ptr<Reader>> read_nothing(std::string path, ReadOptions options);
  Task<void> absent_folder(std::string path);
  Task<void> delete_key(std::string path, std::string version);
  Task<void> remove_batch(std::vector<std::string> paths, std::vector<RemoveFailure>* failures);
  Task<Entry> copy_by_server(std::shared_ptr<Client> source, std::string from, std::string to, PutOptions options);

  std::shared_ptr<Client> client_;
  Caps caps_;
};

// --- stat, read ---

Task<bool> S3::is_folder(std::string path) {
  ListQuery query;
  query.prefix = folder_key(path);
  query.max_keys = 1;
  RequestContext context{"stat", path};
  context.absent_is_answer = true;  // no such bucket
  Task<Client::Document> asking = client_->document(list_objects(base(), query), context);
  const Client::Document answer = co_await asking;
  if (!answer.head.ok()) {
    const ErrorDocument error = parse_error_document(answer.body.view());
    if (means_absence(error)) co_return false;
    throw error_of(answer.head, error, client_->wall_ns()).with_operation("stat").with_where(std::move(path));
  }
  co_return path.empty() || parse_object_page(answer.body.view(), client_->config().prefix).found;
}

Task<std::optional<Entry>> S3::stat(std::string path) {
  if (!path.empty()) {
    Task<std::optional<Entry>> asking = head_of_object(client_, path, {}, "stat");
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

// An empty range of an object, which cannot be asked for.
Task<std::unique_ptr<Reader>> S3::read_nothing(std::string path, ReadOptions options) {
  Task<std::optional<Entry>> asking = head_of_object(client_, path, options, "read");
  std::optional<Entry> found = co_await asking;
  if (!found) throw Error(ErrorCode::not_found, "read", path, "no such object");
  found->path = std::move(path);
  co_return HttpBodyReader::of_nothing(std::move(*found), options.range);
}

Task<std::unique_ptr<Reader>> S3::read(std::string path, ReadOptions options) {
  const ByteRange range = options.range;
  if (path.empty()) throw Error(ErrorCode::is_directory, "read", path, "the root of a bucket is a directory");
  if (range.begin > range.end)
    throw Error(ErrorCode::invalid_argument, "read", path, "a range that ends before it begins");
  if (range.begin != range.end) {
    HttpRequest request = get_object(base(), key_of(path), options, client_->config().verify_downloads);
    request.may_give_way = true;  // the retry layer's readers ask for the rest again
    Task<std::unique_ptr<HttpResponse>> sending = client_->send(std::move(request), {"read", path});
    Result<std::unique_ptr<HttpResponse>> sent = co_await sending.as_result();
    if (!sent.ok() && sent.error().code() == ErrorCode::invalid_argument) {
      throw version_error(sent.error(), options.version);
    }
    if (sent.ok() || sent.error().code() != ErrorCode::out_of_range) {
      std::unique_ptr<HttpResponse> response = std::move(sent).take();
      require_etag(response->head, options.if_match, path);
      Checksum expected = range.whole() ? expected_of(response->head) : Checksum();
      co_return std::make_unique<HttpBodyReader>(std::move(response), std::move(path), range, entry_maker(),
                                                 std::move(expected));
    }
  }
  Task<std::unique_ptr<Reader>> reading = read_nothing(std::move(path), std::move(options));
  co_return co_await reading;
}

// --- put, list ---

Task<Entry> S3::put(std::string path, Body body, PutOptions options) {
  if (path.empty()) throw Error(ErrorCode::is_directory, "write", path, "the root of a bucket is a directory");
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
  HttpRequest request = put_object(base(), key_of(path), std::move(body), options, checksum);
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

// Says why a listing found nothing.
Task<void> S3::absent_folder(std::string path) {
  Task<std::optional<Entry>> asking = head_of_object(client_, path, {}, "list");
  const std::optional<Entry> found = co_await asking;
  if (found) throw Error(ErrorCode::not_directory, "list", path, "a file, not a directory");
  throw Error(ErrorCode::not_found, "list", path, "no such directory");
}

Task<Page> S3::list(std::string path, ListOptions options) {
  ListQuery query;
  query.prefix = folder_key(path);
  if (!options.recursive) query.delimiter = "/";
  query.token = options.token;
  if (options.limit != 0) query.max_keys = std::min<std::uint32_t>(options.limit, kPageMax);
  Task<Client::Document> asking = client_->document(list_objects(base(), query), {"list", path});
  const Client::Document answer = co_await asking;
  ObjectPage page =
      parse_object_page(answer.body.view(), client_->config().prefix, options.names_only ? Detail::names : Detail::all);
  const bool nothing = !page.found && options.token.empty() && page.page.next_token.empty();
  if (nothing && !path.empty()) {
    Task<void> explaining = absent_folder(std::move(path));
    co_await explaining;
  }
  co_return std::move(page.page);
}

// --- remove ---

Task<void> S3::delete_key(std::string path, std::string version) {
  RequestContext context{"delete", path};
  context.absent_is_answer = true;
  Task<Client::Document> sending = client_->document(delete_object(base(), key_of(path), version), context);
  const Client::Document answer = co_await sending;
  if (answer.head.ok()) co_return;
  const ErrorDocument error = parse_error_document(answer.body.view());
  if (means_absence(error) && error.code != "NoSuchBucket") co_return;  // an absent key is as good as a deleted one
  throw error_of(answer.head, error, client_->wall_ns()).with_operation("delete").with_where(std::move(path));
}

Task<void> S3::remove(std::string path) {
  if (path.empty()) co_return;
  Task<void> deleting = delete_key(std::move(path), {});
  co_await deleting;
}

Task<void> S3::remove_batch(std::vector<std::string> paths, std::vector<RemoveFailure>* failures) {
  std::vector<std::string> keys;
  keys.reserve(paths.size());
  for (const std::string& path : paths) keys.push_back(key_of(path));
  Task<Client::Document> sending = client_->document(delete_objects(base(), keys), {"delete", ""});
  const Client::Document answer = co_await sending;
  for (const DeleteError& failure : parse_delete_errors(answer.body.view(), &DeleteError::key, keys)) {
    if (failure.code == "NoSuchKey" || failure.code == "NoSuchVersion") continue;
    std::string path = failure.key.substr(client_->config().prefix.size());
    failures->push_back({path, error_of(failure).with_operation("delete").with_where(path)});
  }
}

Task<std::vector<RemoveFailure>> S3::remove_many(std::vector<std::string> paths) {
  std::vector<RemoveFailure> failures;
  std::vector<std::string> batch;
  for (std::string& path : paths) {
    if (path.empty()) continue;  // as remove(): the root stays
    if (!fits_xml(path)) {
      Task<void> deleting = remove(path);
      const Result<void> deleted = co_await deleting.as_result();
      if (!deleted.ok()) failures.push_back({std::move(path), deleted.error()});
      continue;
    }
    batch.push_back(std::move(path));
    if (batch.size() < kLimits.remove_batch_max) continue;
    Task<void> removing = remove_batch(std::exchange(batch, {}), &failures);
    co_await removing;
  }
  if (!batch.empty()) {
    Task<void> removing = remove_batch(std::move(batch), &failures);
    co_await removing;
  }
  co_return failures;
}

// --- upload, copy ---

Task<std::unique_ptr<Upload>> S3::upload(std::string path, PutOptions options) {
  if (path.empty()) throw Error(ErrorCode::is_directory, "write", path, "the root of a bucket is a directory");
  Task<PutOptions> asking = with_tags(client_, path, {}, std::move(options));
  options = co_await asking;
  std::string key = key_of(path);
  Task<std::unique_ptr<PartUpload>> starting =
      start_upload(client_, std::move(path), std::move(key), std::move(options), true);
  co_return co_await starting;
}

Task<Entry> S3::copy(std::string from, std::string to, PutOptions options) {
  return copy_by_server(client_, std::move(from), std::move(to), std::move(options));
}

bool S3::reaches(const Backend& source) const noexcept {
  const auto* other = dynamic_cast<const S3*>(&source);
  return other && same_account(client_->config(), other->client_->config());
}

Task<Entry> S3::copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) {
  return copy_by_server(dynamic_cast<const S3&>(*source).client_, std::move(from), std::move(to), std::move(options));
}

Task<Entry> S3::copy_by_server(std::shared_ptr<Client> source, std::string from, std::string to, PutOptions options) {
  if (options.when.kind != When::Kind::always) throw unsupported("conditional copy", to);
  Task<Entry> copying = copy_between(std::move(source), client_, std::move(from), std::move(to), std::move(options));
  co_return co_await copying;
}

Task<void> S3::set_metadata(std::string path, Metadata metadata) {
  return replace_metadata(client_, std::move(path), std::move(metadata));
}

Task<void> S3::clean(std::string folder, double older_than, std::vector<std::string>* removed) {
  const std::string& prefix = client_->config().prefix;
  std::vector<std::string> keys;
  Task<void> aborting = abort_uploads(client_, folder_key(folder), older_than, &keys);
  const Result<void> aborted = co_await aborting.as_result();
  for (const std::string& key : keys) removed->push_back(key.substr(prefix.size()));
  if (!aborted.ok()) std::rethrow_exception(aborted.exception());
}

// --- versions ---

Task<std::vector<Version>> S3::versions(std::string path) {
  if (!caps_.versions) throw unsupported("versioning", path);
  Task<std::vector<Version>> listing = list_of_versions(client_, std::move(path));
  co_return co_await listing;
}

Task<void> S3::remove_version(std::string path, std::string version_id) {
  if (!caps_.versions) throw unsupported("version deletion", path);
  if (version_id.empty()) throw Error(ErrorCode::invalid_argument, "delete version", path, "no version id");
  Task<void> deleting = delete_key(std::move(path), std::move(version_id));
  co_await deleting;
}

Task<std::vector<VersionFailure>> S3::remove_versions(std::string path, std::vector<std::string> version_ids) {
  if (!caps_.versions) throw unsupported("version deletion", path);
  const bool bulk = fits_xml(path);
  Task<std::vector<VersionFailure>> deleting =
      bulk ? delete_some_versions(client_, std::move(path), std::move(version_ids))
           : LeafBackend::remove_versions(std::move(path), std::move(version_ids));
  co_return co_await deleting;
}

// --- addresses ---

Task<std::optional<std::string>> S3::url(std::string path, UrlOptions options) {
  if (path.empty()) co_return std::nullopt;
  if (options.method != "GET" && options.method != "PUT") {
    throw Error(ErrorCode::invalid_argument, "url", path, "the method must be GET or PUT");
  }
  if (!(options.expires_in >= 1) || options.expires_in > kLongestUrl) {
    throw Error(ErrorCode::invalid_argument, "url", path, "expires_in must be 1 second to 7 days");
  }
  sigv4::Parameters parameters;
  for (auto& [name, value] : options.parameters) parameters.emplace_back(query_name(name), std::move(value));
  if (!options.version.empty()) parameters.emplace_back("versionId", std::move(options.version));
  const std::string_view method = options.method == "PUT" ? "PUT" : "GET";
  Task<std::string> signing =
      client_->presigned_url(method, key_of(path), std::move(parameters), std::llround(options.expires_in));
  co_return co_await signing;
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
