// Where in a store a mount stands, as its configuration says it: the names of accounts and buckets, which become a part of a host
// name or a path and must not be able to lead elsewhere, and the prefix that every key has.
// Used by the configurations of backends over HTTP.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "genro/storage/mount_options.h"

namespace genro::storage {

/// The option as a name of `longest` bytes at most: letters and digits of ASCII, '-', and what stands in `also`. Throws config
/// when it is absent or no such name; `what` says what it would be: "bucket".
std::string read_store_name(const MountOptions& options, std::string_view option, std::string_view what,
                            std::string_view also, std::size_t longest);

/// `base_path` as the beginning of keys: "" or with one '/' at its end, and none in front.
std::string read_key_prefix(const MountOptions& options);

}  // namespace genro::storage
