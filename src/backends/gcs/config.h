// What a gcs mount is configured with, typed. Used by the gcs backend and its client. It holds secrets: never print one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "auth/google/credentials.h"
#include "genro/storage/backend.h"
#include "genro/storage/mount_options.h"
#include "net/http.h"
#include "net/proxy.h"
#include "net/uri.h"

namespace genro::storage::gcs {

struct Config {
  std::string bucket;
  std::string prefix;      // "" or ends with '/'
  Uri server;              // without a slash at the end of its path
  bool anonymous = false;  // no token
  GoogleLogin login;
  std::string user_project;
  std::string hmac_key;
  std::string hmac_secret;
  bool verify_downloads = true;
  bool version_aware = false;
  bool soft_deleted = false;
  std::optional<bool> hierarchical;  // whether the bucket has folders of its own, if the mount says it
  std::string storage_class;
  std::string cache_control;
  std::string custom_time;  // "" = none, "now", or RFC 3339
  std::string kms_key;
  std::uint64_t part_size = std::uint64_t{16} << 20;
  HttpOptions http;
};

// https://cloud.google.com/storage/quotas. A single put is held in memory, so that larger bodies go up in parts.
inline constexpr Limits kLimits{.part_size_min = std::uint64_t{256} << 10,
                                .part_size_max = std::uint64_t{1} << 30,
                                .single_put_max = std::uint64_t{64} << 20,
                                .remove_batch_max = 100,
                                .concurrency = 16};

// Throws config with the key that is wrong. `variable`: for the server, where the mount names none.
Config parse_config(const MountOptions& options, const Environment& variable);

// Whether both go to one server as the same user, so that it can copy between them.
bool same_account(const Config& a, const Config& b) noexcept;

inline constexpr std::size_t kLongestName = 1024;  // bytes
// Why there can be no object under the name, "" when there can.
// https://cloud.google.com/storage/docs/objects#naming
std::string_view name_fault(std::string_view name) noexcept;

}  // namespace genro::storage::gcs
