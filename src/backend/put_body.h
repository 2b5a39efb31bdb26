// put_body: stores a body whose size is known, as one put or as a multipart upload with parallel parts, straight from the
// caller's memory or file. Used by node (write, copy) and by Writer for what it has kept.
// The backend must live until the task is done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "genro/storage/backend.h"
#include "loop/loop.h"

namespace genro::storage {

struct WriteLimits {
  std::uint64_t single_max = std::uint64_t{16} << 20;  ///< Bytes; larger bodies go up in parts where the backend can.
  std::size_t in_flight = 4;                           ///< parts
  std::uint64_t in_flight_bytes = std::uint64_t{256} << 20;  ///< Fewer parts at once when they are large.
};

/// Whole or not at all, under options.when. Throws unsupported for a body that is larger than the backend's limits allow.
Task<Entry> put_body(Backend& backend, std::string path, Body body, PutOptions options = {}, WriteLimits limits = {});

/// Aborts an upload that will not be completed, even if the operation was cancelled. Failures are ignored.
Task<void> abort_shielded(std::shared_ptr<Upload> upload);
inline constexpr Duration kAbortWithin =
    std::chrono::seconds(60);  ///< long enough for a second try after a stalled one

/// Throws corrupt when the backend acknowledged another size than was sent.
void require_size(const Entry& entry, std::uint64_t size, const std::string& path);

}  // namespace genro::storage
