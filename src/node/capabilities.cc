#include "genro/storage/capabilities.h"

#include <string_view>
#include <utility>

#include "node/mount.h"

namespace genro::storage {

std::string Capabilities::to_string() const {
  const std::pair<bool, std::string_view> words[] = {
      {versioning, "versioning"},
      {metadata, "metadata"},
      {presigned_urls, "presigned URLs"},
      {copy_optimization, "server-side copy"},
      {hash_on_metadata, "fast hashing"},
      {symbolic_links, "symbolic links"},
      {readonly, "read-only"},
      {temporary, "temporary storage"},
  };
  std::string text;
  for (const auto& [present, word] : words) {
    if (!present) continue;
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text.empty() ? "basic file operations" : text;
}

Capabilities capabilities_of(const Caps& caps, Permission permission) {
  Capabilities result;
  result.read = caps.read;
  // Writing to a content-addressed mount makes another path and changes nothing: to its users it is read-only.
  result.write = caps.write && !caps.content_addressed;
  result.remove = caps.remove;
  result.mkdir = result.write;
  result.list_dir = caps.list;
  result.versioning = result.version_access = caps.versions;
  result.version_listing = caps.versions && !caps.versions_from_history;
  result.metadata = caps.metadata;
  result.presigned_urls = caps.presigned_urls;
  result.public_urls = caps.public_urls;
  result.atomic_operations = caps.atomic;
  result.symbolic_links = caps.symbolic_links;
  result.copy_optimization = caps.copy;
  result.hash_on_metadata = caps.md5;
  result.append_mode = (caps.append || caps.checked_put) && result.write;  // file servers append by rewriting
  result.seek_support = caps.seek;
  result.readonly = !result.write;
  result.temporary = caps.temporary;
  return limited(result, permission);
}

Capabilities limited(Capabilities capabilities, Permission permission) noexcept {
  if (permission < Permission::remove) capabilities.remove = false;
  if (permission < Permission::readwrite) {
    capabilities.write = capabilities.mkdir = capabilities.append_mode = false;
    capabilities.readonly = true;
  }
  return capabilities;
}

}  // namespace genro::storage
