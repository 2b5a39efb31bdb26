// Refusals that come before any look at the storage, and the address in every error that leaves a node.
// Used by all of a node's operations. Never skip a guard because the backend would refuse too: it may look first.
#pragma once

#include <string>
#include <string_view>

#include "genro/storage/error.h"
#include "node/mount.h"

namespace genro::storage {

/// `error` with the full address of what the user asked for.
Error located(const Error& error, std::string_view operation, const Mount& mount, std::string_view path);
/// A new error about a place of a mount.
Error failure(ErrorCode code, std::string_view operation, const Mount& mount, std::string_view path,
              std::string message);
/// Whether the error says that nothing is there, or that nothing can ever be there.
bool means_absent(ErrorCode code) noexcept;

/// Whether a failure to read the old content leaves no doubt that it is to be replaced.
bool means_unreadable(ErrorCode code) noexcept;

/// Throws invalid_argument for the mount of a node that has none, or of a virtual one.
void require_mount(const Mount& mount, std::string_view operation,
                   std::string_view virtual_text = "a virtual node has no storage behind it");

/// Throws invalid_argument for what no permission could ever let change: virtual nodes, those without a mount, snapshots.
void require_changeable(const Mount& mount, std::string_view operation, std::string_view path);
/// The same, then mount_permission, then unsupported.
void require_write(const Mount& mount, std::string_view operation, std::string_view path);
void require_remove(const Mount& mount, std::string_view operation, std::string_view path);
/// Throws unsupported when `version` is asked of a backend without versions.
void require_versions(const Mount& mount, std::string_view path, std::string_view version);

}  // namespace genro::storage
