// The options of a github mount. config.cc makes a Config of them; docs/backends/github.md tells more of them.
#pragma once

#include "backend/http/http_options.h"

namespace genro::storage::github {

inline constexpr OptionSpec kGithubOptions[] = {
    {.name = "org", .required = true, .place = true, .help = "the owner: an organization or a user"},
    {.name = "repo", .required = true, .place = true, .help = "the repository"},
    {.name = "base_path",
     .alias = "prefix",
     .place = true,
     .otherwise = "the whole repository",
     .help = "a folder of the repository"},
    {.name = "sha", .alias = "ref", .otherwise = "the default branch", .help = "a branch, tag or commit"},
    {.name = "token",
     .secret = true,
     .help = "who asks: needed for private repositories, and for more requests an hour"},
    {.name = "username", .help = "of `token`, which is then sent as its password"},
    {.name = "endpoint_url",
     .alias = "base_url",
     .otherwise = "`https://api.github.com`",
     .help = "the API of a GitHub Enterprise server: `https://HOST/api/v3`"},
    {.name = "refresh",
     .type = OptionType::number,
     .otherwise = "60, without a token 600",
     .help = "seconds until a branch is looked up again; `inf`: never"},
    {.name = "details",
     .type = OptionType::flag,
     .otherwise = "false",
     .help = "find out what costs a request or more for each file: times of files, sizes of versions"},
    {.name = "lfs",
     .choices = "refuse pointer",
     .otherwise = "`refuse`",
     .help = "what reading a file that Git LFS keeps elsewhere does: fail, or give the pointer to it"},
    kVerifySslOption,
    kCaFileOption,
    kProxyOption,
    kMaxConnectionsOption,
    kConnectTimeoutOption,
    kTimeoutOption,
};

}  // namespace genro::storage::github
