#include "node/mimetypes.h"

#include <algorithm>
#include <utility>

#include "core/path.h"
#include "genro/storage/error.h"
#include "net/ascii.h"

namespace genro::storage {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), &lower_ascii);
  return result;
}

}  // namespace

void check_mimetype(std::string_view type) {
  const bool fine = std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
  if (!fine || type.find('/') == std::string_view::npos) {
    throw Error(ErrorCode::invalid_argument, "not a media type: it needs a '/' and printable ASCII only");
  }
}

void Mimetypes::set(std::string_view extension, std::string type) {
  if (extension.starts_with('.')) extension.remove_prefix(1);
  if (extension.empty() || extension.find_first_of("./") != std::string_view::npos) {
    throw Error(ErrorCode::invalid_argument, "not an extension: '" + std::string(extension) + "'");
  }
  check_mimetype(type);
  types_.insert_or_assign(lower(extension), std::move(type));
}

std::optional<std::string> Mimetypes::find(std::string_view name) const {
  if (types_.empty()) return std::nullopt;
  const std::string_view suffix = path::suffix(name);
  if (suffix.empty()) return std::nullopt;
  const auto found = types_.find(lower(suffix.substr(1)));
  if (found == types_.end()) return std::nullopt;
  return found->second;
}

}  // namespace genro::storage
