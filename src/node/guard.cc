#include "node/guard.h"

#include "layers/permission.h"
#include "node/snapshot.h"

namespace genro::storage {

Error located(const Error& error, std::string_view operation, const Mount& mount, std::string_view path) {
  return error.with_operation(std::string(operation)).with_where(mount.address(path));
}

Error failure(ErrorCode code, std::string_view operation, const Mount& mount, std::string_view path,
              std::string message) {
  return Error(code, std::string(operation), mount.address(path), std::move(message));
}

bool means_absent(ErrorCode code) noexcept {
  return code == ErrorCode::not_found || code == ErrorCode::not_directory || code == ErrorCode::invalid_path ||
         code == ErrorCode::name_too_long;
}

bool means_unreadable(ErrorCode code) noexcept {
  return means_absent(code) || code == ErrorCode::permission_denied || code == ErrorCode::corrupt ||
         code == ErrorCode::precondition_failed || code == ErrorCode::missing_key || code == ErrorCode::undecryptable;
}

void require_mount(const Mount& mount, std::string_view operation, std::string_view virtual_text) {
  if (mount.content) throw failure(ErrorCode::invalid_argument, operation, mount, {}, std::string(virtual_text));
  if (&mount == detached_mount().get()) {
    throw failure(ErrorCode::invalid_argument, operation, mount, {}, "the node belongs to no mount");
  }
}

void require_changeable(const Mount& mount, std::string_view operation, std::string_view path) {
  require_mount(mount, operation, "Cannot write to virtual node");
  if (mount.snapshot) throw snapshot_refusal(operation, mount, path);
}

void require_write(const Mount& mount, std::string_view operation, std::string_view path) {
  require_changeable(mount, operation, path);
  if (mount.permission < Permission::readwrite) require_write(*mount.backend, operation, mount.address(path));
  if (!mount.caps.write) {
    throw failure(ErrorCode::unsupported, operation, mount, path, "a " + mount.protocol + " mount is read-only");
  }
}

void require_remove(const Mount& mount, std::string_view operation, std::string_view path) {
  require_changeable(mount, operation, path);
  if (mount.permission < Permission::remove) require_remove(*mount.backend, operation, mount.address(path));
  if (!mount.caps.remove) {
    throw failure(ErrorCode::unsupported, operation, mount, path,
                  "a " + mount.protocol + " mount is read-only: it cannot delete");
  }
}

void require_versions(const Mount& mount, std::string_view path, std::string_view version) {
  if (version.empty() || mount.caps.versions) return;
  throw failure(
      ErrorCode::unsupported, "read", mount, path,
      "a " + mount.protocol + " mount does not support versioning (it has: " + mount.capabilities.to_string() + ")");
}

}  // namespace genro::storage
