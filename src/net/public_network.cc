#include "net/public_network.h"

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "core/mutex.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

/// The first `bits` bits that all addresses of a network share.
struct Network4 {
  std::uint32_t base;
  int bits;
};

// IANA's special-purpose registry (RFC 6890 and its updates): everything not globally reachable, and multicast.
constexpr std::array kClosed4 = {
    Network4{0x00000000, 8},   // "this network"
    Network4{0x0A000000, 8},   // private
    Network4{0x64400000, 10},  // carrier NAT; also a cloud's metadata (100.100.100.200)
    Network4{0x7F000000, 8},   // loopback
    Network4{0xA83F8110, 32},  // 168.63.129.16: a cloud's host agent on a public address
    Network4{0xA9FE0000, 16},  // link-local, with the usual metadata address
    Network4{0xAC100000, 12},  // private
    Network4{0xC0000000, 24},  // IETF protocol assignments; also a cloud's metadata (192.0.0.192)
    Network4{0xC0000200, 24},  // documentation
    Network4{0xC0586300, 24},  // 6to4 relays
    Network4{0xC0A80000, 16},  // private
    Network4{0xC6120000, 15},  // benchmarking
    Network4{0xC6336400, 24},  // documentation
    Network4{0xCB007100, 24},  // documentation
    Network4{0xE0000000, 4},   // multicast
    Network4{0xF0000000, 4},   // reserved, broadcast
};

bool is_public4(std::uint32_t address) noexcept {
  for (const Network4& network : kClosed4) {
    if (((address ^ network.base) >> (32 - network.bits)) == 0) return false;
  }
  return true;
}

std::uint32_t word(const std::string& bytes, std::size_t at) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

bool is_public6(const std::string& bytes) noexcept {
  const std::uint32_t first = word(bytes, 0);
  const std::uint32_t second = word(bytes, 4);
  const std::uint32_t third = word(bytes, 8);
  const std::uint32_t last = word(bytes, 12);
  constexpr std::uint32_t kTranslated = 0x0064FF9B;  // 64:ff9b::/96, RFC 6052
  if (first == kTranslated && second == 0 && third == 0) return is_public4(last);
  // Only 2000::/3 is given out; mapped and compatible IPv4, local, private and multicast addresses lie outside of it.
  if (first >> 29 != 1) return false;
  constexpr std::uint32_t k6to4 = 0x2002;
  if (first >> 16 == k6to4) return is_public4((first << 16) | (second >> 16));
  const bool protocol_assignments = first >> 9 == 0x20010000U >> 9;  // 2001::/23: Teredo, benchmarking, ORCHID
  const bool documentation = first == 0x20010DB8 || first >> 12 == 0x3FFF0000U >> 12;
  return !protocol_assignments && !documentation;
}

class PublicNetwork final : public Network {
 public:
  explicit PublicNetwork(Network& base) : base_(base) {}
  std::vector<Address> resolve(const std::string& host, std::uint16_t port) override {
    return base_.resolve(host, port);
  }
  bool blocks() const noexcept override { return base_.blocks(); }
  std::unique_ptr<Stream> open(const Address& address) override {
    if (!is_public(address)) {
      throw Error(ErrorCode::permission_denied,
                  "only public addresses are allowed, and this is none: " + address.to_string());
    }
    return base_.open(address);
  }

 private:
  Network& base_;
};

struct PublicEnv {
  explicit PublicEnv(const Env& base) : network(*base.network), env{base.clock, base.random, base.files, &network} {}
  PublicNetwork network;
  Env env;
};

}  // namespace

bool is_public(const Address& address) noexcept {
  if (address.family == AF_INET && address.bytes.size() == 4) return is_public4(word(address.bytes, 0));
  if (address.family == AF_INET6 && address.bytes.size() == 16) return is_public6(address.bytes);
  return false;
}

Env& public_only(Env& base) {
  using World = std::array<const void*, 4>;
  struct Known {
    Mutex mutex;
    std::map<World, std::unique_ptr<PublicEnv>> worlds;
  };
  static constinit Lasting<Known> known;  // pools and the cache of names refer to it
  const std::lock_guard lock(known.get().mutex);
  std::unique_ptr<PublicEnv>& found = known.get().worlds[World{base.clock, base.random, base.files, base.network}];
  if (!found) found = std::make_unique<PublicEnv>(base);
  return found->env;
}

}  // namespace genro::storage
