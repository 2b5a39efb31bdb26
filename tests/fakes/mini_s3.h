// MiniS3: as much of the S3 protocol as the backend speaks, in memory, as a FakeHandler: objects, ranges, conditions,
// multipart uploads, listings in pages, copies, bulk deletes, and CRC64NVME checksums that are verified and given back.
// For fault tests through the network: what it holds can be looked at from outside. Signatures are not checked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "codec/crc.h"
#include "fakes/mini_server.h"

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

  static std::string crc(std::string_view content) {
    Crc64Nvme sum;
    sum.update(content);
    const auto bytes = sum.bytes();
    return base64_encode(bytes);
  }
  void store(const std::string& key, std::string content, std::string etag = {}) {
    if (etag.empty()) etag = md5_hex_of(content);
    objects[key] = {std::move(content), std::move(etag)};
    ++stores;
  }

  FakeReply operator()(const FakeRequest& request) {
    AskedTarget asked = parse_target(request.target.substr(1));
    const std::string& path = asked.path;
    std::map<std::string, std::string>& query = asked.query;
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
  FakeReply get(const FakeRequest& request, const std::string& key) const {
    const auto found = objects.find(key);
    if (found == objects.end()) return request.method == "HEAD" ? FakeReply::http(404) : error(404, "NoSuchKey");
    const auto& [content, etag] = found->second;
    const std::string match = unquoted(request.header("if-match"));
    if (!match.empty() && match != etag) return error(412, "PreconditionFailed");
    const std::string lines = "ETag: \"" + etag + "\"\r\nLast-Modified: " + std::string(kHttpTime) + "\r\n";
    return content_reply(request, content, lines, request.method == "HEAD" ? "" : checksum_line(content));
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
          "ETag: \"" + md5_hex_of(request.body) + "\"\r\nx-amz-checksum-crc64nvme: " + crc(request.body) + "\r\n");
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
    const std::string& asked = query["max-keys"];
    const std::size_t most = asked.empty() ? page_size : std::min<std::size_t>(page_size, std::stoul(asked));
    const FlatPage page =
        flat_page(objects, query["prefix"], !query["delimiter"].empty(), query["continuation-token"], most);
    std::string body = "<ListBucketResult>";
    for (const std::string& key : page.keys) {
      const Object& object = objects.at(key);
      body += "<Contents><Key>" + key + "</Key><LastModified>2023-11-14T22:13:20.000Z</LastModified><ETag>&quot;" +
              object.etag + "&quot;</ETag><Size>" + std::to_string(object.content.size()) + "</Size></Contents>";
    }
    for (const std::string& folder : page.folders)
      body += "<CommonPrefixes><Prefix>" + folder + "</Prefix></CommonPrefixes>";
    if (!page.next.empty())
      body += "<IsTruncated>true</IsTruncated><NextContinuationToken>" + page.next + "</NextContinuationToken>";
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
