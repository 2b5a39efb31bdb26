#include "backends/s3/entry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backend/http/metadata_fields.h"
#include "backend/kept.h"
#include "codec/hex.h"
#include "codec/http_date.h"
#include "net/ascii.h"

namespace genro::storage::s3 {
namespace {

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

std::string md5_of(std::string_view etag, const HttpHead& head, bool etags_are_md5) {
  const bool digits =
      etag.size() == 32 && std::all_of(etag.begin(), etag.end(), [](char c) { return hex_digit(c) >= 0; });
  if (!digits || !etags_are_md5) return {};
  if (head.find("x-amz-server-side-encryption").starts_with("aws:kms")) return {};
  if (head.has("x-amz-server-side-encryption-customer-algorithm")) return {};
  std::string md5(etag);
  std::transform(md5.begin(), md5.end(), md5.begin(), &lower_ascii);
  return md5;
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

Entry entry_of(const HttpHead& head, std::string path, bool etags_are_md5) {
  Entry entry = stored_entry(head, std::move(path), required_size(head), etags_are_md5);
  if (const std::optional<std::int64_t> time = parse_http_date(head.find("last-modified"))) entry.mtime_ns = *time;
  entry.content_type = head.content_type();
  entry.metadata = with_kept(metadata_of(head, kMetadataPrefix), kept_of(head));
  return entry;
}

}  // namespace genro::storage::s3
