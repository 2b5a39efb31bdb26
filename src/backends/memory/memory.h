// memory: files in one tree per process, shared by all memory mounts. Used through the table in protocols.cc.
// A mount's base is a prefix in that tree; two mounts with the same base see the same files.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "genro/storage/backend.h"
#include "genro/storage/option_spec.h"

namespace genro::storage {

inline constexpr OptionSpec kMemoryOptions[] = {
    {.name = "base_path",
     .place = true,
     .otherwise = "its root",
     .help = "a folder of the process's one memory tree, which all memory mounts share"},
};
std::shared_ptr<Backend> make_memory(const MountContext& context);

}  // namespace genro::storage
