// The options that the mounts of all protocols have, and those of a part of another mount. Used by mount_builder.cc, which
// reads them itself.
#pragma once

#include "genro/storage/option_spec.h"

namespace genro::storage {

inline constexpr OptionSpec kNameOption{
    .name = "name", .required = true, .help = "what stands before the `:` of an address; without `:` and `/`"};
inline constexpr OptionSpec kPermissionsOption{
    .name = "permissions", .choices = "readonly readwrite delete", .otherwise = "`delete`", .help = "what is allowed"};
inline constexpr OptionSpec kMimetypesOption{
    .name = "mimetypes", .type = OptionType::map, .help = "media types by the extension of a name"};
inline constexpr OptionSpec kEncryptedOption{.name = "default_encrypted",
                                             .type = OptionType::flag_or_text,
                                             .otherwise = "false",
                                             .help =
                                                 "encrypt what is written, with the keys of a domain or of the "
                                                 "default one"};

inline constexpr OptionSpec kCommonOptions[] = {
    kNameOption,
    {.name = "protocol", .alias = "type", .required = true, .help = "how the files are reached"},
    kPermissionsOption,
    kMimetypesOption,
    kEncryptedOption};

inline constexpr OptionSpec kRelativeOptions[] = {
    kNameOption,
    {.name = "path", .required = true, .place = true, .help = "`parent:folder`, a part of an earlier mount"},
    kPermissionsOption,
    kMimetypesOption,
    kEncryptedOption};

}  // namespace genro::storage
