#include "backends/s3/requests.h"

#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backend/kept.h"
#include "backends/s3/request_fields.h"
#include "codec/base64.h"
#include "codec/percent.h"
#include "codec/xml_text.h"
#include "text/utf8.h"

namespace genro::storage::s3 {
namespace {

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

HttpRequest list_objects(std::string_view base, const FlatQuery& query) {
  sigv4::Parameters parameters = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", query.prefix}};
  parameters.emplace_back("max-keys", std::to_string(query.limit));
  if (!query.recursive) parameters.emplace_back("delimiter", "/");
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
