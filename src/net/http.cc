#include "net/http.h"

#include <algorithm>
#include <cstring>

#include "genro/storage/error.h"
#include "loop/before.h"
#include "net/ascii.h"

namespace genro::storage {
namespace {

constexpr std::uint64_t kDrainLimit = 65536;
constexpr Duration kDrainTime = std::chrono::seconds(30);
constexpr std::size_t kFirstGuess = 16384;  // for a body of unknown length

// Whether a value has a character that would end its line. Eight at a time, exactly only where one looks like it.
bool ends_line(std::string_view value) noexcept {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  while (value.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, value.data(), 8);
    if (((word - kEach * 0x0e) & ~word & kEach * 0x80) != 0) break;
    value.remove_prefix(8);
  }
  return std::any_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

HttpRequest& HttpRequest::add_header(std::string_view name, std::string_view value) {
  // Each request has a handful of them: no branch a character, and one piece of memory for all.
  bool good = !name.empty();
  for (const char c : name) good &= kTokenChars[static_cast<unsigned char>(c)];
  if (!good || ends_line(value))
    throw Error(ErrorCode::invalid_argument, "a header name or value has a character that it must not have");
  if (headers.capacity() < kUsualHeaders) headers.reserve(kUsualHeaders);
  headers.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

void HttpHead::add(Field field) {
  if (count_ < kUsual) {
    few_[count_] = field;
  } else {
    more_.push_back(field);
  }
  ++count_;
}

std::string_view HttpHead::find(std::string_view wanted) const noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    const Field& here = field(i);
    if (here.name.size == wanted.size() && equal_ignoring_case(slice(here.name), wanted)) return slice(here.value);
  }
  return {};
}

bool has_strong_etag(const HttpHead& head) noexcept { return !head.etag().empty() && !head.etag().starts_with("W/"); }

bool HttpHead::has(std::string_view wanted) const noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    if (equal_ignoring_case(name(i), wanted)) return true;
  }
  return false;
}

bool HttpHead::has_token(std::string_view wanted, std::string_view token) const noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    if (equal_ignoring_case(name(i), wanted) && list_has_token(value(i), token)) return true;
  }
  return false;
}

Task<std::size_t> HttpResponse::read_full(std::span<std::byte> target) {
  std::size_t filled = 0;
  while (filled < target.size()) {
    Task<std::size_t> step = read_into(target.subspan(filled));
    const std::size_t size = co_await step;
    if (size == 0) break;
    filled += size;
  }
  co_return filled;
}

Task<Bytes> HttpResponse::read_all(std::size_t limit) {
  const std::optional<std::uint64_t> known = remaining();
  if (known && *known > limit)
    throw Error(ErrorCode::protocol, "the response is longer than " + std::to_string(limit) + " bytes");
  if (known && *known == 0) co_return Bytes();
  BytesBuffer buffer(known ? static_cast<std::size_t>(*known) : std::min(limit, kFirstGuess));
  std::size_t filled = 0;
  while (true) {
    if (filled == buffer.capacity()) {
      if (known) break;
      std::byte probe{};
      Task<std::size_t> more = read_into(std::span(&probe, 1));
      if (co_await more == 0) break;
      if (filled == limit)
        throw Error(ErrorCode::protocol, "the response is longer than " + std::to_string(limit) + " bytes");
      buffer.grow(std::min(limit, std::max(buffer.capacity() * 2, kFirstGuess)));
      buffer.data()[filled++] = probe;
      continue;
    }
    Task<std::size_t> step = read_into(buffer.span().subspan(filled));
    const std::size_t size = co_await step;
    if (size == 0) break;
    filled += size;
  }
  co_return std::move(buffer).freeze(filled);
}

Task<void> HttpResponse::discard() {
  std::uint64_t budget = kDrainLimit;
  if (remaining().value_or(0) > budget) co_return;
  if (remaining() == std::optional<std::uint64_t>(0)) co_return;
  Context& context = co_await current_context();
  const TimePoint until = loop_of(context).now() + kDrainTime;
  std::byte sink[4096];
  while (budget > 0) {
    Task<std::size_t> step = before(until, read_into(std::span(sink)));
    Result<std::size_t> result = co_await step.as_result();
    if (!result.ok()) {
      if (result.error().code() == ErrorCode::cancelled) std::rethrow_exception(result.exception());
      co_return;
    }
    const std::size_t size = result.value();
    if (size == 0) co_return;
    budget -= std::min<std::uint64_t>(budget, size);
  }
}

}  // namespace genro::storage
