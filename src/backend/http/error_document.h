// <Error>: the XML document in which S3 and Azure say why a request failed.
// Used by their backends. What came of a document that was cut short is better than nothing: no failure here hides another.
#pragma once

#include <string>
#include <string_view>

namespace genro::storage {

/// The body of a failure, or of a "200 OK" that failed after its head was sent. All fields "" when it is no such thing.
struct ErrorDocument {
  std::string code;
  std::string message;
  std::string region;  ///< of S3, for AuthorizationHeaderMalformed and redirects
  std::string request_id;
  bool is_error() const noexcept { return !code.empty(); }
};
ErrorDocument parse_error_document(std::string_view document);

}  // namespace genro::storage
