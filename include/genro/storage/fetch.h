// FetchOptions: what Node::fill_from_url allows a download to cost and to reach. A plain value.
#pragma once

#include <cstdint>

namespace genro::storage {

struct FetchOptions {
  double timeout = 30;          ///< Seconds: for connecting, for the first byte, and between two bytes.
  double total_timeout = 3600;  ///< Seconds for the whole download.
  std::uint64_t max_size = std::uint64_t{10} << 30;  ///< Bytes; more than that is an error and nothing is written.
  int max_redirects = 10;
  /// Refuse every address that is not a public one: private networks, loopback, link-local, multicast, carrier NAT, cloud
  /// metadata. What counts is the address that is connected to, on each redirect too. Proxies are not used then.
  bool public_only = false;
};

}  // namespace genro::storage
