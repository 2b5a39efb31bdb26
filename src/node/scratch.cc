#include "node/scratch.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "backend/spool.h"
#include "core/files.h"
#include "genro/storage/error.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {
constexpr std::size_t kSpillPiece = 1 << 20;
Error failed(long negative_errno) {
  return Error::from_errno(static_cast<int>(-negative_errno), "spool", "a temporary file");
}
}  // namespace

void Scratch::reserve(std::uint64_t size) {
  const auto wanted = static_cast<std::size_t>(size);
  if (!memory_) {
    memory_.emplace(std::max<std::size_t>(wanted, 4096));
  } else if (memory_->capacity() < wanted) {
    memory_->grow(std::max(wanted, memory_->capacity() * 2));
  }
}

void Scratch::write_file(std::uint64_t offset, std::span<const std::byte> data) {
  while (!data.empty()) {
    const iovec piece{const_cast<std::byte*>(data.data()), data.size()};
    const long written = files_->pwritev(*descriptor_, &piece, 1, offset);
    if (written == -EINTR) continue;
    if (written <= 0) throw failed(written == 0 ? -EIO : written);
    offset += static_cast<std::uint64_t>(written);
    data = data.subspan(static_cast<std::size_t>(written));
  }
}

void Scratch::spill() {
  descriptor_ = open_spool_file(*files_);
  for (std::uint64_t at = 0; memory_ && at < size_; at += kSpillPiece) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(kSpillPiece, size_ - at));
    write_file(at, memory_->span().subspan(static_cast<std::size_t>(at), piece));
  }
  memory_.reset();
}

Task<std::size_t> Scratch::read_at(std::uint64_t offset, std::span<std::byte> target) {
  if (offset >= size_) co_return 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), size_ - offset));
  if (!descriptor_) {
    if (count != 0) std::memcpy(target.data(), memory_->data() + offset, count);
    co_return count;
  }
  auto reading = offload([this, offset, target, count] {
    std::size_t done = 0;
    while (done < count) {
      const long got = files_->pread(*descriptor_, target.subspan(done, count - done), offset + done);
      if (got == -EINTR) continue;
      if (got <= 0) throw failed(got == 0 ? -EIO : got);
      done += static_cast<std::size_t>(got);
    }
  });
  co_await reading;
  co_return count;
}

Task<void> Scratch::write_at(std::uint64_t offset, Bytes data) {
  if (data.empty()) co_return;
  const std::uint64_t end = offset + data.size();
  if (offset > size_) {
    Task<void> growing = resize(offset);
    co_await growing;
  }
  if (!descriptor_ && !must_spill(end)) {
    reserve(std::max(end, size_));
    std::memcpy(memory_->data() + offset, data.data(), data.size());
  } else {
    auto writing = offload([this, offset, &data] {
      if (!descriptor_) spill();
      write_file(offset, data.span());
    });
    co_await writing;
  }
  size_ = std::max(size_, end);
}

Task<void> Scratch::resize(std::uint64_t size) {
  if (!descriptor_ && !must_spill(size)) {
    if (size > size_) {
      reserve(size);
      std::memset(memory_->data() + size_, 0, static_cast<std::size_t>(size - size_));
    }
  } else {
    auto resizing = offload([this, size] {
      if (!descriptor_) spill();
      if (const int error = files_->truncate(*descriptor_, size)) throw failed(error);
    });
    co_await resizing;
  }
  size_ = size;
}

Body Scratch::take() {
  const std::uint64_t size = std::exchange(size_, 0);
  if (descriptor_) return Body(FileSpan{std::move(descriptor_), 0, size});
  if (!memory_) return Body(Bytes());
  BytesBuffer buffer = std::move(*memory_);
  memory_.reset();
  return Body(std::move(buffer).freeze(static_cast<std::size_t>(size)));
}

}  // namespace genro::storage
