#include "backends/azure/blob.h"

#include <algorithm>
#include <array>
#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backend/http/metadata_fields.h"
#include "backend/kept.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/http_date.h"
#include "net/ascii.h"

namespace genro::storage::azure {
namespace {

constexpr std::string_view kMetadataPrefix = "x-ms-meta-";
constexpr std::string_view kFolderMark = "hdi_isfolder";
constexpr std::array<std::string_view, 4> kKept = {"cache-control", "content-disposition", "content-encoding",
                                                   "content-language"};

constexpr std::string_view kTier = "x-ms-access-tier";

/// What is kept when the blob is written anew. A tier that was not chosen follows the account's; one of page blobs, or the
/// archive, where nothing can be written anew, is no block blob's.
Metadata kept_of(const HttpHead& head) {
  Metadata kept;
  for (const std::string_view name : kKept) {
    if (const std::string_view value = head.find(name); !value.empty()) kept.emplace(name, value);
  }
  const std::string_view tier = head.find(kTier);
  const bool online = tier == "Hot" || tier == "Cool" || tier == "Cold";
  if (online && head.find("x-ms-access-tier-inferred") != "true") kept.emplace(kTier, tier);
  const std::string_view tags = head.find(kTagCount);
  if (!tags.empty() && tags != "0") kept.emplace(kTagCount, tags);
  return kept;
}

std::string reversed(std::string_view base64) {
  std::optional<std::vector<std::byte>> bytes = base64_decode(base64);
  if (!bytes) return {};
  std::reverse(bytes->begin(), bytes->end());
  return base64_encode(*bytes);
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_identifier(std::string_view name) {
  const auto good = [](char c) { return c == '_' || is_digit(c) || (lower_ascii(c) >= 'a' && lower_ascii(c) <= 'z'); };
  return !name.empty() && !is_digit(name.front()) && std::all_of(name.begin(), name.end(), good);
}

}  // namespace

bool take_folder_mark(Metadata& metadata) {
  const auto at = metadata.find(std::string(kFolderMark));
  if (at == metadata.end()) return false;
  const bool folder = equal_ignoring_case(at->second, "true");
  metadata.erase(at);
  return folder;
}

bool is_folder_mark(const HttpHead& head) {
  return head.find("x-ms-resource-type") == "directory" ||
         equal_ignoring_case(head.find("x-ms-meta-hdi_isfolder"), "true");
}

std::string md5_of(std::string_view base64) {
  const std::optional<std::vector<std::byte>> bytes = base64_decode(base64);
  return bytes && bytes->size() == 16 ? hex_encode(*bytes) : std::string();
}

Entry stored_entry(const HttpHead& head, std::string path, std::uint64_t size) {
  Entry entry;
  entry.path = std::move(path);
  entry.size = size;
  entry.etag = plain_etag(head.etag());
  entry.version_id = head.find("x-ms-version-id");
  if (const std::optional<std::int64_t> time = parse_http_date(head.find("last-modified"))) entry.mtime_ns = *time;
  return entry;
}

Entry entry_of(const HttpHead& head, std::string path) {
  Entry entry = stored_entry(head, std::move(path), required_size(head));
  // The content's own, also where the answer has a part of it.
  const std::string_view whole = head.find("x-ms-blob-content-md5");
  entry.md5 = md5_of(whole.empty() && head.status != 206 ? head.find("content-md5") : whole);
  entry.content_type = head.content_type();
  Metadata metadata = metadata_of(head, kMetadataPrefix);
  take_folder_mark(metadata);
  if (is_folder_mark(head)) entry.kind = EntryKind::directory;
  Metadata kept = kept_of(head);
  entry.metadata = kept.empty() ? std::make_shared<const Metadata>(std::move(metadata))
                                : with_kept(std::move(metadata), std::move(kept));
  return entry;
}

std::string crc64_field(const Checksum& checksum) { return reversed(checksum.text); }

Checksum crc64_of(const HttpHead& head) {
  std::string text = reversed(head.find("x-ms-content-crc64"));
  if (text.size() != text_size(ChecksumAlgorithm::crc64nvme)) return {};
  return {ChecksumAlgorithm::crc64nvme, std::move(text)};
}

Checksum expected_of(const HttpHead& head) {
  Checksum crc = crc64_of(head);
  if (crc.known()) return crc;
  const std::string_view md5 = head.find("content-md5");  // with a 206: of the part, which is asked for by nobody here
  if (head.status == 206 || md5_of(md5).empty()) return {};
  return {ChecksumAlgorithm::md5, std::string(md5)};
}

void add_metadata_of(const Metadata& metadata, HttpRequest& to) {
  for (const auto& [name, value] : metadata) {
    if (is_identifier(name)) continue;
    throw Error(ErrorCode::invalid_argument,
                "a metadata name must be letters, digits and '_', and not begin with a digit: '" + name + "'");
  }
  add_metadata(metadata, kMetadataPrefix, to);
}

void add_properties(const PutOptions& options, HttpRequest& to) {
  to.add_header("x-ms-blob-content-type",
                options.content_type.empty() ? "application/octet-stream" : options.content_type);
  if (!options.metadata) return;
  add_metadata_of(*options.metadata, to);
  const Metadata* kept = kept_with(options.metadata);
  if (!kept) return;
  for (const auto& [name, value] : *kept) {
    if (std::find(kKept.begin(), kKept.end(), name) != kKept.end()) to.add_header("x-ms-blob-" + name, value);
    if (name == kTags) to.add_header(name, value);
  }
}

void add_tier(const Config& config, const PutOptions& options, HttpRequest& to) {
  const Metadata* kept = kept_with(options.metadata);
  std::string tier = config.access_tier;
  if (tier.empty() && kept) {
    if (const auto at = kept->find(std::string(kTier)); at != kept->end()) tier = at->second;
  }
  if (!tier.empty()) to.add_header(kTier, tier);
}

void add_version(const std::string& version, Query& to) {
  if (version.empty()) return;
  const bool snapshot = version.starts_with(kSnapshot);
  to.emplace_back(snapshot ? "snapshot" : "versionid", snapshot ? version.substr(kSnapshot.size()) : version);
}

Task<std::optional<Found>> find_blob(std::shared_ptr<Client> client, std::string path, ReadOptions options,
                                     std::string_view operation) {
  Query query;
  add_version(options.version, query);
  HttpRequest request = client->request("HEAD", client->key_of(path), query);
  if (!options.if_match.empty()) request.add_header("if-match", quoted_etag(options.if_match));
  RequestContext context{operation, path, true};
  Task<std::unique_ptr<HttpResponse>> sending = client->send(std::move(request), context);
  const std::unique_ptr<HttpResponse> response = co_await sending;
  const HttpHead& head = response->head;
  if (!head.ok()) co_return std::nullopt;
  require_etag(head, options.if_match, path);
  Found found{entry_of(head, std::move(path)),
              std::string(head.find("x-ms-blob-type")),
              std::string(head.find("x-ms-copy-id")),
              std::string(head.find("x-ms-copy-status")),
              std::string(head.find("x-ms-copy-progress")),
              std::string(head.find("x-ms-copy-status-description"))};
  if (!options.version.empty()) found.entry.version_id = std::move(options.version);
  co_return found;
}

Task<Found> existing_blob(std::shared_ptr<Client> client, std::string path, ReadOptions options,
                          std::string_view operation) {
  Task<std::optional<Found>> asking = find_blob(std::move(client), path, std::move(options), operation);
  std::optional<Found> found = co_await asking;
  if (!found) throw Error(ErrorCode::not_found, std::string(operation), path, "no such blob");
  co_return std::move(*found);
}

Task<HttpHead> perform(std::shared_ptr<Client> client, HttpRequest request, std::string_view operation,
                       std::string path) {
  Task<std::unique_ptr<HttpResponse>> sending = client->send(std::move(request), {operation, path});
  const std::unique_ptr<HttpResponse> response = co_await sending;
  Task<void> ending = response->discard();
  co_await ending;
  co_return std::move(response->head);
}

}  // namespace genro::storage::azure
