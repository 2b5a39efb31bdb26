// local: a folder of this machine. Used through the table in protocols.cc. Nothing outside of the folder is ever reached.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "genro/storage/backend.h"
#include "genro/storage/option_spec.h"

namespace genro::storage {

inline constexpr OptionSpec kLocalOptions[] = {
    {.name = "base_path",
     .alias = "path",
     .type = OptionType::folder,
     .required = true,
     .place = true,
     .help = "an absolute folder, or a function that gives one"},
    {.name = "base_url", .help = "what `internal_url()` puts before the path"},
    {.name = "durable",
     .type = OptionType::flag,
     .otherwise = "true",
     .help = "a write is on the disk before it is done; false: it may be lost when the machine stops"},
};
std::shared_ptr<Backend> make_local(const MountContext& context);

}  // namespace genro::storage
