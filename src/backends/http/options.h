// The options of an http mount. config.cc makes a Config of them; docs/backends/http.md tells more of them.
#pragma once

#include "backend/http/http_options.h"

namespace genro::storage::http {

inline constexpr OptionSpec kHttpOptions[] = {
    {.name = "base_path", .alias = "base_url", .required = true, .place = true, .help = "the URL of the root"},
    {.name = "index",
     .type = OptionType::flag,
     .otherwise = "false",
     .help = "read the server's pages of links, or of JSON, as folders"},
    {.name = "headers", .type = OptionType::map, .secret = true, .help = "header fields of every request"},
    {.name = "username", .help = "who signs in"},
    {.name = "password", .secret = true, .help = "of `username`"},
    {.name = "token", .secret = true, .help = "a bearer token, instead of a password"},
    {.name = "netrc",
     .type = OptionType::flag_or_text,
     .otherwise = "false",
     .help = "take the login of the host from a netrc file: true (`NETRC`, else `~/.netrc`) or its path"},
    kVerifySslOption,
    {.name = "ca_file",
     .alias = "ca_bundle",
     .otherwise = "the system's",
     .help = "a file of the certificates to trust"},
    kCertOption,
    kProxyOption,
    kMaxConnectionsOption,
    kConnectTimeoutOption,
    kTimeoutOption,
};

}  // namespace genro::storage::http
