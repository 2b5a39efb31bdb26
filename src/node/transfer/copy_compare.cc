#include "node/transfer/copy_compare.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backend/reader.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "node/stored_content.h"

namespace genro::storage {
namespace {

std::string reason(const std::string& md5) { return "same content (MD5: " + md5.substr(0, 8) + "...)"; }

/// A listing does not say which ETags are MD5s; asking for the one object does.
Task<Entry> with_md5(Location place, Entry entry) {
  const bool may_be = place.mount->caps.md5 && entry.md5.empty() && entry.etag.size() == 32;
  if (!may_be) co_return entry;
  Task<std::optional<Entry>> looking = place.mount->backend->stat(place.path);
  std::optional<Entry> found = co_await looking;
  if (found) entry.md5 = found->md5;
  co_return entry;
}

Task<std::string> md5_at(Location place, Entry entry) {
  if (!entry.md5.empty()) co_return entry.md5;
  Task<std::string> hashing = md5_of_content(place.mount, place.path);
  co_return co_await hashing;
}

/// One of the two is kept as a digest only: the other one's content becomes a digest too.
Task<std::string> compare_digests(Location from, Entry source, Location to, Entry target) {
  Task<std::string> hashing = md5_at(from, std::move(source));
  const std::string md5 = co_await hashing;
  Task<std::string> other = md5_at(to, std::move(target));
  const std::string compared = co_await other;
  co_return md5 == compared ? reason(md5) : std::string();
}

/// Both from front to back, until they differ. `digest` of what they share; null = not wanted.
Task<bool> compare_contents(Location from, Location to, std::uint64_t size, Md5* digest) {
  Task<std::unique_ptr<Reader>> opening = open_content(from.mount, from.path, {});
  const std::unique_ptr<Reader> first = co_await opening;
  Task<std::unique_ptr<Reader>> opening_other = open_content(to.mount, to.path, {});
  const std::unique_ptr<Reader> second = co_await opening_other;
  // One byte more than announced shows that a file has grown.
  const auto chunk = static_cast<std::size_t>(std::min<std::uint64_t>(size + 1, kChunk));
  BytesBuffer left(chunk);
  BytesBuffer right(chunk);
  for (;;) {
    Task<std::size_t> filling = fill(*first, left.span());
    const std::size_t count = co_await filling;
    Task<std::size_t> filling_other = fill(*second, right.span());
    const std::size_t other = co_await filling_other;
    if (other != count || std::memcmp(left.data(), right.data(), count) != 0) co_return false;
    if (digest) digest->update(left.span().first(count));
    if (count < chunk) co_return true;
  }
}

}  // namespace

Task<std::string> skipped_by_content(Location from, Entry source, Location to, Entry target, bool explain) {
  if (!target.is_file() || target.size != source.size) co_return std::string();
  Task<Entry> asking = with_md5(from, std::move(source));
  source = co_await asking;
  Task<Entry> asking_other = with_md5(to, std::move(target));
  target = co_await asking_other;
  if (!source.md5.empty() || !target.md5.empty()) {
    Task<std::string> comparing = compare_digests(std::move(from), std::move(source), std::move(to), std::move(target));
    co_return co_await comparing;
  }
  Md5 digest;
  Task<bool> comparing = compare_contents(std::move(from), std::move(to), source.size, explain ? &digest : nullptr);
  const bool same = co_await comparing;
  if (!same) co_return std::string();
  if (!explain) co_return std::string("same content");
  const Md5::Value md5 = digest.finish();
  co_return reason(hex_encode(md5));
}

}  // namespace genro::storage
