#include "backend/saving.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "backend/parts_reading.h"
#include "core/context.h"
#include "core/write_fully.h"
#include "loop/offload.h"

namespace genro::storage {
namespace {

// Several of them fit into the cache of a core. Where each write is a job of a helper thread, fewer and larger ones are cheaper.
constexpr std::size_t kPiece = std::size_t{128} << 10;
constexpr std::size_t kPieceOfJob = std::size_t{1} << 20;

std::size_t piece_of(const Context& context) noexcept { return context.caller_driven ? kPiece : kPieceOfJob; }

class Saving final : public PartsReading {
 public:
  template <class... Source>
  Saving(FileSink& file, std::size_t piece, Source&&... source)
      : PartsReading(std::forward<Source>(source)...), file_(file), piece_(piece) {}

 private:
  Task<void> take(Reader& reader, Part part) override {
    BytesBuffer buffer = take_spare();
    for (std::uint64_t done = 0; done < part.size;) {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece_, part.size - done));
      const std::span<std::byte> target = buffer.span().first(wanted);
      Task<void> reading = read_exactly(reader, target);
      co_await reading;
      check(part, target);
      Task<void> writing = file_.write_at(part.offset + done, target);
      co_await writing;
      done += wanted;
    }
    spare_.push_back(std::move(buffer));
  }
  BytesBuffer take_spare() {
    if (spare_.empty()) return BytesBuffer(piece_);
    BytesBuffer buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }

  FileSink& file_;
  std::size_t piece_;
  std::vector<BytesBuffer> spare_;
};

}  // namespace

Task<void> OpenFileSink::write_at(std::uint64_t offset, std::span<const std::byte> data) {
  auto writing = offload([this, offset, data] {
    const long failed = write_fully(files_, descriptor_, data, offset);
    if (failed < 0) throw Error::from_errno(static_cast<int>(-failed), "write", "");
  });
  co_await writing;
}

Task<std::uint64_t> save_in_order(Reader& reader, FileSink& file) {
  Context& context = co_await current_context();
  BytesBuffer buffer(static_cast<std::size_t>(std::clamp<std::uint64_t>(reader.size(), 1, piece_of(context))));
  std::uint64_t saved = 0;
  for (;;) {
    Task<std::size_t> filling = fill(reader, buffer.span());
    const std::size_t got = co_await filling;
    if (got == 0) break;
    Task<void> writing = file.write_at(saved, buffer.span().first(got));
    co_await writing;
    saved += got;
  }
  require_all(reader, saved);
  co_return saved;
}

Task<std::uint64_t> save_parallel(Backend& backend, std::string path, ReadOptions options, ReadLimits limits,
                                  std::unique_ptr<Reader> first, FileSink& file) {
  Context& context = co_await current_context();
  const std::uint64_t size = first->size();
  Saving saving(file, piece_of(context), backend, std::move(path), std::move(options), limits, std::move(first), size);
  Task<void> all = saving.run();
  co_await all;
  co_return size;
}

}  // namespace genro::storage
