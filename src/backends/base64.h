// base64: the path is the content. Used through the table in protocols.cc. Nothing is stored anywhere.
#pragma once

#include <memory>

#include "backend/mount_options.h"
#include "core/env.h"
#include "genro/storage/backend.h"

namespace genro::storage {

std::shared_ptr<Backend> make_base64(const MountOptions& options, Env& env);

}  // namespace genro::storage
