#include "node/snapshot.h"

#include <utility>

#include "node/guard.h"
#include "node/version_history.h"

namespace genro::storage {
namespace {

constexpr std::string_view kRefusal = "Cannot write to versioned snapshot";

/// The id of the version that the selector means; costs a listing unless it is an id.
Task<std::string> id_of(MountPointer live, std::string path, VersionSelector selector) {
  require_versions(*live, path, selector.to_string());
  if (selector.kind() == VersionSelector::Kind::id) co_return selector.id();
  Task<std::vector<Version>> listing = live->backend->versions(path);
  std::vector<Version> listed = co_await listing;
  co_return find_version(history_of(std::move(listed)), selector).version_id;
}

bool means_no_version(ErrorCode code) noexcept { return means_absent(code) || code == ErrorCode::out_of_range; }

class SnapshotBackend final : public LeafBackend {
 public:
  SnapshotBackend(MountPointer live, VersionSelector selector)
      : live_(std::move(live)), selector_(std::move(selector)) {}

  const Caps& caps() const noexcept override { return live_->caps; }
  std::string_view protocol() const noexcept override { return live_->backend->protocol(); }

  Task<std::optional<Entry>> stat(std::string path) override {
    ReadOptions nothing;
    nothing.range = {0, 0};  // opens without content: one look at the version
    Task<std::unique_ptr<Reader>> opening = read(std::move(path), std::move(nothing));
    Result<std::unique_ptr<Reader>> opened = co_await opening.as_result();
    if (opened.ok()) co_return opened.value()->entry();
    if (!means_no_version(opened.error().code()) && opened.error().code() != ErrorCode::is_directory) {
      std::rethrow_exception(opened.exception());
    }
    co_return std::nullopt;  // folders have no versions
  }

  Task<std::unique_ptr<Reader>> read(std::string path, ReadOptions options) override {
    Task<std::string> resolving = id_of(live_, path, selector_);
    options.version = co_await resolving;
    Task<std::unique_ptr<Reader>> opening = live_->backend->read(std::move(path), std::move(options));
    co_return co_await opening;
  }

  Task<Page> list(std::string path, ListOptions) override {
    Task<std::optional<Entry>> looking = stat(path);
    const std::optional<Entry> entry = co_await looking;
    if (!entry) throw Error(ErrorCode::not_found, "list", path, "no such version");
    throw Error(ErrorCode::not_directory, "list", path, "a version of a file, not a directory");
  }

  Task<Entry> put(std::string path, Body, PutOptions) override { return refuse<Entry>("write", std::move(path)); }
  Task<void> remove(std::string path) override { return refuse<void>("delete", std::move(path)); }
  Task<void> remove_tree(std::string path) override { return refuse<void>("delete", std::move(path)); }
  Task<std::unique_ptr<Upload>> upload(std::string path, PutOptions) override {
    return refuse<std::unique_ptr<Upload>>("write", std::move(path));
  }
  Task<Entry> copy(std::string, std::string to, PutOptions) override { return refuse<Entry>("copy", std::move(to)); }
  Task<void> rename(std::string from, std::string) override { return refuse<void>("move", std::move(from)); }
  Task<void> append(std::string path, Body) override { return refuse<void>("append", std::move(path)); }
  Task<void> make_dir(std::string path) override { return refuse<void>("mkdir", std::move(path)); }
  Task<void> set_metadata(std::string path, Metadata) override { return refuse<void>("set metadata", std::move(path)); }
  Task<void> remove_version(std::string path, std::string) override {
    return refuse<void>("delete version", std::move(path));
  }

  Task<std::optional<std::string>> url(std::string path, UrlOptions options) override {
    if (options.method != "GET" && options.method != "HEAD") {
      throw Error(ErrorCode::invalid_argument, "url", path, std::string(kRefusal));
    }
    if (!live_->caps.presigned_urls) co_return std::nullopt;
    Task<std::string> resolving = id_of(live_, path, selector_);
    options.version = co_await resolving;
    Task<std::optional<std::string>> linking = live_->backend->url(std::move(path), std::move(options));
    co_return co_await linking;
  }

 private:
  template <class T>
  Task<T> refuse(std::string operation, std::string path) {
    throw Error(ErrorCode::invalid_argument, std::move(operation), std::move(path), std::string(kRefusal));
    if constexpr (std::is_void_v<T>) {
      co_return;
    } else {
      co_return T();
    }
  }

  MountPointer live_;
  VersionSelector selector_;
};

}  // namespace

MountPointer at_version(MountPointer mount, VersionSelector selector) {
  if (selector.current() || !mount) return mount;
  const MountPointer& live = live_mount(mount);
  auto made = std::make_shared<Mount>(*live);
  made->backend = made->base_backend = std::make_shared<SnapshotBackend>(live, selector);
  made->prefix.clear();  // the live mount's backend adds it
  made->capabilities.versioning = made->capabilities.version_listing = made->capabilities.version_access = false;
  std::string label = selector.to_string();
  made->snapshot = std::make_shared<const Snapshot>(Snapshot{live, std::move(selector), std::move(label)});
  return made;
}

Task<MountPointer> pinned(MountPointer mount, std::string path) {
  if (!mount->snapshot) co_return mount;
  const Snapshot& snapshot = *mount->snapshot;
  Task<std::string> resolving = id_of(snapshot.live, path, snapshot.selector);
  Result<std::string> resolved = co_await resolving.as_result();
  if (!resolved.ok() && resolved.error().code() != ErrorCode::internal) {
    throw located(resolved.error(), "read", *mount, path);
  }
  std::string id = std::move(resolved).take();
  if (snapshot.selector.kind() == VersionSelector::Kind::id) co_return mount;
  co_return at_version(snapshot.live, VersionSelector(std::move(id)));
}

const MountPointer& live_mount(const MountPointer& mount) noexcept {
  return mount && mount->snapshot ? mount->snapshot->live : mount;
}

Error snapshot_refusal(std::string_view operation, const Mount& mount, std::string_view path) {
  return failure(ErrorCode::invalid_argument, operation, mount, path, std::string(kRefusal));
}

}  // namespace genro::storage
