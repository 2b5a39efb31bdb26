// The fields of a request to serve a file (RFC 9110 section 5.3): what comes in several lines is one list.
#include "genro/storage/serve.h"
#include "net/ascii.h"

namespace genro::storage {

std::optional<std::string> ServeRequest::header(std::string_view name) const {
  std::optional<std::string> value;
  for (const auto& [field, text] : headers) {
    if (!equal_ignoring_case(field, name)) continue;
    value = value ? *value + ", " + text : text;
  }
  return value;
}

}  // namespace genro::storage
