#include "backends/s3/checksum.h"

#include <array>
#include <charconv>

#include "codec/base64.h"
#include "genro/storage/error.h"

namespace genro::storage::s3 {
namespace {

struct Names {
  std::string_view header;
  std::string_view algorithm;
  std::string_view element;
  std::size_t text_size;  // characters of base64
};

// In the order of ChecksumAlgorithm, which is also that of preference.
constexpr std::array<Names, 6> kNames = {{{"", "", "", 0},
                                          {"x-amz-checksum-crc64nvme", "CRC64NVME", "ChecksumCRC64NVME", 12},
                                          {"x-amz-checksum-crc32c", "CRC32C", "ChecksumCRC32C", 8},
                                          {"x-amz-checksum-crc32", "CRC32", "ChecksumCRC32", 8},
                                          {"x-amz-checksum-sha256", "SHA256", "ChecksumSHA256", 44},
                                          {"x-amz-checksum-sha1", "SHA1", "ChecksumSHA1", 28}}};

const Names& names(ChecksumAlgorithm algorithm) noexcept { return kNames[static_cast<std::size_t>(algorithm)]; }

template <class Word>
std::optional<Word> word_of(const Checksum& checksum) {
  const auto bytes = base64_decode(checksum.text);
  if (!bytes || bytes->size() != sizeof(Word)) return std::nullopt;
  Word word = 0;
  for (const std::byte byte : *bytes) word = static_cast<Word>(std::uint64_t{word} << 8 | std::to_integer<Word>(byte));
  return word;
}

template <class Word>
std::string header_text(Word word) {
  std::array<std::byte, sizeof(Word)> bytes;
  for (std::size_t i = 0; i < sizeof(Word); ++i)
    bytes[i] = static_cast<std::byte>(word >> (8 * (sizeof(Word) - 1 - i)));
  return base64_encode(bytes);
}

template <class CrcType, class Word>
Checksum combine_crc(ChecksumAlgorithm algorithm, std::span<const PartTag> parts) {
  Word whole = CrcType::of(std::string_view());
  for (const PartTag& part : parts) {
    const std::optional<Word> word = part.checksum.algorithm == algorithm ? word_of<Word>(part.checksum) : std::nullopt;
    if (!word) return {};
    whole = CrcType::combine(whole, *word, part.size);
  }
  return {algorithm, header_text(whole)};
}

}  // namespace

std::string_view header_name(ChecksumAlgorithm algorithm) noexcept { return names(algorithm).header; }
std::string_view algorithm_name(ChecksumAlgorithm algorithm) noexcept { return names(algorithm).algorithm; }
std::string_view element_name(ChecksumAlgorithm algorithm) noexcept { return names(algorithm).element; }

Checksummer::Checksummer(ChecksumAlgorithm algorithm) : algorithm_(algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::none: break;
    case ChecksumAlgorithm::crc64nvme: state_.emplace<Crc64Nvme>(); break;
    case ChecksumAlgorithm::crc32c: state_.emplace<Crc32c>(); break;
    case ChecksumAlgorithm::crc32: state_.emplace<Crc32>(); break;
    case ChecksumAlgorithm::sha256: state_.emplace<Sha256>(); break;
    case ChecksumAlgorithm::sha1: state_.emplace<Sha1>(); break;
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
        } else if constexpr (std::is_same_v<State, Sha256> || std::is_same_v<State, Sha1>) {
          return {algorithm_, base64_encode(state.finish())};
        } else {
          return {algorithm_, base64_encode(state.bytes())};
        }
      },
      state_);
}

Checksum object_checksum(const HttpHead& head) {
  if (head.find("x-amz-checksum-type") == "COMPOSITE") return {};
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    const std::string_view text = head.find(kNames[i].header);
    if (text.empty() || text.find('-') != std::string_view::npos) continue;  // "…-3" is composite; base64 has no '-'
    if (text.size() != kNames[i].text_size)
      continue;  // of another algorithm than it says, from servers that mix them up
    return {static_cast<ChecksumAlgorithm>(i), std::string(text)};
  }
  return {};
}

std::string PartTag::to_string() const {
  std::string text = etag;
  text.append(" ").append(std::to_string(size));
  return text.append(" ").append(algorithm_name(checksum.algorithm)).append(" ").append(checksum.text);
}

PartTag PartTag::parse(std::string_view text) {
  std::array<std::string_view, 3> words;  // from the end: checksum, algorithm, size
  bool good = true;
  for (std::string_view& word : words) {
    const std::size_t space = text.rfind(' ');
    good = good && space != std::string_view::npos;
    if (!good) break;
    word = text.substr(space + 1);
    text = text.substr(0, space);
  }
  PartTag tag;
  const auto [at, status] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), tag.size);
  if (!good || status != std::errc() || at != words[2].data() + words[2].size()) {
    throw Error(ErrorCode::invalid_argument, "not a tag of an uploaded part");
  }
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i].algorithm == words[1]) tag.checksum = {static_cast<ChecksumAlgorithm>(i), std::string(words[0])};
  }
  tag.etag = text;
  return tag;
}

Checksum combine(std::span<const PartTag> parts) {
  if (parts.empty()) return {};
  switch (parts.front().checksum.algorithm) {
    case ChecksumAlgorithm::crc64nvme:
      return combine_crc<Crc64Nvme, std::uint64_t>(ChecksumAlgorithm::crc64nvme, parts);
    case ChecksumAlgorithm::crc32c: return combine_crc<Crc32c, std::uint32_t>(ChecksumAlgorithm::crc32c, parts);
    case ChecksumAlgorithm::crc32: return combine_crc<Crc32, std::uint32_t>(ChecksumAlgorithm::crc32, parts);
    default: return {};
  }
}

}  // namespace genro::storage::s3
