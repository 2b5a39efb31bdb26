#include "objects.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

namespace fixed_s3 {
namespace {

constexpr std::string_view kModified = "Sat, 03 Oct 2026 10:00:00 GMT";

std::string etag_of(std::size_t size) {
  char text[48];
  std::snprintf(text, sizeof text, "\"%032zx\"", size);
  return text;
}

std::optional<std::size_t> size_named_by(std::string_view key) {
  std::size_t size = 0;
  const auto end = std::find(key.begin(), key.end(), '/');
  if (end == key.end()) return {};
  const auto parsed = std::from_chars(key.data(), &*end, size);
  if (parsed.ec != std::errc() || parsed.ptr != &*end) return {};
  return size;
}

// CRC-64/NVME: reflected polynomial 0x9a6c9329ac4bc9b5, initial value and final xor of all ones.
std::string crc64nvme_of_pattern(std::size_t size) {
  static const auto table = [] {
    std::array<std::uint64_t, 256> t{};
    for (std::uint64_t i = 0; i < 256; ++i) {
      auto value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? (value >> 1) ^ 0x9a6c9329ac4bc9b5ULL : value >> 1;
      t[i] = value;
    }
    return t;
  }();
  std::uint64_t crc = ~0ULL;
  for (std::size_t i = 0, at = 0; i < size; ++i, at = at + 1 == kPatternSize ? 0 : at + 1) {
    crc = table[(crc ^ static_cast<unsigned char>(pattern()[at])) & 0xff] ^ (crc >> 8);
  }
  crc = ~crc;
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;  // 8 bytes, most significant first, as base64: 11 digits and one '='
  for (int shift = 58; shift >= -2; shift -= 6) {
    out.push_back(kAlphabet[(shift >= 0 ? crc >> shift : crc << -shift) & 63]);
  }
  return out + "=";
}

// "bytes=a-b", "bytes=a-", "bytes=-n" on an object of `size`; false if it cannot be satisfied.
bool apply_range(std::string_view range, std::size_t size, std::size_t& first, std::size_t& count) {
  range.remove_prefix(std::min(range.size(), range.find('=') + 1));
  const auto dash = range.find('-');
  std::size_t a = 0, b = size - 1;
  const auto left = range.substr(0, dash), right = range.substr(dash + 1);
  if (left.empty()) {
    std::from_chars(right.data(), right.data() + right.size(), a);
    a = a >= size ? 0 : size - a;
  } else {
    std::from_chars(left.data(), left.data() + left.size(), a);
    if (!right.empty()) std::from_chars(right.data(), right.data() + right.size(), b);
  }
  if (a >= size) return false;
  first = a;
  count = std::min(b, size - 1) - a + 1;
  return true;
}

}  // namespace

bool Objects::needs_body(const Request& request) {
  return request.method == "POST" || (request.method == "PUT" && target_of(request).key.starts_with("kept/"));
}

std::string Objects::checksum_header(std::size_t size) {
  auto& value = checksums_by_size_[size];
  if (value.empty()) {
    value = "x-amz-checksum-crc64nvme: " + crc64nvme_of_pattern(size) + "\r\nx-amz-checksum-type: FULL_OBJECT\r\n";
  }
  return value;
}

Response Objects::answer(const Request& request, std::string body) {
  ++statistics.requests;
  const Target target = target_of(request);
  const std::string_view key = target.key;
  Response response;
  if (request.path == "/_statistics" || request.path == "/_reset") {
    if (request.path == "/_reset")
      statistics = {.connections = statistics.connections, .peak_connections = statistics.connections};
    const auto& s = statistics;
    char text[256];
    std::snprintf(
        text, sizeof text,
        R"({"requests":%zu,"gets":%zu,"puts":%zu,"bytes_in":%zu,"bytes_out":%zu,"connections":%zu,"peak_connections":%zu})",
        s.requests, s.gets, s.puts, s.bytes_in, s.bytes_out, s.connections, s.peak_connections);
    response.text = text;
    response.head = response_head("200 OK", response.text.size(), "Content-Type: application/json\r\n");
  } else if (target.store != Store::s3) {
    response = of_store(request, target, std::move(body));
  } else if (request.method == "GET" || request.method == "HEAD") {
    response = get(request, key);
  } else if (request.method == "PUT") {
    response = put(request, key, std::move(body));
  } else if (request.method == "POST") {
    response = post(request, key, body);
  } else if (request.method == "DELETE") {
    kept_.erase(std::string(key));
    response = empty_response("204 No Content");
  } else {
    response = error_response("405 Method Not Allowed", "MethodNotAllowed");
  }
  if (request.method == "HEAD") {
    response.text.clear();
    response.fixed = {};
    response.pattern_size = 0;
  }
  return response;
}

Response Objects::get(const Request& request, std::string_view key) {
  if (key.empty()) {
    if (request.method == "HEAD") return empty_response("200 OK", "x-amz-bucket-region: us-east-1\r\n");
    if (query_value(request.query, "location")) {
      return xml_response(
          "200 OK",
          "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">us-east-1</LocationConstraint>");
    }
    if (query_value(request.query, "versioning")) return xml_response("200 OK", "<VersioningConfiguration/>");
    return listing_.answer(request);
  }
  return content(request, key, {});
}

std::optional<std::size_t> Objects::size_of(std::string_view key) const {
  if (const auto kept = kept_.find(key); kept != kept_.end()) return kept->second.size();
  return size_named_by(key);
}

Response Objects::of_store(const Request& request, const Target& target, std::string body) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (target.store == Store::webdav && !reads && request.method != "PUT") return of_webdav(request, target);
  if (reads && target.key.empty()) return pages_.list(target.store, request);
  const auto size = size_of(target.key);
  if (reads && target.store == Store::gcs && size && query_value(request.query, "alt") != "media" &&
      !request.path.starts_with("/download"))
    return object_resource(target.key, *size);
  if (reads) return content(request, target.key, content_headers(target.store, size.value_or(0)));
  if (request.method == "DELETE")
    return empty_response(target.store == Store::azure ? "202 Accepted" : "204 No Content");
  ++statistics.puts;
  std::string name = target.key;
  auto stored = static_cast<std::size_t>(request.content_length);
  if (target.upload) {
    CloudUpload upload = cloud_upload(request, std::move(body));
    name = std::move(upload.name);
    body = std::move(upload.content);
    stored = body.size();
  }
  if (name.starts_with("kept/")) kept_[name] = std::move(body);
  return stored_response(target.store, name, stored);
}

Response Objects::of_webdav(const Request& request, const Target& target) {
  if (request.method == "OPTIONS")
    return empty_response("200 OK", "DAV: 1, 2\r\nAllow: GET, PUT, PROPFIND, MKCOL, MOVE\r\n");
  if (request.method == "DELETE") return empty_response("204 No Content");
  if (request.method != "PROPFIND") return empty_response("201 Created");
  std::string_view path = target.key;
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path == "list" && request.depth != "0") return pages_.list(Store::webdav, request);
  if (const auto size = size_of(path)) return pages_.resource(path, *size);
  if (path.find('/') != std::string_view::npos) return error_response("404 Not Found", "NotFound");
  return pages_.folder(path);
}

Response Objects::content(const Request& request, std::string_view key, std::string_view more) {
  ++statistics.gets;
  Response response;
  const auto found = size_of(key);
  if (!found) return error_response("404 Not Found", "NoSuchKey");
  const std::size_t size = *found;
  const auto kept = kept_.find(key);
  const auto etag = etag_of(size);
  if (!request.if_match.empty() && request.if_match != etag && request.if_match != etag.substr(1, 32)) {
    return error_response("412 Precondition Failed", "PreconditionFailed");
  }
  std::size_t first = 0, count = size;
  std::string headers;
  headers.reserve(256);
  headers.append("Content-Type: binary/octet-stream\r\nAccept-Ranges: bytes\r\nETag: ").append(etag);
  headers.append("\r\nLast-Modified: ").append(kModified).append("\r\n").append(more);
  auto status = std::string_view("200 OK");
  if (!request.range.empty()) {
    if (!apply_range(request.range, size, first, count))
      return error_response("416 Requested Range Not Satisfiable", "InvalidRange");
    status = "206 Partial Content";
    char text[96];
    std::snprintf(text, sizeof text, "Content-Range: bytes %zu-%zu/%zu\r\n", first, first + count - 1, size);
    headers.append(text);
  } else if (checksums_ && request.wants_checksum && kept == kept_.end()) {
    headers.append(checksum_header(size));
  }
  response.head = response_head(status, count, headers);
  if (kept != kept_.end()) {
    response.text = kept->second.substr(first, count);
  } else {
    response.pattern_at = first;
    response.pattern_size = count;
  }
  return response;
}

Response Objects::put(const Request& request, std::string_view key, std::string body) {
  ++statistics.puts;
  const auto part = query_value(request.query, "partNumber");
  if (!request.copy_source.empty()) {
    const std::string tag = part ? "CopyPartResult" : "CopyObjectResult";
    return xml_response("200 OK", "<" + tag + "><ETag>" + etag_of(0) +
                                      "</ETag><LastModified>2026-10-03T10:00:00.000Z</LastModified></" + tag + ">");
  }
  if (key.starts_with("kept/")) {
    if (request.aws_chunked) body = decode_aws_chunked(body);
    if (part) {
      int number = 0;
      std::from_chars(part->data(), part->data() + part->size(), number);
      kept_parts_[std::string(key)][number] = std::move(body);
    } else {
      kept_[std::string(key)] = std::move(body);
    }
  }
  const auto size = request.decoded_length >= 0 ? request.decoded_length : request.content_length;
  std::string headers = "ETag: " + etag_of(static_cast<std::size_t>(size)) + "\r\n";
  if (!request.checksum.empty()) headers += request.checksum + "\r\n";
  return empty_response("200 OK", headers);
}

Response Objects::post(const Request& request, std::string_view key, const std::string& body) {
  const std::string name(key);
  if (query_value(request.query, "uploads")) {
    return xml_response(
        "200 OK",
        "<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>bench</Bucket><Key>" +
            name + "</Key><UploadId>VXBsb2FkIElE</UploadId></InitiateMultipartUploadResult>");
  }
  if (query_value(request.query, "delete")) {
    std::string deleted;
    for (std::size_t at = body.find("<Key>"); at != std::string::npos; at = body.find("<Key>", at + 5)) {
      deleted += "<Deleted>" + body.substr(at, body.find("</Key>", at) + 6 - at) + "</Deleted>";
    }
    return xml_response(
        "200 OK", "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + deleted + "</DeleteResult>");
  }
  if (const auto parts = kept_parts_.find(name); parts != kept_parts_.end()) {
    std::string whole;
    for (auto& [number, bytes] : parts->second) whole += bytes;
    kept_parts_.erase(parts);
    kept_[name] = std::move(whole);
  }
  return xml_response(
      "200 OK",
      "<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>bench</Bucket><Key>" +
          name + "</Key><ETag>&quot;00000000000000000000000000000000-1&quot;</ETag></CompleteMultipartUploadResult>");
}

}  // namespace fixed_s3
