#include "backends/local/quick_io.h"

#include <utility>

#include "backends/local/generated_file.h"

namespace genro::storage::local {

Look try_stat_file(Files& files, Base& base, const std::string& path, bool cached, struct stat& status) {
  int error = 0;
  const std::uint64_t seen = base.generation();
  if (path.empty() && base.removed()) return Look::unclear;
  if (!cached && !path.empty() && path.find('/') == std::string::npos && path.front() != '.') {
    error = files.stat_name(base.root(), path.c_str(), status);  // one name: nothing to open
  } else {
    error = files.open_beneath(base.root(), path.c_str(), kOpenPath | O_NOFOLLOW, 0, cached);
    const Descriptor file(files, error);
    if (error >= 0) error = files.stat(file.number(), status);
  }
  if (error >= 0) return S_ISLNK(status.st_mode) ? Look::unclear : Look::found;
  return !cached && means_absent(error) && !base.refresh(false, seen) ? Look::absent : Look::unclear;
}

int try_open(Files& files, int root, const std::string& path, bool cached, OpenFile& opened) {
  const int descriptor = files.open_beneath(root, path.c_str(), kOpenToRead, 0, cached);
  if (descriptor < 0) return descriptor;
  opened.file = Descriptor(files, descriptor);
  opened.quick = true;
  return files.stat(descriptor, opened.status);
}

std::optional<Bytes> try_read(Files& files, int root, const std::string& path, std::uint64_t most) {
  const Descriptor file(files, files.open_beneath(root, path.c_str(), kOpenToRead, 0, false));
  struct stat status{};
  if (!file || files.stat(file.number(), status) < 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > most) return std::nullopt;
  if (may_lie(status)) {
    std::byte more{};
    if (files.pread(file.number(), {&more, 1}, size) != 0) return std::nullopt;
  }
  BytesBuffer buffer(size);
  for (std::size_t filled = 0; filled < size;) {
    const long count = files.pread(file.number(), buffer.span().subspan(filled), filled);
    if (count <= 0) return std::nullopt;  // it became shorter: the long way says so
    filled += static_cast<std::size_t>(count);
  }
  return std::move(buffer).freeze(size);
}

}  // namespace genro::storage::local
