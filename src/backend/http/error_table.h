// What the error codes of a protocol mean: a sorted table, and the Error of a failure that carries one of them.
// Used by backends whose error documents have codes. Only the code and the message of a document go into an error's text:
// other fields echo keys and strings that were signed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "genro/storage/error.h"
#include "net/http.h"

namespace genro::storage {

struct ErrorMeaning {
  std::string_view name;  ///< as the protocol spells it
  ErrorCode code;
  int retryable;  ///< 1, 0, or -1: as the code says
};
/// Sorted by name, which a table asserts of itself: static_assert(is_error_table(kMeanings)).
using ErrorTable = std::span<const ErrorMeaning>;

constexpr bool is_error_table(ErrorTable table) {
  return std::is_sorted(table.begin(), table.end(),
                        [](const ErrorMeaning& a, const ErrorMeaning& b) { return a.name < b.name; });
}

/// Null for a name that is not in the table.
const ErrorMeaning* find_meaning(ErrorTable table, std::string_view name) noexcept;

/// "NoSuchKey: The key does not exist"
std::string error_text(std::string_view name, std::string_view message);

/// What a failed answer says of itself, beside its status.
struct ErrorWords {
  std::string_view name;
  std::string_view message;
  std::string_view request_id;  ///< for an answer that has none in its head
};
/// The error of a failed response: by its name in the table, else by its status. `wall_ns` is for Retry-After.
Error error_of_words(const HttpHead& head, ErrorTable table, ErrorWords words, std::int64_t wall_ns);

}  // namespace genro::storage
