// Quirks of the service, and what is done about them here:
// 1. The contents API follows links, lists a thousand entries at most and gives no file above 100 MB: only trees and blobs are
//    asked for, which are named by their content and so never mix two commits.
// 2. A tree with all below it may be cut ("truncated"): then folders are asked for one by one.
// 3. The raw form of a blob says nothing of ranges. They are asked for, and believed after a 206; any other answer is read from
//    its beginning.
// 4. Files above 100 MB come from the host of raw files alone, by commit and path.
// 5. What Git LFS keeps is not in the repository: a short text stands for it. Who wants the file must not get that unawares.
#include "backends/github/github.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "backend/bytes_reader.h"
#include "backend/http/content_range.h"
#include "backend/http/sent_parts.h"
#include "backend/reader.h"
#include "backends/github/blob.h"
#include "backends/github/config.h"
#include "backends/github/repository.h"
#include "codec/git_object.h"
#include "codec/percent.h"
#include "core/path.h"
#include "loop/give_way.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace github {
namespace {

constexpr std::uint64_t kSmall = std::uint64_t{256} << 10;  // read, and verified, before anything of it is given
constexpr std::uint64_t kLargestBlob = 100'000'000;         // of the API
constexpr std::size_t kLooksTogether = 8;

Entry entry_of_head(const HttpHead&, std::string) { return {}; }  // BlobReader has the entry

class Github final : public LeafBackend {
 public:
  Github(std::shared_ptr<Client> client, std::shared_ptr<Client> raw, Env& env)
      : client_(std::move(client)), raw_(std::move(raw)), config_(client_->config()), repository_(client_, env) {
    caps_.read = caps_.list = caps_.versions = caps_.versions_from_history = caps_.seek = caps_.public_urls = true;
    caps_.remote = caps_.transient_failures = caps_.coarse_times = true;
  }
  const Caps& caps() const noexcept override { return caps_; }
  std::string_view protocol() const noexcept override { return "github"; }

  Task<std::optional<Entry>> stat(std::string path) override;
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override;
  Task<Page> list(std::string path, ListOptions options) override;
  Task<std::vector<Version>> versions(std::string path) override;
  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override;
  Task<Entry> put(std::string path, Body, PutOptions) override {
    throw unsupported("write", path);
    co_return Entry();
  }
  Task<void> remove(std::string path) override {
    throw unsupported("delete", path);
    co_return;
  }

 private:
  std::string inside(const std::string& path) const { return path::join(config_.base, path); }
  Entry entry_of(const TreeItem& item, const Commit& commit) const;
  struct Found {
    Entry entry;
    std::string commit;  ///< The id of the one that has it.
  };
  Task<Found> readable(std::string path, ReadOptions options);
  Task<Bytes> small_blob(const Entry& entry);
  Task<std::unique_ptr<Reader>> large_blob(Found found, ByteRange range);
  Task<void> date(Commit commit, Entry* entry);
  Task<void> measure(Version* version, Commit commit, std::string path);

  const std::shared_ptr<Client> client_;
  const std::shared_ptr<Client> raw_;
  const Config& config_;
  Repository repository_;
  Caps caps_;
  SentParts parts_;
};

Entry Github::entry_of(const TreeItem& item, const Commit& commit) const {
  Entry entry;
  entry.path = std::string(path::relative_to(item.path, config_.base));
  entry.mtime_ns = commit.time_ns;
  if (item.kind == ItemKind::folder) {
    entry.kind = EntryKind::directory;
    return entry;
  }
  entry.etag = item.id;
  entry.size = item.size;
  if (item.kind == ItemKind::submodule) entry.kind = EntryKind::other;
  if (item.kind == ItemKind::file) entry.mode = item.executable ? 0755 : 0644;
  entry.is_link = item.kind == ItemKind::link;
  return entry;
}

/// With the time of the commit that changed the file, where the mount pays for that.
Task<void> Github::date(Commit commit, Entry* entry) {
  if (!config_.details || entry->is_directory()) co_return;
  Task<std::int64_t> asking = repository_.changed(std::move(commit), inside(entry->path));
  entry->mtime_ns = co_await asking;
}

// --- stat, read ---

Task<std::optional<Entry>> Github::stat(std::string path) {
  Task<Commit> looking = repository_.current();
  const Commit commit = co_await looking;
  Task<std::optional<TreeItem>> finding = repository_.find(commit, inside(path), true);
  const std::optional<TreeItem> item = co_await finding;
  if (!item) co_return std::nullopt;
  Entry entry = entry_of(*item, commit);
  Task<void> dating = date(commit, &entry);
  co_await dating;
  co_return entry;
}

/// The file that is to be read, or why it cannot be.
Task<Github::Found> Github::readable(std::string path, ReadOptions options) {
  const bool older = !options.version.empty();
  Task<Commit> looking = older ? repository_.commit(options.version) : repository_.current();
  const Commit commit = co_await looking;
  Task<std::optional<TreeItem>> finding = repository_.find(commit, inside(path), !older);
  const std::optional<TreeItem> item = co_await finding;
  if (!item) throw Error(ErrorCode::not_found, "read", path, "no such file in commit " + commit.id);
  if (item->kind == ItemKind::folder) throw Error(ErrorCode::is_directory, "read", path, "a directory, not a file");
  if (item->kind == ItemKind::submodule) {
    throw Error(ErrorCode::unsupported, "read", path,
                "a submodule, commit " + item->id + " of another repository: mount that one");
  }
  Entry entry = entry_of(*item, commit);
  if (!options.if_match.empty() && options.if_match != entry.etag)
    throw Error(ErrorCode::precondition_failed, "read", path, "the content was replaced meanwhile");
  Task<void> dating = date(commit, &entry);
  co_await dating;
  if (older) entry.version_id = std::move(options.version);
  Found found{std::move(entry), commit.id};
  co_return found;
}

Task<Bytes> Github::small_blob(const Entry& entry) {
  Task<Client::Document> asking =
      client_->document(client_->raw_request("/git/blobs/" + entry.etag), {"read", entry.path});
  const Client::Document answer = co_await asking;
  const Bytes content = answer.body;
  if (answer.head.status != 200 || content.size() != entry.size)
    throw Error(ErrorCode::protocol, "read", entry.path, "the server sends another size than the tree has");
  require_blob(entry, content.span());
  co_return content;
}

Task<std::unique_ptr<Reader>> Github::large_blob(Found found, ByteRange range) {
  Entry entry = std::move(found.entry);
  const bool by_path = entry.size > kLargestBlob;
  const std::shared_ptr<Client> client = by_path ? raw_ : client_;
  HttpRequest request =
      client->raw_request(by_path ? "/" + found.commit + "/" + percent_encode(inside(entry.path), PercentSet::path)
                                  : "/git/blobs/" + entry.etag);
  // The retry layer's readers ask for the rest again, of what its target itself names: a blob, or a path in a commit.
  request.may_give_way = [](const HttpHead&) noexcept { return true; };
  const bool whole = range.begin == 0 && range.end == entry.size;
  if (!whole) request.add_header("range", range_value(range));
  Task<std::unique_ptr<HttpResponse>> sending = client->send(std::move(request), {"read", entry.path});
  std::unique_ptr<HttpResponse> response = co_await sending;
  parts_.see(response->head);
  const ByteRange wanted = whole ? ByteRange() : range;
  auto body = std::make_unique<HttpBodyReader>(std::move(response), entry.path, wanted, &entry_of_head);
  co_return parts_.believed(std::make_unique<BlobReader>(std::move(entry), range, std::move(body)));
}

Task<std::unique_ptr<Reader>> Github::read(std::string path, ReadOptions options) {
  const ByteRange asked = options.range;
  Task<Found> looking = readable(path, std::move(options));
  Found found = co_await looking;
  const ByteRange range = clamped(asked, found.entry.size, path);
  if (range.begin == range.end) co_return std::make_unique<HttpBodyReader>(std::move(found.entry), range.begin);
  if (found.entry.size > kSmall) {
    Task<std::unique_ptr<Reader>> opening = large_blob(std::move(found), range);
    co_return co_await opening;
  }
  Entry entry = std::move(found.entry);
  Task<Bytes> reading = small_blob(entry);
  const Bytes content = co_await reading;
  const bool may_point = content.size() <= kLongestLfsPointer;
  const std::string target = may_point ? git_lfs_target(content.view()) : std::string();
  if (!target.empty() && !config_.gives_lfs_pointers) {
    throw Error(ErrorCode::unsupported, "read", path,
                "Git LFS keeps the content (" + target +
                    "), the repository only a pointer to it: clone it with git-lfs, "
                    "or read the pointer with 'lfs': 'pointer'");
  }
  co_return std::make_unique<BytesReader>(std::move(entry), content, range);
}

// --- list ---

/// Tokens are "<commit>:<how many entries were given>": the pages of a listing are of one commit.
Task<Page> Github::list(std::string path, ListOptions options) {
  constexpr std::size_t kId = 40;
  const bool first = options.token.empty();
  Task<Commit> looking = first ? repository_.current() : repository_.commit(options.token.substr(0, kId));
  const Commit commit = co_await looking;
  Task<std::optional<TreeItem>> finding = repository_.find(commit, inside(path), true);
  const std::optional<TreeItem> folder = co_await finding;
  if (!folder) throw Error(ErrorCode::not_found, "list", path, "no such directory in commit " + commit.id);
  if (folder->kind != ItemKind::folder) throw Error(ErrorCode::not_directory, "list", path, "a file, not a directory");
  Task<std::vector<TreeItem>> listing = repository_.below(commit, *folder, options.recursive);
  const std::vector<TreeItem> items = co_await listing;
  const std::string after = options.token.substr(std::min(options.token.size(), kId + 1));
  std::size_t given = std::strtoull(after.c_str(), nullptr, 10);
  const std::size_t end = options.limit == 0 ? items.size() : std::min(items.size(), given + options.limit);
  Page page;
  if (end < items.size()) page.next_token = commit.id + ":" + std::to_string(end);
  page.entries.reserve(end - std::min(given, end));
  Stretch stretch;
  for (; given < end; ++given) {
    page.entries.push_back(entry_of(items[given], commit));
    co_await give_way(stretch, kEntryBytes);
  }
  if (config_.details && !options.names_only) {
    Task<void> dating = for_each_parallel(page.entries.size(), kLooksTogether,
                                          [&](std::size_t i) { return date(commit, &page.entries[i]); });
    co_await dating;
  }
  co_return page;
}

// --- versions, url ---

/// What the commit has at the path.
Task<void> Github::measure(Version* version, Commit commit, std::string path) {
  Task<std::optional<TreeItem>> finding = repository_.find(std::move(commit), std::move(path), false);
  const std::optional<TreeItem> item = co_await finding;
  version->is_delete_marker = !item || item->kind == ItemKind::folder;
  if (version->is_delete_marker) co_return;
  version->size = item->size;
  version->etag = item->id;
}

Task<std::vector<Version>> Github::versions(std::string path) {
  Task<Commit> looking = repository_.current();
  const Commit commit = co_await looking;
  Task<std::optional<TreeItem>> finding = repository_.find(commit, inside(path), true);
  const std::optional<TreeItem> item = co_await finding;
  if (item && item->kind == ItemKind::folder) co_return std::vector<Version>();
  Task<std::vector<Commit>> asking = repository_.history(commit, inside(path));
  const std::vector<Commit> commits = co_await asking;
  std::vector<Version> versions(commits.size());
  for (std::size_t i = 0; i < commits.size(); ++i) {
    versions[i].version_id = commits[i].id;
    versions[i].last_modified_ns = commits[i].time_ns;
  }
  if (config_.details) {
    Task<void> measuring = for_each_parallel(versions.size(), kLooksTogether, [&](std::size_t i) {
      return measure(&versions[i], commits[i], inside(path));
    });
    co_await measuring;
  }
  if (!versions.empty()) {
    Version& newest = versions.front();
    newest.is_latest = true;
    newest.is_delete_marker = !item;
    if (item) newest.size = item->size;
    if (item) newest.etag = item->id;
  }
  co_return versions;
}

Task<std::optional<std::string>> Github::url(std::string path, UrlOptions options) {
  std::string ref = options.version.empty() ? config_.ref : options.version;
  if (ref.empty()) ref = "HEAD";
  co_return config_.raw.safe_text() + "/" + percent_encode(ref, PercentSet::path) + "/" +
      percent_encode(inside(path), PercentSet::path);
}

}  // namespace

std::shared_ptr<Backend> make_github(const MountContext& context, TransportFactory make_transport) {
  const Config config = parse_config(context.options);
  auto client = std::make_shared<Client>(config, context.env, make_transport);
  auto raw = std::make_shared<Client>(config, context.env, std::move(make_transport), Client::Host::raw);
  return std::make_shared<Github>(std::move(client), std::move(raw), context.env);
}

}  // namespace github

std::shared_ptr<Backend> make_github(const MountContext& context) { return github::make_github(context, {}); }

}  // namespace genro::storage
