// resolve(): host names to addresses, through a cache, without ever blocking a loop or waiting without bound.
// Lookups of one name are shared by all who wait for it. Used by the connector.
#pragma once

#include <string>
#include <vector>

#include "core/env.h"
#include "core/network.h"
#include "genro/storage/task.h"

namespace genro::storage {

/// The addresses of a host in the order to try them: families alternate (RFC 8305 section 4), and each call begins with
/// another address of each family, so that load spreads. Literal addresses are not looked up. Cached for 30 s, failures not.
/// Throws connection, timeout.
Task<std::vector<Address>> resolve(Env& env, std::string host, std::uint16_t port, TimePoint until);

/// The order of RFC 8305 for one list, `turn` counting the calls. Pure.
std::vector<Address> order_addresses(const std::vector<Address>& found, std::size_t turn);

}  // namespace genro::storage
