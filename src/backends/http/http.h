// http: the files of a web server, read only. Used through the table in protocols.cc.
// https://www.rfc-editor.org/rfc/rfc9110
// A path is a file when the server has an answer for it. Folders exist where the mount is told to read the server's indexes.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "genro/storage/backend.h"

namespace genro::storage {

/// No network.
std::shared_ptr<Backend> make_http(const MountContext& context);

}  // namespace genro::storage
