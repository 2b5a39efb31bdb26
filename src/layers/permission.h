// Permission: the level of a mount (readonly, readwrite, delete), enforced in front of its backend. A refusal is
// ErrorCode::mount_permission and comes before any look at the storage. Used by the manager and by nodes that must refuse
// early (opening for writing). Levels in a chain of mounts add up: the strictest counts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "genro/storage/backend.h"

namespace genro::storage {

enum class Permission : std::uint8_t {
  readonly,
  readwrite,
  remove
};  ///< "readonly", "readwrite", "delete"; each allows more

inline constexpr std::string_view kInvalidPermissions =
    "Invalid permissions: 'permissions' must be 'readonly', 'readwrite' or 'delete'";

/// Nothing for any other text.
std::optional<Permission> permission_from(std::string_view text) noexcept;
std::string_view to_string(Permission level) noexcept;

/// The inner backend behind the level; Caps say no more than the level allows.
std::shared_ptr<Backend> with_permission(std::shared_ptr<Backend> inner, Permission level);

/// The level of this very layer; nothing when it is none of these.
std::optional<Permission> own_permission(const Backend& backend) noexcept;
/// What the whole chain of layers allows, without I/O.
Permission effective_permission(const Backend& backend) noexcept;
/// The refusals themselves, for whoever must refuse before it calls the backend. Throw mount_permission.
void require_write(const Backend& backend, std::string_view operation, std::string_view path);
void require_remove(const Backend& backend, std::string_view operation, std::string_view path);
void require_write(Permission level, std::string_view operation, std::string_view path);
void require_remove(Permission level, std::string_view operation, std::string_view path);

}  // namespace genro::storage
