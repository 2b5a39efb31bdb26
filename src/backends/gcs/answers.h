// The JSON documents that Google Cloud Storage answers with, as values: no network. Each throws protocol for a document that is
// cut short or lacks what it must have.
// https://cloud.google.com/storage/docs/json_api/v1/objects
// Used by the gcs backend. An entry's etag is the object's generation: the number of its content, by which conditions go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/http/checksum.h"
#include "backend/http/page_builder.h"
#include "genro/storage/entry.h"
#include "net/http.h"

namespace genro::storage::gcs {

// An object, as its resource says it.
struct Object {
  Entry entry;  // its path is the whole name
  std::string metageneration;
  Checksum checksum;  // CRC-32C
  std::string content_encoding;
  bool stored_gzip() const noexcept { return content_encoding == "gzip"; }
};
Object parse_object(std::string_view document);

// A page of objects. Paths are names without `prefix`. Of `names_only` there are only paths and kinds.
ObjectPage parse_object_page(std::string_view document, std::string_view prefix, bool names_only = false);

// A page of the versions of `name`, oldest first as they come, without those of other names.
struct VersionPage {
  struct Item {
    Version version;
    std::int64_t deleted_ns = Entry::kNoTime;  // when another one took its place, or none
  };
  std::vector<Item> items;
  std::string next_token;
  bool beyond = false;  // a name behind it was seen: what follows is of no interest
};
VersionPage parse_version_page(std::string_view document, std::string_view name);

// A step of a copy.
struct Rewrite {
  std::string token;         // "" when it is done
  std::uint64_t copied = 0;  // bytes, by this step and those before it
  std::optional<Object> object;
};
Rewrite parse_rewrite(std::string_view document);

// Whether a bucket's layout is hierarchical.
bool parse_layout(std::string_view document);

// What an object has beside its content and survives a rewrite: the member of its resource, and the field that carries it
// in Metadata (backend/kept.h).
struct KeptField {
  const char* member;
  const char* field;
};
inline constexpr KeptField kKeptFields[] = {
    {"cacheControl", "cache-control"},        {"contentDisposition", "content-disposition"},
    {"contentEncoding", "content-encoding"},  {"contentLanguage", "content-language"},
    {"storageClass", "x-goog-storage-class"}, {"customTime", "x-goog-custom-time"},
};

// The object of a media download (200 or 206) by its head: of its metadata nothing is said there.
Entry entry_of(const HttpHead& head, std::string path);
// CRC-32C of the stored bytes; unknown when it is not said.
Checksum checksum_of(const HttpHead& head);

// "error", as the body of a failure. All fields "" when the document is no such thing.
struct ErrorDocument {
  std::string reason;
  std::string message;
};
ErrorDocument parse_error(std::string_view document);

}  // namespace genro::storage::gcs
