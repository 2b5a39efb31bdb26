// A node's names as pathlib has them. Pure string work.
#include "core/path.h"
#include "genro/storage/node.h"
#include "node/guard.h"
#include "node/mount.h"
#include "node/snapshot.h"
#include "text/path_glob.h"

namespace genro::storage {
namespace {

bool is_path_name(std::string_view text) noexcept {
  return path::is_clean(text) && !text.empty() && text.find('/') == std::string_view::npos;
}

}  // namespace

Node Node::joinpath(const std::vector<std::string>& parts) const {
  std::string relative;
  for (const std::string& part : parts) relative.append(relative.empty() ? "" : "/").append(part);
  return child(relative);
}

std::vector<std::string> Node::parts() const {
  std::vector<std::string> result;
  for (std::string_view rest = path_; !rest.empty();) {
    const auto [first, more] = path::split_first(rest);
    result.emplace_back(first);
    rest = more;
  }
  return result;
}

Node Node::with_name(std::string_view name) const {
  require_mount(*mount_or_detached(), "with_name");
  if (path_.empty()) {
    throw failure(ErrorCode::invalid_argument, "with_name", *mount_or_detached(), path_,
                  "the root of a mount has no name");
  }
  if (!is_path_name(name)) {
    throw failure(ErrorCode::invalid_argument, "with_name", *mount_or_detached(), path_,
                  "not the name of a file or a directory: '" + std::string(name) + "'");
  }
  return Node(manager_, live_mount(mount_), path::join(path::parent(path_), name));
}

Node Node::with_stem(std::string_view stem) const {
  require_mount(*mount_or_detached(), "with_stem");
  if (stem.empty() && !suffix().empty()) {
    throw failure(ErrorCode::invalid_argument, "with_stem", *mount_or_detached(), path_,
                  "a name with a suffix needs a stem");
  }
  return with_name(std::string(stem).append(suffix()));
}

Node Node::with_suffix(std::string_view suffix) const {
  require_mount(*mount_or_detached(), "with_suffix");
  if (!suffix.empty() && (suffix.front() != '.' || suffix.size() == 1)) {
    throw failure(ErrorCode::invalid_argument, "with_suffix", *mount_or_detached(), path_,
                  "'" + std::string(suffix) + "' is no suffix: it is to begin with a dot");
  }
  return with_name(std::string(stem()).append(suffix));
}

std::string Node::relative_to(const Node& other) const {
  require_mount(*mount_or_detached(), "relative_to");
  require_mount(*other.mount_or_detached(), "relative_to");
  const bool same_mount = live_mount(mount_) == live_mount(other.mount_) ||
                          (manager_ == other.manager_ && mount_name() == other.mount_name());
  if (!same_mount || !path::is_within(path_, other.path_)) {
    throw failure(ErrorCode::invalid_argument, "relative_to", *mount_or_detached(), path_,
                  "it is not below " + other.fullpath());
  }
  return std::string(path::relative_to(path_, other.path_));
}

bool Node::match(std::string_view pattern) const {
  if (pattern.find_first_not_of('/') == std::string_view::npos) {
    throw failure(ErrorCode::invalid_argument, "match", *mount_or_detached(), path_, "an empty pattern");
  }
  if (pattern.front() == '/') return PathGlob(std::string(pattern)).matches(path_);
  return PathGlob("**/" + std::string(pattern)).matches(path_);
}

}  // namespace genro::storage
