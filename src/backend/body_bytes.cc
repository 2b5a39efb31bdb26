#include "backend/body_bytes.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "genro/storage/error.h"
#include "loop/give_way.h"

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

namespace {

// One job of a helper thread: some milliseconds, most of them the system's, which gives the memory.
constexpr std::size_t kCopyStep = std::size_t{8} << 20;

Task<void> copy_to(std::byte* target, std::span<const std::byte> data) {
  Stretch stretch;
  while (!data.empty()) {
    const std::span<const std::byte> step = data.first(std::min(data.size(), kCopyStep));
    Task<void> copying = on_helper(step.size(), [target, step] { std::memcpy(target, step.data(), step.size()); });
    co_await copying;
    co_await give_way(stretch, step.size());
    target += step.size();
    data = data.subspan(step.size());
  }
}

}  // namespace

Task<Bytes> bytes_of(Body body) {
  if (!body.is_file() && (body.size() < kOneGo || body.pieces().size() == 1)) co_return body.flatten();
  BytesBuffer buffer(static_cast<std::size_t>(body.size()));
  std::size_t done = 0;
  Stretch stretch;
  while (body.is_file() && done < buffer.capacity()) {
    const std::size_t most = std::min(buffer.capacity() - done, kCopyStep);
    Task<std::size_t> reading = read_chunk(body.file(), done, buffer.span().subspan(done, most));
    const std::size_t count = co_await reading;
    co_await give_way(stretch, count);
    done += count;
  }
  for (const Bytes& piece : body.pieces()) {
    Task<void> copying = copy_to(buffer.data() + done, piece.span());
    co_await copying;
    done += piece.size();
  }
  co_return std::move(buffer).freeze(done);
}

Task<Bytes> copied(std::span<const std::byte> data) {
  BytesBuffer buffer(data.size());
  Task<void> copying = copy_to(buffer.data(), data);
  co_await copying;
  co_return std::move(buffer).freeze(data.size());
}

}  // namespace genro::storage
