// The options of an S3 mount. config.cc makes a Config of them; docs/s3.md tells more of them.
#pragma once

#include "backend/http/http_options.h"
#include "genro/storage/option_spec.h"

namespace genro::storage::s3 {

inline constexpr auto kS3Options = with_http_options({
    {.name = "bucket", .required = true, .place = true, .help = "the bucket's name"},
    {.name = "base_path",
     .alias = "prefix",
     .place = true,
     .otherwise = "the whole bucket",
     .help = "what every key of the mount begins with"},
    {.name = "region",
     .otherwise = "`AWS_REGION`, `AWS_DEFAULT_REGION`, else found",
     .help = "a wrong one is corrected by what S3 answers, once"},
    {.name = "anon", .type = OptionType::flag, .otherwise = "false", .help = "sign nothing"},
    {.name = "access_key",
     .alias = "key",
     .otherwise = "the chain of the AWS tools",
     .help = "given credentials, together with `secret_key`"},
    {.name = "secret_key", .alias = "secret", .secret = true, .help = "of `access_key`"},
    {.name = "session_token", .secret = true, .help = "of credentials that expire"},
    {.name = "profile", .otherwise = "`AWS_PROFILE`, else `default`", .help = "for the chain of the AWS tools"},
    {.name = "endpoint_url",
     .otherwise = "`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else AWS",
     .help = "any server that speaks the S3 API, `http` or `https`"},
    {.name = "addressing_style",
     .choices = "auto path virtual",
     .otherwise = "`auto`",
     .help = "`virtual` (bucket in the host name), `path`, or `auto`: virtual at AWS unless the name has a dot, path "
             "elsewhere"},
    {.name = "checksum",
     .choices = "auto crc64nvme crc32c crc32 none",
     .otherwise = "`auto`",
     .help = "sent with what is stored"},
    {.name = "verify_downloads",
     .type = OptionType::flag,
     .otherwise = "true",
     .help = "compare a whole read with the checksum that the server stores"},
    {.name = "sign_payload",
     .type = OptionType::flag,
     .otherwise = "false",
     .help = "put the SHA-256 of every body into its signature"},
    {.name = "version_aware", .type = OptionType::flag, .otherwise = "true", .help = "false: never ask for versions"},
    {.name = "part_size",
     .type = OptionType::integer,
     .otherwise = "8388608",
     .help = "bytes of a part of an upload, 5 MiB to 5 GiB; grows so that 10,000 parts are enough"},
});

}  // namespace genro::storage::s3
