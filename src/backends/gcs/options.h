// The options of a gcs mount. config.cc makes a Config of them; docs/backends/gcs.md tells more of them.
#pragma once

#include "backend/http/http_options.h"
#include "genro/storage/option_spec.h"

namespace genro::storage::gcs {

inline constexpr auto kGcsOptions = with_http_options({
    {.name = "bucket", .required = true, .place = true, .help = "the bucket's name"},
    {.name = "base_path",
     .alias = "prefix",
     .place = true,
     .otherwise = "the whole bucket",
     .help = "what every name of the mount begins with"},
    {.name = "token",
     .type = OptionType::any,
     .secret = true,
     .otherwise = "Application Default Credentials",
     .help = "the path of a key file, its content, `anon` for none, `cloud` for the machine's account"},
    {.name = "project", .help = "taken for configurations of other libraries: what a bucket holds needs none"},
    {.name = "user_project", .help = "the project that pays, for buckets whose requester pays"},
    {.name = "endpoint_url",
     .otherwise = "`STORAGE_EMULATOR_HOST`, else Google",
     .help = "any server that speaks the JSON API, `http` or `https`"},
    {.name = "hmac_key", .help = "an HMAC key's access id, to sign links with; together with `hmac_secret`"},
    {.name = "hmac_secret", .secret = true, .help = "of `hmac_key`"},
    {.name = "verify_downloads",
     .type = OptionType::flag,
     .otherwise = "true",
     .help = "compare a whole read with the checksum that the server stores"},
    {.name = "version_aware", .type = OptionType::flag, .otherwise = "false", .help = "true: generations are versions"},
    {.name = "soft_deleted",
     .type = OptionType::flag,
     .otherwise = "false",
     .help = "true: versions that were deleted and can still be restored are listed, too"},
    {.name = "hierarchical",
     .type = OptionType::flag,
     .otherwise = "asked of the bucket",
     .help = "true: the bucket has a hierarchical namespace, so that folders are made, kept and deleted as such"},
    {.name = "storage_class", .otherwise = "the bucket's", .help = "of what is stored"},
    {.name = "cache_control", .help = "of what is stored"},
    {.name = "custom_time", .help = "of what is stored: `now`, or a time such as `2026-01-31T12:00:00Z`"},
    {.name = "kms_key", .otherwise = "the bucket's", .help = "the full name of the key that encrypts what is stored"},
    {.name = "part_size",
     .type = OptionType::integer,
     .otherwise = "16777216",
     .help = "bytes of a part of an upload, a multiple of 262144"},
});

}  // namespace genro::storage::gcs
