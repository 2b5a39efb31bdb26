// MiniAzure: as much of the Blob service as the backend speaks, in memory: block blobs with ETags, MD5 and CRC-64, ranges,
// conditions, blocks and lists of them, append blobs, listings in pages, copies, batches. For fault tests through the network.
// Of tokens only the newest is good.
#pragma once

#include "fakes/mini_server.h"

namespace genro::storage::test {

class MiniAzure {
 public:
  struct Blob {
    std::string content;
    std::uint64_t version = 0;
    std::string type = "BlockBlob";
    std::vector<std::pair<std::string, std::string>> blocks = {};  // id and content, that it is made of
  };

  std::map<std::string, Blob> objects;
  std::map<std::string, std::map<std::string, std::string>>
      uncommitted;  // by blob and id: the service drops them in a week
  std::uint64_t stores = 0;
  std::size_t page_size = 3;
  std::uint64_t token = 1;

  void store(const std::string& key, Blob blob) {
    blob.version = ++versions_;
    objects[key] = std::move(blob);
    uncommitted.erase(key);
    ++stores;
  }
  void store(const std::string& key, std::string content) { store(key, Blob{std::move(content)}); }
  std::string etag(const std::string& key) const { return "0x" + std::to_string(objects.at(key).version); }

  FakeReply operator()(const FakeRequest& request) {
    if (request.header("authorization") != "Bearer t" + std::to_string(token))
      return error(401, "InvalidAuthenticationInfo");
    const AskedTarget asked = parse_target(request.target);
    const std::string comp = asked.get("comp");
    if (comp == "batch") return batch_reply(request, [this](const AskedTarget& each) { return remove(key_of(each)); });
    if (comp == "list") return list(asked);
    const std::string key = key_of(asked);
    if (request.method == "GET" || request.method == "HEAD")
      return comp == "blocklist" ? blocks_of(key) : get(request, key);
    if (request.method == "DELETE") return remove(key) == 202 ? FakeReply::http(202) : error(404, "BlobNotFound");
    const std::string sum = request.header("x-ms-content-crc64");
    if (!sum.empty() && sum != crc(request.body)) return error(400, "Crc64Mismatch");
    if (comp == "block") return uncommitted[key][asked.get("blockid")] = request.body, stored_reply(key, request.body);
    if (comp == "appendblock") return append(request, key);
    if (const std::string refusal = refused(request, key); !refusal.empty())
      return error(refusal[0] == 'B' ? 409 : 412, refusal);
    if (comp == "blocklist") return commit(request, key);
    if (const std::string source = request.header("x-ms-copy-source"); !source.empty()) return copy(source, key);
    store(key, Blob{request.body, 0, request.header("x-ms-blob-type")});
    return stored_reply(key, request.body);
  }

  static FakeReply error(int status, const std::string& code) {
    return FakeReply::http(status, "<Error><Code>" + code + "</Code><Message>so it is</Message></Error>",
                           "Content-Type: application/xml\r\nx-ms-error-code: " + code + "\r\n");
  }

 private:
  static std::string key_of(const AskedTarget& asked) {
    constexpr std::string_view kContainer = "/container/";
    return asked.path.starts_with(kContainer) ? asked.path.substr(kContainer.size()) : "";
  }
  /// The service has them the other way round than anybody else.
  static std::string crc(const std::string& content) {
    std::vector<std::byte> bytes = *base64_decode(checksum_text(content, ChecksumAlgorithm::crc64nvme));
    std::reverse(bytes.begin(), bytes.end());
    return base64_encode(bytes);
  }
  std::string lines_of(const std::string& key) const {
    const auto found = objects.find(key);
    if (found == objects.end()) return {};
    return "ETag: \"" + etag(key) + "\"\r\nLast-Modified: " + std::string(kHttpTime) + "\r\n";
  }
  FakeReply stored_reply(const std::string& key, const std::string& sent) const {
    return FakeReply::http(201, {}, lines_of(key) + "x-ms-content-crc64: " + crc(sent) + "\r\n");
  }

  /// The code of a condition that does not hold, else "".
  std::string refused(const FakeRequest& request, const std::string& key) const {
    const std::string match = unquoted(request.header("if-match"));
    if (!request.header("if-none-match").empty() && objects.contains(key)) return "BlobAlreadyExists";
    return match.empty() || (objects.contains(key) && etag(key) == match) ? "" : "ConditionNotMet";
  }

  FakeReply get(const FakeRequest& request, const std::string& key) const {
    const auto found = objects.find(key);
    if (found == objects.end()) return request.method == "HEAD" ? FakeReply::http(404) : error(404, "BlobNotFound");
    if (!refused(request, key).empty()) return error(412, "ConditionNotMet");
    const std::string& content = found->second.content;
    const std::string lines = lines_of(key) + "x-ms-blob-type: " + found->second.type + "\r\n";
    FakeReply reply = content_reply(request, content, lines, "Content-MD5: " + md5_base64_of(content) + "\r\n");
    if (request.header("x-ms-range-get-content-crc64") != "true") return reply;
    const std::size_t body = reply.bytes.find("\r\n\r\n");
    reply.bytes.insert(body + 2, "x-ms-content-crc64: " + crc(reply.bytes.substr(body + 4)) + "\r\n");
    return reply;
  }

  int remove(const std::string& key) { return objects.erase(key) != 0 ? 202 : 404; }

  FakeReply list(const AskedTarget& asked) const {
    const std::string most = asked.get("maxresults");
    const FlatPage page = flat_page(objects, asked.get("prefix"), asked.get("delimiter") == "/", asked.get("marker"),
                                    most.empty() ? page_size : std::min<std::size_t>(page_size, std::stoul(most)));
    std::string body = "<EnumerationResults><Blobs>";
    for (const std::string& key : page.keys) {
      body += "<Blob><Name>" + key + "</Name><Properties><Last-Modified>" + std::string(kHttpTime) +
              "</Last-Modified><Etag>" + etag(key) + "</Etag><Content-Length>" +
              std::to_string(objects.at(key).content.size()) + "</Content-Length></Properties></Blob>";
    }
    for (const std::string& folder : page.folders) body += "<BlobPrefix><Name>" + folder + "</Name></BlobPrefix>";
    return FakeReply::http(200, body + "</Blobs><NextMarker>" + page.next + "</NextMarker></EnumerationResults>",
                           "Content-Type: application/xml\r\n");
  }

  FakeReply blocks_of(const std::string& key) const {
    std::string body = "<BlockList><CommittedBlocks>";
    for (const auto& [id, content] : objects.at(key).blocks)
      body += "<Block><Name>" + id + "</Name><Size>" + std::to_string(content.size()) + "</Size></Block>";
    return FakeReply::http(200, body + "</CommittedBlocks></BlockList>", "Content-Type: application/xml\r\n");
  }

  FakeReply commit(const FakeRequest& request, const std::string& key) {
    Blob blob;
    constexpr std::string_view kOpen = "<Latest>";
    for (std::size_t at = request.body.find(kOpen); at != std::string::npos; at = request.body.find(kOpen, at + 1)) {
      const std::size_t begin = at + kOpen.size();
      const std::string id = request.body.substr(begin, request.body.find('<', begin) - begin);
      const std::string* content = block(key, id);
      if (!content) return error(400, "InvalidBlockList");
      blob.blocks.emplace_back(id, *content);
      blob.content += *content;
    }
    store(key, std::move(blob));
    return FakeReply::http(201, {}, lines_of(key));
  }
  const std::string* block(const std::string& key, const std::string& id) {
    const auto& fresh = uncommitted[key];
    if (const auto found = fresh.find(id); found != fresh.end()) return &found->second;
    const auto blob = objects.find(key);
    if (blob == objects.end()) return nullptr;
    const auto found = std::find_if(blob->second.blocks.begin(), blob->second.blocks.end(),
                                    [&id](const auto& each) { return each.first == id; });
    return found == blob->second.blocks.end() ? nullptr : &found->second;
  }

  FakeReply append(const FakeRequest& request, const std::string& key) {
    if (!objects.contains(key)) return error(404, "BlobNotFound");
    Blob blob = objects.at(key);
    if (blob.type != "AppendBlob") return error(409, "InvalidBlobType");
    blob.content += request.body;
    store(key, std::move(blob));
    return stored_reply(key, request.body);
  }

  FakeReply copy(const std::string& source, const std::string& key) {
    constexpr std::string_view kContainer = "/container/";
    const auto found =
        objects.find(percent_decode(source.substr(source.find(kContainer) + kContainer.size())).value_or(""));
    if (found == objects.end()) return error(404, "BlobNotFound");
    store(key, Blob{found->second.content});
    return FakeReply::http(202, {}, lines_of(key) + "x-ms-copy-id: c\r\nx-ms-copy-status: success\r\n");
  }

  std::uint64_t versions_ = 1000;
};

}  // namespace genro::storage::test
