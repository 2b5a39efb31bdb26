// StreamHandle: a stream together with the loop whose poller may know its descriptor. Closing has to happen on that
// loop's thread, so a handle dropped elsewhere posts the stream home. Used by connections; never move the raw Stream out
// but to wrap it (TLS) under the same closer.
#pragma once

#include <memory>

#include "core/network.h"
#include "loop/loop.h"

namespace genro::storage {

struct StreamCloser {
  Loop* owner = nullptr;    ///< The reactor that waited for it; null: only calling threads did, which register nothing.
  unsigned generation = 0;  ///< fork_generation() when it was opened
  void operator()(Stream* stream) const noexcept;
};
using StreamHandle = std::unique_ptr<Stream, StreamCloser>;

/// The key of connections that may be shared: a reactor's own, or null for those of calling threads.
inline Loop* shard_of(Loop& loop) noexcept { return loop.kind() == Loop::Kind::reactor ? &loop : nullptr; }
StreamHandle make_stream_handle(std::unique_ptr<Stream> stream, Loop& loop) noexcept;

}  // namespace genro::storage
