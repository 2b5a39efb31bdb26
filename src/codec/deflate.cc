#include "codec/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace genro::storage {
namespace {

constexpr int kRawWindow = -15;  // the largest window, without zlib's own header and trailer
constexpr int kMemory = 8;
constexpr std::size_t kStep = 64 * 1024;

}  // namespace

Deflater::Deflater() : stream_(std::make_unique<z_stream>()) {
  if (deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawWindow, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

Deflater::~Deflater() { deflateEnd(stream_.get()); }

void Deflater::reset() { deflateReset(stream_.get()); }

void Deflater::add(std::span<const std::byte> data, bool last, std::string& out) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max() / 2;
  do {
    const std::span<const std::byte> piece = data.first(std::min(data.size(), kMost));
    data = data.subspan(piece.size());
    // zlib reads through a pointer to non-const, and does not write through it.
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(piece.data()));
    stream_->avail_in = static_cast<uInt>(piece.size());
    const int flush = last && data.empty() ? Z_FINISH : Z_NO_FLUSH;
    do {
      const std::size_t size = out.size();
      out.resize(size + kStep);
      stream_->next_out = reinterpret_cast<Bytef*>(out.data() + size);
      stream_->avail_out = static_cast<uInt>(kStep);
      deflate(stream_.get(), flush);
      out.resize(out.size() - stream_->avail_out);
    } while (stream_->avail_out == 0);
  } while (!data.empty());
}

}  // namespace genro::storage
