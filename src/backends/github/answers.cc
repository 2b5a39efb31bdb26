#include "backends/github/answers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "codec/git_object.h"
#include "codec/iso8601.h"
#include "core/path.h"
#include "genro/storage/error.h"

namespace genro::storage::github {
namespace {

using Json = nlohmann::json;

[[noreturn]] void bad_answer(std::string_view what) {
  throw Error(ErrorCode::protocol, "the server sent JSON that is no " + std::string(what));
}

Json parsed(std::string_view document) { return Json::parse(document, nullptr, /*allow_exceptions=*/false); }

/// The member of an object; null where there is none.
const Json& member(const Json& object, const char* name) {
  static const Json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

std::string text_member(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string id_member(const Json& object, std::string_view what) {
  std::string id = text_member(object, "sha");
  if (!is_git_object_id(id)) bad_answer(what);
  return id;
}

Commit commit_of(const Json& item) {
  constexpr std::string_view kWhat = "commit";
  const Json& inner = member(item, "commit");  // the list of commits has it one level deeper than the git database
  const Json& facts = inner.is_object() ? inner : item;
  Commit commit;
  commit.id = id_member(item, kWhat);
  commit.tree = id_member(member(facts, "tree"), kWhat);
  const std::optional<std::int64_t> time = parse_iso8601(text_member(member(facts, "committer"), "date"));
  if (!time) bad_answer(kWhat);
  commit.time_ns = *time;
  return commit;
}

TreeItem item_of(const Json& from) {
  constexpr std::string_view kWhat = "tree";
  TreeItem item;
  item.id = id_member(from, kWhat);
  item.path = text_member(from, "path");
  if (item.path.empty() || !path::is_clean(item.path)) bad_answer(kWhat);
  const std::string type = text_member(from, "type");
  const std::string mode = text_member(from, "mode");
  if (type == "tree") {
    item.kind = ItemKind::folder;
  } else if (type == "commit") {
    item.kind = ItemKind::submodule;
  } else {
    const Json& size = member(from, "size");
    if (type != "blob" || !size.is_number_unsigned()) bad_answer(kWhat);
    item.size = size.get<std::uint64_t>();
    if (mode == "120000") item.kind = ItemKind::link;
    item.executable = mode == "100755";
  }
  return item;
}

bool before(const TreeItem& a, const TreeItem& b) noexcept { return a.path < b.path; }

}  // namespace

Commit parse_commit(std::string_view document) { return commit_of(parsed(document)); }

std::vector<Commit> parse_commits(std::string_view document) {
  const Json items = parsed(document);
  if (!items.is_array()) bad_answer("list of commits");
  std::vector<Commit> commits;
  for (const Json& item : items) commits.push_back(commit_of(item));
  return commits;
}

const TreeItem* Tree::find(std::string_view path) const noexcept {
  const auto at = std::lower_bound(items.begin(), items.end(), path,
                                   [](const TreeItem& item, std::string_view wanted) { return item.path < wanted; });
  return at != items.end() && at->path == path ? &*at : nullptr;
}

Tree parse_tree(std::string_view document) {
  const Json answer = parsed(document);
  const Json& items = member(answer, "tree");
  const Json& truncated = member(answer, "truncated");
  if (!items.is_array()) bad_answer("tree");
  Tree tree;
  tree.truncated = truncated.is_boolean() && truncated.get<bool>();
  tree.items.reserve(items.size());
  for (const Json& item : items) tree.items.push_back(item_of(item));
  std::sort(tree.items.begin(), tree.items.end(), before);
  const auto same = [](const TreeItem& a, const TreeItem& b) { return a.path == b.path; };
  if (std::adjacent_find(tree.items.begin(), tree.items.end(), same) != tree.items.end()) bad_answer("tree");
  return tree;
}

std::string parse_message(std::string_view document) {
  constexpr std::size_t kLongest = 500;
  std::string message = text_member(parsed(document), "message");
  if (message.size() > kLongest) message.clear();
  return message;
}

}  // namespace genro::storage::github
