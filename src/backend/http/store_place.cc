#include "backend/http/store_place.h"

#include <algorithm>

#include "net/ascii.h"

namespace genro::storage {

std::string read_store_name(const MountOptions& options, std::string_view option, std::string_view what,
                            std::string_view also, std::size_t longest) {
  std::string name = options.required_text(option);
  const bool good = std::all_of(name.begin(), name.end(), [also](char c) {
    const char letter = lower_ascii(c);
    return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           also.find(c) != std::string_view::npos;
  });
  if (!good || name.size() > longest || name == "." || name == "..")
    throw options.wrong(option, "is no name of a" + std::string(what.starts_with('a') ? "n " : " ").append(what));
  return name;
}

std::string read_key_prefix(const MountOptions& options) {
  std::string prefix = options.text("base_path").value_or("");
  prefix.erase(0, std::min(prefix.find_first_not_of('/'), prefix.size()));
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty()) prefix += '/';
  return prefix;
}

}  // namespace genro::storage
