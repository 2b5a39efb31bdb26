// PublishedFolder: a read-only backend of a server made testable: what is written goes straight into the folder that the
// server publishes, all else is asked of the server. Used by the conformance suite.
#pragma once

#include <memory>
#include <string>

#include "genro/storage/backend.h"

namespace genro::storage::conformance {

/// `folder`: where the mount of `server` stands on this machine; it is made here and removed with the backend.
std::shared_ptr<Backend> publish(std::shared_ptr<Backend> server, std::string folder);

}  // namespace genro::storage::conformance
