// What an http mount is configured with, typed. It holds secrets: never print one.
#pragma once

#include <string>

#include "genro/storage/mount_options.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage::http {

struct Config {
  Uri base;            ///< Without a slash at the end of its path; its query goes with every request.
  std::string fields;  ///< Header lines of every request: the mount's own, and what says whose it is.
  bool index = false;  ///< The server's pages of links are read as folders.
  HttpOptions http;
};

/// Throws config with the key that is wrong. Reads the netrc file if that is asked for.
Config parse_config(const MountOptions& options);

}  // namespace genro::storage::http
