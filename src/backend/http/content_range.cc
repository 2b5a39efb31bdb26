#include "backend/http/content_range.h"

#include <charconv>

#include "genro/storage/error.h"

namespace genro::storage {
namespace {

bool take_number(std::string_view& text, std::uint64_t& value) noexcept {
  const auto [at, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view what) noexcept {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) noexcept {
  ContentRange range;
  const bool good = take(text, "bytes ") && take_number(text, range.begin) && take(text, "-") &&
                    take_number(text, range.end) && take(text, "/") && take_number(text, range.size) && text.empty();
  if (!good || range.begin > range.end || range.end >= range.size) return std::nullopt;
  ++range.end;
  return range;
}

std::string range_value(ByteRange range) {
  std::string value = "bytes=" + std::to_string(range.begin) + "-";
  if (range.end != ByteRange::kToEnd) value += std::to_string(range.end - 1);
  return value;
}

std::optional<std::uint64_t> content_size(const HttpHead& head) {
  if (head.status != 206) return head.content_length;
  const std::optional<ContentRange> range = parse_content_range(head.find("content-range"));
  if (!range) throw Error(ErrorCode::protocol, "the server sent a part of a content without saying which");
  return range->size;
}

std::uint64_t required_size(const HttpHead& head) {
  const std::optional<std::uint64_t> size = content_size(head);
  if (!size) throw Error(ErrorCode::protocol, "the server did not say how long the content is");
  return *size;
}

}  // namespace genro::storage
