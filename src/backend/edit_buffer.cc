#include "backend/edit_buffer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "backend/spill_file.h"
#include "backend/writer.h"
#include "core/files.h"
#include "core/write_fully.h"
#include "genro/storage/error.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

// Bytes kept in memory. A staged file is the way that they go anyway; a spill file is a detour.
constexpr std::uint64_t kMaxBeforeStaging = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxBeforeSpill = std::uint64_t{8} << 20;

Error failed(long negative_errno) {
  return Error::from_errno(static_cast<int>(-negative_errno), "write", "an unfinished file");
}

}  // namespace

void EditBuffer::require_own() const {
  if (generation_ != fork_generation()) throw Error(ErrorCode::invalid_argument, kOfParent);
}

std::uint64_t EditBuffer::size() const {
  if (!shared_) return size_;
  struct stat status{};
  if (const int error = files_->stat(descriptor_, status)) throw failed(error);
  return static_cast<std::uint64_t>(status.st_size);
}

void EditBuffer::reserve(std::uint64_t size) {
  const auto wanted = static_cast<std::size_t>(size);
  if (!memory_) {
    memory_.emplace(std::max<std::size_t>(wanted, 4096));
  } else if (memory_->capacity() < wanted) {
    memory_->grow(std::max(wanted, memory_->capacity() * 2));
  }
}

Task<void> EditBuffer::spill() {
  if (make_staged_) {
    Task<std::unique_ptr<StagedFile>> making = std::exchange(make_staged_, nullptr)();
    staged_ = co_await making;
  }
  auto moving = offload([this] {
    if (!staged_) spill_ = open_spill_file(*files_);
    const int descriptor = staged_ ? staged_->descriptor() : *spill_;
    if (memory_) {
      const std::span<const std::byte> kept = memory_->span().first(static_cast<std::size_t>(size_));
      if (const long error = write_fully(*files_, descriptor, kept, 0)) throw failed(error);
    }
    memory_.reset();
    descriptor_ = descriptor;
  });
  co_await moving;
}

/// Moves to a file when `size` bytes are too many for memory.
Task<void> EditBuffer::make_room(std::uint64_t size) {
  if (on_file() || !files_ || size <= (make_staged_ ? kMaxBeforeStaging : kMaxBeforeSpill)) co_return;
  Task<void> spilling = spill();
  co_await spilling;
}

Task<std::size_t> EditBuffer::read_at(std::uint64_t offset, std::span<std::byte> target) {
  const std::uint64_t end = size();
  if (offset >= end) co_return 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(target.size(), end - offset));
  if (!on_file()) {
    if (count != 0) std::memcpy(target.data(), memory_->data() + offset, count);
    co_return count;
  }
  auto reading = offload([this, offset, target, count] {
    for (std::size_t done = 0; done < count;) {
      const long got = files_->pread(descriptor_, target.subspan(done, count - done), offset + done);
      if (got <= 0) throw failed(got == 0 ? -EIO : got);
      done += static_cast<std::size_t>(got);
    }
  });
  co_await reading;
  co_return count;
}

Task<void> EditBuffer::write_at(std::uint64_t offset, Bytes data) {
  if (data.empty()) co_return;
  require_own();
  if (offset > size()) {
    Task<void> growing = resize(offset);
    co_await growing;
  }
  const std::uint64_t end = offset + data.size();
  Task<void> making_room = make_room(end);
  co_await making_room;
  if (!on_file()) {
    reserve(std::max(end, size_));
    std::memcpy(memory_->data() + offset, data.data(), data.size());
  } else {
    auto writing = offload([this, offset, &data] {
      if (const long error = write_fully(*files_, descriptor_, data.span(), offset)) throw failed(error);
    });
    co_await writing;
  }
  size_ = std::max(size_, end);
}

Task<void> EditBuffer::resize(std::uint64_t size) {
  require_own();
  Task<void> making_room = make_room(size);
  co_await making_room;
  if (on_file()) {
    auto resizing = offload([this, size] {
      if (const int error = files_->truncate(descriptor_, size)) throw failed(error);
    });
    co_await resizing;
  } else if (size > size_) {
    reserve(size);
    std::memset(memory_->data() + size_, 0, static_cast<std::size_t>(size - size_));
  }
  size_ = size;
}

Task<int> EditBuffer::share() {
  if (!files_) co_return -1;
  if (!on_file()) {
    Task<void> spilling = spill();
    co_await spilling;
  }
  shared_ = true;
  co_return descriptor_;
}

Body EditBuffer::take() {
  require_own();
  const std::uint64_t size = this->size();
  size_ = 0;
  shared_ = false;
  descriptor_ = -1;
  if (spill_) return Body(FileSpan{std::move(spill_), 0, size});
  if (!memory_) return Body(Bytes());
  BytesBuffer buffer = std::move(*memory_);
  memory_.reset();
  return Body(std::move(buffer).freeze(static_cast<std::size_t>(size)));
}

Task<void> EditBuffer::drop() {
  memory_.reset();
  if (!on_file() && !staged_) co_return;
  auto dropping = offload([this] {
    staged_.reset();
    spill_.reset();
    descriptor_ = -1;
  });
  co_await dropping;
}

}  // namespace genro::storage
