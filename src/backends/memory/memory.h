// memory: files in one tree per process, shared by all memory mounts. Used through the table in protocols.cc.
// A mount's base is a prefix in that tree; two mounts with the same base see the same files.
#pragma once

#include <memory>
#include <string_view>

#include "backend/mount_options.h"
#include "core/env.h"
#include "genro/storage/backend.h"

namespace genro::storage {

inline constexpr std::string_view kMemoryKeys[] = {"base_path"};
std::shared_ptr<Backend> make_memory(const MountOptions& options, Env& env);

}  // namespace genro::storage
