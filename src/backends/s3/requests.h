// The requests of the S3 REST API, as bytes: no network, no clock, no signature.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
// Used by the S3 backend. `base` is what precedes a key in the path: "" where the bucket is part of the host name,
// "/bucket" where not. Keys are octets, percent-encoded here and nowhere else. Header names are in lower case, which is
// what the signature needs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "backend/http/flat_store.h"
#include "backends/s3/checksum.h"
#include "genro/storage/options.h"
#include "net/http.h"

namespace genro::storage::s3 {

// Why the path cannot be that of a key, "" when it can: S3's keys are UTF-8. To others servers answer in misleading words.
std::string_view key_fault(std::string_view path) noexcept;

// The path of a key (or of the bucket for key ""), percent-encoded.
std::string object_path(std::string_view base, std::string_view key);

// A whole read also asks for the stored checksum when `want_checksum`. The range must not be empty.
HttpRequest get_object(std::string_view base, std::string_view key, const ReadOptions& options, bool want_checksum);
HttpRequest head_object(std::string_view base, std::string_view key, const ReadOptions& options);
HttpRequest put_object(std::string_view base, std::string_view key, Body body, const PutOptions& options,
                       const Checksum& checksum);
HttpRequest delete_object(std::string_view base, std::string_view key, std::string_view version);

// One request for at most 1,000 keys.
HttpRequest delete_objects(std::string_view base, std::span<const std::string> keys);

// One request for at most 1,000 versions of one key.
HttpRequest delete_versions(std::string_view base, std::string_view key, std::span<const std::string> version_ids);

HttpRequest list_objects(std::string_view base, const FlatQuery& query);
// Markers as the page before gave them, both "" for the first page.
HttpRequest list_versions(std::string_view base, std::string_view prefix, std::string_view key_marker,
                          std::string_view version_marker);
// What is copied. The ETag makes the copy fail when the source changes meanwhile; "" = whatever is there.
struct CopySource {
  std::string bucket;
  std::string key;
  std::string version;
  std::string etag;
};
// All but the content is the source's, unless `replace`: then it is that of `options`. The storage class is always theirs.
HttpRequest copy_object(std::string_view base, std::string_view key, const CopySource& source,
                        const PutOptions& options, bool replace);

// The tags of an object; `version` "" = the current one.
HttpRequest get_tags(std::string_view base, std::string_view key, std::string_view version);

// A small question whose answer, or refusal, names the region of the bucket: for failures that have no body.
HttpRequest bucket_location(std::string_view base);

// Takes away the headers that ask for or carry checksums, for a server that knows none.
void strip_checksums(HttpRequest& request);

}  // namespace genro::storage::s3
