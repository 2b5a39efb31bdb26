// The XML documents that S3 answers with, as values: no network. Each parser throws protocol for a document that is cut
// short, malformed or of another kind, so that half a page is never taken for a whole one.
// Used by the S3 backend. Paths in results are keys without `prefix`, the mount's own part of every key.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/http/error_document.h"
#include "backend/http/page_builder.h"
#include "backends/s3/checksum.h"
#include "genro/storage/entry.h"

namespace genro::storage::s3 {

// A page of ListObjectsV2. Of Detail::names only paths and kinds are there.
enum class Detail : bool { names, all };
ObjectPage parse_object_page(std::string_view document, std::string_view prefix, Detail detail = Detail::all);

// A page of ListObjectVersions, exactly those of `key`, newest first. More pages follow while `truncated`; the next one
// begins at the markers.
struct VersionPage {
  std::vector<Version> versions;
  bool truncated = false;
  bool beyond = false;  // another key was seen: what follows is of no interest
  std::string next_key;
  std::string next_version;
};
VersionPage parse_version_page(std::string_view document, std::string_view key);

// A page of ListMultipartUploads. More follow while `truncated`; the next one begins at the markers.
struct OpenUpload {
  std::string key;
  std::string upload_id;
  std::int64_t begun_ns = Entry::kNoTime;
};
struct UploadPage {
  std::vector<OpenUpload> uploads;
  bool truncated = false;
  std::string next_key;
  std::string next_upload;
};
UploadPage parse_upload_page(std::string_view document);

std::string parse_upload_id(std::string_view document);

// CopyObjectResult, CopyPartResult, CompleteMultipartUploadResult.
struct StoredResult {
  std::string etag;
  std::int64_t mtime_ns = Entry::kNoTime;
  Checksum checksum;  // of the whole object only
};
StoredResult parse_stored(std::string_view document);

// The keys, or versions of keys, that DeleteObjects could not delete.
struct DeleteError {
  std::string key;
  std::string version;
  std::string code;
  std::string message;
};
// `asked`: the keys (or versions) of the request, as `name` has them. Throws protocol for a failure of anything else: what
// it is about nobody can tell.
std::vector<DeleteError> parse_delete_errors(std::string_view document, std::string DeleteError::* name,
                                             std::span<const std::string> asked);

// The tags of a <Tagging> document as S3 wants them in the header x-amz-tagging: "a=b&c=d", percent-encoded.
std::string parse_tags(std::string_view document);

}  // namespace genro::storage::s3
