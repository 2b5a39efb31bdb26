// MiniDav: as much of a WebDAV server (RFC 4918, class 2) as the backend speaks, in memory: files and folders below "/dav",
// exclusive locks, conditions, ranges, and a digest login whose nonce can grow stale. For fault tests through the network.
#pragma once

#include <optional>
#include <set>

#include "fakes/mini_server.h"

namespace genro::storage::test {

class MiniDav {
 public:
  std::map<std::string, std::string> objects;  // files, by their path below the root
  std::set<std::string> folders{""};
  std::map<std::string, std::string> locks;  // path -> token
  std::uint64_t stores = 0;
  std::uint64_t nonce = 1;
  std::string watched;  // whose changes `stores` counts

  /// Makes the folders that it is in.
  void store(const std::string& path, std::string content) {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
      folders.insert(path.substr(0, at));
    objects[path] = std::move(content);
    if (path == watched) ++stores;
  }
  std::string etag(const std::string& path) const { return md5_hex_of(objects.at(path)); }

  FakeReply operator()(const FakeRequest& request) {
    const std::string login = request.header("authorization");
    if (login.find("nonce=\"n" + std::to_string(nonce) + "\"") == std::string::npos) {
      return FakeReply::http(401, {},
                             "WWW-Authenticate: Digest realm=\"r\", qop=\"auth\", nonce=\"n" + std::to_string(nonce) +
                                 "\"" + (login.empty() ? "" : ", stale=true") + "\r\n");
    }
    const std::string& method = request.method;
    if (method == "OPTIONS") return FakeReply::http(200, {}, "DAV: 1,2\r\nAllow: PROPFIND\r\n");
    const std::string path = path_of(parse_target(request.target).path);
    if (method == "GET" || method == "HEAD") return get(request, path);
    if (method == "PROPFIND") return propfind(request, path);
    if (method == "UNLOCK") return unlock(request, path);
    if (method == "MKCOL") {
      if (there(path)) return FakeReply::http(405);
      return parent_is_there(path) ? (folders.insert(path), FakeReply::http(201)) : FakeReply::http(409);
    }
    if (is_locked(request, path)) return FakeReply::http(423);
    if (method == "DELETE") return remove(path) ? FakeReply::http(204) : FakeReply::http(404);
    if (!parent_is_there(path)) return FakeReply::http(409);
    if (method == "LOCK") return lock(path);
    if (method == "PUT") return put(request, path);
    return transfer(request, path);
  }

 private:
  static std::string path_of(std::string target) {
    while (target.ends_with('/')) target.pop_back();
    return target.size() <= 5 ? "" : target.substr(5);  // "/dav/"
  }
  bool there(const std::string& path) const { return objects.contains(path) || folders.contains(path); }
  bool parent_is_there(const std::string& path) const {
    const std::size_t slash = path.rfind('/');
    return folders.contains(slash == std::string::npos ? "" : path.substr(0, slash));
  }
  bool is_locked(const FakeRequest& request, const std::string& path) const {
    const auto found = locks.find(path);
    return found != locks.end() && request.header("if").find(found->second) == std::string::npos;
  }
  /// If-Match and If-None-Match.
  bool allows(const FakeRequest& request, const std::string& path) const {
    const std::string match = unquoted(request.header("if-match"));
    if (!request.header("if-none-match").empty() && objects.contains(path)) return false;
    return match.empty() || (objects.contains(path) && etag(path) == match);
  }

  FakeReply get(const FakeRequest& request, const std::string& path) const {
    const auto found = objects.find(path);
    if (found == objects.end()) return FakeReply::http(404);
    if (!allows(request, path)) return FakeReply::http(412);
    return content_reply(request, found->second,
                         "ETag: \"" + etag(path) + "\"\r\nLast-Modified: " + std::string(kHttpTime) + "\r\n");
  }

  FakeReply propfind(const FakeRequest& request, const std::string& path) const {
    if (!there(path)) return FakeReply::http(404);
    std::string body = "<D:multistatus xmlns:D=\"DAV:\">" + response(path);
    const std::string below = path.empty() ? "" : path + "/";
    const auto is_member = [&below](const std::string& name) {
      return name.size() > below.size() && name.starts_with(below) && name.find('/', below.size()) == std::string::npos;
    };
    if (request.header("depth") == "1" && folders.contains(path)) {
      for (const std::string& folder : folders) body += is_member(folder) ? response(folder) : "";
      for (const auto& [name, content] : objects) body += is_member(name) ? response(name) : "";
    }
    return FakeReply::http(207, body + "</D:multistatus>", "Content-Type: application/xml\r\n");
  }
  std::string response(const std::string& path) const {
    std::string text = "<D:response><D:href>/dav/" + percent_encode(path, PercentSet::path) +
                       "</D:href><D:propstat><D:prop><D:getlastmodified>" + std::string(kHttpTime) +
                       "</D:getlastmodified>";
    if (folders.contains(path)) {
      text += "<D:resourcetype><D:collection/></D:resourcetype>";
    } else {
      text += "<D:resourcetype/><D:getetag>\"" + etag(path) + "\"</D:getetag><D:getcontentlength>" +
              std::to_string(objects.at(path).size()) + "</D:getcontentlength>";
    }
    return text + "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
  }

  bool remove(const std::string& path) {
    locks.erase(path);
    const auto below = [&path](const std::string& name) { return name == path || name.starts_with(path + "/"); };
    const std::size_t files = std::erase_if(objects, [&below](const auto& file) { return below(file.first); });
    return files + std::erase_if(folders, below) != 0;
  }

  FakeReply lock(const std::string& path) {
    const bool made = !there(path);
    if (made) objects[path] = "";
    const std::string token = "opaquelocktoken:" + std::to_string(++locks_);
    locks[path] = token;
    return FakeReply::http(made ? 201 : 200, "<D:prop xmlns:D=\"DAV:\"/>", "Lock-Token: <" + token + ">\r\n");
  }
  FakeReply unlock(const FakeRequest& request, const std::string& path) {
    const auto found = locks.find(path);
    if (found == locks.end() || request.header("lock-token") != "<" + found->second + ">") return FakeReply::http(409);
    return locks.erase(found), FakeReply::http(204);
  }

  FakeReply put(const FakeRequest& request, const std::string& path) {
    if (folders.contains(path)) return FakeReply::http(405);
    if (!allows(request, path)) return FakeReply::http(412);
    const bool made = !objects.contains(path);
    store(path, request.body);
    return FakeReply::http(made ? 201 : 204, {}, "ETag: \"" + etag(path) + "\"\r\n");
  }

  /// MOVE or COPY of a file.
  FakeReply transfer(const FakeRequest& request, const std::string& from) {
    const std::string destination = request.header("destination");
    const std::string to = path_of(percent_decode(destination.substr(destination.find("/dav"))).value_or(""));
    if (!objects.contains(from)) return FakeReply::http(404);
    if (is_locked(request, to)) return FakeReply::http(423);
    if (!parent_is_there(to)) return FakeReply::http(409);
    const bool made = !there(to);
    if (!made && request.header("overwrite") == "F") return FakeReply::http(412);
    store(to, objects.at(from));
    if (request.method == "MOVE") remove(from);
    return FakeReply::http(made ? 201 : 204);
  }

  std::uint64_t locks_ = 0;
};

}  // namespace genro::storage::test
