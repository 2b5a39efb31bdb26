// What a webdav mount is configured with, typed. It holds secrets: never print one.
#pragma once

#include <cstdint>
#include <string>

#include "auth/http_login.h"
#include "genro/storage/backend.h"
#include "genro/storage/mount_options.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage::webdav {

enum class Replace : unsigned char { by_server, direct, move };

struct Config {
  HttpEndpoint endpoint;
  std::string root;  ///< The path of the root, encoded, without a slash at its end.
  std::string
      uploads;  ///< Where Nextcloud gathers parts, likewise; "" for any other server, and where nobody can know.
  bool nextcloud = false;
  Replace replace = Replace::by_server;
  std::uint64_t chunk_size = std::uint64_t{16} << 20;
  Login login;
  HttpLogin::Scheme scheme = HttpLogin::Scheme::by_server;
  std::string token;
  HttpOptions http;
};

/// Throws config with the key that is wrong.
Config parse_config(const MountOptions& options);

/// What uploads in parts keep to.
Limits limits_of(const Config& config);

/// A place of one server, as one account sees it; hashed.
std::string account_of(const Config& config);

}  // namespace genro::storage::webdav
