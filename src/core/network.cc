#include "core/network.h"

#include <arpa/inet.h>

#include <array>

namespace genro::storage {

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!inet_ntop(family, bytes.data(), text.data(), text.size())) return "?";
  std::string out = family == AF_INET6 ? "[" + std::string(text.data()) + "]" : std::string(text.data());
  return out.append(":").append(std::to_string(port));
}

}  // namespace genro::storage
