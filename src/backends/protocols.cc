#include "backends/protocols.h"

#include "backends/base64.h"
#include "backends/local/local.h"
#include "backends/memory/memory.h"
#include "backends/s3/config.h"
#include "backends/s3/s3.h"

namespace genro::storage {
namespace {

constexpr Protocol kProtocols[] = {
    {"local", &make_local, kLocalKeys, "A folder of this machine"},
    {"s3", &make_s3, s3::kS3Keys, "Amazon S3, and servers that speak its API"},
    {"memory", &make_memory, kMemoryKeys, "Memory of this process"},
    {"base64", &make_base64, {}, "Content inside the path (RFC 4648)"},
};

}  // namespace

std::span<const Protocol> all_protocols() noexcept { return kProtocols; }

const Protocol* find_protocol(std::string_view name) noexcept {
  for (const Protocol& protocol : kProtocols) {
    if (protocol.name == name) return &protocol;
  }
  return nullptr;
}

}  // namespace genro::storage
