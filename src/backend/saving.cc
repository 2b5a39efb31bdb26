#include "backend/saving.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "backend/content_check.h"
#include "core/context.h"
#include "core/write_fully.h"
#include "loop/offload.h"
#include "loop/task_group.h"

namespace genro::storage {
namespace {

// Several of them fit into the cache of a core. Where each write is a job of a helper thread, fewer and larger ones are cheaper.
constexpr std::size_t kPiece = std::size_t{128} << 10;
constexpr std::size_t kPieceOfJob = std::size_t{1} << 20;

std::size_t piece_of(const Context& context) noexcept { return context.caller_driven ? kPiece : kPieceOfJob; }

Task<void> write_piece(SavedIn file, std::span<const std::byte> data, std::uint64_t offset) {
  auto writing = offload([file, data, offset] {
    const long failed = write_fully(file.files, file.descriptor, data, offset);
    if (failed < 0) throw Error::from_errno(static_cast<int>(-failed), "write", "");
  });
  co_await writing;
}

/// One large object: part 0 is what the first reader already brings, the others are ranges of their own.
struct Saving {
  Backend& backend;
  const std::string& path;
  const ReadOptions& options;
  std::unique_ptr<Reader> first;
  std::uint64_t begin;
  std::uint64_t size;
  std::uint64_t part_size;
  Entry entry;
  PartsCheck check;
  SavedIn file;
  std::size_t piece;
  std::vector<BytesBuffer> spare{};

  std::size_t count() const { return static_cast<std::size_t>((size + part_size - 1) / part_size); }
  BytesBuffer take() {
    if (spare.empty()) return BytesBuffer(piece);
    BytesBuffer buffer = std::move(spare.back());
    spare.pop_back();
    return buffer;
  }

  Task<void> part(std::size_t index) {
    const std::uint64_t offset = index * part_size;
    const std::uint64_t length = std::min(part_size, size - offset);
    std::unique_ptr<Reader> reader;
    if (index == 0) {
      reader = std::move(first);
    } else {
      ReadOptions own = options;
      own.range = {begin + offset, begin + offset + length};
      Task<std::unique_ptr<Reader>> opening = open_part(backend, path, std::move(own), entry);
      reader = co_await opening;
    }
    BytesBuffer buffer = take();
    for (std::uint64_t done = 0; done < length;) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece, length - done));
      const std::span<std::byte> target = buffer.span().first(wanted);
      Task<void> reading = read_exactly(*reader, target);
      co_await reading;
      check.update(index, target);
      Task<void> writing = write_piece(file, target, offset + done);
      co_await writing;
      done += wanted;
    }
    spare.push_back(std::move(buffer));
    if (index == 0) co_return;  // its answer goes on behind the part
    Task<void> ending = require_end(*reader);
    co_await ending;
  }
};

}  // namespace

Task<std::uint64_t> save_in_order(Reader& reader, SavedIn file) {
  Context& context = co_await current_context();
  BytesBuffer buffer(static_cast<std::size_t>(std::clamp<std::uint64_t>(reader.size(), 1, piece_of(context))));
  std::uint64_t saved = 0;
  for (;;) {
    Task<std::size_t> filling = fill(reader, buffer.span());
    const std::size_t got = co_await filling;
    if (got == 0) break;
    Task<void> writing = write_piece(file, buffer.span().first(got), saved);
    co_await writing;
    saved += got;
  }
  if (reader.size() != Reader::kUnknown && saved != reader.size()) {
    throw Error(saved < reader.size() ? ErrorCode::truncated : ErrorCode::protocol, "read", reader.entry().path,
                "another number of bytes came than was announced");
  }
  co_return saved;
}

Task<std::uint64_t> save_parallel(Backend& backend, std::string path, ReadOptions options, ReadLimits limits,
                                  std::unique_ptr<Reader> first, SavedIn file) {
  Context& context = co_await current_context();
  const std::uint64_t begin = first->begin();
  const std::uint64_t size = first->size();
  Entry entry = first->entry();
  // No single answer holds the whole content, so the checksum of the whole is checked here.
  PartsCheck check(first->checksum(), size, limits.part_size);
  Saving saving{
      backend,          path, options,          std::move(first), begin, size, limits.part_size, std::move(entry),
      std::move(check), file, piece_of(context)};
  Task<void> all =
      for_each_parallel(saving.count(), limits.in_flight, [&saving](std::size_t i) { return saving.part(i); });
  co_await all;
  saving.check.require(path);
  co_return size;
}

}  // namespace genro::storage
