#include "backends/local/spelling.h"

#include <fcntl.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "backends/local/unfinished.h"

namespace genro::storage::local {
namespace {

// A small letter, and one that Unicode writes in two ways.
constexpr std::string_view kAsMade = "a\u00e9";
constexpr std::string_view kInCapitals = "A\u00e9";
constexpr std::string_view kDecomposed = "ae\u0301";

}  // namespace

bool folds_names(Env& env, const RootedPath& place) {
  Files& files = *env.files;
  const Descriptor folder(files, files.open_beneath(place.root, place.below, kOpenPath | O_DIRECTORY, 0, false));
  if (!folder) return true;
  std::string name;
  const Descriptor file(files, make_unfinished(env, folder.number(), kAsMade, 0600, name));
  if (!file) return true;
  const auto is_found_as = [&](std::string_view spelling) {
    std::string other = name;
    other.replace(name.find(kAsMade), kAsMade.size(), spelling);
    struct stat status{};
    return files.stat_name(folder.number(), other.c_str(), status) != -ENOENT;
  };
  const bool folds = is_found_as(kInCapitals) || is_found_as(kDecomposed);
  files.unlink(folder.number(), name.c_str());
  return folds;
}

}  // namespace genro::storage::local
