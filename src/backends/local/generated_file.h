// Files whose size says nothing of their content, because it is made up while it is read: those of /proc (0) and /sys (a
// page), and of file systems that do not know before. Used by the local backend, which reads such files to their end.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "core/files.h"
#include "genro/storage/bytes.h"

namespace genro::storage::local {

/// Whether only reading can tell; for nearly all files the answer is no.
bool may_lie(const struct stat& status) noexcept;
/// The whole content when the size is wrong; nothing when it is right. May block. Throws what reading says, and io for a
/// content that does not end within 256 MiB.
std::optional<Bytes> content_beyond_size(Files& files, int file, const struct stat& status, const std::string& path);

}  // namespace genro::storage::local
