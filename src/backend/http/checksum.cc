#include "backend/http/checksum.h"

#include <algorithm>
#include <array>
#include <vector>

#include "backend/body_bytes.h"
#include "codec/base64.h"
#include "genro/storage/error.h"
#include "loop/give_way.h"

namespace genro::storage {
namespace {

constexpr std::size_t kFileChunk = std::size_t{1} << 18;

struct Names {
  std::string_view algorithm;
  std::size_t text_size;
};
// In the order of ChecksumAlgorithm.
constexpr std::array<Names, 7> kNames = {
    {{"", 0}, {"CRC64NVME", 12}, {"CRC32C", 8}, {"CRC32", 8}, {"SHA256", 44}, {"SHA1", 28}, {"MD5", 24}}};

const Names& names(ChecksumAlgorithm algorithm) noexcept { return kNames[static_cast<std::size_t>(algorithm)]; }

}  // namespace

std::string_view algorithm_name(ChecksumAlgorithm algorithm) noexcept { return names(algorithm).algorithm; }
ChecksumAlgorithm algorithm_named(std::string_view name) noexcept {
  const auto at = std::find_if(kNames.begin(), kNames.end(), [name](const Names& n) { return n.algorithm == name; });
  return at == kNames.end() ? ChecksumAlgorithm::none : static_cast<ChecksumAlgorithm>(at - kNames.begin());
}
std::size_t text_size(ChecksumAlgorithm algorithm) noexcept { return names(algorithm).text_size; }

Checksummer::Checksummer(ChecksumAlgorithm algorithm) : algorithm_(algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::none: break;
    case ChecksumAlgorithm::crc64nvme: state_.emplace<Crc64Nvme>(); break;
    case ChecksumAlgorithm::crc32c: state_.emplace<Crc32c>(); break;
    case ChecksumAlgorithm::crc32: state_.emplace<Crc32>(); break;
    case ChecksumAlgorithm::sha256: state_.emplace<Sha256>(); break;
    case ChecksumAlgorithm::sha1: state_.emplace<Sha1>(); break;
    case ChecksumAlgorithm::md5: state_.emplace<Md5>(); break;
  }
}

void Checksummer::update(std::span<const std::byte> data) {
  std::visit(
      [data](auto& state) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(state)>, std::monostate>) state.update(data);
      },
      state_);
}

Checksum Checksummer::finish() {
  return std::visit(
      [this](auto& state) -> Checksum {
        using State = std::decay_t<decltype(state)>;
        if constexpr (std::is_same_v<State, std::monostate>) {
          return {};
        } else if constexpr (requires { state.finish(); }) {
          return {algorithm_, base64_encode(state.finish())};
        } else {
          return {algorithm_, base64_encode(state.bytes())};
        }
      },
      state_);
}

Checksum checksum_of(std::span<const Bytes> pieces, ChecksumAlgorithm algorithm) {
  if (algorithm == ChecksumAlgorithm::none || pieces.empty()) return {};
  Checksummer summer(algorithm);
  for (const Bytes& piece : pieces) summer.update(piece.span());
  return summer.finish();
}

Task<Checksum> checksum_of(Body body, ChecksumAlgorithm algorithm) {
  Checksummer summer(algorithm);
  Stretch stretch;
  if (algorithm == ChecksumAlgorithm::none) co_return summer.finish();
  for (const Bytes& piece : body.pieces()) {
    for (std::span<const std::byte> left = piece.span(); !left.empty();) {
      const std::span<const std::byte> step = left.first(std::min(left.size(), kOneGo));
      summer.update(step);
      left = left.subspan(step.size());
      co_await give_way(stretch, step.size());
    }
  }
  if (body.is_file()) {
    BytesBuffer buffer(kFileChunk);
    const FileSpan& file = body.file();
    for (std::uint64_t offset = 0; offset < file.size;) {
      Task<std::size_t> reading = read_chunk(file, offset, buffer.span());
      const std::size_t count = co_await reading;
      summer.update(buffer.span().first(count));
      offset += count;
      co_await give_way(stretch, count);
    }
  }
  co_return summer.finish();
}

std::optional<ContentChecksum> content_checksum(const Checksum& checksum) {
  ContentChecksum result;
  switch (checksum.algorithm) {
    case ChecksumAlgorithm::crc64nvme: result.kind = ContentChecksum::Kind::crc64nvme; break;
    case ChecksumAlgorithm::crc32c: result.kind = ContentChecksum::Kind::crc32c; break;
    case ChecksumAlgorithm::crc32: result.kind = ContentChecksum::Kind::crc32; break;
    default: return std::nullopt;
  }
  const std::optional<std::vector<std::byte>> bytes = base64_decode(checksum.text);
  if (!bytes) return std::nullopt;
  for (const std::byte byte : *bytes) result.value = result.value << 8 | std::to_integer<std::uint64_t>(byte);
  return result;
}

void require_checksum(const Checksum& sent, const Checksum& stored, std::string_view operation,
                      const std::string& path) {
  if (!sent.known() || sent.algorithm != stored.algorithm || sent.text == stored.text) return;
  throw Error(ErrorCode::corrupt, std::string(operation), path,
              "the server stored other bytes than were sent: checksums differ");
}

}  // namespace genro::storage
