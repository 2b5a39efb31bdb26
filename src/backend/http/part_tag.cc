#include "backend/http/part_tag.h"

#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "codec/base64.h"
#include "codec/crc.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "genro/storage/error.h"

namespace genro::storage {
namespace {

template <class Word>
std::optional<Word> word_of(const Checksum& checksum) {
  const auto bytes = base64_decode(checksum.text);
  if (!bytes || bytes->size() != sizeof(Word)) return std::nullopt;
  Word word = 0;
  for (const std::byte byte : *bytes) word = static_cast<Word>(std::uint64_t{word} << 8 | std::to_integer<Word>(byte));
  return word;
}

template <class Word>
std::string text_of(Word word) {
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
  return {algorithm, text_of(whole)};
}

}  // namespace

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
  const ChecksumAlgorithm algorithm = algorithm_named(words[1]);
  if (algorithm != ChecksumAlgorithm::none) tag.checksum = {algorithm, std::string(words[0])};
  tag.etag = text;
  return tag;
}

std::string etag_of_parts(std::span<const std::string> tags) {
  constexpr std::size_t kMd5Hex = 32;
  Md5 digest;
  for (const std::string& tag : tags) {
    const std::string_view etag = std::string_view(tag).substr(0, tag.find(' '));
    const std::optional<std::vector<std::byte>> md5 = etag.size() == kMd5Hex ? hex_decode(etag) : std::nullopt;
    if (!md5) return {};
    digest.update(*md5);
  }
  const Md5::Value value = digest.finish();
  return hex_encode(value) + '-' + std::to_string(tags.size());
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

}  // namespace genro::storage
