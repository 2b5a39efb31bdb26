// CopyFilter: which files a copy takes, and which it skips because of what is at the target, with the reasons that
// callbacks are told. Used by copies of files and trees. Patterns are over the whole path below the copied folder.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "genro/storage/node.h"
#include "text/glob.h"
#include "text/path_glob.h"

namespace genro::storage {

class CopyFilter {
 public:
  explicit CopyFilter(const CopyOptions& options);
  /// The reason why the file is left out; "" = it is taken. Runs the caller's filter: not on a loop's thread.
  std::string excluded(const Node& node, const std::string& relative) const;
  /// The reason why the folder is left out with all below; "" = it is walked through. Only with CopyOptions::glob.
  std::string excluded_folder(const std::string& relative) const;
  /// Whether every file below is sure to be left out, whatever its name.
  bool excludes_all_below(const std::string& relative) const;
  /// The reason to skip a file that one look at both sides gives; "" = copy (or look further: hash, custom).
  std::string skipped(const Entry& source, const std::optional<Entry>& target) const;
  /// The same for Skip::custom. Runs the caller's function and throws what it throws.
  std::string skipped_by_function(const Node& source, const Node& target) const;
  Skip skip() const noexcept { return skip_; }
  /// Whether the target's entries are needed at all.
  bool compares() const noexcept { return skip_ != Skip::never; }

 private:
  class Pattern {
   public:
    Pattern(const std::string& text, bool glob);
    bool matches(std::string_view path) const;
    const std::string& text() const noexcept;

   private:
    std::variant<Glob, PathGlob> rules_;
  };
  const Pattern* excluding(std::string_view path) const;

  std::vector<Pattern> include_;
  std::vector<Pattern> exclude_;
  bool glob_;
  std::function<bool(const Node&, const std::string&)> filter_;
  Skip skip_;
  std::function<bool(const Node&, const Node&)> skip_fn_;
};

}  // namespace genro::storage
