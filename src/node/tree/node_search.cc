// A node's searches: the nodes at what find.h finds.
#include <utility>

#include "genro/storage/node.h"
#include "node/tree/find.h"

namespace genro::storage {
namespace {

using State = std::shared_ptr<const ManagerState>;

std::vector<Node> nodes_at(const State& manager, const MountPointer& mount, std::vector<std::string> paths) {
  std::vector<Node> nodes;
  nodes.reserve(paths.size());
  for (std::string& path : paths) nodes.emplace_back(manager, mount, std::move(path));
  return nodes;
}

Task<std::vector<Node>> nodes_of(State manager, MountPointer mount, Task<std::vector<std::string>> search) {
  std::vector<std::string> paths = co_await search;
  co_return nodes_at(manager, mount, std::move(paths));
}

Task<std::vector<WalkStep>> steps_of(State manager, MountPointer mount, std::string path) {
  Task<std::vector<WalkedFolder>> walking = walk_folders(mount, std::move(path));
  std::vector<WalkedFolder> walked = co_await walking;
  std::vector<WalkStep> steps;
  steps.reserve(walked.size());
  for (WalkedFolder& folder : walked) {
    WalkStep& step = steps.emplace_back();
    step.folder = Node(manager, mount, std::move(folder.path));
    step.folders = nodes_at(manager, mount, std::move(folder.folders));
    step.files = nodes_at(manager, mount, std::move(folder.files));
  }
  co_return steps;
}

}  // namespace

Task<std::vector<Node>> Node::glob(std::string pattern) const {
  return nodes_of(manager_, mount_or_detached(), glob_paths(mount_or_detached(), path_, std::move(pattern)));
}
Task<std::vector<Node>> Node::rglob(std::string pattern) const {
  return nodes_of(manager_, mount_or_detached(), rglob_paths(mount_or_detached(), path_, std::move(pattern)));
}
Task<std::vector<Node>> Node::find(FindOptions options) const {
  return nodes_of(manager_, mount_or_detached(), find_paths(mount_or_detached(), path_, std::move(options)));
}
Task<std::vector<WalkStep>> Node::walk() const { return steps_of(manager_, mount_or_detached(), path_); }
Task<Usage> Node::du() const { return usage_below(mount_or_detached(), path_); }
Task<std::string> Node::tree(std::optional<unsigned> max_depth) const {
  return tree_text(mount_or_detached(), path_, max_depth);
}

}  // namespace genro::storage
