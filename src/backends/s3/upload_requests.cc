#include "backends/s3/upload_requests.h"

#include <utility>

#include "backend/http/conditions.h"
#include "backend/http/content_range.h"
#include "backends/s3/request_fields.h"
#include "codec/xml_text.h"

namespace genro::storage::s3 {
namespace {

sigv4::Parameters part_parameters(std::string_view upload_id, int number) {
  return {{"partNumber", std::to_string(number)}, {"uploadId", std::string(upload_id)}};
}

}  // namespace

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

HttpRequest list_uploads(std::string_view base, std::string_view prefix, std::string_view key_marker,
                         std::string_view upload_marker) {
  sigv4::Parameters parameters = {{"uploads", ""}, {"encoding-type", "url"}, {"prefix", std::string(prefix)}};
  if (!key_marker.empty()) parameters.emplace_back("key-marker", key_marker);
  if (!upload_marker.empty()) parameters.emplace_back("upload-id-marker", upload_marker);
  return request("GET", bucket_path(base), parameters);
}

}  // namespace genro::storage::s3
