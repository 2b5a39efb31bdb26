// The parameters of a signed GET by the names that the AWS SDKs have for them, as they stand in a query. Used by S3::url.
#pragma once

#include <string>
#include <string_view>

namespace genro::storage::s3 {

/// "ResponseCacheControl" -> "response-cache-control", "VersionId" -> "versionId"; any other name is the query's own.
inline std::string query_name(std::string_view name) {
  if (name == "VersionId" || name == "version_id") return "versionId";
  if (!name.starts_with("Response")) return std::string(name);
  std::string result;
  for (const char c : name) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !result.empty()) result += '-';
    result += capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

}  // namespace genro::storage::s3
