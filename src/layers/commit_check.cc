#include "layers/commit_check.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/body_bytes.h"
#include "backend/reader.h"
#include "codec/digest.h"
#include "codec/hex.h"

namespace genro::storage {
namespace {

constexpr std::uint64_t kCompareChunk = std::uint64_t{1} << 20;
// A server's clock is rarely further off than this; a coarse one cuts to whole seconds.
constexpr std::int64_t kClockTolerance = 2'000'000'000;

Task<std::optional<Entry>> look(Backend& backend, std::string path) {
  Task<std::optional<Entry>> task = backend.stat(std::move(path));
  Result<std::optional<Entry>> result = co_await task.as_result();
  if (!result.ok() || !result.value() || !result.value()->is_file()) co_return std::nullopt;
  co_return std::move(result).take();
}

Task<Bytes> chunk_of(const Body& body, std::uint64_t offset) {
  return bytes_of(body.slice(offset, std::min(kCompareChunk, body.size() - offset)));
}

Task<std::string> md5_of(Body body) {
  Md5 digest;
  for (std::uint64_t offset = 0; offset < body.size(); offset += kCompareChunk) {
    Task<Bytes> reading = chunk_of(body, offset);
    const Bytes chunk = co_await reading;
    digest.update(chunk.span());
  }
  const Md5::Value value = digest.finish();
  co_return hex_encode(value);
}

Task<bool> holds(Backend& backend, std::string path, Entry entry, Body body) {
  Task<std::unique_ptr<Reader>> opening = open_part(backend, std::move(path), {}, std::move(entry));
  const std::unique_ptr<Reader> reader = co_await opening;
  BytesBuffer buffer(static_cast<std::size_t>(std::min(kCompareChunk, body.size())));
  for (std::uint64_t offset = 0; offset < body.size(); offset += kCompareChunk) {
    const auto size = static_cast<std::size_t>(std::min(kCompareChunk, body.size() - offset));
    Task<void> reading = read_exactly(*reader, buffer.span().first(size));
    co_await reading;
    Task<Bytes> reading_ours = chunk_of(body, offset);
    const Bytes ours = co_await reading_ours;
    if (std::memcmp(ours.data(), buffer.data(), size) != 0) co_return false;
  }
  co_return true;
}

}  // namespace

Task<bool> is_stored(Backend& backend, std::string path, Entry entry, Body body) {
  if (!entry.is_file() || entry.size != body.size()) co_return false;
  if (!entry.md5.empty()) {
    Task<std::string> summing = md5_of(body);
    Result<std::string> sum = co_await summing.as_result();
    co_return sum.ok() && sum.value() == entry.md5;
  }
  Task<bool> comparing = holds(backend, std::move(path), std::move(entry), body);
  Result<bool> same = co_await comparing.as_result();
  co_return same.ok() && same.value();
}

Task<std::optional<Entry>> find_stored(Backend& backend, std::string path, Body body) {
  Task<std::optional<Entry>> looking = look(backend, path);
  std::optional<Entry> entry = co_await looking;
  if (!entry) co_return std::nullopt;
  Task<bool> comparing = is_stored(backend, std::move(path), *entry, std::move(body));
  const bool same = co_await comparing;
  if (!same) co_return std::nullopt;
  co_return entry;
}

Task<std::optional<Entry>> find_completed(Backend& backend, std::string path, CommitCheck check) {
  Task<std::optional<Entry>> looking = look(backend, std::move(path));
  std::optional<Entry> entry = co_await looking;
  if (!entry || entry->size != check.size) co_return std::nullopt;
  const bool named_so = !check.etag.empty() && entry->etag == check.etag;
  const bool fresh = entry->mtime_ns != Entry::kNoTime && entry->mtime_ns >= check.began_wall_ns - kClockTolerance;
  if (!named_so && !fresh) co_return std::nullopt;
  co_return entry;
}

}  // namespace genro::storage
