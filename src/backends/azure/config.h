// What an Azure mount is configured with, typed. Used by the azure backend and its client. It holds secrets: never print one.
#pragma once

#include <cstdint>
#include <string>

#include "auth/azure/login.h"
#include "genro/storage/backend.h"
#include "genro/storage/mount_options.h"
#include "net/http.h"

namespace genro::storage::azure {

struct Config {
  Login login;
  std::string container;
  std::string prefix;    // "" or ends with '/'
  std::string endpoint;  // a URL without a slash at its end
  std::string lease_id;
  std::string access_tier;
  bool store_md5 = false;
  bool version_aware = false;
  bool delete_snapshots = false;
  bool verify_downloads = true;
  std::uint64_t part_size = std::uint64_t{8} << 20;  // bytes, of uploads; grows with the blob
  HttpOptions http;
};

// https://learn.microsoft.com/en-us/azure/storage/blobs/scalability-targets
inline constexpr Limits kLimits{.part_size_min = 1,
                                .part_size_max = std::uint64_t{4000} << 20,
                                .part_count_max = 50'000,
                                .single_put_max = std::uint64_t{5000} << 20,
                                .remove_batch_max = 256,
                                .concurrency = 16};

// Throws config with the key that is wrong. `variables` count where the configuration has no credentials.
Config parse_config(const MountOptions& options, const Environment& variables);

}  // namespace genro::storage::azure
