// Mimetypes: what a mount or a manager says of extensions, before the table of mimetype.h is asked.
// Used by mounts and managers. A type found here may stand in a header: it has been checked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace genro::storage {

/// Throws invalid_argument for what would break out of its header line, or is no media type at all.
void check_mimetype(std::string_view type);

class Mimetypes {
 public:
  /// `extension`: with or without its dot, in any case; "gz" is the last one of "x.tar.gz". Throws invalid_argument.
  void set(std::string_view extension, std::string type);
  std::optional<std::string> find(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> types_;  // by lower-case extension
};

}  // namespace genro::storage
