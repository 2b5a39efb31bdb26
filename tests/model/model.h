// The model: what a tree of files does, in the simplest way that can be written down. Random operations on a backend must
// give the same answers and leave the same tree.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "genro/storage/error.h"

namespace genro::storage::model {

class Tree {
 public:
  /// `folders_stay`: a folder that a put made is there until it is removed (local); else only while something is below it (memory).
  explicit Tree(bool folders_stay) : folders_stay_(folders_stay) {}

  using Answer = std::optional<ErrorCode>;  ///< nullopt: success
  bool is_file(const std::string& path) const { return files_.count(path) != 0; }
  bool is_folder(const std::string& path) const;
  const std::string& content(const std::string& path) const { return files_.at(path); }
  /// Files and folders below, or just one level below.
  std::set<std::string> below(const std::string& folder, bool recursive) const;

  Answer put(const std::string& path, const std::string& content);
  Answer append(const std::string& path, const std::string& more);
  Answer remove(const std::string& path);
  Answer make_dir(const std::string& path);
  Answer copy(const std::string& from, const std::string& to);
  Answer rename(const std::string& from, const std::string& to);
  Answer read(const std::string& path) const;

 private:
  Answer may_write(const std::string& path) const;
  bool under_a_file(const std::string& path) const;
  void make_parents(const std::string& path);

  bool folders_stay_;
  std::map<std::string, std::string> files_;
  std::set<std::string> folders_;
};

}  // namespace genro::storage::model
