// Links to a file for somebody else. The backend knows them.
#include <utility>

#include "genro/storage/node.h"
#include "node/guard.h"
#include "node/mount.h"

namespace genro::storage {

std::optional<std::string> Node::url(double expires_in) const {
  UrlOptions options;
  options.expires_in = expires_in;
  return url(std::move(options));
}

std::optional<std::string> Node::url(UrlOptions options) const {
  if (detached()) throw failure(ErrorCode::invalid_argument, "url", *place(), path_, "the node belongs to no mount");
  try {
    return place()->backend->url(path_, std::move(options));
  } catch (const Error& error) {
    throw located(error, "url", *place(), path_);
  }
}

std::optional<std::string> Node::internal_url(bool nocache) const {
  if (detached()) {
    throw failure(ErrorCode::invalid_argument, "internal_url", *place(), path_, "the node belongs to no mount");
  }
  try {
    return place()->backend->internal_url(path_, nocache);
  } catch (const Error& error) {
    throw located(error, "internal_url", *place(), path_);
  }
}

}  // namespace genro::storage
