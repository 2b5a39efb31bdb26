#include "backends/s3/entry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "backend/kept.h"
#include "backends/s3/pages.h"
#include "codec/encoded_word.h"
#include "codec/hex.h"
#include "codec/http_date.h"
#include "genro/storage/error.h"
#include "net/ascii.h"

namespace genro::storage::s3 {
namespace {

constexpr std::string_view kMetadataPrefix = "x-amz-meta-";
constexpr std::array<std::string_view, 10> kKept = {
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
    kTagCount,
    "x-amz-website-redirect-location",
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

Metadata metadata_of(const HttpHead& head) {
  Metadata metadata;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const std::string_view name = head.name(i);
    if (name.size() <= kMetadataPrefix.size()) continue;
    if (!equal_ignoring_case(name.substr(0, kMetadataPrefix.size()), kMetadataPrefix)) continue;
    metadata.emplace(lower(name.substr(kMetadataPrefix.size())), decode_words(head.value(i)));
  }
  return metadata;
}

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

Metadata kept_of(const HttpHead& head) {
  Metadata kept;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const std::string_view name = head.name(i);
    for (const std::string_view known : kKept) {
      if (equal_ignoring_case(name, known) && !head.value(i).empty()) kept.emplace(known, head.value(i));
    }
  }
  return kept;
}

std::optional<ContentRange> parse_content_range(std::string_view text) noexcept {
  ContentRange range;
  const bool good = take(text, "bytes ") && take_number(text, range.begin) && take(text, "-") &&
                    take_number(text, range.end) && take(text, "/") && take_number(text, range.size) && text.empty();
  if (!good || range.begin > range.end || range.end >= range.size) return std::nullopt;
  ++range.end;
  return range;
}

std::string md5_of(std::string_view etag, const HttpHead& head, bool etags_are_md5) {
  const bool digits =
      etag.size() == 32 && std::all_of(etag.begin(), etag.end(), [](char c) { return hex_digit(c) >= 0; });
  if (!digits || !etags_are_md5) return {};
  if (head.find("x-amz-server-side-encryption").starts_with("aws:kms")) return {};
  if (head.has("x-amz-server-side-encryption-customer-algorithm")) return {};
  return lower(etag);
}

Entry stored_entry(const HttpHead& head, std::string path, std::uint64_t size, bool etags_are_md5) {
  Entry entry;
  entry.path = std::move(path);
  entry.size = size;
  entry.etag = plain_etag(head.etag());
  entry.md5 = md5_of(entry.etag, head, etags_are_md5);
  entry.version_id = head.find("x-amz-version-id");
  return entry;
}

std::uint64_t object_size(const HttpHead& head) {
  if (head.status == 206) {
    const std::optional<ContentRange> range = parse_content_range(head.find("content-range"));
    if (!range) throw Error(ErrorCode::protocol, "the S3 server sent a part of an object without saying which");
    return range->size;
  }
  if (!head.content_length) throw Error(ErrorCode::protocol, "the S3 server did not say how long the object is");
  return *head.content_length;
}

Entry entry_of(const HttpHead& head, std::string path, bool etags_are_md5) {
  Entry entry = stored_entry(head, std::move(path), object_size(head), etags_are_md5);
  if (const std::optional<std::int64_t> time = parse_http_date(head.find("last-modified"))) entry.mtime_ns = *time;
  entry.content_type = head.content_type();
  Metadata kept = kept_of(head);
  entry.metadata = kept.empty() ? std::make_shared<const Metadata>(metadata_of(head))
                                : with_kept(metadata_of(head), std::move(kept));
  return entry;
}

void require_etag(const HttpHead& head, const std::string& wanted, const std::string& path) {
  if (wanted.empty() || plain_etag(head.etag()) == wanted) return;
  throw Error(ErrorCode::precondition_failed, "read", path, "the content is not the one that it was: it was replaced");
}

}  // namespace genro::storage::s3
