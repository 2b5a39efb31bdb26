// webdav: a folder of a WebDAV server (RFC 4918). Used through the table in protocols.cc.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "genro/storage/backend.h"

namespace genro::storage {

/// No network.
std::shared_ptr<Backend> make_webdav(const MountContext& context);

namespace webdav {
class Client;
}
std::shared_ptr<Backend> make_webdav(std::shared_ptr<webdav::Client> client);

}  // namespace genro::storage
