#include "backends/s3/checksum.h"

#include <array>

namespace genro::storage::s3 {
namespace {

struct Names {
  std::string_view header;
  std::string_view element;
};

// In the order of ChecksumAlgorithm, which is also that of preference.
constexpr std::array<Names, 6> kNames = {{{"", ""},
                                          {"x-amz-checksum-crc64nvme", "ChecksumCRC64NVME"},
                                          {"x-amz-checksum-crc32c", "ChecksumCRC32C"},
                                          {"x-amz-checksum-crc32", "ChecksumCRC32"},
                                          {"x-amz-checksum-sha256", "ChecksumSHA256"},
                                          {"x-amz-checksum-sha1", "ChecksumSHA1"}}};

const Names& names(ChecksumAlgorithm algorithm) noexcept { return kNames[static_cast<std::size_t>(algorithm)]; }

}  // namespace

std::string_view header_name(ChecksumAlgorithm algorithm) noexcept { return names(algorithm).header; }
std::string_view element_name(ChecksumAlgorithm algorithm) noexcept { return names(algorithm).element; }

Checksum object_checksum(const HttpHead& head) {
  if (head.find("x-amz-checksum-type") == "COMPOSITE") return {};
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    const std::string_view text = head.find(kNames[i].header);
    if (text.empty() || text.find('-') != std::string_view::npos) continue;  // "…-3" is composite; base64 has no '-'
    const auto algorithm = static_cast<ChecksumAlgorithm>(i);
    if (text.size() != text_size(algorithm)) continue;  // of another than it says, from servers that mix them up
    return {algorithm, std::string(text)};
  }
  return {};
}

}  // namespace genro::storage::s3
