#include "backend/content_check.h"

#include <algorithm>

namespace genro::storage {
namespace {

using Kind = ContentChecksum::Kind;

Error mismatch(const std::string& path) {
  return Error(ErrorCode::corrupt, "read", path, "the bytes received do not match the checksum of the object");
}

AnyCrc fresh(Kind kind) {
  if (kind == Kind::crc64nvme) return Crc64Nvme();
  if (kind == Kind::crc32c) return Crc32c();
  return Crc32();
}

std::uint64_t value_of(const AnyCrc& crc) {
  return std::visit([](const auto& state) { return static_cast<std::uint64_t>(state.value()); }, crc);
}

}  // namespace

RunningCheck::RunningCheck(const ContentChecksum& expected) : expected_(expected), state_(fresh(expected.kind)) {}

void RunningCheck::update(std::span<const std::byte> data) {
  std::visit([data](auto& crc) { crc.update(data); }, state_);
}

void RunningCheck::require(const std::string& path) const {
  if (value_of(state_) != expected_.value) throw mismatch(path);
}

PartsCheck::PartsCheck(std::optional<ContentChecksum> expected, std::uint64_t size, std::uint64_t part_size)
    : expected_(expected), size_(size), part_size_(part_size) {
  if (expected_) parts_.assign(static_cast<std::size_t>((size + part_size - 1) / part_size), fresh(expected_->kind));
}

void PartsCheck::update(std::size_t index, std::span<const std::byte> data) {
  if (expected_) std::visit([data](auto& crc) { crc.update(data); }, parts_[index]);
}

void PartsCheck::require(const std::string& path) const {
  if (!expected_ || parts_.empty()) return;
  const auto joined = [this]<class Word>(const Word& first) {
    auto whole = first.value();
    for (std::size_t i = 1; i < parts_.size(); ++i) {
      const std::uint64_t size = std::min(part_size_, size_ - i * part_size_);
      whole = Word::combine(whole, std::get<Word>(parts_[i]).value(), size);
    }
    return static_cast<std::uint64_t>(whole);
  };
  if (std::visit(joined, parts_[0]) != expected_->value) throw mismatch(path);
}

}  // namespace genro::storage
