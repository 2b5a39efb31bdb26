#include "backends/local/generated_file.h"

#include <algorithm>
#include <cstring>

#include "backends/local/entry.h"

namespace genro::storage::local {
namespace {

constexpr off_t kPage = 4096;
constexpr off_t kLargestPage = 64 << 10;
constexpr std::size_t kFirst = 4096;
constexpr std::size_t kMost = 256 << 20;

}  // namespace

bool may_lie(const struct stat& status) noexcept {
  return status.st_blocks == 0 && status.st_size % kPage == 0 && status.st_size <= kLargestPage &&
         S_ISREG(status.st_mode);
}

std::optional<Bytes> content_beyond_size(Files& files, int file, const struct stat& status, const std::string& path) {
  if (!may_lie(status)) return std::nullopt;
  BytesBuffer buffer(kFirst);
  std::size_t size = 0;
  for (;;) {
    const long count = files.pread(file, buffer.span().subspan(size), size);
    if (count < 0) throw failure(count, "read", path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size < buffer.span().size()) continue;
    if (size >= kMost) throw Error(ErrorCode::io, "read", path, "the file says that it is empty, and does not end");
    BytesBuffer larger(2 * size);
    std::memcpy(larger.span().data(), buffer.span().data(), size);
    buffer = std::move(larger);
  }
  if (size == static_cast<std::size_t>(status.st_size)) return std::nullopt;
  return std::move(buffer).freeze(size);
}

}  // namespace genro::storage::local
