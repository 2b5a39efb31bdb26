#include "core/write_fully.h"

#include <algorithm>
#include <cerrno>

#include "core/files.h"

namespace genro::storage {
namespace {
// By one call. Larger ones make the kernel look for larger runs of free memory, which on a virtual machine are those that its
// host took back: getting them again costs ten times what the copying does.
constexpr std::size_t kWritten = 128 << 10;
}  // namespace

long write_fully(Files& files, int descriptor, std::span<const std::byte> data, std::uint64_t offset) noexcept {
  while (!data.empty()) {
    const iovec piece{const_cast<std::byte*>(data.data()), std::min(data.size(), kWritten)};
    const long count = files.pwritev(descriptor, &piece, 1, offset);
    if (count < 0) return count;
    if (count == 0) return -EIO;
    data = data.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return 0;
}

}  // namespace genro::storage
