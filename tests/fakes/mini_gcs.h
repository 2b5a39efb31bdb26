// MiniGcs: as much of Google's JSON API as the backend speaks, in memory: objects with generations and CRC-32C, ranges,
// conditions, resumable uploads whose parts are stored in units of 256 KiB, listings in pages, copies, batches.
// For fault tests through the network. Of tokens only the newest is good.
#pragma once

#include <nlohmann/json.hpp>

#include "fakes/mini_server.h"

namespace genro::storage::test {

class MiniGcs {
 public:
  struct Object {
    std::string content;
    std::uint64_t generation = 0;
  };
  struct Session {
    std::string name;
    std::string wanted;  // the generation that may be replaced; "" = any
    std::string data;
  };
  static constexpr std::size_t kUnit = std::size_t{256} << 10;

  std::map<std::string, Object> objects;
  std::map<std::string, Session> sessions;       // that are open
  std::map<std::string, std::string> completed;  // ended: the object that each made
  std::uint64_t stores = 0;
  std::size_t page_size = 3;
  std::uint64_t token = 1;

  void store(const std::string& name, std::string content) {
    objects[name] = {std::move(content), ++generations_}, ++stores;
  }

  /// What the token endpoint says.
  FakeReply give_token() const {
    return FakeReply::http(200,
                           nlohmann::json{{"access_token", "t" + std::to_string(token)}, {"expires_in", 3600}}.dump());
  }

  FakeReply operator()(const FakeRequest& request) {
    if (request.header("authorization") != "Bearer t" + std::to_string(token)) return error(401, "authError");
    const AskedTarget asked = parse_target(request.target);
    if (asked.path.starts_with("/batch/"))
      return batch_reply(request, [this](const AskedTarget& each) { return remove(each); });
    if (asked.query.contains("upload_id")) return session_call(request, asked.get("upload_id"));
    if (asked.path.starts_with("/upload/"))
      return asked.get("uploadType") == "resumable" ? begin_session(asked) : put(request, asked);
    const std::string name = name_in(asked);
    if (name.empty()) return list(asked);
    constexpr std::string_view kCopy = "/rewriteTo/b/bucket/o/";
    if (const std::size_t at = name.find(kCopy); at != std::string::npos)
      return copy(asked, name.substr(0, at), name.substr(at + kCopy.size()));
    if (request.method == "DELETE") return remove(asked) == 204 ? FakeReply::http(204) : error(404, "notFound");
    return get(request, asked, name);
  }

  static FakeReply error(int status, const std::string& reason) {
    const nlohmann::json first{{"reason", reason}, {"message", "so it is"}};
    return FakeReply::http(
        status, nlohmann::json{{"error", {{"code", status}, {"message", "so it is"}, {"errors", {first}}}}}.dump(),
        kJson);
  }

 private:
  static constexpr std::string_view kJson = "Content-Type: application/json\r\n";

  static std::string name_in(const AskedTarget& asked) {
    constexpr std::string_view kObjects = "/storage/v1/b/bucket/o/";
    return asked.path.starts_with(kObjects) ? asked.path.substr(kObjects.size()) : "";
  }
  static std::string crc_of(const std::string& content) { return checksum_text(content, ChecksumAlgorithm::crc32c); }

  nlohmann::json resource(const std::string& name) const {
    const Object& object = objects.at(name);
    return {{"name", name},
            {"size", std::to_string(object.content.size())},
            {"generation", std::to_string(object.generation)},
            {"metageneration", "1"},
            {"updated", "2023-11-14T22:13:20.000Z"},
            {"md5Hash", md5_base64_of(object.content)},
            {"crc32c", crc_of(object.content)},
            {"contentType", "text/plain"}};
  }

  bool allows(const std::string& name, const std::string& wanted) const {
    const auto found = objects.find(name);
    return wanted.empty() || wanted == (found == objects.end() ? "0" : std::to_string(found->second.generation));
  }

  FakeReply get(const FakeRequest& request, const AskedTarget& asked, const std::string& name) const {
    if (!objects.contains(name)) return error(404, "notFound");
    if (!allows(name, asked.get("ifGenerationMatch"))) return error(412, "conditionNotMet");
    if (asked.get("alt") != "media") return FakeReply::http(200, resource(name).dump(), kJson);
    const Object& object = objects.at(name);
    return content_reply(request, object.content,
                         "x-goog-generation: " + std::to_string(object.generation) +
                             "\r\nLast-Modified: " + std::string(kHttpTime) + "\r\n",
                         "x-goog-hash: crc32c=" + crc_of(object.content) + "\r\n");
  }

  int remove(const AskedTarget& asked) { return objects.erase(name_in(asked)) != 0 ? 204 : 404; }

  FakeReply list(const AskedTarget& asked) const {
    const FlatPage page = flat_page(objects, asked.get("prefix"), asked.get("delimiter") == "/", asked.get("pageToken"),
                                    std::min(page_size, std::size_t{std::stoul("0" + asked.get("maxResults"))}));
    nlohmann::json document{{"kind", "storage#objects"}};
    for (const std::string& key : page.keys) document["items"].push_back(resource(key));
    for (const std::string& folder : page.folders) document["prefixes"].push_back(folder);
    if (!page.next.empty()) document["nextPageToken"] = page.next;
    return FakeReply::http(200, document.dump(), kJson);
  }

  FakeReply copy(const AskedTarget& asked, const std::string& from, const std::string& to) {
    if (!objects.contains(from) || !allows(from, asked.get("sourceGeneration"))) return error(404, "notFound");
    if (!allows(to, asked.get("ifGenerationMatch"))) return error(412, "conditionNotMet");
    store(to, objects.at(from).content);
    return FakeReply::http(200, nlohmann::json{{"done", true}, {"resource", resource(to)}}.dump(), kJson);
  }

  FakeReply stored(const std::string& name, const std::string& wanted, std::string content, const std::string& sum) {
    if (!allows(name, wanted)) return error(412, "conditionNotMet");
    if (!sum.empty() && sum != crc_of(content)) return error(400, "invalid");
    store(name, std::move(content));
    return FakeReply::http(200, resource(name).dump(), kJson);
  }

  /// The parts of a multipart/related body: the object's fields, and its content.
  FakeReply put(const FakeRequest& request, const AskedTarget& asked) {
    const std::string type = request.header("content-type");
    const std::string end = "\r\n--" + type.substr(type.find("boundary=") + 9);
    const std::size_t fields = request.body.find("\r\n\r\n") + 4;
    const std::size_t next = request.body.find(end, fields);
    const nlohmann::json object = nlohmann::json::parse(request.body.substr(fields, next - fields));
    const std::size_t content = request.body.find("\r\n\r\n", next) + 4;
    const std::size_t last = request.body.rfind(end + "--");
    return stored(object.at("name"), asked.get("ifGenerationMatch"), request.body.substr(content, last - content),
                  object.value("crc32c", ""));
  }

  FakeReply begin_session(const AskedTarget& asked) {
    if (!allows(asked.get("name"), asked.get("ifGenerationMatch"))) return error(412, "conditionNotMet");
    const std::string id = std::to_string(++next_session_);
    sessions[id] = {asked.get("name"), asked.get("ifGenerationMatch"), {}};
    return FakeReply::http(
        200, {},
        "Location: http://10.1.2.3/upload/storage/v1/b/bucket/o?uploadType=resumable&upload_id=" + id + "\r\n");
  }

  FakeReply session_call(const FakeRequest& request, const std::string& id) {
    if (request.method == "DELETE") return sessions.erase(id), FakeReply::http(499);
    if (const auto done = completed.find(id); done != completed.end()) return FakeReply::http(200, done->second, kJson);
    const auto found = sessions.find(id);
    if (found == sessions.end()) return error(404, "notFound");
    Session& session = found->second;
    const std::string range =
        request.header("content-range");  // "bytes 0-9/10", "bytes 0-9/*", "bytes */10", "bytes */*"
    const std::string total = range.substr(range.find('/') + 1);
    if (range[6] != '*') {
      const std::size_t begin = std::stoull(range.substr(6));
      if (begin > session.data.size()) return error(400, "invalid");
      session.data.resize(begin);
      session.data += request.body;
    }
    const bool whole = total != "*" && session.data.size() == std::stoull(total);
    if (!whole) {
      session.data.resize(session.data.size() / kUnit * kUnit);
      const std::string had =
          session.data.empty() ? "" : "Range: bytes=0-" + std::to_string(session.data.size() - 1) + "\r\n";
      return FakeReply::http(308, {}, had);
    }
    const std::string hash = request.header("x-goog-hash");
    FakeReply reply = stored(session.name, session.wanted, session.data, hash.empty() ? "" : hash.substr(7));
    if (reply.bytes.starts_with("HTTP/1.1 200")) completed[id] = resource(session.name).dump();
    sessions.erase(found);
    return reply;
  }

  std::uint64_t generations_ = 1000;
  int next_session_ = 0;
};

}  // namespace genro::storage::test
