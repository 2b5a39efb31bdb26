// The Azure backend: a container, or what lies below a prefix of it, over the REST API of the Blob service (block blobs,
// append blobs for what is appended to). Used through the table in backends/protocols.h; tests give it their own transport.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "backends/azure/client.h"
#include "genro/storage/backend.h"

namespace genro::storage {

/// No network: credentials are looked for on first use.
std::shared_ptr<Backend> make_azure(const MountContext& context);
/// Over a client that is already made; for tests that answer by themselves.
std::shared_ptr<Backend> make_azure(std::shared_ptr<azure::Client> client);

}  // namespace genro::storage
