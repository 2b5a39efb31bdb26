// The operating system's network behind core/network.h: getaddrinfo and non-blocking TCP sockets.
// Used by Env::system() only; everybody else goes through Env.
#pragma once

#include "core/network.h"

namespace genro::storage {

Network& system_network() noexcept;

}  // namespace genro::storage
