// LinkChain: where a walk that follows links to folders really is, so that a link that leads back ends it instead of going
// round for ever. Used by every walk that follows links: copies and moves of trees, archives.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "genro/storage/backend.h"

namespace genro::storage {

class LinkChain {
 public:
  /// The chain inside `folder`, whose parent folder has the chain `above` (null for the folder that the walk begins with).
  /// Null for a link that leads to a folder that the walk is in, or above one. Resolves links, so it may block.
  static std::shared_ptr<const LinkChain> enter(Backend& backend, const std::string& folder, bool is_link,
                                                std::shared_ptr<const LinkChain> above);

 private:
  LinkChain(std::string real, std::shared_ptr<const LinkChain> above)
      : real_(std::move(real)), above_(std::move(above)) {}

  std::string real_;  // of the first folder, or of one that a link led into; those below it follow from it
  std::shared_ptr<const LinkChain> above_;
};

}  // namespace genro::storage
