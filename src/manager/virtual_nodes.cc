// The two makers of virtual nodes. Nothing is read here.
#include <utility>

#include "genro/storage/manager.h"
#include "node/virtual/content.h"

namespace genro::storage {

Node StorageManager::iternode(std::vector<Node> nodes) const {
  return virtual_node(state_, std::make_shared<VirtualContent>(VirtualContent::Kind::sequence, std::move(nodes)));
}

Node StorageManager::diffnode(Node a, Node b) const {
  std::vector<Node> pair;
  pair.push_back(std::move(a));
  pair.push_back(std::move(b));
  return virtual_node(state_, std::make_shared<VirtualContent>(VirtualContent::Kind::difference, std::move(pair)));
}

}  // namespace genro::storage
