// SentParts: whether a server supports range requests. Accept-Ranges is not believed before a 206 was seen: until then a large
// content is read as one stream. One per mount. Used by backends over HTTP. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "backend/http/body_reader.h"
#include "backend/reader.h"
#include "net/http.h"

namespace genro::storage {

class SentParts {
 public:
  void see(const HttpHead& head) noexcept {
    if (head.status == 206) proved_.store(true, std::memory_order_relaxed);
  }
  /// The reader, whose size is not told, so that nobody splits it, while nobody knows that parts would come. `AnyReader` has
  /// come_whole(). `same`: later answers can be told from those of another content.
  template <class AnyReader>
  std::unique_ptr<AnyReader> believed(std::unique_ptr<AnyReader> reader, bool same = true) const {
    const bool in_parts = same && proved_.load(std::memory_order_relaxed);
    if (!in_parts && reader->size() > ReadLimits().whole_max) reader->come_whole();
    return reader;
  }

 private:
  std::atomic<bool> proved_{false};
};

}  // namespace genro::storage
