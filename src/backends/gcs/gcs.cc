// Quirks of the protocol, and what is done about them here:
// 1. An object's number of content, its generation, is what conditions go by: it is the etag of our entries.
// 2. What is stored compressed is decompressed on the way, and ranges are ignored, unless the request says that it takes gzip.
// 3. A download does not say the user's metadata: an entry of a reader has none.
// 4. A put whose answer got lost may be repeated only under the condition that nothing else was stored meanwhile.
#include "backends/gcs/gcs.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include "backend/body_bytes.h"
#include "backend/http/flat_store.h"
#include "backends/gcs/answers.h"
#include "backends/gcs/copy.h"
#include "backends/gcs/folders.h"
#include "backends/gcs/remove.h"
#include "backends/gcs/upload.h"
#include "backends/gcs/versions.h"
#include "codec/digest.h"
#include "codec/hex.h"

namespace genro::storage {
namespace gcs {
namespace {

constexpr FlatFacts kFacts{.root = "bucket", .page_max = 1000, .link_days = 7};

Caps caps_of(const Config& config) {
  Caps caps;
  caps.read = caps.write = caps.remove = caps.list = caps.seek = caps.atomic = true;
  caps.conditional_put = caps.upload = caps.copy = caps.metadata = true;
  caps.remote = caps.transient_failures = caps.guarded_repeats = caps.coarse_times = true;
  caps.make_dir = config.hierarchical.value_or(false);
  caps.versions = config.version_aware;
  caps.presigned_urls = caps.public_urls = caps.md5 = true;
  return caps;
}

class Gcs final : public FlatStore {
 public:
  explicit Gcs(std::shared_ptr<Client> client)
      : FlatStore(kFacts, caps_of(client->config()), client->config().prefix),
        client_(std::move(client)),
        folders_(client_) {}

  const Limits& limits() const noexcept override { return kLimits; }
  std::string_view protocol() const noexcept override { return "gcs"; }
  std::string identity() const override;
  Task<void> make_dir(std::string path) override;

 private:
  const Config& config() const noexcept { return client_->config(); }

  Task<std::optional<Entry>> find(std::string path, ReadOptions which, std::string_view operation) override;
  Task<std::optional<ObjectPage>> page(FlatQuery query, RequestContext context) override;
  Task<std::unique_ptr<HttpResponse>> open(const std::string& path, const ReadOptions& options) override;
  void check_opened(const HttpHead& head, const ReadOptions& options, const std::string& path) const override;
  HttpBodyReader::EntryOf entry_maker() const noexcept override { return &entry_of; }
  Checksum expected_of(const HttpHead& head, const ByteRange& range) const override {
    return range.whole() && config().verify_downloads ? checksum_of(head) : Checksum();
  }
  Task<Entry> put_object(std::string path, Body body, PutOptions options) override;
  Task<std::unique_ptr<Upload>> begin_upload(std::string path, PutOptions options) override {
    return start_upload(client_, std::move(path), std::move(options));
  }
  Task<void> remove_object(std::string path, std::string version, std::string_view operation) override;
  Task<bool> keeps_folder(std::string path, std::string_view operation) override {
    return folders_.has(std::move(path), operation);
  }
  bool goes_alone(const std::string& path) const override {
    return client_->unclear().has(path);  // a batch has no conditions that hold for what was seen before it
  }
  Task<std::vector<RemoveFailure>> remove_some(std::vector<std::string> paths) override;
  Task<std::vector<VersionFailure>> remove_some_versions(std::string path, std::vector<std::string> ids) override {
    return delete_versions(client_, std::move(path), std::move(ids));
  }
  Task<Entry> copy_object(const FlatStore& source, std::string from, std::string to, PutOptions options) override {
    return copy_between(static_cast<const Gcs&>(source).client_, client_, std::move(from), std::move(to),
                        std::move(options));
  }
  bool same_account(const FlatStore& other) const noexcept override {
    return gcs::same_account(config(), static_cast<const Gcs&>(other).config());
  }
  Task<void> replace_metadata(std::string path, Metadata metadata) override {
    return gcs::replace_metadata(client_, std::move(path), std::move(metadata));
  }
  Task<std::vector<Version>> history(std::string path) override { return list_of_versions(client_, std::move(path)); }
  Task<std::string> link(std::string path, UrlOptions options) override;
  std::string_view fault_of(std::string_view path) const noexcept override;

  std::shared_ptr<Client> client_;
  Folders folders_;
};

// --- stat, read, list ---

Task<std::optional<Entry>> Gcs::find(std::string path, ReadOptions which, std::string_view operation) {
  Task<std::optional<Object>> looking = look_up(client_, std::move(path), std::move(which), operation);
  std::optional<Object> found = co_await looking;
  if (!found) co_return std::nullopt;
  co_return std::move(found->entry);
}

Task<std::optional<ObjectPage>> Gcs::page(FlatQuery query, RequestContext context) {
  Task<Client::Document> asking = client_->document(client_->requests().list(query), context);
  const Client::Document answer = co_await asking;
  if (!answer.head.ok()) co_return std::nullopt;
  co_return parse_object_page(answer.body.view(), prefix(), query.names_only);
}

Task<std::unique_ptr<HttpResponse>> Gcs::open(const std::string& path, const ReadOptions& options) {
  require_generation(options.version, "read", path);
  if (!options.if_match.empty() && !is_generation(options.if_match)) {
    throw Error(ErrorCode::precondition_failed, "read", path,
                "the etag is not a generation number, so no object can match it");
  }
  HttpRequest request = client_->requests().read(key_of(path), options);
  // The retry layer's readers ask for the rest of that generation again; not every answer has an ETag.
  request.may_give_way = [](const HttpHead& head) noexcept { return head.has("x-goog-generation"); };
  return client_->send(std::move(request), {"read", path});
}

void Gcs::check_opened(const HttpHead& head, const ReadOptions& options, const std::string& path) const {
  const std::string_view stored = head.find("x-goog-stored-content-encoding");
  const std::string_view sent = head.find("content-encoding");
  if (!stored.empty() && (stored == "gzip") != (sent == "gzip")) {
    throw Error(ErrorCode::protocol, "read", path,
                stored == "gzip" ? "the server decompressed what was asked for as it is stored"
                                 : "the server compressed what was asked for as it is stored");
  }
  require_same(options.if_match, head.find("x-goog-generation"), "read", path);
}

// --- put ---

Task<Entry> Gcs::put_object(std::string path, Body body, PutOptions options) {
  if (body.is_file()) {  // it goes between other parts of one request
    Task<Bytes> reading = bytes_of(std::move(body));
    body = Body(co_await reading);
  }
  Task<Checksum> summing = genro::storage::checksum_of(body, ChecksumAlgorithm::crc32c);
  const Checksum checksum = co_await summing;
  HttpRequest request = client_->requests().put(key_of(path), body, options, checksum, client_->wall_ns());
  Task<Client::Document> sending = client_->document(std::move(request), {"write", path});
  const Client::Document answer = co_await sending;
  Object stored = parse_object(answer.body.view());
  require_checksum(checksum, stored.checksum, "write", path);
  stored.entry.path = std::move(path);
  co_return std::move(stored.entry);
}

Task<void> Gcs::make_dir(std::string path) {
  if (!caps().make_dir) throw unsupported("mkdir without 'hierarchical': true", path);
  if (path.empty()) throw Error(ErrorCode::already_exists, "mkdir", path, "the root is always there");
  Task<std::optional<Object>> looking = look_up(client_, path, {}, "mkdir");
  const std::optional<Object> file = co_await looking;
  if (file) throw Error(ErrorCode::already_exists, "mkdir", path, "a file is in the way");
  Task<void> making = folders_.make(std::move(path));
  co_await making;
}

// --- remove ---

Task<void> Gcs::remove_object(std::string path, std::string version, std::string_view operation) {
  const bool current = version.empty();
  Task<bool> deleting = delete_object(client_, path, std::move(version), operation);
  const bool there = co_await deleting;
  if (there || !current) co_return;
  Task<void> removing = folders_.remove(std::move(path), operation);
  co_await removing;
}

Task<std::vector<RemoveFailure>> Gcs::remove_some(std::vector<std::string> paths) {
  std::vector<std::string> absent;
  Task<std::vector<RemoveFailure>> deleting = delete_objects(client_, std::move(paths), &absent);
  std::vector<RemoveFailure> failures = co_await deleting;
  if (absent.empty()) co_return failures;
  Task<bool> asking = folders_.are_kept("", "delete");
  const bool folders = co_await asking;
  if (folders) {  // of which no batch can have some
    Task<std::vector<RemoveFailure>> removing = FlatStore::remove_some(std::move(absent));
    std::vector<RemoveFailure> more = co_await removing;
    std::move(more.begin(), more.end(), std::back_inserter(failures));
  }
  co_return failures;
}

// --- addresses ---

Task<std::string> Gcs::link(std::string path, UrlOptions options) {
  goog4::Link link;
  link.method = options.method;
  link.scheme = config().server.scheme;
  link.host = HttpEndpoint::from(config().server).host_header();
  link.path = config().server.path;
  link.bucket = config().bucket;
  link.name = key_of(path);
  link.parameters = std::move(options.parameters);
  link.begin_seconds = client_->wall_ns() / 1'000'000'000;
  link.expires_in = std::llround(options.expires_in);
  if (!options.version.empty()) link.parameters["generation"] = options.version;
  if (!config().user_project.empty()) link.parameters["userProject"] = config().user_project;
  Task<std::string> signing = client_->signed_link(std::move(link), std::move(path));
  co_return co_await signing;
}

std::string Gcs::identity() const {
  const Config& it = config();
  std::string what = it.server.safe_text() + '\n' + it.bucket + '\n' + it.prefix + '\n' + it.login.text + '\n' +
                     it.user_project + '\n' + std::to_string(static_cast<int>(it.login.kind));
  what += it.anonymous ? "\nanonymous" : "\n";
  what += it.version_aware ? "\nversions" : "\n";
  return "gcs:" + hex_encode(Sha256::of(what));  // hashed: it may hold a secret
}

std::string_view Gcs::fault_of(std::string_view path) const noexcept {
  if (prefix().size() + path.size() > kLongestName) return "names of objects can have no more than 1024 bytes";
  return name_fault(path);
}

}  // namespace
}  // namespace gcs

std::shared_ptr<Backend> make_gcs(std::shared_ptr<gcs::Client> client) {
  return std::make_shared<gcs::Gcs>(std::move(client));
}

}  // namespace genro::storage
