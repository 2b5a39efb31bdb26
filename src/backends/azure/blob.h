// One blob: from the fields of an answer to an Entry, from PutOptions to the fields of a request, and the question for it.
// https://learn.microsoft.com/en-us/rest/api/storageservices/get-blob-properties
// Used by the azure backend.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/http/checksum.h"
#include "backends/azure/client.h"
#include "genro/storage/entry.h"
#include "genro/storage/options.h"

namespace genro::storage::azure {

/// The blob of a GET or HEAD (200 or 206). The mark of a folder (hierarchical namespaces, Hadoop) is a directory.
Entry entry_of(const HttpHead& head, std::string path);
/// What was stored by a put or a list of blocks.
Entry stored_entry(const HttpHead& head, std::string path, std::uint64_t size);

/// "hdi_isfolder", in metadata and in a listing's: the mark of a folder. Takes it away and says whether it was there.
bool take_folder_mark(Metadata& metadata);
// What an entry has with its metadata (backend/kept.h) beside fields of the content: how many tags, which are asked for when
// they are needed, and then the tags themselves.
inline constexpr std::string_view kTagCount = "x-ms-tag-count";
inline constexpr std::string_view kTags = "x-ms-tags";

/// The same of the head of a GET or HEAD.
bool is_folder_mark(const HttpHead& head);
/// Base64 as 32 hex digits; "" when it is no MD5.
std::string md5_of(std::string_view base64);

/// The service has its CRC-64 (that of NVMe) in the other order of bytes.
std::string crc64_field(const Checksum& checksum);
Checksum crc64_of(const HttpHead& head);
/// Bytes of a range that the service gives a checksum of, where x-ms-range-get-content-crc64 asks for it.
inline constexpr std::uint64_t kLargestSummedRange = std::uint64_t{4} << 20;
/// Of just what an answer to a GET brings; unknown when the service does not say.
Checksum expected_of(const HttpHead& head);

/// Media type, metadata, and what the blob that is written anew had beside them. Throws invalid_argument for a metadata name
/// that the service does not take: they are identifiers of C#.
void add_properties(const PutOptions& options, HttpRequest& to);
void add_metadata_of(const Metadata& metadata, HttpRequest& to);

/// The tier that the mount stores in; where it names none, that of the blob that is written anew. For block blobs.
void add_tier(const Config& config, const PutOptions& options, HttpRequest& to);

/// Adds "versionid" or "snapshot", as Entry::version_id and Version::version_id name them.
void add_version(const std::string& version, Query& to);
inline constexpr std::string_view kSnapshot = "snapshot=";

struct Found {
  Entry entry;
  std::string type;  ///< "BlockBlob", "AppendBlob", "PageBlob"
  std::string copy_id;
  std::string copy_status;
  std::string copy_progress;  ///< "bytes/bytes"
  std::string copy_why;       ///< of one that failed
};
/// What a HEAD says. `operation` is a literal, here and below. Nothing when there is no such blob.
Task<std::optional<Found>> find_blob(std::shared_ptr<Client> client, std::string path, ReadOptions options,
                                     std::string_view operation);
/// Throws not_found instead.
Task<Found> existing_blob(std::shared_ptr<Client> client, std::string path, ReadOptions options,
                          std::string_view operation);
/// Sends what has no answer but its head.
Task<HttpHead> perform(std::shared_ptr<Client> client, HttpRequest request, std::string_view operation,
                       std::string path);

}  // namespace genro::storage::azure
