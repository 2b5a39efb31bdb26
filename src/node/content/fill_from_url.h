// fill_from_url with a network of the caller's choice. Used by Node::fill_from_url, which takes the system's, and by tests.
#pragma once

#include <string>

#include "core/env.h"
#include "genro/storage/node.h"

namespace genro::storage {

/// Gives the node of the written content: on base64 mounts another path.
Task<Node> fill_from_url(Node target, std::string url, FetchOptions options, Env& env);

}  // namespace genro::storage
