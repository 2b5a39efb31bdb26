#include "backend/body_bytes.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "genro/storage/error.h"
#include "loop/offload.h"

namespace genro::storage {

Task<std::size_t> read_chunk(const FileSpan& file, std::uint64_t offset, std::span<std::byte> buffer) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file.size - offset));
  auto reading = offload([&file, offset, buffer, size] {
    ssize_t count = 0;
    do {
      count = ::pread(*file.descriptor, buffer.data(), size, static_cast<off_t>(file.offset + offset));
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
  });
  const ssize_t count = co_await reading;
  if (count < 0) throw Error::from_errno(static_cast<int>(-count), "read", "");
  if (count == 0) throw Error(ErrorCode::truncated, "the file became shorter while it was read");
  co_return static_cast<std::size_t>(count);
}

Task<Bytes> bytes_of(Body body) {
  if (!body.is_file()) co_return body.flatten();
  const FileSpan& file = body.file();
  BytesBuffer buffer(static_cast<std::size_t>(file.size));
  for (std::uint64_t done = 0; done < file.size;) {
    Task<std::size_t> reading = read_chunk(file, done, buffer.span().subspan(static_cast<std::size_t>(done)));
    done += co_await reading;
  }
  co_return std::move(buffer).freeze(static_cast<std::size_t>(file.size));
}

}  // namespace genro::storage
