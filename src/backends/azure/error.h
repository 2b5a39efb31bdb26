// From what Azure says of a failure to the library's Error.
// https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-error-codes
// Used by the azure backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "genro/storage/error.h"
#include "net/http.h"

namespace genro::storage::azure {

/// The error of a failed response. `document` is empty for HEAD: the code stands in the head, too.
Error error_of(const HttpHead& head, std::string_view document, std::string_view key, std::int64_t wall_ns);

/// "BlobNotFound"; "" when the answer has none.
std::string_view code_in(const HttpHead& head) noexcept;

/// Why nothing can be stored under the path, "" when it can: to such names the service answers in misleading words.
std::string_view name_fault(std::string_view path) noexcept;

inline constexpr std::size_t kLongestName = 1024;  // characters
/// Whether the name, both in UTF-8, has more of them. Those beyond U+FFFF may count twice: there the server has its say.
bool is_too_long(std::string_view prefix, std::string_view path) noexcept;

}  // namespace genro::storage::azure
