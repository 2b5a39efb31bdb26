// MiniS3: as much of the S3 protocol as the backend speaks, in memory, as a FakeHandler: objects, ranges, conditions,
// multipart uploads, listings in pages, copies, bulk deletes, and CRC64NVME checksums that are verified and given back.
// For fault tests through the network: what it holds can be looked at from outside. Signatures are not checked.
#pragma once

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/base64.h"
#include "codec/crc.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/percent.h"
#include "fakes/fake_network.h"

namespace genro::storage::test {

class MiniS3 {
 public:
  struct Object {
    std::string content;
    std::string etag;
  };
  struct OpenUpload {
    std::string key;
    std::map<int, std::string> parts;
  };
  std::map<std::string, Object> objects;
  std::map<std::string, OpenUpload> uploads;
  std::uint64_t stores = 0;
  std::size_t page_size = 3;

  static std::string md5_hex(std::string_view content) {
    const Md5::Value value = Md5::of(content);
    return hex_encode(value);
  }
  static std::string crc(std::string_view content) {
    Crc64Nvme sum;
    sum.update(content);
    const auto bytes = sum.bytes();
    return base64_encode(bytes);
  }
  void store(const std::string& key, std::string content, std::string etag = {}) {
    if (etag.empty()) etag = md5_hex(content);
    objects[key] = {std::move(content), std::move(etag)};
    ++stores;
  }

  FakeReply operator()(const FakeRequest& request) {
    const std::string_view target = request.target;
    const std::size_t question = std::min(target.find('?'), target.size());
    std::map<std::string, std::string> query;
    for (std::string_view rest = target.substr(std::min(question + 1, target.size())); !rest.empty();) {
      const std::size_t end = std::min(rest.find('&'), rest.size());
      const std::string_view pair = rest.substr(0, end);
      const std::size_t equals = std::min(pair.find('='), pair.size());
      query[std::string(pair.substr(0, equals))] =
          percent_decode(pair.substr(std::min(equals + 1, pair.size()))).value_or("");
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const std::string path = percent_decode(target.substr(1, question - 1)).value_or("");
    const std::size_t slash = path.find('/');
    const std::string key = slash == std::string::npos ? "" : path.substr(slash + 1);
    if (key.empty()) return request.method == "POST" ? remove_many(request) : list(query);
    if (query.contains("uploads")) return begin_upload(key);
    if (query.contains("uploadId")) return upload_call(request, key, query);
    if (request.method == "PUT")
      return request.header("x-amz-copy-source").empty() ? put(request, key) : copy(request, key);
    if (request.method == "DELETE") return objects.erase(key), FakeReply::http(204);
    return get(request, key);
  }

  static FakeReply error(int status, const std::string& code) {
    return FakeReply::http(
        status, "<Error><Code>" + code + "</Code><Message>so it is</Message><RequestId>r1</RequestId></Error>",
        "Content-Type: application/xml\r\n");
  }

 private:
  static FakeReply xml(const std::string& body) {
    return FakeReply::http(200, body, "Content-Type: application/xml\r\n");
  }
  static std::string checksum_line(const std::string& content) {
    return "x-amz-checksum-crc64nvme: " + crc(content) + "\r\nx-amz-checksum-type: FULL_OBJECT\r\n";
  }
  static std::string unquoted(std::string text) {
    std::erase(text, '"');
    return text;
  }

  FakeReply get(const FakeRequest& request, const std::string& key) const {
    const auto found = objects.find(key);
    if (found == objects.end()) return request.method == "HEAD" ? FakeReply::http(404) : error(404, "NoSuchKey");
    const auto& [content, etag] = found->second;
    const std::string match = unquoted(request.header("if-match"));
    if (!match.empty() && match != etag) return error(412, "PreconditionFailed");
    std::string lines =
        "ETag: \"" + etag + "\"\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\nAccept-Ranges: bytes\r\n";
    if (request.method == "HEAD") {
      FakeReply reply = FakeReply::http(200, content, lines);
      reply.bytes.resize(reply.bytes.size() - content.size());
      return reply;
    }
    const std::string range = request.header("range");
    if (range.empty()) return FakeReply::http(200, content, lines + checksum_line(content));
    const std::size_t dash = range.find('-');
    const std::size_t begin = std::stoull(range.substr(6, dash - 6));
    if (begin >= content.size()) return error(416, "InvalidRange");
    const std::size_t last = dash + 1 == range.size()
                                 ? content.size() - 1
                                 : std::min<std::size_t>(std::stoull(range.substr(dash + 1)), content.size() - 1);
    lines += "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(last) + "/" +
             std::to_string(content.size()) + "\r\n";
    return FakeReply::http(206, content.substr(begin, last - begin + 1), lines);
  }

  /// An error reply when the request's condition does not hold, or when its body was damaged on its way.
  std::optional<FakeReply> refusal(const FakeRequest& request, const std::string& key,
                                   const std::string& content) const {
    const auto found = objects.find(key);
    const std::string match = unquoted(request.header("if-match"));
    if (!request.header("if-none-match").empty() && found != objects.end()) return error(412, "PreconditionFailed");
    if (!match.empty() && (found == objects.end() || found->second.etag != match))
      return error(412, "PreconditionFailed");
    const std::string sum = request.header("x-amz-checksum-crc64nvme");
    if (!sum.empty() && sum != crc(content)) return error(400, "BadDigest");
    return std::nullopt;
  }

  FakeReply put(const FakeRequest& request, const std::string& key) {
    if (std::optional<FakeReply> no = refusal(request, key, request.body)) return *no;
    store(key, request.body);
    return FakeReply::http(200, {}, "ETag: \"" + objects.at(key).etag + "\"\r\n" + checksum_line(request.body));
  }

  FakeReply copy(const FakeRequest& request, const std::string& key) {
    std::string source = percent_decode(request.header("x-amz-copy-source")).value_or("");
    if (source.starts_with('/')) source.erase(0, 1);
    const auto found = objects.find(source.substr(source.find('/') + 1));
    if (found == objects.end()) return error(404, "NoSuchKey");
    store(key, found->second.content);
    return xml("<CopyObjectResult><ETag>\"" + objects.at(key).etag + "\"</ETag></CopyObjectResult>");
  }

  FakeReply begin_upload(const std::string& key) {
    const std::string id = "upload" + std::to_string(++next_upload_);
    uploads[id] = {key, {}};
    return xml("<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>");
  }

  FakeReply upload_call(const FakeRequest& request, const std::string& key, std::map<std::string, std::string>& query) {
    const auto upload = uploads.find(query["uploadId"]);
    if (upload == uploads.end()) return error(404, "NoSuchUpload");
    if (request.method == "DELETE") return uploads.erase(upload), FakeReply::http(204);
    if (request.method == "PUT") {
      if (!request.header("x-amz-checksum-crc64nvme").empty() &&
          request.header("x-amz-checksum-crc64nvme") != crc(request.body)) {
        return error(400, "BadDigest");
      }
      upload->second.parts[std::stoi(query["partNumber"])] = request.body;
      return FakeReply::http(
          200, {},
          "ETag: \"" + md5_hex(request.body) + "\"\r\nx-amz-checksum-crc64nvme: " + crc(request.body) + "\r\n");
    }
    std::string content;
    Md5 digest;
    std::size_t count = 0;
    for (std::size_t at = request.body.find("<PartNumber>"); at != std::string::npos;
         at = request.body.find("<PartNumber>", at + 1)) {
      const auto part = upload->second.parts.find(std::atoi(request.body.c_str() + at + 12));
      if (part == upload->second.parts.end()) return error(400, "InvalidPart");
      content += part->second;
      const Md5::Value value = Md5::of(part->second);
      digest.update(value);
      ++count;
    }
    if (std::optional<FakeReply> no = refusal(request, key, content)) return *no;
    const Md5::Value value = digest.finish();
    const std::string etag = hex_encode(value) + "-" + std::to_string(count);
    store(key, content, etag);
    uploads.erase(upload);
    return xml("<CompleteMultipartUploadResult><ETag>\"" + etag + "\"</ETag><ChecksumCRC64NVME>" + crc(content) +
               "</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>");
  }

  FakeReply list(std::map<std::string, std::string>& query) const {
    const std::string& prefix = query["prefix"];
    const std::string& delimiter = query["delimiter"];
    std::map<std::string, std::string> items;  // key or common prefix -> its element
    for (const auto& [key, object] : objects) {
      if (!key.starts_with(prefix)) continue;
      const std::size_t cut = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
      if (cut == std::string::npos) {
        items[key] = "<Contents><Key>" + key +
                     "</Key><LastModified>2023-11-14T22:13:20.000Z</LastModified><ETag>&quot;" + object.etag +
                     "&quot;</ETag><Size>" + std::to_string(object.content.size()) + "</Size></Contents>";
      } else {
        const std::string common = key.substr(0, cut + 1);
        items[common] = "<CommonPrefixes><Prefix>" + common + "</Prefix></CommonPrefixes>";
      }
    }
    std::string body = "<ListBucketResult>";
    std::size_t given = 0;
    std::string last;
    const std::string& token = query["continuation-token"];
    for (const auto& [name, element] : items) {
      if (!token.empty() && name <= token) continue;
      if (given++ == page_size) {
        body += "<IsTruncated>true</IsTruncated><NextContinuationToken>" + last + "</NextContinuationToken>";
        break;
      }
      body += element;
      last = name;
    }
    return xml(body + "</ListBucketResult>");
  }

  FakeReply remove_many(const FakeRequest& request) {
    for (std::size_t at = request.body.find("<Key>"); at != std::string::npos;
         at = request.body.find("<Key>", at + 1)) {
      objects.erase(request.body.substr(at + 5, request.body.find("</Key>", at) - at - 5));
    }
    return xml("<DeleteResult></DeleteResult>");
  }

  int next_upload_ = 0;
};

}  // namespace genro::storage::test
