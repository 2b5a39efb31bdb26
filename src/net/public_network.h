// PublicNetwork: a network that connects to public addresses only. It stands between a download of a URL from elsewhere and
// the machines inside: whatever a name resolves to, and whenever, what counts is the address that is about to be connected to.
// Used by fetch(). Proxies must be off: they resolve names themselves.
#pragma once

#include "core/env.h"
#include "core/network.h"

namespace genro::storage {

/// Whether the address may belong to a machine on the open internet: not private (RFC 1918, 4193), loopback, link-local, carrier
/// NAT (RFC 6598), multicast, reserved, documentation, an IPv6 form of such an IPv4 address, nor a cloud's metadata service.
bool is_public(const Address& address) noexcept;

/// `base` with such a network. Lives as long as the process.
Env& public_only(Env& base);

}  // namespace genro::storage
