// What the system says of a path, as the library says it: Entry, StatLite, Error. Used by the parts of the local backend.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "genro/storage/entry.h"
#include "genro/storage/error.h"

namespace genro::storage::local {

/// The Error for a failed call of Files on a path of the mount.
Error failure(long negative_errno, const char* operation, const std::string& path);
/// Whether the failure means that nothing is there (also: a link to nothing, a file where a folder would have to be).
bool means_absent(long negative_errno) noexcept;
Entry entry_of(std::string path, const struct stat& status);
StatLite stat_lite_of(const struct stat& status) noexcept;
std::string etag_of(const struct stat& status);
std::int64_t mtime_ns_of(const struct stat& status) noexcept;

}  // namespace genro::storage::local
