#include "backends/local/in_place.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace genro::storage::local {
namespace {

/// Gives 0, or -errno.
long copy_part(Files& files, int from, int to, std::uint64_t begin, std::uint64_t end) noexcept {
  while (begin < end) {
    const long count = files.copy_range(from, begin, to, begin, static_cast<std::size_t>(end - begin));
    if (count <= 0) return count < 0 ? count : -EIO;
    begin += static_cast<std::uint64_t>(count);
  }
  return 0;
}

}  // namespace

bool leaves_the_file(int negative_errno) noexcept {
  switch (-negative_errno) {
    case EBUSY:       // a mount point
    case EACCES:      // a folder that may not be written to
    case EPERM:       // a folder whose files are their owners' alone, or that is immutable
    case EROFS:       // a writable file mounted into a folder that is not
    case ENOENT:      // a folder that the kernel makes up
    case EINVAL:      // the same, and
    case EOPNOTSUPP:  // whatever else knows no new files
      return true;
    default: return false;
  }
}

Descriptor open_in_place(Files& files, int folder, const char* name, const struct stat& known) noexcept {
  Descriptor file(files, files.open_name(folder, name, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0));
  struct stat status{};
  const bool same = file && files.stat(file.number(), status) == 0 && S_ISREG(status.st_mode) &&
                    status.st_dev == known.st_dev && status.st_ino == known.st_ino;
  return same ? std::move(file) : Descriptor();
}

void overwrite(Files& files, int from, std::uint64_t size, int to, const std::string& path) {
  struct stat status{};
  if (const int error = files.stat(to, status)) throw failure(error, "write", path);
  const auto old_size = static_cast<std::uint64_t>(status.st_size);
  if (const long error = copy_part(files, from, to, std::min(old_size, size), size)) {
    files.truncate(to, old_size);
    throw failure(error, "write", path);
  }
  if (const long error = copy_part(files, from, to, 0, std::min(old_size, size))) throw failure(error, "write", path);
  if (old_size <= size) return;
  if (const int error = files.truncate(to, size)) throw failure(error, "write", path);
}

}  // namespace genro::storage::local
