#include "backend/content_check.h"

#include <algorithm>

namespace genro::storage {
namespace {

using Kind = ContentChecksum::Kind;

Error mismatch(const std::string& path) {
  return Error(ErrorCode::corrupt, "read", path, "the bytes received do not match the checksum of the object");
}

std::variant<Crc64Nvme, Crc32c, Crc32> fresh(Kind kind) {
  if (kind == Kind::crc64nvme) return Crc64Nvme();
  if (kind == Kind::crc32c) return Crc32c();
  return Crc32();
}

template <class Word>
std::uint64_t joined(std::uint64_t first, std::uint64_t second, std::uint64_t second_size) {
  using Value = decltype(Word().value());
  return Word::combine(static_cast<Value>(first), static_cast<Value>(second), second_size);
}

}  // namespace

RunningCheck::RunningCheck(const ContentChecksum& expected) : expected_(expected), state_(fresh(expected.kind)) {}

void RunningCheck::update(std::span<const std::byte> data) {
  std::visit([data](auto& crc) { crc.update(data); }, state_);
}

void RunningCheck::require(const std::string& path) const {
  const std::uint64_t value =
      std::visit([](const auto& crc) { return static_cast<std::uint64_t>(crc.value()); }, state_);
  if (value != expected_.value) throw mismatch(path);
}

PartsCheck::PartsCheck(std::optional<ContentChecksum> expected, std::uint64_t size, std::uint64_t part_size)
    : expected_(expected), size_(size), part_size_(part_size) {
  if (expected_) parts_.resize(static_cast<std::size_t>((size + part_size - 1) / part_size));
}

void PartsCheck::part(std::size_t index, std::span<const std::byte> data) {
  if (!expected_) return;
  auto crc = fresh(expected_->kind);
  std::visit([data](auto& state) { state.update(data); }, crc);
  parts_[index] = std::visit([](const auto& state) { return static_cast<std::uint64_t>(state.value()); }, crc);
}

void PartsCheck::require(const std::string& path) const {
  if (!expected_ || parts_.empty()) return;
  std::uint64_t whole = parts_[0];
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    const std::uint64_t size = std::min(part_size_, size_ - i * part_size_);
    switch (expected_->kind) {
      case Kind::crc64nvme: whole = joined<Crc64Nvme>(whole, parts_[i], size); break;
      case Kind::crc32c: whole = joined<Crc32c>(whole, parts_[i], size); break;
      case Kind::crc32: whole = joined<Crc32>(whole, parts_[i], size); break;
    }
  }
  if (whole != expected_->value) throw mismatch(path);
}

}  // namespace genro::storage
