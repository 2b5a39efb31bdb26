#include "objects.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <random>

namespace fixed_s3 {
namespace {

constexpr std::string_view kModified = "Sat, 03 Oct 2026 10:00:00 GMT";
constexpr std::string_view kXml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

std::string_view http_date() {  // clients compare it with their clock, so it is the real one
  static std::time_t last = 0;
  static char text[40];
  const auto now = std::time(nullptr);
  if (now != last) {
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    last = now;
  }
  return text;
}

std::string head(std::string_view status, std::size_t length, std::string_view headers) {
  std::string out;
  out.reserve(384);
  out.append("HTTP/1.1 ").append(status).append("\r\nServer: fixed-s3\r\nDate: ").append(http_date());
  out.append("\r\nx-amz-request-id: 4442587FB7D0A2F9\r\nContent-Length: ")
      .append(std::to_string(length))
      .append("\r\n");
  out.append(headers).append("\r\n");
  return out;
}

Response xml(std::string_view status, std::string text) {
  Response response;
  response.text = std::string(kXml) + std::move(text);
  response.head = head(status, response.text.size(), "Content-Type: application/xml\r\n");
  return response;
}

Response empty(std::string_view status, std::string_view headers = "") {
  Response response;
  response.head = head(status, 0, headers);
  return response;
}

Response error(std::string_view status, std::string_view code) {
  return xml(status,
             "<Error><Code>" + std::string(code) + "</Code><Message>" + std::string(code) + "</Message></Error>");
}

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

std::string_view key_of(std::string_view path) {  // path style: /bucket/key
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
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

const std::string& pattern() {
  static const std::string bytes = [] {
    std::mt19937_64 random(20260000);  // a fixed seed: the clients check these bytes
    std::string out(kPatternSize, '\0');
    for (auto& byte : out) byte = static_cast<char>(random() >> 56);
    return out;
  }();
  return bytes;
}

bool Objects::needs_body(const Request& request) {
  return request.method == "POST" || (request.method == "PUT" && key_of(request.path).starts_with("kept/"));
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
  const auto key = key_of(request.path);
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
    response.head = head("200 OK", response.text.size(), "Content-Type: application/json\r\n");
  } else if (request.method == "GET" || request.method == "HEAD") {
    response = get(request, key);
  } else if (request.method == "PUT") {
    response = put(request, key, std::move(body));
  } else if (request.method == "POST") {
    response = post(request, key, body);
  } else if (request.method == "DELETE") {
    kept_.erase(std::string(key));
    response = empty("204 No Content");
  } else {
    response = error("405 Method Not Allowed", "MethodNotAllowed");
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
    if (request.method == "HEAD") return empty("200 OK", "x-amz-bucket-region: us-east-1\r\n");
    if (query_value(request.query, "location")) {
      return xml(
          "200 OK",
          "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">us-east-1</LocationConstraint>");
    }
    if (query_value(request.query, "versioning")) return xml("200 OK", "<VersioningConfiguration/>");
    return list(request);
  }
  ++statistics.gets;
  Response response;
  std::size_t size = 0;
  const auto kept = kept_.find(key);
  if (kept != kept_.end()) {
    size = kept->second.size();
  } else if (const auto named = size_named_by(key)) {
    size = *named;
  } else {
    return error("404 Not Found", "NoSuchKey");
  }
  const auto etag = etag_of(size);
  if (!request.if_match.empty() && request.if_match != etag && request.if_match != etag.substr(1, 32)) {
    return error("412 Precondition Failed", "PreconditionFailed");
  }
  std::size_t first = 0, count = size;
  std::string headers;
  headers.reserve(256);
  headers.append("Content-Type: binary/octet-stream\r\nAccept-Ranges: bytes\r\nETag: ").append(etag);
  headers.append("\r\nLast-Modified: ").append(kModified).append("\r\n");
  auto status = std::string_view("200 OK");
  if (!request.range.empty()) {
    if (!apply_range(request.range, size, first, count))
      return error("416 Requested Range Not Satisfiable", "InvalidRange");
    status = "206 Partial Content";
    char text[96];
    std::snprintf(text, sizeof text, "Content-Range: bytes %zu-%zu/%zu\r\n", first, first + count - 1, size);
    headers.append(text);
  } else if (checksums_ && request.wants_checksum && kept == kept_.end()) {
    headers.append(checksum_header(size));
  }
  response.head = head(status, count, headers);
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
    return xml("200 OK", "<" + tag + "><ETag>" + etag_of(0) +
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
  return empty("200 OK", headers);
}

Response Objects::post(const Request& request, std::string_view key, const std::string& body) {
  const std::string name(key);
  if (query_value(request.query, "uploads")) {
    return xml(
        "200 OK",
        "<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>bench</Bucket><Key>" +
            name + "</Key><UploadId>VXBsb2FkIElE</UploadId></InitiateMultipartUploadResult>");
  }
  if (query_value(request.query, "delete")) {
    std::string deleted;
    for (std::size_t at = body.find("<Key>"); at != std::string::npos; at = body.find("<Key>", at + 5)) {
      deleted += "<Deleted>" + body.substr(at, body.find("</Key>", at) + 6 - at) + "</Deleted>";
    }
    return xml("200 OK",
               "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + deleted + "</DeleteResult>");
  }
  if (const auto parts = kept_parts_.find(name); parts != kept_parts_.end()) {
    std::string whole;
    for (auto& [number, bytes] : parts->second) whole += bytes;
    kept_parts_.erase(parts);
    kept_[name] = std::move(whole);
  }
  return xml(
      "200 OK",
      "<CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>bench</Bucket><Key>" +
          name + "</Key><ETag>&quot;00000000000000000000000000000000-1&quot;</ETag></CompleteMultipartUploadResult>");
}

Response Objects::list(const Request& request) {
  const auto prefix = query_value(request.query, "prefix").value_or("");
  const auto delimiter = query_value(request.query, "delimiter").value_or("");
  const auto encoding = query_value(request.query, "encoding-type").value_or("");
  const std::string open = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bench</Name>";
  if (std::string_view("list/").starts_with(prefix) && prefix != "list/" && !delimiter.empty()) {
    return xml("200 OK", open +
                             "<KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</"
                             "IsTruncated><CommonPrefixes><Prefix>list/</Prefix>"
                             "</CommonPrefixes></ListBucketResult>");
  }
  if (prefix != "list/" && !prefix.empty()) {
    return xml(
        "200 OK",
        open + "<KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>");
  }
  std::size_t first = 0, count = 1000;
  if (const auto token = query_value(request.query, "continuation-token")) {
    std::from_chars(token->data(), token->data() + token->size(), first);
  }
  if (const auto most = query_value(request.query, "max-keys")) {
    std::from_chars(most->data(), most->data() + most->size(), count);
  }
  Response response;
  response.fixed = page(first, std::clamp<std::size_t>(count, 1, 1000), encoding);
  response.head = head("200 OK", response.fixed.size(), "Content-Type: application/xml\r\n");
  return response;
}

std::string_view Objects::page(std::size_t first, std::size_t count, const std::string& encoding) {
  auto& text = pages_[std::to_string(first) + " " + std::to_string(count) + encoding];
  if (!text.empty()) return text;
  const auto end = std::min(list_keys_, first + count);
  text = std::string(kXml) +
         "<ListBucketResult "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bench</Name><Prefix>list/</Prefix><KeyCount>" +
         std::to_string(end - std::min(first, end)) + "</KeyCount><MaxKeys>" + std::to_string(count) + "</MaxKeys>";
  if (!encoding.empty()) text += "<EncodingType>" + encoding + "</EncodingType>";
  if (end < list_keys_) {
    text += "<IsTruncated>true</IsTruncated><NextContinuationToken>" + std::to_string(end) + "</NextContinuationToken>";
  } else {
    text += "<IsTruncated>false</IsTruncated>";
  }
  for (auto i = first; i < end; ++i) {
    char entry[320];
    std::snprintf(entry, sizeof entry,
                  "<Contents><Key>list/object-%08zu.bin</Key><LastModified>2026-10-03T10:00:00.000Z</LastModified>"
                  "<ETag>&quot;%032zx&quot;</ETag><Size>%zu</Size><StorageClass>STANDARD</StorageClass></Contents>",
                  i, i, i);
    text += entry;
  }
  text += "</ListBucketResult>";
  return text;
}

}  // namespace fixed_s3
