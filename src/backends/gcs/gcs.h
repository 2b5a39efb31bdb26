// gcs: objects in a bucket of Google Cloud Storage, or of a server that speaks its JSON API. Used through the table in
// protocols.cc. https://cloud.google.com/storage/docs/json_api
// A folder is what some name lies below. A path that ends in '/' (only a recursive listing gives one) is the empty object that
// some programs store for a folder: it can be removed by that name.
#pragma once

#include <memory>

#include "backend/mount_context.h"
#include "backends/gcs/client.h"
#include "genro/storage/backend.h"

namespace genro::storage {

// No network. Credentials are looked for on first use.
std::shared_ptr<Backend> make_gcs(const MountContext& mount);

// The same over a client that is already made; for tests that answer by themselves.
std::shared_ptr<Backend> make_gcs(std::shared_ptr<gcs::Client> client);

}  // namespace genro::storage
