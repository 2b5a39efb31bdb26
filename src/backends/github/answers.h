// What GitHub's REST API answers, read: commits, trees, messages. Pure functions over hostile text. Used by the github backend.
// https://docs.github.com/en/rest/git/trees, …/commits/commits
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace genro::storage::github {

struct Commit {
  std::string id;
  std::string tree;
  std::int64_t time_ns = 0;  ///< When it was committed.
};
/// One commit, as the repository's list or its git database has it. Throws protocol, like all here.
Commit parse_commit(std::string_view document);
std::vector<Commit> parse_commits(std::string_view document);

enum class ItemKind : std::uint8_t { file, link, folder, submodule };

struct TreeItem {
  std::string path;  ///< Relative to the tree, clean.
  std::string id;
  std::uint64_t size = 0;  ///< Of files and links.
  ItemKind kind = ItemKind::file;
  bool executable = false;
};

/// A folder, or one with all below it.
struct Tree {
  std::vector<TreeItem> items;  ///< In order of paths, each once.
  bool truncated = false;       ///< There are more than the server lists.

  const TreeItem* find(std::string_view path) const noexcept;
};
Tree parse_tree(std::string_view document);

/// The words of an error document, "" where it is none.
std::string parse_message(std::string_view document);

}  // namespace genro::storage::github
