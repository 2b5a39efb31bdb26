#include "backends/s3/request_fields.h"

#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/metadata_fields.h"
#include "backend/kept.h"
#include "backends/s3/entry.h"
#include "codec/percent.h"

namespace genro::storage::s3 {

HttpRequest request(std::string_view method, std::string target) {
  HttpRequest made;
  made.method = method;
  made.target = std::move(target);
  made.headers.reserve(HttpRequest::kUsualHeaders);
  return made;
}

HttpRequest request(std::string_view method, std::string target, const sigv4::Parameters& parameters) {
  target.append("?").append(sigv4::canonical_query(parameters));
  return request(method, std::move(target));
}

HttpRequest object_request(std::string_view method, std::string_view base, std::string_view key,
                           std::string_view version) {
  std::string target = object_path(base, key);
  if (!version.empty()) {
    target += "?versionId=";
    percent_encode_to(version, PercentSet::component, target);
  }
  return request(method, std::move(target));
}

std::string object_path(std::string_view base, std::string_view key) {
  if (key.empty()) return bucket_path(base);
  std::string path;
  path.reserve(base.size() + key.size() + 16);
  path.append(base).append("/");
  percent_encode_to(key, PercentSet::path, path);
  return path;
}

void add_content(const PutOptions& options, HttpRequest& to) {
  to.add_header("content-type", options.content_type.empty() ? "application/octet-stream" : options.content_type);
  if (options.metadata) add_metadata(*options.metadata, kMetadataPrefix, to);
}

void add_kept(const PutOptions& options, HttpRequest& to) {
  const Metadata* kept = kept_with(options.metadata);
  if (!kept) return;
  for (const auto& [name, value] : *kept) {
    if (name != kTagCount) to.add_header(name, value);
  }
}

void add_checksum(const Checksum& checksum, HttpRequest& to) {
  if (checksum.known()) to.add_header(header_name(checksum.algorithm), checksum.text);
}

// S3 reads this header as a path that may carry a query.
void add_source(const CopySource& source, HttpRequest& to) {
  std::string value = "/" + source.bucket + "/";
  percent_encode_to(source.key, PercentSet::path, value);
  if (!source.version.empty()) {
    value += "?versionId=";
    percent_encode_to(source.version, PercentSet::component, value);
  }
  to.add_header("x-amz-copy-source", value);
  if (!source.etag.empty()) to.add_header("x-amz-copy-source-if-match", quoted_etag(source.etag));
}

void set_document(std::string document, HttpRequest& to) {
  to.add_header("content-type", "application/xml");
  to.body = Body(Bytes::copy_of(document));
}

std::string bucket_path(std::string_view base) { return base.empty() ? "/" : std::string(base); }

}  // namespace genro::storage::s3
