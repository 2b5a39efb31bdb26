#include "backends/s3/requests.h"

#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backend/http/metadata_fields.h"
#include "backend/kept.h"
#include "backends/s3/entry.h"
#include "codec/base64.h"
#include "codec/percent.h"
#include "codec/xml_text.h"
#include "genro/storage/error.h"
#include "text/utf8.h"

namespace genro::storage::s3 {
namespace {

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

sigv4::Parameters part_parameters(std::string_view upload_id, int number) {
  return {{"partNumber", std::to_string(number)}, {"uploadId", std::string(upload_id)}};
}

void add_content(const PutOptions& options, HttpRequest& to) {
  to.add_header("content-type", options.content_type.empty() ? "application/octet-stream" : options.content_type);
  if (options.metadata) add_metadata(*options.metadata, kMetadataPrefix, to);
}

// What the object that is written anew had beside its content; see kept_of() in entry.h.
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

HttpRequest bulk_delete(std::string_view base, std::string_view objects) {
  std::string document = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
  document.append(objects).append("</Delete>");
  HttpRequest made = request("POST", bucket_path(base) + "?delete=");
  made.add_header("content-md5", base64_encode(Md5::of(document)));  // demanded by S3; every server knows this form
  set_document(std::move(document), made);
  made.idempotent = true;
  return made;
}

}  // namespace

std::string_view key_fault(std::string_view path) noexcept {
  return find_invalid_utf8(path) == std::string_view::npos ? "" : "the key of an object must be UTF-8";
}

std::string object_path(std::string_view base, std::string_view key) {
  if (key.empty()) return bucket_path(base);
  std::string path;
  path.reserve(base.size() + key.size() + 16);
  path.append(base).append("/");
  percent_encode_to(key, PercentSet::path, path);
  return path;
}

HttpRequest get_object(std::string_view base, std::string_view key, const ReadOptions& options, bool want_checksum) {
  HttpRequest made = object_request("GET", base, key, options.version);
  if (!options.if_match.empty()) made.add_header("if-match", quoted_etag(options.if_match));
  if (!options.range.whole()) {
    made.add_header("range", range_value(options.range));
  } else if (want_checksum) {
    made.add_header("x-amz-checksum-mode", "ENABLED");
  }
  return made;
}

HttpRequest head_object(std::string_view base, std::string_view key, const ReadOptions& options) {
  HttpRequest made = object_request("HEAD", base, key, options.version);
  if (!options.if_match.empty()) made.add_header("if-match", quoted_etag(options.if_match));
  return made;
}

HttpRequest put_object(std::string_view base, std::string_view key, Body body, const PutOptions& options,
                       const Checksum& checksum) {
  HttpRequest made = object_request("PUT", base, key, {});
  add_content(options, made);
  add_kept(options, made);
  add_condition(options.when, made);
  add_checksum(checksum, made);
  made.body = std::move(body);
  made.idempotent = options.when.kind == When::Kind::always;
  return made;
}

HttpRequest delete_object(std::string_view base, std::string_view key, std::string_view version) {
  HttpRequest made = object_request("DELETE", base, key, version);
  made.idempotent = true;
  return made;
}

HttpRequest delete_objects(std::string_view base, std::span<const std::string> keys) {
  std::string objects;
  for (const std::string& key : keys) {
    objects += "<Object><Key>";
    xml_escape_to(key, objects);
    objects += "</Key></Object>";
  }
  return bulk_delete(base, objects);
}

HttpRequest delete_versions(std::string_view base, std::string_view key, std::span<const std::string> version_ids) {
  std::string objects;
  for (const std::string& id : version_ids) {
    objects += "<Object><Key>";
    xml_escape_to(key, objects);
    objects += "</Key><VersionId>";
    xml_escape_to(id, objects);
    objects += "</VersionId></Object>";
  }
  return bulk_delete(base, objects);
}

HttpRequest list_objects(std::string_view base, const ListQuery& query) {
  sigv4::Parameters parameters = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", query.prefix}};
  parameters.emplace_back("max-keys", std::to_string(query.max_keys));
  if (!query.delimiter.empty()) parameters.emplace_back("delimiter", query.delimiter);
  if (!query.token.empty()) parameters.emplace_back("continuation-token", query.token);
  return request("GET", bucket_path(base), parameters);
}

HttpRequest list_versions(std::string_view base, std::string_view prefix, std::string_view key_marker,
                          std::string_view version_marker) {
  sigv4::Parameters parameters = {{"versions", ""}, {"encoding-type", "url"}, {"prefix", std::string(prefix)}};
  if (!key_marker.empty()) parameters.emplace_back("key-marker", key_marker);
  if (!version_marker.empty()) parameters.emplace_back("version-id-marker", version_marker);
  return request("GET", bucket_path(base), parameters);
}

HttpRequest list_uploads(std::string_view base, std::string_view prefix, std::string_view key_marker,
                         std::string_view upload_marker) {
  sigv4::Parameters parameters = {{"uploads", ""}, {"encoding-type", "url"}, {"prefix", std::string(prefix)}};
  if (!key_marker.empty()) parameters.emplace_back("key-marker", key_marker);
  if (!upload_marker.empty()) parameters.emplace_back("upload-id-marker", upload_marker);
  return request("GET", bucket_path(base), parameters);
}

HttpRequest copy_object(std::string_view base, std::string_view key, const CopySource& source,
                        const PutOptions& options, bool replace) {
  HttpRequest made = object_request("PUT", base, key, {});
  add_source(source, made);
  add_condition(options.when, made);
  made.add_header("x-amz-metadata-directive", replace ? "REPLACE" : "COPY");
  if (replace) {
    add_content(options, made);
    add_kept(options, made);
  } else if (const Metadata* kept = kept_with(options.metadata)) {
    const auto storage_class = kept->find("x-amz-storage-class");  // the one thing that a copy does not take over
    if (storage_class != kept->end()) made.add_header(storage_class->first, storage_class->second);
  }
  made.idempotent = options.when.kind == When::Kind::always;
  return made;
}

HttpRequest get_tags(std::string_view base, std::string_view key, std::string_view version) {
  std::string target = object_path(base, key) + "?tagging=";
  if (!version.empty()) {
    target += "&versionId=";
    percent_encode_to(version, PercentSet::component, target);
  }
  HttpRequest made = request("GET", std::move(target));
  made.idempotent = true;
  return made;
}

HttpRequest create_upload(std::string_view base, std::string_view key, const PutOptions& options,
                          ChecksumAlgorithm algorithm) {
  HttpRequest made = request("POST", object_path(base, key) + "?uploads=");
  add_content(options, made);
  add_kept(options, made);
  if (algorithm != ChecksumAlgorithm::none) {
    made.add_header("x-amz-checksum-algorithm", algorithm_name(algorithm));
    made.add_header("x-amz-checksum-type", "FULL_OBJECT");
  }
  return made;
}

HttpRequest upload_part(std::string_view base, std::string_view key, std::string_view upload_id, int number, Body body,
                        const Checksum& checksum) {
  HttpRequest made = request("PUT", object_path(base, key), part_parameters(upload_id, number));
  add_checksum(checksum, made);
  made.body = std::move(body);
  made.idempotent = true;
  return made;
}

HttpRequest upload_part_copy(std::string_view base, std::string_view key, std::string_view upload_id, int number,
                             const CopySource& source, ByteRange range) {
  HttpRequest made = request("PUT", object_path(base, key), part_parameters(upload_id, number));
  add_source(source, made);
  made.add_header("x-amz-copy-source-range", range_value(range));
  made.idempotent = true;
  return made;
}

HttpRequest complete_upload(std::string_view base, std::string_view key, std::string_view upload_id,
                            std::span<const PartTag> parts, const When& when, const Checksum& checksum) {
  HttpRequest made = request("POST", object_path(base, key), sigv4::Parameters{{"uploadId", std::string(upload_id)}});
  add_condition(when, made);
  if (checksum.known()) {
    add_checksum(checksum, made);
    made.add_header("x-amz-checksum-type", "FULL_OBJECT");
  }
  std::string document = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  int number = 0;
  for (const PartTag& part : parts) {
    document.append("<Part><PartNumber>").append(std::to_string(++number)).append("</PartNumber><ETag>");
    xml_escape_to(quoted_etag(part.etag), document);
    document += "</ETag>";
    if (part.checksum.known()) {
      const std::string_view element = element_name(part.checksum.algorithm);
      document.append("<").append(element).append(">").append(part.checksum.text);
      document.append("</").append(element).append(">");
    }
    document += "</Part>";
  }
  document += "</CompleteMultipartUpload>";
  set_document(std::move(document), made);
  return made;
}

HttpRequest abort_upload(std::string_view base, std::string_view key, std::string_view upload_id) {
  HttpRequest made = request("DELETE", object_path(base, key), sigv4::Parameters{{"uploadId", std::string(upload_id)}});
  made.idempotent = true;
  return made;
}

HttpRequest bucket_location(std::string_view base) { return request("GET", bucket_path(base) + "?location="); }

void strip_checksums(HttpRequest& request) {
  std::string kept;
  std::string_view lines = request.headers;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n") + 2);
    if (!line.starts_with("x-amz-checksum-")) kept += line;
    lines.remove_prefix(line.size());
  }
  request.headers = std::move(kept);
}

}  // namespace genro::storage::s3
