#include "node/serve/serve_body.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "backend/reader.h"
#include "genro/storage/error.h"
#include "loop/offload.h"
#include "node/guard.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

Task<Bytes> no_such_chunk() {
  throw Error(ErrorCode::out_of_range, "serve", "", "the body has no such chunk");
  co_return Bytes();
}

Task<Bytes> ready_bytes(Bytes bytes) { co_return bytes; }

}  // namespace

ServeBody::ServeBody(Bytes content) { append(std::move(content)); }

void ServeBody::append(Bytes text) {
  size_ += text.size();
  const std::size_t first = chunks_;
  chunks_ += (text.size() + kChunk - 1) / kChunk;
  const std::uint64_t end = text.size();
  if (end != 0) parts_.push_back({std::move(text), 0, end, first});
}

void ServeBody::append(std::uint64_t begin, std::uint64_t end) {
  if (begin >= end) return;
  parts_.push_back({Bytes(), begin, end, chunks_});
  size_ += end - begin;
  chunks_ += static_cast<std::size_t>((end - begin + kChunk - 1) / kChunk);
}

Task<Bytes> ServeBody::chunk(std::size_t index) const {
  if (index >= chunks_) return no_such_chunk();
  const auto after = std::upper_bound(parts_.begin(), parts_.end(), index,
                                      [](std::size_t wanted, const Part& part) { return wanted < part.first_chunk; });
  const Part& part = *std::prev(after);
  const std::uint64_t begin = part.begin + std::uint64_t{index - part.first_chunk} * kChunk;
  const std::uint64_t end = std::min<std::uint64_t>(begin + kChunk, part.end);
  if (!part.text.empty()) {
    return ready_bytes(part.text.slice(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
  }
  return source_->read(begin, end, part.end);
}

std::optional<FileSpan> ServeBody::file_span() const {
  if (parts_.size() != 1 || !parts_.front().text.empty()) return std::nullopt;
  return source_->span(parts_.front().begin, parts_.front().end);
}

void ServeBody::close() const noexcept {
  if (source_) source_->close();
}

void ServeBody::Source::adopt(std::unique_ptr<Reader> fresh) {
  const std::uint64_t begin = fresh->begin();
  const std::uint64_t size = fresh->size() == Reader::kUnknown ? entry.size - begin : fresh->size();
  std::optional<FileSpan> span;
  if (mount->files) span = fresh->file_span();
  if (span) {
    auto file = std::make_shared<Opened>();
    file->shift = span->offset - begin;
    file->file = std::move(*span);
    if (const int error = mount->files->stat(*file->file.descriptor, file->status)) {
      throw Error::from_errno(-error, "serve", mount->address(path));
    }
    const std::lock_guard lock(mutex_);
    file_ = std::move(file);
    return;
  }
  const std::lock_guard lock(mutex_);
  reader_.swap(fresh);  // a former one ends when the lock is gone
  position_ = begin;
  reader_end_ = begin + size;
}

std::shared_ptr<const ServeBody::Source::Opened> ServeBody::Source::opened() {
  const std::lock_guard lock(mutex_);
  return file_;
}

std::unique_ptr<Reader> ServeBody::Source::reader_at(std::uint64_t begin, std::uint64_t part_end) {
  const std::lock_guard lock(mutex_);
  if (!reader_ || position_ != begin || reader_end_ < part_end) return nullptr;
  return std::move(reader_);
}

void ServeBody::Source::close() noexcept {
  std::shared_ptr<const Opened> file;
  std::unique_ptr<Reader> reader;
  const std::lock_guard lock(mutex_);
  file.swap(file_);
  reader.swap(reader_);
}

std::optional<FileSpan> ServeBody::Source::span(std::uint64_t begin, std::uint64_t end) {
  const std::shared_ptr<const Opened> file = opened();
  if (!file) return std::nullopt;
  return FileSpan{file->file.descriptor, begin + file->shift, end - begin};
}

void ServeBody::Source::check_unchanged(const Opened& file) const {
  struct stat now{};
  if (const int error = mount->files->stat(*file.file.descriptor, now)) {
    throw Error::from_errno(-error, "serve", mount->address(path));
  }
  const bool touched = !same_time(now.st_mtim, file.status.st_mtim);
  if (now.st_size < file.status.st_size || (touched && now.st_size == file.status.st_size)) {
    throw failure(ErrorCode::precondition_failed, "serve", *mount, path, "the file changed while it was sent");
  }
}

Task<Bytes> ServeBody::Source::read_file(std::shared_ptr<const Opened> file, std::uint64_t begin, std::uint64_t end,
                                         bool last) {
  BytesBuffer buffer(static_cast<std::size_t>(end - begin));
  auto reading = offload([this, &file, &buffer, begin, last] {
    for (std::size_t done = 0; done < buffer.capacity();) {
      const long got =
          mount->files->pread(*file->file.descriptor, buffer.span().subspan(done), begin + done + file->shift);
      if (got == -EINTR) continue;
      if (got < 0) throw Error::from_errno(static_cast<int>(-got), "serve", mount->address(path));
      if (got == 0) {
        throw failure(ErrorCode::truncated, "serve", *mount, path, "the file became shorter while it was sent");
      }
      done += static_cast<std::size_t>(got);
    }
    if (last) check_unchanged(*file);
  });
  co_await reading;
  const std::size_t size = buffer.capacity();
  co_return std::move(buffer).freeze(size);
}

Task<std::unique_ptr<Reader>> ServeBody::Source::open(MountPointer mount, std::string path, Entry entry,
                                                      ByteRange range) {
  ReadOptions options;
  options.range = range;
  options.if_match = entry.etag;
  try {
    // One stream, not one that fetches ahead: a response is sent no faster than its reader takes it.
    Task<std::unique_ptr<Reader>> opening = mount->backend->read(path, std::move(options));
    std::unique_ptr<Reader> reader = co_await opening;
    const Entry& again = reader->entry();
    if (again.size != entry.size || again.etag != entry.etag) {
      throw Error(ErrorCode::precondition_failed, "the file was replaced meanwhile");
    }
    co_return reader;
  } catch (const Error& error) {
    throw located(error, "serve", *mount, path);
  }
}

Task<Bytes> ServeBody::Source::read_stream(std::uint64_t begin, std::uint64_t end, std::uint64_t part_end) {
  std::unique_ptr<Reader> reader = reader_at(begin, part_end);
  std::uint64_t reader_end = part_end;
  if (reader) {
    const std::uint64_t size = reader->size();
    if (size != Reader::kUnknown) reader_end = reader->begin() + size;
  } else {
    Task<std::unique_ptr<Reader>> opening = open(mount, path, entry, {begin, part_end});
    reader = co_await opening;
  }
  BytesBuffer buffer(static_cast<std::size_t>(end - begin));
  try {
    Task<std::size_t> filling = fill(*reader, buffer.span());
    if (co_await filling != buffer.capacity()) {
      throw Error(ErrorCode::truncated, "the file ended before what was announced");
    }
    if (end == reader_end) {  // the end is where a reader verifies what it gave
      std::byte more{};
      Task<std::size_t> ending = reader->read_into({&more, 1});
      if (co_await ending != 0) throw Error(ErrorCode::corrupt, "more content came than was announced");
      reader.reset();
    }
  } catch (const Error& error) {
    throw located(error, "serve", *mount, path);
  }
  if (reader) {
    const std::lock_guard lock(mutex_);
    reader_.swap(reader);
    position_ = end;
    reader_end_ = reader_end;
  }
  const std::size_t size = buffer.capacity();
  co_return std::move(buffer).freeze(size);
}

Task<Bytes> ServeBody::Source::read(std::uint64_t begin, std::uint64_t end, std::uint64_t part_end) {
  std::shared_ptr<const Opened> file = opened();
  if (file) return read_file(std::move(file), begin, end, end == part_end);
  return read_stream(begin, end, part_end);
}

}  // namespace genro::storage
