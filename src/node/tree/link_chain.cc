#include "node/tree/link_chain.h"

#include <utility>

#include "core/path.h"

namespace genro::storage {
namespace {

std::string real_path_of(Backend& backend, const std::string& folder) {
  return backend.local_file(folder).value_or(folder);
}

}  // namespace

std::shared_ptr<const LinkChain> LinkChain::enter(Backend& backend, const std::string& folder, bool is_link,
                                                  std::shared_ptr<const LinkChain> above) {
  if (above && !is_link) return above;
  std::string real = real_path_of(backend, folder);
  if (above && path::is_within(real_path_of(backend, std::string(path::parent(folder))), real)) return nullptr;
  for (const LinkChain* link = above.get(); link; link = link->above_.get()) {
    if (path::is_within(link->real_, real)) return nullptr;
  }
  return std::shared_ptr<const LinkChain>(new LinkChain(std::move(real), std::move(above)));
}

}  // namespace genro::storage
