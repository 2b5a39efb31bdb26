// Presigned and public URLs of files; the backend makes them.
#include <utility>

#include "genro/storage/node.h"
#include "node/encryption/encryption.h"
#include "node/guard.h"
#include "node/mount.h"

namespace genro::storage {

namespace {

Error belongs_nowhere(const Mount& mount, std::string_view operation, const std::string& path) {
  return failure(ErrorCode::invalid_argument, operation, mount, path, "the node belongs to no mount");
}

Task<std::optional<std::string>> link_to(MountPointer mount, std::string path, UrlOptions options, bool detached) {
  if (detached) throw belongs_nowhere(*mount, "url", path);
  if (options.method == "PUT" && encrypts(*mount, {})) {
    throw failure(ErrorCode::unsupported, "url", *mount, path,
                  "what is written here is encrypted: others cannot be given an address to write to");
  }
  Task<std::optional<std::string>> linking = mount->backend->url(path, std::move(options));
  Result<std::optional<std::string>> link = co_await linking.as_result();
  if (!link.ok()) throw located(link.error(), "url", *mount, path);
  co_return std::move(link).take();
}

}  // namespace

Task<std::optional<std::string>> Node::url(double expires_in) const {
  UrlOptions options;
  options.expires_in = expires_in;
  return url(std::move(options));
}

Task<std::optional<std::string>> Node::url(UrlOptions options) const {
  return link_to(mount_or_detached(), path_, std::move(options), detached());
}

std::optional<std::string> Node::internal_url(bool nocache) const {
  if (detached()) throw belongs_nowhere(*mount_or_detached(), "internal_url", path_);
  try {
    return mount_or_detached()->backend->internal_url(path_, nocache);
  } catch (const Error& error) {
    throw located(error, "internal_url", *mount_or_detached(), path_);
  }
}

}  // namespace genro::storage
