#include "node/content/metadata.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "genro/storage/node.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "text/utf8.h"

namespace genro::storage {
namespace {

/// Files of the file system, and contents that are their own path: they never have metadata, whether they are there or not.
Task<bool> never_has_metadata(MountPointer mount, std::string path) {
  if (mount->caps.content_addressed) co_return true;
  auto resolving = offload([&] { return mount->backend->local_file(path).has_value(); });
  co_return co_await resolving;
}

Error no_metadata(const Mount& mount, std::string_view operation, std::string_view path) {
  return failure(ErrorCode::unsupported, operation, mount, path,
                 "a " + mount.protocol + " mount does not support metadata");
}

Task<Entry> existing(MountPointer mount, std::string path, std::string operation) {
  Task<std::optional<Entry>> looking = mount->backend->stat(path);
  Result<std::optional<Entry>> looked = co_await looking.as_result();
  if (!looked.ok() && !means_absent(looked.error().code())) throw located(looked.error(), operation, *mount, path);
  std::optional<Entry> entry = looked.ok() ? std::move(looked).take() : std::nullopt;
  if (!entry) throw failure(ErrorCode::not_found, operation, *mount, path, "File not found: " + mount->address(path));
  co_return std::move(*entry);
}

Task<Metadata> metadata_of(MountPointer mount, std::string path) {
  require_mount(*mount, "get metadata");
  if (!mount->caps.metadata) {
    Task<bool> asking = never_has_metadata(mount, path);
    const bool never = co_await asking;
    if (never) co_return Metadata();
  }
  Task<Entry> looking = existing(mount, path, "get metadata");
  const Entry entry = co_await looking;
  co_return entry.metadata ? *entry.metadata : Metadata();
}

// A name becomes part of an HTTP header's name everywhere that metadata exist (RFC 9110, 5.6.2).
bool is_metadata_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

std::string metadata_complaint(const Metadata& metadata) {
  std::set<std::string> seen;
  for (const auto& [name, value] : metadata) {
    if (!is_metadata_name(name))
      return "a metadata name must be letters, digits and !#$%&'*+-.^_`|~, not '" + name + "'";
    std::string lower = name;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (!seen.insert(std::move(lower)).second) return "two metadata names differ in case only: '" + name + "'";
    if (find_invalid_utf8(value) != std::string_view::npos) return "the metadata value of '" + name + "' is not UTF-8";
    if (value.find('\0') != std::string::npos) return "the metadata value of '" + name + "' has a NUL";
  }
  return {};
}

Task<void> replace_metadata(MountPointer mount, std::string path, Metadata metadata, std::string complaint) {
  constexpr const char* kOperation = "set metadata";
  require_mount(*mount, kOperation);
  // Of permission only the level: what the backend can store is asked below.
  if (mount->snapshot || mount->permission < Permission::readwrite) require_write(*mount, kOperation, path);
  const bool supported = mount->caps.metadata;
  if (!supported) {
    Task<bool> asking = never_has_metadata(mount, path);
    const bool never = co_await asking;
    if (never) throw no_metadata(*mount, kOperation, path);
  }
  if (complaint.empty()) complaint = metadata_complaint(metadata);
  if (!supported || !complaint.empty()) {
    Task<Entry> looking = existing(mount, path, kOperation);
    const Entry entry = co_await looking;
    if (!complaint.empty()) throw failure(ErrorCode::invalid_argument, kOperation, *mount, path, complaint);
    throw no_metadata(*mount, kOperation, path);
  }
  Task<void> setting = mount->backend->set_metadata(path, std::move(metadata));
  const Result<void> set = co_await setting.as_result();
  if (!set.ok()) throw located(set.error(), kOperation, *mount, path);
}

Task<Metadata> Node::get_metadata() const { return metadata_of(mount_or_detached(), path_); }
Task<void> Node::set_metadata(Metadata metadata) const {
  return replace_metadata(mount_or_detached(), path_, std::move(metadata));
}

}  // namespace genro::storage
