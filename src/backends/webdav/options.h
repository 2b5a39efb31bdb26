// The options of a webdav mount. config.cc makes a Config of them; docs/backends/webdav.md tells more of them.
#pragma once

#include "backend/http/http_options.h"

namespace genro::storage::webdav {

inline constexpr OptionSpec kWebdavOptions[] = {
    {.name = "url", .required = true, .place = true, .help = "the URL of the root"},
    {.name = "base_path", .alias = "prefix", .place = true, .otherwise = "the root", .help = "a folder below `url`"},
    {.name = "username", .help = "who signs in"},
    {.name = "password", .secret = true, .help = "of `username`"},
    {.name = "auth",
     .choices = "auto basic digest",
     .otherwise = "`auto`",
     .help = "how the password is shown; `auto`: as the server asks for it"},
    {.name = "token", .secret = true, .help = "a bearer token, instead of a password"},
    {.name = "dialect",
     .choices = "auto plain nextcloud",
     .otherwise = "`auto`",
     .help = "`nextcloud`: also what Nextcloud and ownCloud add; `auto`: where the URL has `/remote.php/` in it"},
    {.name = "replace",
     .choices = "auto direct move",
     .otherwise = "`auto`",
     .help = "`move`: a file is sent under another name first; `direct`: the server itself replaces a file as a whole"},
    {.name = "chunk_size",
     .type = OptionType::integer,
     .otherwise = "16 MiB",
     .help = "bytes of a part, where `nextcloud` takes large files in parts"},
    kVerifySslOption,
    kCaFileOption,
    kCertOption,
    kProxyOption,
    kMaxConnectionsOption,
    kConnectTimeoutOption,
    kTimeoutOption,
};

}  // namespace genro::storage::webdav
