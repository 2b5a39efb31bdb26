// Deflater: raw DEFLATE (RFC 1951) in pieces, by zlib. Used by the ZIP writer. One stream at a time; reset() begins the next.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct z_stream_s;

namespace genro::storage {

class Deflater {
 public:
  Deflater();
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  void reset();
  /// Compresses `data` and appends what is ready to `out`; with `last` the stream ends.
  void add(std::span<const std::byte> data, bool last, std::string& out);

 private:
  std::unique_ptr<z_stream_s> stream_;
};

}  // namespace genro::storage
