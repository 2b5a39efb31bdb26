// Quirks of the protocol, and what is done about them here:
// 1. A failed HEAD has no body; its reason stands in x-ms-error-code.
// 2. The service gives checksums of ranges up to 4 MiB, and only where they are asked for.
// 3. Folders of hierarchical namespaces, and of Hadoop, are empty blobs with a mark in their metadata.
// 4. A put with If-None-Match: * fails with 409 BlobAlreadyExists, with 412 when it is a list of blocks.
#include "backends/azure/azure.h"

#include <atomic>
#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backend/http/every_page.h"
#include "backend/http/flat_store.h"
#include "backends/azure/append.h"
#include "backends/azure/blob.h"
#include "backends/azure/copy.h"
#include "backends/azure/error.h"
#include "backends/azure/links.h"
#include "backends/azure/pages.h"
#include "backends/azure/remove.h"
#include "backends/azure/upload.h"
#include "backends/azure/versions.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "loop/give_way.h"

namespace genro::storage {
namespace azure {
namespace {

constexpr std::uint32_t kPageMax = 5000;

/// A link by a user's key lives for a week at most.
FlatFacts facts_of(const Client& client) {
  return {.root = "container", .page_max = kPageMax, .link_days = client.has_tokens() ? 7 : 365};
}

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

class Azure final : public FlatStore {
 public:
  explicit Azure(std::shared_ptr<Client> client)
      : FlatStore(facts_of(*client), caps_of(client->config()), client->config().prefix), client_(std::move(client)) {}

  const Limits& limits() const noexcept override { return kLimits; }
  std::string_view protocol() const noexcept override { return "azure"; }
  std::string identity() const override;
  Task<void> remove_tree(std::string path) override;
  Task<void> append(std::string path, Body body) override;

 private:
  const Config& config() const noexcept { return client_->config(); }

  Task<std::optional<Entry>> find(std::string path, ReadOptions which, std::string_view operation) override;
  Task<std::optional<ObjectPage>> page(FlatQuery query, RequestContext context) override;
  Task<std::unique_ptr<HttpResponse>> open(const std::string& path, const ReadOptions& options) override;
  void check_opened(const HttpHead& head, const ReadOptions& options, const std::string& path) const override;
  HttpBodyReader::EntryOf entry_maker() const noexcept override { return &entry_of; }
  Checksum expected_of(const HttpHead& head, const ByteRange& range) const override {
    return config().verify_downloads && range.whole() == (head.status == 200) ? azure::expected_of(head) : Checksum();
  }
  Task<Entry> put_object(std::string path, Body body, PutOptions options) override {
    return put_blob(client_, std::move(path), std::move(body), std::move(options));
  }
  Task<std::unique_ptr<Upload>> begin_upload(std::string path, PutOptions options) override;
  Task<void> remove_object(std::string path, std::string version, std::string_view operation) override {
    return delete_blob(client_, std::move(path), std::move(version), operation);
  }
  bool goes_alone(const std::string& path) const override {
    return !client_->fault_of(path).empty();  // to be refused by itself
  }
  Task<std::vector<RemoveFailure>> remove_some(std::vector<std::string> paths) override;
  Task<Entry> copy_object(const FlatStore& source, std::string from, std::string to, PutOptions options) override {
    return copy_blob(static_cast<const Azure&>(source).client_, client_, std::move(from), std::move(to),
                     std::move(options));
  }
  bool same_account(const FlatStore& other) const noexcept override {
    const Config& theirs = static_cast<const Azure&>(other).config();
    return config().endpoint == theirs.endpoint && config().login.text() == theirs.login.text();
  }
  Task<void> replace_metadata(std::string path, Metadata metadata) override;
  Task<std::vector<Version>> history(std::string path) override { return list_versions(client_, std::move(path)); }
  Task<std::string> link(std::string path, UrlOptions options) override {
    return signed_url(client_, std::move(path), std::move(options));
  }
  std::string_view fault_of(std::string_view path) const noexcept override { return client_->fault_of(path); }
  Task<PageEnd> remove_page(TreeRemoval* removal, std::string marker);

  std::shared_ptr<Client> client_;
  std::atomic<bool> refuses_batches_{false};
};

// Accounts with a hierarchical namespace, and signatures that allow no more than deleting, refuse batches as a whole.
bool may_mean_no_batches(const Error& error) noexcept {
  return error.code() == ErrorCode::unsupported || error.code() == ErrorCode::invalid_argument ||
         error.code() == ErrorCode::permission_denied || error.code() == ErrorCode::already_exists;
}

// --- stat, list, read ---

Task<std::optional<Entry>> Azure::find(std::string path, ReadOptions which, std::string_view operation) {
  Task<std::optional<Found>> asking = find_blob(client_, std::move(path), std::move(which), operation);
  std::optional<Found> found = co_await asking;
  if (!found) co_return std::nullopt;
  co_return std::move(found->entry);
}

Task<std::optional<ObjectPage>> Azure::page(FlatQuery query, RequestContext context) {
  Query fields{{"restype", "container"}, {"comp", "list"}};
  // Only metadata tells the mark of a folder from a file, which names do not need.
  if (!query.names_only || query.recursive) fields.emplace_back("include", "metadata");
  if (!query.prefix.empty()) fields.emplace_back("prefix", std::move(query.prefix));
  if (!query.recursive) fields.emplace_back("delimiter", "/");
  if (!query.token.empty()) fields.emplace_back("marker", std::move(query.token));
  fields.emplace_back("maxresults", std::to_string(query.limit));
  Task<Client::Document> asking = client_->document(client_->request("GET", "", fields), context);
  const Client::Document answer = co_await asking;
  if (!answer.head.ok()) co_return std::nullopt;
  const std::string_view text = answer.body.view();
  Task<ObjectPage> parsing = on_helper(text.size(), [this, text] { return parse_blob_page(text, prefix()); });
  co_return co_await parsing;
}

Task<std::unique_ptr<HttpResponse>> Azure::open(const std::string& path, const ReadOptions& options) {
  Query query;
  add_version(options.version, query);
  HttpRequest request = client_->request("GET", key_of(path), query);
  if (!options.if_match.empty()) request.add_header("if-match", quoted_etag(options.if_match));
  const ByteRange range = options.range;
  if (!range.whole()) {
    request.add_header("range", range_value(range));
    if (config().verify_downloads && range.end - range.begin <= kLargestSummedRange)
      request.add_header("x-ms-range-get-content-crc64", "true");
  }
  request.may_give_way = &has_strong_etag;  // the retry layer's readers ask for the rest again
  return client_->send(std::move(request), {"read", path});
}

void Azure::check_opened(const HttpHead& head, const ReadOptions& options, const std::string& path) const {
  require_etag(head, options.if_match, path);
  if (head.content_length == 0 && is_folder_mark(head))
    throw Error(ErrorCode::is_directory, "read", path, "a directory, not a file");
}

// --- remove ---

Task<std::vector<RemoveFailure>> Azure::remove_some(std::vector<std::string> paths) {
  if (paths.size() > 1 && !refuses_batches_.load(std::memory_order_relaxed)) {
    Task<std::vector<RemoveFailure>> together = delete_batch(client_, paths);
    Result<std::vector<RemoveFailure>> removed = co_await together.as_result();
    if (removed.ok() || !may_mean_no_batches(removed.error())) co_return std::move(removed).take();
    refuses_batches_.store(true, std::memory_order_relaxed);
  }
  Task<std::vector<RemoveFailure>> removing = FlatStore::remove_some(std::move(paths));
  co_return co_await removing;
}

// A file goes alone: what lies below its name is a folder of its own, which nobody named. Else page by page: what was deleted
// does not move where the next one begins. The marks of folders go last, the deepest first: in a hierarchical namespace a
// folder must be empty. What cannot be named in a request stays, and is told when all else is gone.
Task<void> Azure::remove_tree(std::string path) {
  if (!path.empty()) {
    Task<std::optional<Entry>> asking = find(path, {}, "delete");
    const std::optional<Entry> found = co_await asking;
    if (found && !found->is_directory()) {
      Task<void> removing = remove(std::move(path));
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
  marks.insert(marks.begin(), std::move(path));
  for (; !marks.empty(); marks.pop_back()) {
    Task<void> deleting = remove(marks.back());
    co_await deleting;
  }
}

Task<PageEnd> Azure::remove_page(TreeRemoval* removal, std::string marker) {
  Task<std::optional<ObjectPage>> asking =
      page({folder_key(removal->path), true, true, kPageMax, std::move(marker)}, {"delete", removal->path, true});
  std::optional<ObjectPage> found = co_await asking;
  if (!found) co_return PageEnd{};  // no such container
  std::vector<std::string> files;
  for (Entry& entry : found->page.entries)
    (entry.is_directory() ? removal->marks : files).push_back(std::move(entry.path));
  Task<std::vector<RemoveFailure>> removing = remove_many(std::move(files));
  const std::vector<RemoveFailure> failures = co_await removing;
  for (const RemoveFailure& failure : failures) {
    if (failure.error.code() != ErrorCode::invalid_path) throw failure.error;
    if (!removal->unnamable)
      removal->unnamable = Error(ErrorCode::invalid_path, "delete", failure.path,
                                 "'" + failure.path + "' stays: " + failure.error.message());
  }
  co_return PageEnd{std::move(found->page.next_token), !found->found};
}

// --- write ---

Task<std::unique_ptr<Upload>> Azure::begin_upload(std::string path, PutOptions options) {
  if (!caps().upload) throw unsupported("upload in parts with 'store_md5'", path);
  co_return make_upload(client_, std::move(path), std::move(options));
}

Task<void> Azure::append(std::string path, Body body) {
  if (path.empty()) throw root_is_folder("append", path);
  Task<void> appending = append_to_blob(client_, std::move(path), std::move(body));
  co_await appending;
}

Task<void> Azure::replace_metadata(std::string path, Metadata metadata) {
  HttpRequest request = client_->change("PUT", key_of(path), {{"comp", "metadata"}});
  add_metadata_of(metadata, request);
  request.idempotent = true;
  Task<HttpHead> setting = perform(client_, std::move(request), "set metadata", std::move(path));
  co_await setting;
}

std::string Azure::identity() const {
  const Config& it = config();
  std::string what = it.endpoint + '\n' + it.container + '\n' + it.prefix + '\n' + it.lease_id + '\n' + it.login.text();
  what += it.version_aware ? "\nversions" : "\n";
  return "azure:" + hex_encode(Sha256::of(what));  // hashed: it holds a secret
}

}  // namespace
}  // namespace azure

std::shared_ptr<Backend> make_azure(std::shared_ptr<azure::Client> client) {
  return std::make_shared<azure::Azure>(std::move(client));
}

}  // namespace genro::storage
