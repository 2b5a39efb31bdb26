// The settings of a mount that every protocol over HTTP has: timeouts, TLS, proxy, connections.
// Used by the backends that read their configuration.
#pragma once

#include "genro/storage/mount_options.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage {

/// Reads connect_timeout and timeout (seconds), verify_ssl, ca_file, cert, proxy and max_connections, as far as the protocol
/// has them. Throws config with the key that is wrong.
HttpOptions read_http(const MountOptions& options);

/// The URL of a mount's root, without slashes at the end of its path. Throws config for one with user and password, too:
/// it is shown to people.
Uri read_base_url(const MountOptions& options, std::string_view key);

}  // namespace genro::storage
