// PathGlob: real glob rules over relative paths: '*', '?' and [sets] stay within one component, "**" as a whole component
// stands for any number of folders (at the end: for one component or more). Names that begin with a dot are matched like others.
// Used by copies with `glob` and by tree searches. Glob (glob.h) is the other kind, in which '*' also matches '/'.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/glob.h"

namespace genro::storage {

class PathGlob {
 public:
  /// Slashes at either end and double ones do not count.
  explicit PathGlob(std::string pattern);
  /// `path` is relative and clean.
  bool matches(std::string_view path) const;
  const std::string& pattern() const noexcept { return pattern_; }

 private:
  std::string pattern_;
  std::vector<std::optional<Glob>> components_;  // nothing = "**"
};

}  // namespace genro::storage
