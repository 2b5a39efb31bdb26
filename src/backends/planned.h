// The options of protocols whose backends are still to come: configurations and recipes may name them already, and are told
// that this version cannot mount them. A backend that comes takes its options from here to its own folder.
#pragma once

#include "genro/storage/option_spec.h"

namespace genro::storage {

inline constexpr OptionSpec kSmbOptions[] = {
    {.name = "host", .required = true, .help = "the server"},
    {.name = "share", .required = true, .place = true, .help = "the share's name"},
    {.name = "base_path",
     .alias = "path",
     .place = true,
     .otherwise = "the whole share",
     .help = "a folder of the share"},
    {.name = "username", .help = "who signs in"},
    {.name = "password", .secret = true, .help = "of `username`"},
    {.name = "domain", .help = "of `username`"},
    {.name = "port", .type = OptionType::integer, .otherwise = "445", .help = "of the server"},
};

inline constexpr OptionSpec kSftpOptions[] = {
    {.name = "host", .required = true, .help = "the server"},
    {.name = "username", .required = true, .help = "who signs in"},
    {.name = "base_path", .alias = "path", .place = true, .otherwise = "`/`", .help = "a folder of the server"},
    {.name = "password", .secret = true, .help = "of `username`"},
    {.name = "port", .type = OptionType::integer, .otherwise = "22", .help = "of the server"},
    {.name = "key_filename", .help = "a file with a private key"},
    {.name = "passphrase", .secret = true, .help = "of the private key"},
    {.name = "timeout", .type = OptionType::number, .help = "seconds"},
};

inline constexpr OptionSpec kZipOptions[] = {
    {.name = "file", .required = true, .help = "the archive"},
    {.name = "mode", .choices = "r w a", .otherwise = "`r`", .help = "to read, to write anew, to add"},
    {.name = "target_protocol", .help = "where the archive lies"},
    {.name = "target_options", .type = OptionType::map, .secret = true, .help = "of `target_protocol`"},
};

inline constexpr OptionSpec kTarOptions[] = {
    {.name = "file", .required = true, .help = "the archive"},
    {.name = "compression", .otherwise = "by the name", .help = "`gz`, `bz2` or `xz`"},
    {.name = "target_protocol", .help = "where the archive lies"},
    {.name = "target_options", .type = OptionType::map, .secret = true, .help = "of `target_protocol`"},
};

inline constexpr OptionSpec kGitOptions[] = {
    {.name = "base_path",
     .alias = "path",
     .required = true,
     .place = true,
     .help = "the folder of the repository, bare or with a working tree"},
    {.name = "ref", .otherwise = "`HEAD`", .help = "a branch, tag or commit"},
    {.name = "fo", .type = OptionType::any, .help = "an older way to name the repository"},
};

inline constexpr OptionSpec kLibarchiveOptions[] = {
    {.name = "file", .required = true, .help = "the archive"},
    {.name = "target_protocol", .help = "where the archive lies"},
    {.name = "target_options", .type = OptionType::map, .secret = true, .help = "of `target_protocol`"},
};

}  // namespace genro::storage
