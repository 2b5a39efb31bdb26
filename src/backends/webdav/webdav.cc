// Quirks of the protocol and its servers, and what is done about them here:
// 1. A DELETE of a folder takes everything in it along: what is not known to be empty is not deleted by remove().
// 2. A PUT may write in place, and MOVE with Overwrite deletes first: write.h.
// 3. ETags of fresh files are weak on Apache, and become strong with the same text: they are compared as texts, and no If-Match
//    goes with a GET.
// 4. hrefs come in every spelling, and below another path behind a proxy: members_of().
// 5. A path below a file is 404, 400 or 409. A GET of a folder is a page, a redirect or 404.
// 6. A listing is one answer, however long: its pages are cut here.
#include "backends/webdav/webdav.h"

#include <algorithm>
#include <utility>

#include "backend/http/sent_parts.h"
#include "backend/unfinished_upload.h"
#include "backends/webdav/client.h"
#include "backends/webdav/read.h"
#include "backends/webdav/transfer.h"
#include "backends/webdav/upload.h"
#include "backends/webdav/write.h"
#include "core/path.h"

namespace genro::storage {
namespace webdav {
namespace {

Caps caps_of(const Config& config) {
  Caps caps;
  caps.read = caps.write = caps.remove = caps.make_dir = caps.list = caps.seek = true;
  // Not conditional_put: of two writers at one moment both may pass, also by MOVE with Overwrite: F, which servers look at
  // before they rename. mod_dav_fs can even give two exclusive locks of one name.
  caps.checked_put = caps.copy = caps.rename = caps.remove_tree = true;
  caps.remote = caps.transient_failures = caps.coarse_times = true;
  caps.upload = !config.uploads.empty();
  return caps;
}

bool within(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path::is_within(path, folder);
}

class Webdav final : public LeafBackend, public ServerCopy, private UploadFolders {
 public:
  explicit Webdav(std::shared_ptr<Client> client)
      : client_(std::move(client)), caps_(caps_of(client_->config())), limits_(limits_of(client_->config())) {}

  const Caps& caps() const noexcept override { return caps_; }
  const Limits& limits() const noexcept override { return limits_; }
  std::string_view protocol() const noexcept override { return "webdav"; }

  Task<std::optional<Entry>> stat(std::string path) override;
  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override;
  Task<Entry> put(std::string path, Body body, PutOptions options) override;
  Task<Page> list(std::string path, ListOptions options) override;
  Task<void> remove(std::string path) override;
  Task<void> remove_tree(std::string path) override;
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions options) override;
  Task<Entry> copy(std::string from, std::string to, PutOptions options) override;
  Task<void> rename(std::string from, std::string to) override;
  Task<void> make_dir(std::string path) override;
  ServerCopy* server_copy() noexcept override { return this; }
  bool reaches(const Backend& source) const noexcept override;
  Task<Entry> copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) override;
  Task<void> clean(std::string folder, double older_than, std::vector<std::string>* removed) override;
  std::string identity() const override { return account_of(client_->config()) + client_->config().root; }

 private:
  Task<void> empty_root();
  Task<void> require_replaceable(std::string from, std::string to, bool folder, const Entry* there);
  void require_abandoned(const std::string& path, const Entry& entry) const;
  Task<std::vector<Entry>> members_of_folder(std::string folder) override;
  Task<void> remove_upload(std::string path) override { return remove_at(client_, std::move(path), "cleanup"); }

  std::shared_ptr<Client> client_;
  const Caps caps_;
  const Limits limits_;
  SentParts parts_;
};

void require_file_path(const std::string& path) {
  if (path.empty()) throw Error(ErrorCode::is_directory, "write", path, "the root of a mount is a directory");
  refuse_unfinished_upload("write", path);
}

// --- stat, read ---

Task<std::optional<Entry>> Webdav::stat(std::string path) {
  Task<std::optional<Resource>> looking = client_->look(std::move(path), "stat");
  std::optional<Resource> found = co_await looking;
  if (!found) co_return std::nullopt;
  co_return std::move(found->entry);
}

Task<std::unique_ptr<Reader>> Webdav::read(std::string path, ReadOptions options) {
  return read_content(client_, &parts_, std::move(path), std::move(options));
}

// --- put, list ---

Task<Entry> Webdav::put(std::string path, Body body, PutOptions options) {
  require_file_path(path);
  Task<Entry> putting = put_content(client_, std::move(path), std::move(body), std::move(options));
  co_return co_await putting;
}

Task<std::unique_ptr<Upload>> Webdav::upload(std::string path, PutOptions options) {
  if (!caps_.upload) throw unsupported("multipart upload", path);
  require_file_path(path);
  Task<std::unique_ptr<Upload>> starting = start_upload(client_, std::move(path), std::move(options));
  co_return co_await starting;
}

Task<Page> Webdav::list(std::string path, ListOptions options) {
  if (options.recursive) throw unsupported("recursive listing", path);
  Task<std::optional<Members>> asking = client_->members(path, "list", true);
  Result<std::optional<Members>> asked = co_await asking.as_result();
  const bool refused = !asked.ok() && (asked.error().code() == ErrorCode::invalid_argument ||
                                       asked.error().code() == ErrorCode::not_found);
  if (!refused && !asked.ok()) std::rethrow_exception(asked.exception());
  if (refused || !asked.value() || asked.value()->is_file) {
    Task<std::optional<Entry>> looking = stat(path);
    const std::optional<Entry> found = co_await looking;
    if (!found) throw Error(ErrorCode::not_found, "list", path, "there is no such directory");
    if (found->is_file()) throw Error(ErrorCode::not_directory, "list", path, "a file, not a directory");
  }
  Page page;
  page.entries = std::move(std::move(asked).take().value().entries);
  std::erase_if(page.entries, [&](const Entry& entry) {
    return is_unfinished_upload(path::name(entry.path)) || (!options.token.empty() && entry.path <= options.token);
  });
  if (options.limit != 0 && page.entries.size() > options.limit) {
    page.entries.resize(options.limit);
    page.next_token = page.entries.back().path;
  }
  co_return page;
}

// --- remove, make_dir ---

/// DELETE would take along what is in a folder: a file that somebody is writing there, too.
void Webdav::require_abandoned(const std::string& path, const Entry& entry) const {
  const std::string_view name = path::name(entry.path);
  const bool unfinished = entry.is_file() && is_unfinished_upload(name);
  const bool old = is_as_old_as(entry, kAbandonedAfter, client_->wall_ns());
  if (unfinished && (old || client_->given_up().has(name))) return;
  throw Error(ErrorCode::not_empty, "delete", path,
              unfinished
                  ? "a file is being written in the directory, or was until its writer was killed: cleanup() removes it"
                  : "the directory is not empty");
}

Task<void> Webdav::remove(std::string path) {
  if (path.empty()) co_return;
  Task<std::optional<Members>> asking = client_->members(path, "delete", false);
  Result<std::optional<Members>> asked = co_await asking.as_result();
  if (!asked.ok() && asked.error().code() == ErrorCode::invalid_argument) {
    Task<std::optional<Entry>> looking = stat(path);
    const std::optional<Entry> found = co_await looking;
    if (!found) co_return;
  }
  const std::optional<Members> found = std::move(asked).take();
  if (!found) co_return;
  for (const Entry& entry : found->entries) require_abandoned(path, entry);
  RequestContext context{.operation = "delete", .path = path, .absent_is_answer = true};
  Task<HttpHead> removing = client_->change(client_->request("DELETE", path, !found->is_file), context);
  co_await removing;
}

Task<void> Webdav::empty_root() {
  Task<std::optional<Members>> asking = client_->members("", "delete", true);
  const std::optional<Members> found = co_await asking;
  if (!found) co_return;
  for (const Entry& entry : found->entries) {
    if (!path::is_clean(entry.path)) continue;  // it has no path here
    Task<void> removing = remove_tree(entry.path);
    co_await removing;
  }
}

Task<void> Webdav::remove_tree(std::string path) {
  if (path.empty()) {
    Task<void> emptying = empty_root();
    co_await emptying;
    co_return;
  }
  RequestContext context{.operation = "delete", .path = path, .absent_is_answer = true};
  Task<HttpHead> removing = client_->change(client_->request("DELETE", path), context);
  const Result<HttpHead> removed = co_await removing.as_result();
  if (removed.ok()) co_return;
  Task<std::optional<Entry>> looking = stat(path);
  const std::optional<Entry> found = co_await looking;
  if (!found) co_return;
  const bool wants_slash = found->is_directory() && removed.error().code() == ErrorCode::not_found;  // nginx: 409
  if (!wants_slash) std::rethrow_exception(removed.exception());
  Task<HttpHead> again = client_->change(client_->request("DELETE", path, true), context);
  co_await again;
}

Task<void> Webdav::make_dir(std::string path) {
  if (path.empty()) throw Error(ErrorCode::already_exists, "mkdir", path, "the root of a mount is there");
  refuse_unfinished_upload("mkdir", path);
  Task<HttpHead> making = client_->change(client_->request("MKCOL", path, true), {"mkdir", path});
  const Result<HttpHead> made = co_await making.as_result();
  if (made.ok()) co_return;
  const ErrorCode code = made.error().code();
  if (code == ErrorCode::unsupported || code == ErrorCode::invalid_argument) {
    Task<std::optional<Entry>> looking = stat(path);
    const std::optional<Entry> there = co_await looking;
    if (there) throw Error(ErrorCode::already_exists, "mkdir", path, "something is there");
  }
  if (code == ErrorCode::not_found || code == ErrorCode::invalid_argument || code == ErrorCode::permission_denied) {
    const std::string parent(path::parent(path));
    Task<std::optional<Entry>> looking = stat(parent);
    const std::optional<Entry> around = co_await looking;
    if (!around && parent.empty()) {  // the mount's own root, which is there for whoever writes
      Task<bool> making_all = make_folders(client_, path);
      co_await making_all;
      co_return;
    }
    if (!around) throw Error(ErrorCode::not_found, "mkdir", path, "the parent directory does not exist");
    if (around->is_file()) throw Error(ErrorCode::not_directory, "mkdir", path, "'" + parent + "' is a file");
  }
  std::rethrow_exception(made.exception());
}

// --- copy, rename ---

Task<Entry> Webdav::copy(std::string from, std::string to, PutOptions options) {
  if (options.when.kind != When::Kind::always) throw unsupported("conditional copy", to);
  require_file_path(to);
  Task<Entry> copying = copy_content(client_, client_, std::move(from), std::move(to));
  co_return co_await copying;
}

bool Webdav::reaches(const Backend& source) const noexcept {
  const auto* other = dynamic_cast<const Webdav*>(&source);
  return other && account_of(other->client_->config()) == account_of(client_->config());
}

Task<Entry> Webdav::copy_from(std::shared_ptr<Backend> source, std::string from, std::string to, PutOptions options) {
  if (options.when.kind != When::Kind::always) throw unsupported("conditional copy", to);
  require_file_path(to);
  Task<Entry> copying =
      copy_content(dynamic_cast<const Webdav&>(*source).client_, client_, std::move(from), std::move(to));
  co_return co_await copying;
}

/// MOVE would delete whatever is in the way.
Task<void> Webdav::require_replaceable(std::string from, std::string to, bool folder, const Entry* there) {
  if (folder && within(to, from))
    throw Error(ErrorCode::invalid_argument, "rename", from, "a directory cannot be moved into itself");
  if (!there) co_return;
  if (!folder && there->is_directory()) throw Error(ErrorCode::is_directory, "rename", to, "a directory is there");
  if (folder && there->is_file()) throw Error(ErrorCode::not_directory, "rename", to, "a file is there");
  if (!folder) co_return;
  Task<void> removing = remove(to);  // throws not_empty
  co_await removing;
}

Task<void> Webdav::rename(std::string from, std::string to) {
  if (from.empty() || to.empty())
    throw Error(ErrorCode::invalid_argument, "rename", from, "the root stays where it is");
  refuse_unfinished_upload("rename", to);
  Task<std::optional<Entry>> looking = stat(from);
  const std::optional<Entry> source = co_await looking;
  if (!source) throw Error(ErrorCode::not_found, "rename", from, "there is nothing of that name");
  if (from == to) co_return;
  Task<std::optional<Entry>> asking = stat(to);
  const std::optional<Entry> there = co_await asking;
  const bool folder = source->is_directory();
  Task<void> requiring = require_replaceable(from, to, folder, there ? &*there : nullptr);
  co_await requiring;
  Task<void> moving = transfer(client_, client_->request("MOVE", from, folder), to, there && !folder);
  const Result<void> moved = co_await moving.as_result();
  if (moved.ok()) co_return;
  Task<void> explaining = explain(client_, to, moved.error());
  co_await explaining;
}

// --- what killed writers left ---

Task<std::vector<Entry>> Webdav::members_of_folder(std::string folder) {
  Task<std::optional<Members>> asking = client_->members(std::move(folder), "cleanup", true);
  std::optional<Members> found = co_await asking;
  co_return found ? std::move(found->entries) : std::vector<Entry>();
}

Task<void> Webdav::clean(std::string folder, double older_than, std::vector<std::string>* removed) {
  const bool all = folder.empty();
  Task<void> cleaning = clean_unfinished_uploads(*this, std::move(folder), older_than, client_->wall_ns(), removed);
  co_await cleaning;
  if (!all || client_->config().uploads.empty()) co_return;
  Task<void> ending = clean_uploads(client_, older_than, removed);
  co_await ending;
}

}  // namespace
}  // namespace webdav

std::shared_ptr<Backend> make_webdav(std::shared_ptr<webdav::Client> client) {
  return std::make_shared<webdav::Webdav>(std::move(client));
}

std::shared_ptr<Backend> make_webdav(const MountContext& context) {
  return make_webdav(std::make_shared<webdav::Client>(webdav::parse_config(context.options), context.env));
}

}  // namespace genro::storage
