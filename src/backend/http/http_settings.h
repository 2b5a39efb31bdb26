// The settings of a mount that every protocol over HTTP has: timeouts, TLS, proxy, connections.
// Used by the backends that read their configuration.
#pragma once

#include "backend/mount_options.h"
#include "net/http.h"

namespace genro::storage {

/// Reads connect_timeout and timeout (seconds), verify_ssl, ca_file, proxy and max_connections. Throws config with the key
/// that is wrong.
HttpOptions read_http(const MountOptions& options);

}  // namespace genro::storage
