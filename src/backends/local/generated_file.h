// Files whose st_size is wrong because the content is generated while it is read: /proc (size 0), /sys (a page), some FUSE
// file systems. Used by the local backend, which reads such files to their end.
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
