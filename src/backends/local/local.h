// local: a folder of this machine. Used through the table in protocols.cc. Nothing outside of the folder is ever reached.
#pragma once

#include <memory>
#include <string_view>

#include "backend/mount_options.h"
#include "core/env.h"
#include "genro/storage/backend.h"

namespace genro::storage {

inline constexpr std::string_view kLocalKeys[] = {"base_path", "path", "base_url", "durable"};
std::shared_ptr<Backend> make_local(const MountOptions& options, Env& env);

}  // namespace genro::storage
