#include "genro/storage/node.h"

#include <utility>

#include "core/path.h"
#include "node/guard.h"
#include "node/mimetypes.h"
#include "node/mount.h"
#include "node/snapshot.h"
#include "text/mimetype.h"

namespace genro::storage {
namespace {

/// A base64 path is content, in which slashes count; everywhere else it is a place and gets one spelling.
std::string mount_path(const Mount& mount, std::string_view text) {
  if (mount.caps.content_addressed || path::is_clean(text)) return std::string(text);
  return path::clean(text);
}

}  // namespace

MountPath::MountPath(const ManagerState& manager, std::string_view address, std::string_view more) {
  const std::size_t colon = address.find(':');
  mount = manager.require(address.substr(0, colon));
  const std::string_view first = colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
  if (more.empty()) {
    path = mount_path(*mount, first);
  } else {
    path = mount_path(*mount, first.empty() ? std::string(more) : std::string(first) + '/' + std::string(more));
  }
}

Node node_at(std::shared_ptr<const ManagerState> manager, std::string_view address, std::string_view more) {
  MountPath place(*manager, address, more);
  return Node(std::move(manager), std::move(place.mount), std::move(place.path));
}

Node::Node(std::shared_ptr<const ManagerState> manager, std::shared_ptr<const Mount> mount, std::string clean_path,
           VersionSelector version)
    : manager_(std::move(manager)),
      mount_(at_version(std::move(mount), std::move(version))),
      path_(std::move(clean_path)) {
  if (mount_ && mount_->snapshot) version_ = mount_->snapshot->label;
}

const std::shared_ptr<const Mount>& Node::mount_or_detached() const noexcept {
  return mount_ ? mount_ : detached_mount();
}

std::string Node::fullpath() const { return mount_or_detached()->address(path_); }
const std::string& Node::mount_name() const noexcept { return mount_or_detached()->name; }
std::string_view Node::basename() const noexcept { return path::name(path_); }
std::string_view Node::stem() const noexcept { return path::stem(basename()); }
std::string_view Node::suffix() const noexcept { return path::suffix(basename()); }

std::string_view Node::ext() const noexcept {
  std::string_view text = suffix();
  if (!text.empty()) text.remove_prefix(1);
  return text;
}

Node Node::parent() const { return Node(manager_, live_mount(mount_), std::string(path::parent(path_))); }

std::pair<std::string, std::string> Node::splitext() const {
  const std::string_view end = suffix();
  return {path_.substr(0, path_.size() - end.size()), std::string(end)};
}

bool Node::detached() const noexcept { return !mount_ || mount_->content; }
bool Node::is_virtual() const noexcept { return mount_ && mount_->content; }
bool Node::plain() const noexcept { return mount_ && !mount_->content && !mount_->snapshot; }

Node Node::child(std::string_view relative) const {
  require_mount(*mount_or_detached(), "child");
  return Node(manager_, live_mount(mount_), path::join(path_, path::clean(relative)));
}

std::string Node::mimetype() const {
  if (mimetype_) return *mimetype_;
  if (auto type = mount_or_detached()->mimetypes.find(basename())) return *type;
  if (manager_) {
    if (auto type = manager_->mimetype(basename())) return *type;
  }
  return std::string(mimetype_of(basename()));
}

Node Node::with_mimetype(std::string type) const {
  Node node = *this;
  node.mimetype_.reset();
  if (type.empty()) return node;
  check_mimetype(type);
  node.mimetype_ = std::make_shared<const std::string>(std::move(type));
  return node;
}

Capabilities Node::capabilities() const {
  require_mount(*mount_or_detached(), "capabilities");
  return mount_or_detached()->capabilities;
}

VersionSelector Node::selector() const {
  return mount_ && mount_->snapshot ? mount_->snapshot->selector : VersionSelector();
}

std::optional<std::string> Node::resolved_path() const { return mount_or_detached()->backend->local_file(path_); }

bool operator==(const Node& a, const Node& b) noexcept {
  if (a.path_ != b.path_ || a.version_ != b.version_) return false;
  if (a.mount_ == b.mount_) return true;
  if (!a.version_.empty() && a.selector() != b.selector()) return false;
  if (a.is_virtual() || b.is_virtual()) return false;
  return a.mount_ && b.mount_ && a.manager_ == b.manager_ && a.mount_->name == b.mount_->name;
}

}  // namespace genro::storage
