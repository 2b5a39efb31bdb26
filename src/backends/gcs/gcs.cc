// Quirks of the protocol, and what is done about them here:
// 1. An object's number of content, its generation, is what conditions go by: it is the etag of our entries.
// 2. What is stored compressed is decompressed on the way, and ranges are ignored, unless the request says that it takes gzip.
// 3. A range that begins at the end of an object is an error to the server (416), but an empty content to us.
// 4. A download does not say the user's metadata: an entry of a reader has none.
// 5. A put whose answer got lost may be repeated only under the condition that nothing else was stored meanwhile.
#include "backends/gcs/gcs.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "backend/body_bytes.h"
#include "backend/http/body_reader.h"
#include "backends/gcs/answers.h"
#include "backends/gcs/copy.h"
#include "backends/gcs/signed_url.h"
#include "backends/gcs/upload.h"
#include "backends/gcs/versions.h"
#include "codec/digest.h"
#include "codec/hex.h"

namespace genro::storage {
namespace gcs {
namespace {

constexpr std::uint32_t kNamesAtOnce = 1000;
constexpr double kLongestLink = 604800;  // seconds: seven days

Caps caps_of(const Config& config) {
  Caps caps;
  caps.read = caps.write = caps.remove = caps.list = caps.seek = caps.atomic = true;
  caps.conditional_put = caps.upload = caps.copy = caps.metadata = true;
  caps.remote = caps.transient_failures = caps.guarded_repeats = caps.coarse_times = true;
  caps.versions = config.version_aware;
  caps.presigned_urls = caps.public_urls = caps.md5 = true;
  return caps;
}

bool is_generation(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A version that no object can have: servers would call it an invalid argument.
void require_generation(const std::string& version, std::string_view operation, const std::string& path) {
  if (version.empty() || is_generation(version)) return;
  throw Error(ErrorCode::not_found, std::string(operation), path, "no such version: " + version);
}

/// Throws unless the answer has the bytes as they are stored.
void require_stored_form(const HttpHead& head, const std::string& path) {
  const std::string_view stored = head.find("x-goog-stored-content-encoding");
  const std::string_view sent = head.find("content-encoding");
  if (stored.empty() || (stored == "gzip") == (sent == "gzip")) return;
  throw Error(ErrorCode::protocol, "read", path,
              stored == "gzip" ? "the server decompressed what was asked for as it is stored"
                               : "the server compressed what was asked for as it is stored");
}

class Gcs final : public LeafBackend, private ServerCopy, private KeyRule {
 public:
  explicit Gcs(std::shared_ptr<Client> client) : client_(std::move(client)), caps_(caps_of(client_->config())) {}

  const Caps& caps() const noexcept override { return caps_; }
  const Limits& limits() const noexcept override { return kLimits; }
  std::string_view protocol() const noexcept override { return "gcs"; }

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

 private:
  bool reaches(const Backend& source) const noexcept override;
  Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) override;
  std::string_view fault_of(std::string_view path) const noexcept override;
  const Config& config() const noexcept { return client_->config(); }
  std::string name_of(const std::string& path) const { return config().prefix + path; }
  std::string folder_name(const std::string& path) const {
    return path.empty() ? config().prefix : name_of(path) + "/";
  }

  Task<bool> is_folder(std::string path);
  Task<std::unique_ptr<Reader>> read_nothing(std::string path, ReadOptions options);
  Task<void> absent_folder(std::string path);
  Task<void> delete_object(std::string path, std::string version, std::string_view operation);

  std::shared_ptr<Client> client_;
  Caps caps_;
};

// --- stat, read ---

Task<bool> Gcs::is_folder(std::string path) {
  Requests::ListQuery query;
  query.prefix = folder_name(path);
  query.limit = 1;
  query.names_only = true;
  RequestContext context{"stat", path};
  context.absent_is_answer = true;  // no such bucket
  Task<Client::Document> asking = client_->document(client_->requests().list(query), context);
  const Client::Document answer = co_await asking;
  if (!answer.head.ok()) co_return false;
  co_return path.empty() || parse_object_page(answer.body.view(), config().prefix).found;
}

Task<std::optional<Entry>> Gcs::stat(std::string path) {
  if (!path.empty()) {
    Task<std::optional<Object>> looking = look_up(client_, path, {}, "stat");
    std::optional<Object> found = co_await looking;
    if (found) co_return std::move(found->entry);
  }
  Task<bool> asking = is_folder(path);
  const bool folder = co_await asking;
  if (!folder) co_return std::nullopt;
  Entry entry;
  entry.path = std::move(path);
  entry.kind = EntryKind::directory;
  co_return entry;
}

/// An empty range of an object, which cannot be asked for.
Task<std::unique_ptr<Reader>> Gcs::read_nothing(std::string path, ReadOptions options) {
  Task<std::optional<Object>> looking = look_up(client_, path, options, "read");
  std::optional<Object> found = co_await looking;
  if (!found) throw Error(ErrorCode::not_found, "read", path, "no such object");
  co_return HttpBodyReader::of_nothing(std::move(found->entry), options.range);
}

Task<std::unique_ptr<Reader>> Gcs::read(std::string path, ReadOptions options) {
  const ByteRange range = options.range;
  if (path.empty()) throw Error(ErrorCode::is_directory, "read", path, "the root of a bucket is a folder");
  if (range.begin > range.end)
    throw Error(ErrorCode::invalid_argument, "read", path, "a range that ends before it begins");
  require_generation(options.version, "read", path);
  if (!options.if_match.empty() && !is_generation(options.if_match)) {
    throw Error(ErrorCode::precondition_failed, "read", path, "no object has this etag, which is no generation");
  }
  if (range.begin != range.end) {
    HttpRequest request = client_->requests().read(name_of(path), options);
    request.may_give_way = true;  // the retry layer's readers ask for the rest again
    Task<std::unique_ptr<HttpResponse>> sending = client_->send(std::move(request), {"read", path});
    Result<std::unique_ptr<HttpResponse>> sent = co_await sending.as_result();
    if (sent.ok() || sent.error().code() != ErrorCode::out_of_range) {
      std::unique_ptr<HttpResponse> response = std::move(sent).take();
      require_stored_form(response->head, path);
      if (!options.if_match.empty() && response->head.find("x-goog-generation") != options.if_match) {
        throw Error(ErrorCode::precondition_failed, "read", path,
                    "the content is not the one that it was: it was replaced");
      }
      Checksum expected = range.whole() && config().verify_downloads ? checksum_of(response->head) : Checksum();
      co_return std::make_unique<HttpBodyReader>(std::move(response), std::move(path), range, &entry_of,
                                                 std::move(expected));
    }
  }
  Task<std::unique_ptr<Reader>> reading = read_nothing(std::move(path), std::move(options));
  co_return co_await reading;
}

// --- put, list ---

Task<Entry> Gcs::put(std::string path, Body body, PutOptions options) {
  if (path.empty()) throw Error(ErrorCode::is_directory, "write", path, "the root of a bucket is a folder");
  if (body.is_file()) {  // it goes between other parts of one request
    Task<Bytes> reading = bytes_of(std::move(body));
    body = Body(co_await reading);
  }
  Task<Checksum> summing = genro::storage::checksum_of(body, ChecksumAlgorithm::crc32c);
  const Checksum checksum = co_await summing;
  HttpRequest request = client_->requests().put(name_of(path), body, options, checksum, client_->wall_ns());
  Task<Client::Document> sending = client_->document(std::move(request), {"write", path});
  const Client::Document answer = co_await sending;
  Object stored = parse_object(answer.body.view());
  require_checksum(checksum, stored.checksum, "write", path);
  stored.entry.path = std::move(path);
  co_return std::move(stored.entry);
}

/// Says why a listing found nothing.
Task<void> Gcs::absent_folder(std::string path) {
  Task<std::optional<Object>> looking = look_up(client_, path, {}, "list");
  const std::optional<Object> found = co_await looking;
  if (found) throw Error(ErrorCode::not_directory, "list", path, "a file, not a folder");
  throw Error(ErrorCode::not_found, "list", path, "no such folder");
}

Task<Page> Gcs::list(std::string path, ListOptions options) {
  Requests::ListQuery query;
  query.prefix = folder_name(path);
  query.folders = !options.recursive;
  query.token = options.token;
  query.names_only = options.names_only;
  if (options.limit != 0) query.limit = std::min(options.limit, kNamesAtOnce);
  Task<Client::Document> asking = client_->document(client_->requests().list(query), {"list", path});
  const Client::Document answer = co_await asking;
  ObjectPage page = parse_object_page(answer.body.view(), config().prefix, options.names_only);
  const bool nothing = !page.found && options.token.empty() && page.page.next_token.empty();
  if (nothing && !path.empty()) {
    Task<void> explaining = absent_folder(std::move(path));
    co_await explaining;
  }
  co_return std::move(page.page);
}

// --- remove ---

Task<void> Gcs::delete_object(std::string path, std::string version, std::string_view operation) {
  RequestContext context{operation, path};
  context.absent_is_answer = true;
  Task<Client::Document> sending = client_->document(client_->requests().remove(name_of(path), version), context);
  const Client::Document answer = co_await sending;
  // An absent object is as good as a deleted one.
  if (answer.head.ok() || !Client::bucket_is_missing(answer.body.view())) co_return;
  throw client_->error_of_answer(answer.head, answer.body.view())
      .with_operation(std::string(operation))
      .with_where(std::move(path));
}

Task<void> Gcs::remove(std::string path) {
  if (path.empty()) co_return;
  Task<void> deleting = delete_object(std::move(path), {}, "delete");
  co_await deleting;
}

Task<std::vector<RemoveFailure>> Gcs::remove_many(std::vector<std::string> paths) {
  std::erase_if(paths, [](const std::string& path) { return path.empty(); });  // as remove(): the root stays
  std::vector<RemoveFailure> failures;
  std::span<const std::string> left(paths);
  while (!left.empty()) {
    const std::span<const std::string> some = left.first(std::min(left.size(), kLimits.remove_batch_max));
    left = left.subspan(some.size());
    std::vector<std::string> names;
    for (const std::string& path : some) names.push_back(name_of(path));
    Task<std::vector<std::optional<Error>>> deleting =
        delete_batch(client_, client_->requests().remove_many(names), names.size(), "delete");
    const std::vector<std::optional<Error>> errors = co_await deleting;
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (errors[i]) failures.push_back({some[i], errors[i]->with_operation("delete").with_where(some[i])});
    }
  }
  co_return failures;
}

// --- upload, copy ---

Task<std::unique_ptr<Upload>> Gcs::upload(std::string path, PutOptions options) {
  if (path.empty()) throw Error(ErrorCode::is_directory, "write", path, "the root of a bucket is a folder");
  Task<std::unique_ptr<Upload>> starting = start_upload(client_, std::move(path), std::move(options));
  co_return co_await starting;
}

Task<Entry> Gcs::copy(std::string from, std::string to, PutOptions options) {
  return copy_between(client_, client_, std::move(from), std::move(to), std::move(options));
}

bool Gcs::reaches(const Backend& source) const noexcept {
  const auto* other = dynamic_cast<const Gcs*>(&source);
  return other && same_account(config(), other->config());
}

Task<Entry> Gcs::copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) {
  return copy_between(dynamic_cast<const Gcs&>(*source).client_, client_, std::move(from), std::move(to),
                      std::move(options));
}

Task<void> Gcs::set_metadata(std::string path, Metadata metadata) {
  return replace_metadata(client_, std::move(path), std::move(metadata));
}

// --- versions ---

Task<std::vector<Version>> Gcs::versions(std::string path) {
  if (!caps_.versions) throw unsupported("versioning without 'version_aware': true", path);
  Task<std::vector<Version>> listing = list_of_versions(client_, std::move(path));
  co_return co_await listing;
}

Task<void> Gcs::remove_version(std::string path, std::string version_id) {
  if (!caps_.versions) throw unsupported("version deletion without 'version_aware': true", path);
  require_generation(version_id, "delete version", path);
  if (version_id.empty()) throw Error(ErrorCode::invalid_argument, "delete version", path, "no version id");
  Task<void> deleting = delete_object(std::move(path), std::move(version_id), "delete version");
  co_await deleting;
}

Task<std::vector<VersionFailure>> Gcs::remove_versions(std::string path, std::vector<std::string> version_ids) {
  if (!caps_.versions) throw unsupported("version deletion without 'version_aware': true", path);
  Task<std::vector<VersionFailure>> deleting = delete_some_versions(client_, std::move(path), std::move(version_ids));
  co_return co_await deleting;
}

// --- addresses ---

Task<std::optional<std::string>> Gcs::url(std::string path, UrlOptions options) {
  if (path.empty()) co_return std::nullopt;
  if (options.method != "GET" && options.method != "PUT") {
    throw Error(ErrorCode::invalid_argument, "url", path, "the method must be GET or PUT");
  }
  if (!(options.expires_in >= 1) || options.expires_in > kLongestLink) {
    throw Error(ErrorCode::invalid_argument, "url", path, "expires_in must be 1 second to 7 days");
  }
  Link link;
  link.method = options.method;
  link.scheme = config().server.scheme;
  link.host = HttpEndpoint::from(config().server).host_header();
  link.path = config().server.path;
  link.bucket = config().bucket;
  link.name = name_of(path);
  link.parameters = options.parameters;
  link.begin_seconds = client_->wall_ns() / 1'000'000'000;
  link.expires_in = std::llround(options.expires_in);
  if (!options.version.empty()) link.parameters["generation"] = options.version;
  if (!config().user_project.empty()) link.parameters["userProject"] = config().user_project;
  if (!config().hmac_key.empty()) {
    const UnsignedLink made = unsigned_link(link, LinkKey::hmac, config().hmac_key);
    const std::string signature = hmac_signature(config().hmac_secret, made.text, link.begin_seconds);
    co_return made.url + hex_encode(std::as_bytes(std::span(signature)));
  }
  if (!client_->credentials()) co_return plain_link(link);
  Task<std::string> signing = client_->signed_link(std::move(link));
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
  if (config().prefix.size() + path.size() > kLongestName) return "names of objects can have no more than 1024 bytes";
  return name_fault(path);
}

}  // namespace
}  // namespace gcs

std::shared_ptr<Backend> make_gcs(std::shared_ptr<gcs::Client> client) {
  return std::make_shared<gcs::Gcs>(std::move(client));
}

}  // namespace genro::storage
