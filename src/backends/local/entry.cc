#include "backends/local/entry.h"

#include <cerrno>
#include <charconv>

namespace genro::storage::local {

Error failure(long negative_errno, const char* operation, const std::string& path) {
  const int error = static_cast<int>(-negative_errno);
  if (error == EXDEV) return Error(ErrorCode::invalid_path, operation, path, "Path escapes base directory");
  if (error == ENXIO) return Error(ErrorCode::invalid_argument, operation, path, "Not a regular file");
  return Error::from_errno(error, operation, path);
}

bool means_absent(long negative_errno) noexcept {
  const long error = -negative_errno;
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

std::int64_t mtime_ns_of(const struct stat& status) noexcept {
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::string etag_of(const struct stat& status) {
  char text[64];
  char* at = std::to_chars(text, text + 20, mtime_ns_of(status)).ptr;
  *at++ = '-';
  at = std::to_chars(at, at + 20, status.st_size).ptr;
  *at++ = '-';
  at = std::to_chars(at, at + 20, status.st_ino).ptr;
  return {text, at};
}

Entry entry_of(std::string path, const struct stat& status) {
  Entry entry;
  entry.path = std::move(path);
  entry.mtime_ns = mtime_ns_of(status);
  entry.mode = status.st_mode & 07777;
  if (S_ISREG(status.st_mode)) {
    entry.size = static_cast<std::uint64_t>(status.st_size);
    entry.etag = etag_of(status);
  } else {
    entry.kind = S_ISDIR(status.st_mode) ? EntryKind::directory : EntryKind::other;
  }
  return entry;
}

StatLite stat_lite_of(const struct stat& status) noexcept {
  StatLite seen{true, EntryKind::file, 0, mtime_ns_of(status)};
  if (S_ISREG(status.st_mode)) {
    seen.size = static_cast<std::uint64_t>(status.st_size);
  } else {
    seen.kind = S_ISDIR(status.st_mode) ? EntryKind::directory : EntryKind::other;
  }
  return seen;
}

}  // namespace genro::storage::local
