// MiniGithub: as much of GitHub's REST API as the backend speaks, over one folder in memory that is committed with each change:
// the newest commit, its tree with all below it, blobs with ranges. For fault tests through the network.
#pragma once

#include <nlohmann/json.hpp>
#include <set>

#include "fakes/mini_server.h"

namespace genro::storage::test {

class MiniGithub {
 public:
  std::map<std::string, std::string> objects;  // files of the newest commit

  void store(const std::string& path, std::string content) {
    ids_[path] = id_of("blob", content);
    blobs_[ids_[path]] = content;
    objects[path] = std::move(content);
  }

  FakeReply operator()(const FakeRequest& request) {
    constexpr std::string_view kRepository = "/repos/org/repo";
    const std::string target = parse_target(request.target).path;
    if (!target.starts_with(kRepository)) return FakeReply::http(404, R"({"message":"Not Found"})");
    const std::string asked = target.substr(kRepository.size());
    if (asked == "/commits") return json(nlohmann::json::array({commit()}));
    if (asked.starts_with("/git/commits/")) return json(commits_.at(asked.substr(13)));
    if (asked.starts_with("/git/trees/")) return json(nlohmann::json::parse(trees_.at(asked.substr(11))));
    if (asked.starts_with("/git/blobs/")) {
      const auto found = blobs_.find(asked.substr(11));
      if (found != blobs_.end())
        return content_reply(request, found->second, "Content-Type: application/vnd.github.raw+json\r\n");
    }
    return FakeReply::http(404, R"({"message":"Not Found"})");
  }

 private:
  static FakeReply json(const nlohmann::json& document) {
    return FakeReply::http(200, document.dump(), "Content-Type: application/json\r\n");
  }
  static std::string id_of(const std::string& type, const std::string& content) {
    std::string text = type + " " + std::to_string(content.size());
    text.push_back('\0');
    return hex_encode(Sha1::of(text + content));
  }

  /// Of what is there now. Ids of trees and commits are of their JSON: nobody checks these.
  nlohmann::json commit() {
    nlohmann::json tree{{"truncated", false}, {"tree", nlohmann::json::array()}};
    std::set<std::string> folders;
    for (const auto& [path, content] : objects) {
      for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
        folders.insert(path.substr(0, at));
      tree["tree"].push_back(
          {{"path", path}, {"type", "blob"}, {"mode", "100644"}, {"size", content.size()}, {"sha", ids_.at(path)}});
    }
    for (const std::string& folder : folders)
      tree["tree"].push_back({{"path", folder}, {"type", "tree"}, {"mode", "040000"}, {"sha", id_of("tree", folder)}});
    const std::string text = tree.dump();
    const std::string tree_id = id_of("tree", text);
    trees_[tree_id] = text;
    const std::string commit_id = id_of("commit", tree_id);
    const nlohmann::json facts{{"tree", {{"sha", tree_id}}}, {"committer", {{"date", "2023-11-14T22:13:20Z"}}}};
    nlohmann::json plain = facts;
    plain["sha"] = commit_id;
    commits_[commit_id] = plain;
    return {{"sha", commit_id}, {"commit", facts}};
  }

  std::map<std::string, std::string> ids_;  // of the newest files
  std::map<std::string, std::string> blobs_;
  std::map<std::string, std::string> trees_;
  std::map<std::string, nlohmann::json> commits_;
};

}  // namespace genro::storage::test
