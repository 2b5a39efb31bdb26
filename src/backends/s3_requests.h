// The requests of the S3 REST API, as bytes: no network, no clock, no signature.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
// Used by the S3 backend. `base` is what precedes a key in the path: "" where the bucket is part of the host name,
// "/bucket" where not. Keys are octets, percent-encoded here and nowhere else. Header names are in lower case, which is
// what the signature needs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/sigv4.h"
#include "backends/s3_checksum.h"
#include "genro/storage/options.h"
#include "net/http.h"

namespace genro::storage::s3 {

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

struct ListQuery {
  std::string prefix;
  std::string delimiter;  // "" lists everything below
  std::string token;
  std::uint32_t max_keys = 1000;
};
HttpRequest list_objects(std::string_view base, const ListQuery& query);
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
// Content type and metadata are the source's, unless `replace`: then they are those of `options`.
HttpRequest copy_object(std::string_view base, std::string_view key, const CopySource& source, const PutOptions& options,
                        bool replace);

HttpRequest create_upload(std::string_view base, std::string_view key, const PutOptions& options,
                          ChecksumAlgorithm algorithm);
HttpRequest upload_part(std::string_view base, std::string_view key, std::string_view upload_id, int number, Body body,
                        const Checksum& checksum);
// Range of the source: half-open.
HttpRequest upload_part_copy(std::string_view base, std::string_view key, std::string_view upload_id, int number,
                             const CopySource& source, ByteRange range);
HttpRequest complete_upload(std::string_view base, std::string_view key, std::string_view upload_id,
                            std::span<const PartTag> parts, const When& when, const Checksum& checksum);
HttpRequest abort_upload(std::string_view base, std::string_view key, std::string_view upload_id);

// Names its region in x-amz-bucket-region, whatever the status.
HttpRequest head_bucket(std::string_view base);

}  // namespace genro::storage::s3
