// github: a repository on GitHub as one of its commits has it, read only, by the REST API. Used through the table in protocols.cc.
// https://docs.github.com/en/rest
#pragma once

#include <memory>

#include "backend/http/object_client.h"
#include "backend/mount_context.h"
#include "genro/storage/backend.h"

namespace genro::storage {

/// No network.
std::shared_ptr<Backend> make_github(const MountContext& context);

namespace github {
/// The same over other transports, for tests.
std::shared_ptr<Backend> make_github(const MountContext& context, TransportFactory make_transport);
}  // namespace github

}  // namespace genro::storage
