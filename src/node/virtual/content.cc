#include "node/virtual/content.h"

#include <set>
#include <utility>

#include "core/mutex.h"
#include "genro/storage/error.h"
#include "node/virtual/node_stream.h"

namespace genro::storage {
namespace {

/// Held by whoever adds sources, so that two additions cannot make a ring together.
LongMutex& adding() {
  static constinit Lasting<LongMutex> turn;
  return turn.get();
}

Error no_sequence(const char* operation) {
  return Error(ErrorCode::invalid_argument, operation,
               "None:", std::string(operation) + "() is only available for iternode virtual nodes");
}

}  // namespace

VirtualContent::VirtualContent(Kind kind, std::vector<Node> sources) : kind_(kind), sources_(std::move(sources)) {}

VirtualContent::~VirtualContent() {
  // The last reference to a nested content takes that with it, and so on: one after the other, not one inside the other.
  thread_local std::vector<Node>* doomed = nullptr;
  if (doomed) {
    for (Node& source : sources_) doomed->push_back(std::move(source));
    return;
  }
  std::vector<Node> mine = std::move(sources_);
  doomed = &mine;
  while (!mine.empty()) {
    const Node last = std::move(mine.back());
    mine.pop_back();
  }
  doomed = nullptr;
}

std::vector<Node> VirtualContent::sources() const {
  const std::lock_guard lock(mutex_);
  return sources_;
}

bool VirtualContent::is_held_by(const std::vector<Node>& nodes) const {
  std::set<const VirtualContent*> seen;
  std::vector<Node> pending = nodes;
  while (!pending.empty()) {
    const Node node = std::move(pending.back());
    pending.pop_back();
    const VirtualContent* content = virtual_content_of(node);
    if (content == this) return true;
    if (!content || !seen.insert(content).second) continue;
    for (Node& source : content->sources()) pending.push_back(std::move(source));
  }
  return false;
}

void VirtualContent::append(std::vector<Node> more) {
  const std::lock_guard alone(adding());
  if (is_held_by(more)) throw Error(ErrorCode::invalid_argument, "append", "None:", "an iternode cannot hold itself");
  const std::lock_guard lock(mutex_);
  for (Node& node : more) sources_.push_back(std::move(node));
}

Node virtual_node(std::shared_ptr<const ManagerState> manager, std::shared_ptr<VirtualContent> content) {
  return Node(std::move(manager), virtual_mount(std::move(content)), {});
}

VirtualContent* virtual_content_of(const Node& node) noexcept {
  return node.mount() ? node.mount()->content.get() : nullptr;
}

void Node::append(Node source) const {
  VirtualContent* content = virtual_content_of(*this);
  if (!content || !content->is_sequence()) throw no_sequence("append");
  std::vector<Node> one;
  one.push_back(std::move(source));
  content->append(std::move(one));
}

void Node::extend(std::vector<Node> sources) const {
  VirtualContent* content = virtual_content_of(*this);
  if (!content || !content->is_sequence()) throw no_sequence("extend");
  content->append(std::move(sources));
}

}  // namespace genro::storage
