#include "backend/bytes_reader.h"

namespace genro::storage {

std::unique_ptr<Reader> reader_of(Entry entry, const Bytes& content, const ByteRange& range) {
  const ByteRange within = clamped(range, content.size(), entry.path);
  return std::make_unique<BytesReader>(std::move(entry), content, within);
}

}  // namespace genro::storage
