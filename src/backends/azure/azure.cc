// Quirks of the protocol, and what is done about them here:
// 1. A failed HEAD has no body; its reason stands in x-ms-error-code.
// 2. The service gives checksums of ranges up to 4 MiB, and only where they are asked for.
// 3. A range that begins at the end of a blob is an error to the service (416), but an empty content to us.
// 4. Folders of hierarchical namespaces, and of Hadoop, are empty blobs with a mark in their metadata.
// 5. A put with If-None-Match: * fails with 409 BlobAlreadyExists, with 412 when it is a list of blocks.
#include "backends/azure/azure.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include "backend/http/body_reader.h"
#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backend/http/every_page.h"
#include "backends/azure/append.h"
#include "backends/azure/blob.h"
#include "backends/azure/copy.h"
#include "backends/azure/error.h"
#include "backends/azure/links.h"
#include "backends/azure/pages.h"
#include "backends/azure/remove.h"
#include "backends/azure/tags.h"
#include "backends/azure/upload.h"
#include "backends/azure/versions.h"
#include "codec/digest.h"
#include "codec/hex.h"

namespace genro::storage {
namespace azure {
namespace {

constexpr std::uint32_t kMostInPage = 5000;
constexpr std::uint64_t kLargestSummedRange = std::uint64_t{4} << 20;

Caps caps_of(const Config& config) {
  Caps caps;
  caps.read = caps.write = caps.remove = caps.list = caps.seek = caps.atomic = true;
  caps.conditional_put = caps.copy = caps.append = caps.metadata = true;
  caps.remove_tree = caps.remote = caps.transient_failures = caps.coarse_times = true;
  caps.upload = !config.store_md5;  // the service computes an MD5 of what is put in one piece
  caps.versions = config.version_aware;
  caps.presigned_urls = caps.public_urls = caps.md5 = true;
  return caps;
}

struct TreeRemoval {
  std::string path;
  std::vector<std::string> marks;  // of folders, as listed
  std::optional<Error> unnamable;  // the first
};

class Azure final : public LeafBackend, private ServerCopy, private KeyRule {
 public:
  explicit Azure(std::shared_ptr<Client> client) : client_(std::move(client)), caps_(caps_of(client_->config())) {}

  const Caps& caps() const noexcept override { return caps_; }
  const Limits& limits() const noexcept override { return kLimits; }
  std::string_view protocol() const noexcept override { return "azure"; }

  Task<std::optional<Entry>> stat(std::string path) override;
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override;
  Task<Entry> put(std::string path, Body body, PutOptions options) override;
  Task<Page> list(std::string path, ListOptions options) override;
  Task<void> remove(std::string path) override;
  Task<std::vector<RemoveFailure>> remove_many(std::vector<std::string> paths) override;
  Task<void> remove_tree(std::string path) override;
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) override;
  Task<Entry> copy(std::string from, std::string to, PutOptions options) override;
  Task<void> append(std::string path, Body body) override;
  Task<std::vector<Version>> versions(std::string path) override;
  Task<void> remove_version(std::string path, std::string version_id) override;
  Task<void> set_metadata(std::string path, Metadata metadata) override;
  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override;
  std::string identity() const override;
  ServerCopy* server_copy() noexcept override { return this; }
  const KeyRule* key_rule() const noexcept override { return this; }

 private:
  bool reaches(const Backend& source) const noexcept override;
  Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) override;
  std::string_view fault_of(std::string_view path) const noexcept override { return name_fault(path); }
  Task<bool> is_folder(std::string path);
  Task<std::unique_ptr<Reader>> read_nothing(std::string path, ReadOptions options);
  Task<void> absent_folder(std::string path);
  Task<PageEnd> remove_page(TreeRemoval* removal, std::string marker);
  HttpRequest list_request(const std::string& path, const ListOptions& options) const;

  std::shared_ptr<Client> client_;
  Caps caps_;
  std::atomic<bool> refuses_batches_{false};
};

void require_file(const std::string& path, std::string_view operation) {
  if (path.empty())
    throw Error(ErrorCode::is_directory, std::string(operation), path, "the root of a container is a folder");
}

// Accounts with a hierarchical namespace, and signatures that allow no more than deleting, refuse batches as a whole.
bool may_mean_no_batches(const Error& error) noexcept {
  return error.code() == ErrorCode::unsupported || error.code() == ErrorCode::invalid_argument ||
         error.code() == ErrorCode::permission_denied || error.code() == ErrorCode::already_exists;
}

// --- stat, read ---

Task<bool> Azure::is_folder(std::string path) {
  ListOptions one;
  one.limit = 1;
  one.recursive = true;
  Task<Client::Document> asking = client_->document(list_request(path, one), {"stat", path, true});
  const Client::Document answer = co_await asking;
  if (!answer.head.ok()) co_return false;  // no such container
  co_return path.empty() || parse_blob_page(answer.body.view(), client_->config().prefix).found;
}

Task<std::optional<Entry>> Azure::stat(std::string path) {
  if (!path.empty()) {
    Task<std::optional<Found>> asking = find_blob(client_, path, {}, "stat");
    std::optional<Found> found = co_await asking;
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

Task<std::unique_ptr<Reader>> Azure::read_nothing(std::string path, ReadOptions options) {
  const ByteRange range = options.range;
  Task<Found> asking = existing_blob(client_, std::move(path), std::move(options), "read");
  Found found = co_await asking;
  co_return HttpBodyReader::of_nothing(std::move(found.entry), range);
}

Task<std::unique_ptr<Reader>> Azure::read(std::string path, ReadOptions options) {
  const ByteRange range = options.range;
  require_file(path, "read");
  if (range.begin > range.end)
    throw Error(ErrorCode::invalid_argument, "read", path, "a range that ends before it begins");
  if (range.begin != range.end) {
    Query query;
    add_version(options.version, query);
    HttpRequest request = client_->request("GET", client_->key_of(path), query);
    if (!options.if_match.empty()) request.add_header("if-match", quoted_etag(options.if_match));
    const bool verify = client_->config().verify_downloads;
    if (!range.whole()) {
      request.add_header("range", range_value(range));
      if (verify && range.end - range.begin <= kLargestSummedRange)
        request.add_header("x-ms-range-get-content-crc64", "true");
    }
    request.may_give_way = true;  // the retry layer's readers ask for the rest again
    Task<std::unique_ptr<HttpResponse>> sending = client_->send(std::move(request), {"read", path});
    Result<std::unique_ptr<HttpResponse>> sent = co_await sending.as_result();
    if (sent.ok() || sent.error().code() != ErrorCode::out_of_range) {
      std::unique_ptr<HttpResponse> response = std::move(sent).take();
      const HttpHead& head = response->head;
      require_etag(head, options.if_match, path);
      Checksum expected = verify && range.whole() == (head.status == 200) ? expected_of(head) : Checksum();
      auto reader = std::make_unique<HttpBodyReader>(std::move(response), path, range, &entry_of, std::move(expected));
      if (reader->size() == 0 && reader->entry().is_directory())
        throw Error(ErrorCode::is_directory, "read", path, "a folder, not a file");
      co_return reader;
    }
  }
  Task<std::unique_ptr<Reader>> reading = read_nothing(std::move(path), std::move(options));
  co_return co_await reading;
}

// --- put, list ---

Task<Entry> Azure::put(std::string path, Body body, PutOptions options) {
  require_file(path, "write");
  const std::uint64_t size = body.size();
  if (size > kLimits.single_put_max)
    throw Error(ErrorCode::unsupported, "write", path, "more than 5000 MiB go up in blocks only, without 'store_md5'");
  Task<PutOptions> asking = with_tags(client_, path, {}, std::move(options));
  options = co_await asking;
  Task<Checksum> summing = checksum_of(body, ChecksumAlgorithm::crc64nvme);
  const Checksum checksum = co_await summing;
  HttpRequest request = client_->change("PUT", client_->key_of(path));
  request.add_header("x-ms-blob-type", "BlockBlob");
  add_properties(options, request);
  add_tier(client_->config(), options, request);
  add_condition(options.when, request);
  request.add_header("x-ms-content-crc64", crc64_field(checksum));
  request.body = std::move(body);
  request.idempotent = options.when.kind == When::Kind::always;
  Task<HttpHead> putting = perform(client_, std::move(request), "write", path);
  const HttpHead head = co_await putting;
  require_checksum(checksum, crc64_of(head), "write", path);
  Entry entry = stored_entry(head, std::move(path), size);
  entry.md5 = md5_of(head.find("content-md5"));
  co_return entry;
}

HttpRequest Azure::list_request(const std::string& path, const ListOptions& options) const {
  Query query{{"restype", "container"}, {"comp", "list"}};
  // Only metadata tells the mark of a folder from a file, which names do not need.
  if (!options.names_only || options.recursive) query.emplace_back("include", "metadata");
  const std::string prefix = path.empty() ? client_->config().prefix : client_->key_of(path) + "/";
  if (!prefix.empty()) query.emplace_back("prefix", prefix);
  if (!options.recursive) query.emplace_back("delimiter", "/");
  if (!options.token.empty()) query.emplace_back("marker", options.token);
  if (options.limit != 0) query.emplace_back("maxresults", std::to_string(std::min(options.limit, kMostInPage)));
  return client_->request("GET", "", query);
}

// Says why a listing found nothing.
Task<void> Azure::absent_folder(std::string path) {
  Task<std::optional<Found>> asking = find_blob(client_, path, {}, "list");
  const std::optional<Found> found = co_await asking;
  if (!found) throw Error(ErrorCode::not_found, "list", path, "no such folder");
  if (!found->entry.is_directory()) throw Error(ErrorCode::not_directory, "list", path, "a file, not a folder");
}

Task<Page> Azure::list(std::string path, ListOptions options) {
  Task<Client::Document> asking = client_->document(list_request(path, options), {"list", path});
  const Client::Document answer = co_await asking;
  ObjectPage page = parse_blob_page(answer.body.view(), client_->config().prefix);
  const bool nothing = !page.found && options.token.empty() && page.page.next_token.empty();
  if (nothing && !path.empty()) {
    Task<void> explaining = absent_folder(std::move(path));
    co_await explaining;
  }
  co_return std::move(page.page);
}

// --- remove, upload, copy, append ---

Task<void> Azure::remove(std::string path) {
  if (path.empty()) co_return;
  Task<void> deleting = delete_blob(client_, std::move(path), {});
  co_await deleting;
}

Task<std::vector<RemoveFailure>> Azure::remove_many(std::vector<std::string> paths) {
  std::erase(paths, "");  // as remove(): the root stays
  std::vector<RemoveFailure> failures;
  std::erase_if(paths, [&failures](const std::string& path) {
    const std::string_view fault = name_fault(path);
    if (!fault.empty()) failures.push_back({path, Error(ErrorCode::invalid_path, "delete", path, std::string(fault))});
    return !fault.empty();
  });
  for (auto first = paths.begin(); first != paths.end();) {
    const auto count = std::min<std::ptrdiff_t>(kMostInBatch, paths.end() - first);
    std::vector<std::string> batch(first, first + count);
    first += count;
    Result<std::vector<RemoveFailure>> removed = std::vector<RemoveFailure>();
    const bool together = count > 1 && !refuses_batches_.load(std::memory_order_relaxed);
    if (together) {
      Task<std::vector<RemoveFailure>> removing = delete_batch(client_, batch);
      removed = co_await removing.as_result();
    }
    if (!together || (!removed.ok() && may_mean_no_batches(removed.error()))) {
      if (together) refuses_batches_.store(true, std::memory_order_relaxed);
      Task<std::vector<RemoveFailure>> removing = LeafBackend::remove_many(std::move(batch));
      removed = co_await removing.as_result();
    }
    std::vector<RemoveFailure> left = std::move(removed).take();
    std::move(left.begin(), left.end(), std::back_inserter(failures));
  }
  co_return failures;
}

// A file goes alone: what lies below its name is a folder of its own, which nobody named. Else page by page: what was deleted
// does not move where the next one begins. The marks of folders go last, the deepest first: in a hierarchical namespace a
// folder must be empty. What cannot be named in a request stays, and is told when all else is gone.
Task<void> Azure::remove_tree(std::string path) {
  if (!path.empty()) {
    Task<std::optional<Found>> asking = find_blob(client_, path, {}, "delete");
    const std::optional<Found> found = co_await asking;
    if (found && !found->entry.is_directory()) {
      Task<void> removing = delete_blob(client_, std::move(path), {});
      co_await removing;
      co_return;
    }
  }
  TreeRemoval removal{path, {}, {}};
  const auto ask = [&](std::string marker) { return remove_page(&removal, std::move(marker)); };
  Task<void> removing = every_page("delete", path, ask);
  co_await removing;
  if (removal.unnamable) throw *removal.unnamable;
  std::vector<std::string>& marks = removal.marks;
  if (!path.empty()) marks.insert(marks.begin(), std::move(path));
  for (; !marks.empty(); marks.pop_back()) {
    Task<void> deleting = delete_blob(client_, marks.back(), {});
    co_await deleting;
  }
}

Task<PageEnd> Azure::remove_page(TreeRemoval* removal, std::string marker) {
  ListOptions options;
  options.recursive = true;
  options.token = std::move(marker);
  Task<Client::Document> asking =
      client_->document(list_request(removal->path, options), {"delete", removal->path, true});
  const Client::Document answer = co_await asking;
  if (!answer.head.ok()) co_return PageEnd{};  // no such container
  Page page = std::move(parse_blob_page(answer.body.view(), client_->config().prefix).page);
  const bool empty = page.entries.empty();
  std::vector<std::string> files;
  for (Entry& entry : page.entries) (entry.is_directory() ? removal->marks : files).push_back(std::move(entry.path));
  Task<std::vector<RemoveFailure>> removing = remove_many(std::move(files));
  const std::vector<RemoveFailure> failures = co_await removing;
  for (const RemoveFailure& failure : failures) {
    if (failure.error.code() != ErrorCode::invalid_path) throw failure.error;
    if (!removal->unnamable) removal->unnamable = failure.error;
  }
  co_return PageEnd{std::move(page.next_token), empty};
}

Task<std::unique_ptr<Upload>> Azure::upload(std::string path, PutOptions options) {
  require_file(path, "write");
  if (!caps_.upload) throw unsupported("upload in parts with 'store_md5'", path);
  co_return make_upload(client_, std::move(path), std::move(options));
}

Task<Entry> Azure::copy(std::string from, std::string to, PutOptions options) {
  require_file(to, "copy");
  Task<Entry> copying = copy_blob(client_, client_, std::move(from), std::move(to), std::move(options));
  co_return co_await copying;
}

bool Azure::reaches(const Backend& source) const noexcept {
  const auto* other = dynamic_cast<const Azure*>(&source);
  if (!other) return false;
  const Config& a = client_->config();
  const Config& b = other->client_->config();
  const bool same_key = a.key && b.key ? a.key->sign("") == b.key->sign("") : !a.key && !b.key;
  return a.endpoint == b.endpoint && a.account == b.account && same_key && a.sas == b.sas && a.identity == b.identity;
}

Task<Entry> Azure::copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) {
  require_file(to, "copy");
  Task<Entry> copying = copy_blob(dynamic_cast<const Azure&>(*source).client_, client_, std::move(from), std::move(to),
                                  std::move(options));
  co_return co_await copying;
}

Task<void> Azure::append(std::string path, Body body) {
  require_file(path, "append");
  Task<void> appending = append_to_blob(client_, std::move(path), std::move(body));
  co_await appending;
}

// --- versions, metadata, addresses ---

Task<std::vector<Version>> Azure::versions(std::string path) {
  if (!caps_.versions) throw unsupported("versioning", path);
  Task<std::vector<Version>> listing = list_versions(client_, std::move(path));
  co_return co_await listing;
}

Task<void> Azure::remove_version(std::string path, std::string version_id) {
  if (!caps_.versions) throw unsupported("version deletion", path);
  if (version_id.empty()) throw Error(ErrorCode::invalid_argument, "delete version", path, "no version id");
  Task<void> deleting = delete_blob(client_, std::move(path), std::move(version_id));
  co_await deleting;
}

Task<void> Azure::set_metadata(std::string path, Metadata metadata) {
  HttpRequest request = client_->change("PUT", client_->key_of(path), {{"comp", "metadata"}});
  add_metadata_of(metadata, request);
  request.idempotent = true;
  Task<HttpHead> setting = perform(client_, std::move(request), "set metadata", std::move(path));
  co_await setting;
}

Task<std::optional<std::string>> Azure::url(std::string path, UrlOptions options) {
  if (path.empty()) co_return std::nullopt;
  Task<std::string> signing = signed_url(client_, std::move(path), std::move(options));
  co_return co_await signing;
}

std::string Azure::identity() const {
  const Config& config = client_->config();
  std::string what = config.endpoint + '\n' + config.account + '\n' + config.container + '\n' + config.prefix + '\n' +
                     config.sas + '\n' + config.lease_id + '\n' + (config.key ? config.key->sign("") : "") + '\n' +
                     config.identity.tenant_id + '\n' + config.identity.client_id + '\n' +
                     config.identity.client_secret + '\n' + config.identity.certificate;
  what += config.version_aware ? "\nversions" : "\n";
  return "azure:" + hex_encode(Sha256::of(what));  // hashed: it holds a secret
}

}  // namespace
}  // namespace azure

std::shared_ptr<Backend> make_azure(std::shared_ptr<azure::Client> client) {
  return std::make_shared<azure::Azure>(std::move(client));
}

}  // namespace genro::storage
