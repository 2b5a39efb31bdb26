// What a github mount is configured with, typed. It holds secrets: never print one.
#pragma once

#include <string>

#include "core/clock.h"
#include "genro/storage/mount_options.h"
#include "net/http.h"
#include "net/uri.h"

namespace genro::storage::github {

struct Config {
  std::string org;
  std::string repo;
  std::string base;           ///< A clean path; "" is the whole repository.
  std::string ref;            ///< "" is the default branch.
  std::string authorization;  ///< The value of the header; "" asks as nobody.
  Uri api;                    ///< Without a slash at the end of its path.
  Uri raw;                    ///< Below which the files of each ref are, as they are: "/<ref>/<path>". Likewise.
  Duration refresh{};         ///< Until `ref` is looked up again.
  bool details = false;
  bool gives_lfs_pointers = false;
  HttpOptions http;

  std::string name() const { return org + "/" + repo; }
};

/// Throws config with the key that is wrong.
Config parse_config(const MountOptions& options);

}  // namespace genro::storage::github
