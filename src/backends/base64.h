// base64: the path is the content. Used through the table in protocols.cc. Nothing is stored anywhere.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "genro/storage/backend.h"

namespace genro::storage {

std::shared_ptr<Backend> make_base64(const MountContext& context);

}  // namespace genro::storage
