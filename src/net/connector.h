// connect_tcp(): a connected stream to the first address of a host that answers ("happy eyeballs", RFC 8305).
// Used by the pool's connector; TLS and proxies are laid over it there.
#pragma once

#include <string>

#include "core/env.h"
#include "net/stream_handle.h"

namespace genro::storage {

/// Starts with one address and adds the next after 250 ms or as soon as one failed. Call it on the operation's loop.
/// Throws connection (with the last failure's reason), timeout.
Task<StreamHandle> connect_tcp(Env& env, std::string host, std::uint16_t port, TimePoint until);

/// Drives stream->connect() to its end. Throws connection, tls, timeout.
Task<void> finish_connecting(Stream& stream, std::string peer, TimePoint until);

}  // namespace genro::storage
